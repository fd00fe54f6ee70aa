"""Keeps the photos of a class's zip whose student the path leaves open, until somebody answers."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, undefer

from shared.persistence.tables import PhotoQuestion


def list_questions(session: Session, class_id: int, *, most: int) -> Sequence[PhotoQuestion]:
    """Return the first open questions of a class, in the order of the zip, without their pictures."""
    query = select(PhotoQuestion).where(PhotoQuestion.class_id == class_id)
    return session.scalars(query.order_by(PhotoQuestion.id).limit(most)).all()


def count_by_class(session: Session) -> dict[int, int]:
    """Return how many questions are open in each class that has one."""
    query = select(PhotoQuestion.class_id, func.count()).group_by(PhotoQuestion.class_id)
    return {row[0]: row[1] for row in session.execute(query)}


def count_questions(session: Session, class_id: int) -> int:
    """Return how many questions of a class are open."""
    query = select(func.count(PhotoQuestion.id)).where(PhotoQuestion.class_id == class_id)
    return session.scalar(query) or 0


def list_unopened(session: Session, class_id: int) -> Sequence[int]:
    """Return the ids of the questions whose photo nobody has opened yet."""
    query = select(PhotoQuestion.id).where(
        PhotoQuestion.class_id == class_id, PhotoQuestion.sealed_thumbnail.is_(None)
    )
    return session.scalars(query.order_by(PhotoQuestion.id)).all()


def find_question(
    session: Session,
    class_id: int,
    question_id: int,
    *,
    with_photo: bool = False,
    with_thumbnail: bool = False,
    lock: bool = False,
) -> PhotoQuestion | None:
    """Find a question of a class, with its sealed photo or thumbnail if asked for."""
    query = select(PhotoQuestion).where(PhotoQuestion.id == question_id, PhotoQuestion.class_id == class_id)
    if with_photo:
        query = query.options(undefer(PhotoQuestion.sealed_photo))
    if with_thumbnail:
        query = query.options(undefer(PhotoQuestion.sealed_thumbnail))
    return session.scalar(query.with_for_update() if lock else query)


def delete_question(session: Session, question_id: int) -> None:
    """Delete a question with its photo."""
    session.execute(delete(PhotoQuestion).where(PhotoQuestion.id == question_id))


def delete_questions(session: Session, class_id: int) -> None:
    """Delete every open question of a class with its photo."""
    session.execute(delete(PhotoQuestion).where(PhotoQuestion.class_id == class_id))


def list_about(session: Session, student_id: int) -> Sequence[PhotoQuestion]:
    """Return the open questions that name a student as a likely one."""
    rows = session.scalars(select(PhotoQuestion))
    return [row for row in rows if student_id in row.likely]


def forget_student(session: Session, student_id: int) -> None:
    """Delete the photos that may show a student."""
    ids = [row.id for row in list_about(session, student_id)]
    session.execute(delete(PhotoQuestion).where(PhotoQuestion.id.in_(ids)))
