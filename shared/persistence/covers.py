"""Reads who covers whose planned lectures, and the lectures that a colleague held for a teacher."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence.tables import Cover, Lecture, Teacher


def standing(
    session: Session,
    *,
    after: datetime,
    teacher_id: int | None = None,
    colleague_id: int | None = None,
    lock: bool = False,
) -> list[Cover]:
    """Return what ends after a moment and was not taken back, of a teacher, by a colleague, or all.

    A colleague who was deactivated covers nothing. The earliest come first.
    """
    query = select(Cover).where(Cover.taken_back_at.is_(None), Cover.ends_at > after)
    if teacher_id is not None:
        query = query.where(Cover.teacher_id == teacher_id)
    if colleague_id is not None:
        query = query.where(Cover.colleague_id == colleague_id)
    if lock:
        query = query.with_for_update()
    else:
        query = query.options(
            joinedload(Cover.teacher), joinedload(Cover.colleague), joinedload(Cover.planned)
        )
    found = session.scalars(query.order_by(Cover.starts_at, Cover.id))
    return [each for each in found if each.colleague.active]


def get_cover(session: Session, cover_id: int) -> Cover:
    """Return a cover, locked. Raise NotFound."""
    cover = session.scalar(select(Cover).where(Cover.id == cover_id).with_for_update())
    if cover is None:
        raise NotFound(phrase("There is no such cover."))
    return cover


def lock_teacher(session: Session, teacher_id: int | None) -> Teacher:
    """Find a teacher and keep others from granting covers of the same meanwhile. Raise NotFound."""
    teacher = session.scalar(select(Teacher).where(Teacher.id == teacher_id).with_for_update())
    if teacher is None:
        raise NotFound(phrase("There is no such teacher."))
    return teacher


def find_teacher(session: Session, teacher_id: int) -> Teacher | None:
    """Find a teacher, active or not."""
    return session.get(Teacher, teacher_id)


def list_held_for(session: Session, teacher_id: int, *, since: datetime) -> Sequence[Lecture]:
    """Return what colleagues held for a teacher since a moment, the latest first."""
    query = select(Lecture).where(Lecture.for_teacher_id == teacher_id, Lecture.starts_at >= since)
    query = query.options(selectinload(Lecture.classes), joinedload(Lecture.teacher))
    return session.scalars(query.order_by(Lecture.starts_at.desc(), Lecture.id.desc())).all()


def find_held_for(session: Session, teacher_id: int, lecture_id: int) -> Lecture | None:
    """Find a lecture that a colleague held for this teacher."""
    query = select(Lecture).where(Lecture.id == lecture_id, Lecture.for_teacher_id == teacher_id)
    return session.scalar(query.options(selectinload(Lecture.classes), joinedload(Lecture.teacher)))
