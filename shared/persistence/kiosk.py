"""Reads what a check-in needs, and keeps kiosk passes, their tickets and answered check-ins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from shared.domain.attendance import HERE
from shared.domain.check_in import SUSPICIOUS, CheckInOutcome
from shared.persistence import check_in_statements as statements
from shared.persistence.tables import (
    CheckIn,
    KioskPass,
    KioskTicket,
    Lecture,
    LectureClass,
    Mark,
    SchoolClass,
    Student,
)

# No row of these tables that such a statement changes is loaded beside it: saves looking for them in the
# session, half a millisecond a statement.
_NOTHING_LOADED = {"synchronize_session": False}


@dataclass(frozen=True)
class Candidate:
    """The student a roll id names in a lecture, the mark there is, and the sealed face model."""

    student: Student
    mark: Mark | None
    sealed_model: bytes | None


def find_pass(session: Session, token_digest: str) -> KioskPass | None:
    """Find a pass that nobody has ended and whose teacher is active, with its lecture."""
    return session.scalar(statements.LIVING_PASS, {"token": token_digest})


def find_passes(session: Session, lecture_id: int) -> list[KioskPass]:
    """Return the passes of a lecture that nobody has ended, oldest first."""
    query = select(KioskPass).where(KioskPass.lecture_id == lecture_id, KioskPass.ended_at.is_(None))
    return list(session.scalars(query.order_by(KioskPass.opened_at)))


def end_passes(session: Session, teacher_id: int, *, now: datetime) -> None:
    """End every pass that a teacher opened."""
    its_own = (KioskPass.teacher_id == teacher_id, KioskPass.ended_at.is_(None))
    session.execute(update(KioskPass).where(*its_own).values(ended_at=now))


def find_candidate(session: Session, lecture_id: int, class_code: str, roll_id: str) -> Candidate | None:
    """Find an active student by class and roll id among the classes of a lecture."""
    asked = {"the_lecture": lecture_id, "class_code": class_code, "roll_id": roll_id}
    return _candidate(session.execute(statements.CANDIDATE, asked).one_or_none())


def find_candidate_by_id(session: Session, lecture_id: int, student_id: int) -> Candidate | None:
    """Find an active student of the classes of a lecture."""
    asked = {"the_lecture": lecture_id, "the_student": student_id}
    return _candidate(session.execute(statements.CANDIDATE_BY_ID, asked).one_or_none())


def _candidate(row: Any) -> Candidate | None:
    return None if row is None else Candidate(*row)


def list_class_codes(session: Session, lecture_id: int) -> Sequence[str]:
    """Return the codes of a lecture's classes."""
    query = select(SchoolClass.class_code).join(LectureClass, LectureClass.class_id == SchoolClass.id)
    return session.scalars(query.where(LectureClass.lecture_id == lecture_id)).all()


def list_roll_ids(session: Session, lecture_id: int, class_code: str) -> Sequence[str]:
    """Return the roll ids of the active students of one class of a lecture."""
    asked = {"the_lecture": lecture_id, "class_code": class_code}
    return session.scalars(statements.ROLL_IDS, asked).all()


def list_expected(session: Session, lecture_id: int) -> Sequence[int]:
    """Return the ids of the active students of a lecture's classes."""
    return session.scalars(statements.EXPECTED, {"the_lecture": lecture_id}).all()


def find_here(session: Session, lecture_id: int, student_ids: Collection[int]) -> int | None:
    """Return one of some students who is marked present or late at a lecture."""
    query = select(Mark.student_id).where(
        Mark.lecture_id == lecture_id, Mark.student_id.in_(student_ids), Mark.status.in_(HERE)
    )
    return session.scalar(query.limit(1))


def find_check_in(session: Session, pass_id: int, idempotency_key: str) -> CheckIn | None:
    """Find the answer already given to a phone's request."""
    return session.scalar(statements.ANSWERED, {"the_pass": pass_id, "key": idempotency_key})


def latest_answers(
    session: Session, pass_id: int, typed_digest: str | None, *, limit: int
) -> Sequence[CheckInOutcome]:
    """Return what a phone was answered last for a roll id as it was typed, the newest first."""
    asked = {"the_pass": pass_id, "typed": typed_digest, "most": limit}
    return session.scalars(statements.LATEST_ANSWERS, asked).all()


def find_mark(session: Session, lecture_id: int, student_id: int) -> Mark | None:
    """Find a student's mark at a lecture."""
    return session.scalar(select(Mark).where(Mark.lecture_id == lecture_id, Mark.student_id == student_id))


def find_living_pass(session: Session, pass_id: int, *, alone: bool = False) -> KioskPass | None:
    """Find a pass and lock it with its lecture until the transaction ends, so that neither ends meanwhile.

    `alone` also keeps every other phone of the lecture from writing meanwhile.
    """
    found = session.scalar(statements.LOCKED_PASS, {"the_pass": pass_id})
    if found is not None:
        locked = session.scalar(statements.LOCKED_LECTURE[not alone], {"the_lecture": found.lecture_id})
        set_committed_value(found, "lecture", locked)  # else it is let go and read once more
    return found


def bind_key(session: Session, pass_id: int, public_key: str) -> str | None:
    """Give a pass its public key unless it has one; return the one it has now."""
    mine = (KioskPass.id == pass_id, KioskPass.public_key.is_(None))
    session.execute(update(KioskPass).where(*mine).values(public_key=public_key))
    return session.scalar(select(KioskPass.public_key).where(KioskPass.id == pass_id))


