"""Keeps the faces at the kiosk that were not the typed student's."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload, undefer

from shared.persistence.tables import FaceFlag, Lecture


def list_flags(session: Session, lecture_id: int) -> Sequence[FaceFlag]:
    """Return every flag of a lecture, oldest first, with both students and the phone."""
    query = select(FaceFlag).where(FaceFlag.lecture_id == lecture_id)
    query = query.options(
        joinedload(FaceFlag.student), joinedload(FaceFlag.near_match), joinedload(FaceFlag.kiosk_pass)
    )
    return session.scalars(query.order_by(FaceFlag.id)).all()


def list_strangers(session: Session, lecture_id: int) -> Sequence[FaceFlag]:
    """Return the flags of nobody's faces at a lecture that still have their sealed descriptor."""
    query = select(FaceFlag).where(FaceFlag.lecture_id == lecture_id, FaceFlag.sealed_descriptor.is_not(None))
    query = query.options(undefer(FaceFlag.sealed_descriptor))
    return session.scalars(query.order_by(FaceFlag.id)).all()


def lectures_with_strangers(session: Session, *, ended_before: datetime) -> Sequence[int]:
    """Return the lectures that ended before a moment and still have a sealed descriptor."""
    query = (
        select(FaceFlag.lecture_id)
        .join(Lecture, Lecture.id == FaceFlag.lecture_id)
        .where(FaceFlag.sealed_descriptor.is_not(None), Lecture.ends_at < ended_before)
    )
    return session.scalars(query.distinct()).all()


def forget_strangers(session: Session, lecture_id: int, shown: Collection[int]) -> None:
    """Take away the descriptors of a lecture, and the flags of nobody's faces that are not among `shown`."""
    strangers = select(FaceFlag.id).where(
        FaceFlag.lecture_id == lecture_id, FaceFlag.sealed_descriptor.is_not(None)
    )
    ids = set(session.scalars(strangers))
    session.execute(delete(FaceFlag).where(FaceFlag.id.in_(ids - set(shown))))
    session.execute(update(FaceFlag).where(FaceFlag.id.in_(ids)).values(sealed_descriptor=None))
