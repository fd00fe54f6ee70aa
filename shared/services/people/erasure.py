"""Erases a student with all that is held on them, and remembers it so that no backup brings them back.

The ledger holds a digest keyed with a random number that only the student's own row held, never a name. It
stands in the database and, line by line, in `instance/erasures.txt` and beside every backup.
"""

import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import InvalidInput
from shared.persistence import erasure as rows
from shared.persistence.database import Session, leave_no_trace
from shared.persistence.people import get_student
from shared.persistence.tables import Consent, Student
from shared.security.tokens import keyed_digest
from shared.services import audit
from shared.services.audit import Actor
from shared.settings import let_owner_keep
from shared.toolbox import Toolbox

LEDGER_NAME = "erasures.txt"


@dataclass(frozen=True)
class LedgerLine:
    """One erasure as the file holds it."""

    erased_at: datetime
    what: str
    digest: str

    def __str__(self) -> str:
        return f"{self.erased_at.isoformat()} {self.what} {self.digest}"


def erase_student(toolbox: Toolbox, actor: Actor, student_id: int) -> None:
    """Delete a student with the face, consents, marks and their history, check-ins and letters, at once.

    What the audit trail says of them stays, under a pseudonym. Raise NotFound.
    """
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        digest = _student_digest(student)
        _erase(session, student)
        rows.note(session, digest, "student", toolbox.now())
        audit.record(session, toolbox, actor, "erase student", _alias(digest))
    settle(toolbox)


def forget_face(session: Session, toolbox: Toolbox, student: Student, consent: Consent) -> None:
    """Remove a student's face, in the transaction that withdraws the consent; then call `settle`."""
    rows.forget_face(session, student.id)
    rows.note(session, _consent_digest(student, consent), "face", toolbox.now())


def settle(toolbox: Toolbox) -> None:
    """Leave nothing of an erasure in the database's files, and write the ledger beside it."""
    leave_no_trace(toolbox.engine)
    write_ledger(toolbox.settings.instance_dir / LEDGER_NAME, list_ledger(toolbox))


def list_ledger(toolbox: Toolbox) -> set[LedgerLine]:
    """Return the ledger as the database holds it."""
    with toolbox.reading() as session:
        return {
            LedgerLine(entry.erased_at, entry.what, entry.digest) for entry in rows.list_erasures(session)
        }


def read_ledger(path: Path) -> set[LedgerLine]:
    """Return the ledger in a file; empty if there is none. Raise InvalidInput for a line that is damaged."""
    if not path.exists():
        return set()
    lines = set()
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            at, what, digest = text.split(" ")
            line = LedgerLine(datetime.fromisoformat(at).astimezone(UTC), what, digest)
        except ValueError as cause:
            raise InvalidInput(f"{path} is damaged: {text[:80]!r} is no line of a ledger.") from cause
        lines.add(line)
    return lines


def write_ledger(path: Path, lines: Collection[LedgerLine]) -> None:
    """Add to the ledger in a file what it does not hold yet. Raise InvalidInput where it is damaged."""
    known = read_ledger(path)
    merged = known | set(lines)
    if path.exists() and merged == known:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in sorted(merged, key=str))
        file.flush()
        os.fsync(file.fileno())
    let_owner_keep(draft)
    draft.replace(path)


def replay_ledger(toolbox: Toolbox, lines: Collection[LedgerLine]) -> int:
    """Erase again whoever these lines name, and note the lines; return how many were found and erased."""
    digests = {line.digest for line in lines}
    count = 0
    with toolbox.sessions.begin() as session:
        for student in rows.list_students(session):
            if _student_digest(student) in digests:
                _erase(session, student)
                count += 1
        session.flush()
        for consent, student in rows.list_standing_consents(session):
            if _consent_digest(student, consent) in digests:
                rows.forget_face(session, student.id)
                consent.withdrawn_at = toolbox.now()
                count += 1
        for line in sorted(lines, key=str):
            rows.note(session, line.digest, line.what, line.erased_at)
    return count


def _erase(session: Session, student: Student) -> None:
    rows.erase_student(session, student, _alias(_student_digest(student)))


def _alias(digest: str) -> str:
    """Return the pseudonym of an erased student, the same in every entry."""
    return f"erased-{digest[:12]}"


def _student_digest(student: Student) -> str:
    return keyed_digest("student", key=student.erasure_key)


def _consent_digest(student: Student, consent: Consent) -> str:
    """Return a digest of this very consent: a later one is not erased by an earlier withdrawal."""
    return keyed_digest(f"consent {consent.given_at.isoformat()}", key=student.erasure_key)