def note_seen(session: Session, pass_id: int, *, now: datetime) -> None:
    """Note that a phone asked for something."""
    session.execute(update(KioskPass).where(KioskPass.id == pass_id).values(last_seen_at=now))


def use_ticket(
    session: Session,
    pass_id: int,
    token_digest: str,
    *,
    issued_after: datetime,
    issued_before: datetime,
    bound_to: str,
) -> bool:
    """Bind a pass's unused ticket to one request, in one step; False if there is none issued between."""
    asked = {"ticket": token_digest, "the_pass": pass_id, "request": bound_to}
    times = {"issued_after": issued_after, "issued_before": issued_before}
    used = session.execute(statements.USE_TICKET, asked | times)
    return cast("CursorResult[Any]", used).rowcount == 1


def sweep_tickets(session: Session, pass_id: int, *, issued_before: datetime) -> None:
    """Delete a pass's old tickets."""
    old = (KioskTicket.kiosk_pass_id == pass_id, KioskTicket.issued_at < issued_before)
    session.execute(delete(KioskTicket).where(*old), execution_options=_NOTHING_LOADED)


def failures_of_student(
    session: Session, lecture_id: int, student_id: int, since: datetime
) -> Sequence[datetime]:
    """Return when somebody failed with a student's roll id at a lecture, on any phone, oldest first."""
    asked = {"the_lecture": lecture_id, "the_student": student_id, "since": since}
    return session.scalars(statements.FAILURES_OF_STUDENT, asked).all()[::-1]


def count_slowed(session: Session, pass_id: int, student_id: int, since: datetime) -> int:
    """Return how many faces a phone showed for a student that were compared although the roll id had to
    wait."""
    query = select(func.count(CheckIn.id)).where(
        CheckIn.kiosk_pass_id == pass_id,
        CheckIn.student_id == student_id,
        CheckIn.outcome == CheckInOutcome.SLOWED,
        CheckIn.answered_at > since,
    )
    return session.scalar(query) or 0


def failures_of_phone(session: Session, pass_id: int, since: datetime) -> Sequence[datetime]:
    """Return when somebody failed on a phone, roll ids of nobody included, oldest first."""
    asked = {"the_pass": pass_id, "since": since}
    return session.scalars(statements.FAILURES_OF_PHONE, asked).all()[::-1]


def add_failure_of_phone(session: Session, lecture_id: int, pass_id: int, *, now: datetime) -> None:
    """Count one more failure of a phone, which belongs to no student."""
    session.add(
        CheckIn(
            kiosk_pass_id=pass_id,
            idempotency_key=str(uuid4()),
            lecture_id=lecture_id,
            student_id=None,
            outcome=CheckInOutcome.NOT_IN_CLASS,
            answered_at=now,
        )
    )


def count_outcomes(session: Session, *, since: datetime) -> dict[tuple[CheckInOutcome, bool], int]:
    """Return how often each answer was given since, and whether a turn of the head led to it."""
    query = select(CheckIn.outcome, CheckIn.turned, func.count()).where(CheckIn.answered_at > since)
    rows = session.execute(query.group_by(CheckIn.outcome, CheckIn.turned))
    return {(outcome, bool(turned)): count for outcome, turned, count in rows}


def repeated_failures(
    session: Session, lecture_id: int, *, more_than: int
) -> Sequence[tuple[Student, int, int]]:
    """Return the unmarked students of a lecture with many failures: how many, and on how many phones."""
    tries, phones = func.count(CheckIn.id), func.count(CheckIn.kiosk_pass_id.distinct())
    query = (
        select(Student, tries, phones)
        .join(CheckIn, CheckIn.student_id == Student.id)
        .outerjoin(Mark, (Mark.student_id == Student.id) & (Mark.lecture_id == lecture_id))
        .where(CheckIn.lecture_id == lecture_id, CheckIn.outcome.in_(SUSPICIOUS), Mark.id.is_(None))
        .group_by(Student.id)
        .having(tries > more_than)
        .order_by(tries.desc(), Student.id)
    )
    return [(student, count, used) for student, count, used in session.execute(query)]


def failing_phones(session: Session, lecture_id: int, *, more_than: int) -> Sequence[tuple[KioskPass, int]]:
    """Return the phones of a lecture that take check-ins and saw many failures, and how many."""
    tries = func.count(CheckIn.id)
    query = (
        select(KioskPass, tries)
        .join(CheckIn, CheckIn.kiosk_pass_id == KioskPass.id)
        .where(
            KioskPass.lecture_id == lecture_id,
            KioskPass.ended_at.is_(None),
            CheckIn.outcome.in_(statements.FAILED_ON_A_PHONE),
        )
        .group_by(KioskPass.id)
        .having(tries > more_than)
        .order_by(KioskPass.id)
    )
    return [(phone, count) for phone, count in session.execute(query)]


def forget_pins(session: Session, *, ended_before: datetime) -> int:
    """Forget the PINs of lectures that ended before; return how many."""
    old = (Lecture.kiosk_pin.is_not(None), Lecture.ends_at < ended_before)
    gone = session.execute(update(Lecture).where(*old).values(kiosk_pin=None))
    return cast("CursorResult[Any]", gone).rowcount
