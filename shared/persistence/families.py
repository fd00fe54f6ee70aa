"""Finds what families were given to look at, and what they wrote back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session, joinedload

from shared.persistence.tables import (
    AnnouncedAbsence,
    FamilyLink,
    FamilyQuestion,
    Lecture,
    Mark,
    Student,
    Teaching,
)


def find_link(session: Session, token_digest: str, *, now: datetime) -> FamilyLink | None:
    """Return the living link with this token of an active student, with student and class."""
    query = (
        select(FamilyLink)
        .join(FamilyLink.student)
        .where(FamilyLink.token_digest == token_digest, FamilyLink.expires_at > now, Student.active)
        .options(joinedload(FamilyLink.student).joinedload(Student.school_class))
    )
    return session.scalar(query)


def revoke_links(session: Session, student_id: int) -> int:
    """Delete every link of a student; return how many there were."""
    ids = session.scalars(select(FamilyLink.id).where(FamilyLink.student_id == student_id)).all()
    session.execute(delete(FamilyLink).where(FamilyLink.id.in_(ids)))
    return len(ids)


def has_links(session: Session, student_id: int, *, now: datetime) -> bool:
    """Return whether a link of a student is still good."""
    query = select(FamilyLink.id).where(FamilyLink.student_id == student_id, FamilyLink.expires_at > now)
    return session.scalar(query.limit(1)) is not None


def note_changed_addresses(session: Session, student_id: int, before: Mapping[str, object]) -> None:
    """End the links of a student of whose addresses one was taken away: its holder may keep the letters.

    `before` are the values that changed, as they were.
    """
    if any(before.get(name) for name in ("email", "parent1_email", "parent2_email", "phones")):
        revoke_links(session, student_id)


def has_mark(session: Session, student_id: int, lecture_id: int) -> bool:
    """Return whether a student has a mark in a lecture that was closed."""
    query = select(Mark.id).join(Lecture, Lecture.id == Mark.lecture_id)
    query = query.where(
        Mark.student_id == student_id, Mark.lecture_id == lecture_id, Lecture.closed_at.is_not(None)
    )
    return session.scalar(query) is not None


def list_absences(session: Session, student_id: int, *, since: date) -> Sequence[AnnouncedAbsence]:
    """Return what was announced for a student and is not over, the earliest first."""
    query = select(AnnouncedAbsence).where(
        AnnouncedAbsence.student_id == student_id, AnnouncedAbsence.last_day >= since
    )
    return session.scalars(query.order_by(AnnouncedAbsence.first_day, AnnouncedAbsence.id)).all()


def announced_on(session: Session, student_ids: Collection[int], on: date) -> dict[int, AnnouncedAbsence]:
    """Return who of these students is announced to be away on a day, each with what was written first."""
    query = select(AnnouncedAbsence).where(
        AnnouncedAbsence.student_id.in_(student_ids),
        AnnouncedAbsence.first_day <= on,
        AnnouncedAbsence.last_day >= on,
    )
    found: dict[int, AnnouncedAbsence] = {}
    for absence in session.scalars(query.order_by(AnnouncedAbsence.id)):
        found.setdefault(absence.student_id, absence)
    return found


def count_written(session: Session, student_id: int, *, since: datetime) -> int:
    """Return how many messages came about a student since then."""
    return sum(
        session.scalar(
            select(func.count(kind.id)).where(kind.student_id == student_id, kind.sent_at >= since)
        )
        or 0
        for kind in (AnnouncedAbsence, FamilyQuestion)
    )


def open_questions(session: Session, teacher_id: int) -> Sequence[FamilyQuestion]:
    """Return what waits for a teacher: about their lectures, or in general about their students."""
    taught = select(Teaching.class_id).where(Teaching.teacher_id == teacher_id)
    query = (
        select(FamilyQuestion)
        .join(FamilyQuestion.student)
        .outerjoin(FamilyQuestion.lecture)
        .where(
            FamilyQuestion.settled_at.is_(None),
            or_(
                Lecture.teacher_id == teacher_id,
                and_(FamilyQuestion.lecture_id.is_(None), Student.class_id.in_(taught)),
            ),
        )
        .options(
            joinedload(FamilyQuestion.student).joinedload(Student.school_class),
            joinedload(FamilyQuestion.lecture),
        )
        .order_by(FamilyQuestion.sent_at)
    )
    return session.scalars(query).all()
