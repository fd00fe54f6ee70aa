"""Reads and settles the check-ins that wait for the teacher."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload, undefer

from shared.domain.check_in import ASKED_TO_TURN, REFUSALS, CheckInOutcome, ConfirmReason
from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence import check_in_statements as statements
from shared.persistence.tables import CheckIn, Student, ToConfirm

# What a decision and the passing of time take away: the picture and what was read off it.
_WITHOUT_PICTURE = {"sealed_picture": None, "sealed_descriptor": None}


def find_latest(session: Session, lecture_id: int, student_id: int) -> ToConfirm | None:
    """Find what the teacher was asked last about a student at a lecture, waiting or settled."""
    query = select(ToConfirm).where(ToConfirm.lecture_id == lecture_id, ToConfirm.student_id == student_id)
    return session.scalar(query.order_by(ToConfirm.id.desc()).limit(1))


def has_called(session: Session, pass_id: int, typed_roll_id: str) -> bool:
    """Tell whether a call of a phone waits that was made with a roll id of nobody."""
    query = select(ToConfirm.id).where(
        ToConfirm.kiosk_pass_id == pass_id,
        ToConfirm.typed_roll_id == typed_roll_id,
        ToConfirm.waiting.is_(True),
    )
    return session.scalar(query.limit(1)) is not None


def unmarked_since(
    session: Session, lecture_id: int, student_id: int, since: datetime | None
) -> Sequence[CheckInOutcome]:
    """Return the refusals of a student at a lecture and what was asked instead of marking, on all phones,
    oldest first; after `since` alone, if given."""
    query = select(CheckIn.outcome).where(
        CheckIn.lecture_id == lecture_id,
        CheckIn.student_id == student_id,
        CheckIn.outcome.in_((*REFUSALS, *ASKED_TO_TURN)),
    )
    if since is not None:
        query = query.where(CheckIn.answered_at > since)
    return session.scalars(query.order_by(CheckIn.id)).all()


def list_waiting(session: Session, lecture_id: int) -> Sequence[ToConfirm]:
    """Return what waits at a lecture, with students and classes if they are known, the oldest first."""
    query = (
        select(ToConfirm)
        .outerjoin(ToConfirm.student)
        .where(ToConfirm.lecture_id == lecture_id, ToConfirm.waiting.is_(True))
        .options(
            contains_eager(ToConfirm.student).joinedload(Student.school_class),
            joinedload(ToConfirm.near_match),
        )
    )
    return session.scalars(query.order_by(ToConfirm.id)).all()


def count_waiting(session: Session, lecture_id: int) -> int:
    """Return how many check-ins of a lecture wait."""
    query = select(func.count(ToConfirm.id))
    return session.scalar(query.where(ToConfirm.lecture_id == lecture_id, ToConfirm.waiting.is_(True))) or 0


def count_in_vain(session: Session, pass_id: int) -> int:
    """Return how many calls of a phone wait, or were refused."""
    query = select(func.count(ToConfirm.id)).where(
        ToConfirm.kiosk_pass_id == pass_id,
        ToConfirm.reason == ConfirmReason.CALLED_THE_TEACHER,
        or_(ToConfirm.waiting.is_(True), ToConfirm.accepted.is_(False)),
    )
    return session.scalar(query) or 0


def get_entry(session: Session, lecture_id: int, entry_id: int) -> ToConfirm:
    """Return an entry of a lecture with its sealed picture and descriptor. Raise NotFound."""
    query = select(ToConfirm).where(ToConfirm.id == entry_id, ToConfirm.lecture_id == lecture_id)
    query = query.options(undefer(ToConfirm.sealed_picture), undefer(ToConfirm.sealed_descriptor))
    entry = session.scalar(query)
    if entry is None:
        raise NotFound(phrase("There is no such check-in to confirm."))
    return entry


def settle(
    session: Session,
    lecture_id: int,
    student_id: int,
    *,
    now: datetime,
    teacher_id: int | None,
    accepted: bool | None = None,
) -> None:
    """End what waits for a student, by a decision or because a mark was made; its picture goes at once."""
    decided = {"is_accepted": accepted, "at": now, "by": teacher_id}
    asked = {"the_lecture": lecture_id, "the_student": student_id, **decided}
    session.execute(statements.END_WAITING, asked)


def settle_entry(session: Session, entry_id: int, *, now: datetime, teacher_id: int | None) -> None:
    """End what waits for nobody in particular: the teacher has seen it."""
    ended = {"waiting": None, "accepted": False, "decided_at": now, "decided_by_id": teacher_id}
    ended |= _WITHOUT_PICTURE
    session.execute(update(ToConfirm).where(ToConfirm.id == entry_id).values(**ended))


def forget_pictures(session: Session, *, before: datetime) -> int:
    """Take away pictures and descriptors of what was asked earlier; return how many entries had one."""
    old = select(ToConfirm.id).where(ToConfirm.asked_at < before, ToConfirm.sealed_picture.is_not(None))
    ids = session.scalars(old.with_for_update()).all()
    session.execute(update(ToConfirm).where(ToConfirm.id.in_(ids)).values(**_WITHOUT_PICTURE))
    return len(ids)
