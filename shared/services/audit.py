"""Writes the audit trail: who did what, when, from where, before and after."""

from dataclasses import dataclass
from typing import Any

from shared.persistence.database import Session
from shared.persistence.tables import AuditEntry, Lecture, Student
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Actor:
    """Who acts: the site, the account (its id and e-mail) and the network address."""

    site: str
    email: str
    address: str = ""
    account_id: int | None = None


def record(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    action: str,
    subject: str,
    *,
    student_id: int | None = None,
    lecture_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the transaction that makes the change, so that neither happens without the other.

    `action` is a verb and its object, such as "add student". Never pass a password, photo or
    descriptor. `student_id` is whom it is about: for the export of all that is held, and for the erasure.
    What happens in a lecture is recorded by `record_in_lecture`, which names it in one way.
    """
    session.add(
        AuditEntry(
            at=toolbox.now(),
            site=actor.site,
            actor=actor.email,
            address=actor.address,
            action=action,
            subject=subject[:200],
            student_id=student_id,
            lecture_id=lecture_id,
            before=before,
            after=after,
        )
    )


def record_in_lecture(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    action: str,
    lecture: Lecture,
    *,
    student: Student | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry about a lecture ("lecture 12: Algebra") or a student in it ("lecture 12: 15203A0042").

    Where its teacher covers, it says for whom: "lecture 12, for Asha Rao: Algebra".
    """
    whose = f", for {lecture.for_teacher.name[:80]}" if lecture.for_teacher else ""
    record(
        session,
        toolbox,
        actor,
        action,
        f"lecture {lecture.id}{whose}: {student.roll_id if student else lecture.subject}",
        student_id=student.id if student else None,
        lecture_id=lecture.id,
        before=before,
        after=after,
    )


def note_export(toolbox: Toolbox, actor: Actor, subject: str, *, filters: dict[str, str]) -> None:
    """Note that somebody took the trail's entries away; `filters` says which, empty ones left out."""
    chosen = {name: text[:200] for name, text in filters.items() if text}
    with toolbox.sessions.begin() as session:
        record(session, toolbox, actor, f"export {subject}", subject, after=chosen or None)
