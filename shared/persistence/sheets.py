"""Reads what sheets need, a lecture's and a term's: the history since a download, and what was applied."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence.tables import Lecture, LectureClass, Mark, MarkChange, SheetMarkChange, SheetUpload


class HistoryLine(NamedTuple):
    """One entry of a lecture's history, as far as sheets need it."""

    lecture_id: int
    id: int
    student_id: int
    was: str | None
    note: str


def history_version(session: Session, lecture_id: int) -> int:
    """Return the id of the latest entry of a lecture's history; 0 before the first."""
    return session.scalar(select(func.max(MarkChange.id)).where(MarkChange.lecture_id == lecture_id)) or 0


def list_changes(session: Session, lecture_ids: Collection[int]) -> list[HistoryLine]:
    """Return every entry of the history of lectures, the earliest first."""
    query = select(
        MarkChange.lecture_id, MarkChange.id, MarkChange.student_id, MarkChange.was, MarkChange.note
    )
    query = query.where(MarkChange.lecture_id.in_(lecture_ids)).order_by(MarkChange.id)
    return [HistoryLine(*row) for row in session.execute(query)]


def lectures_of_class(
    session: Session, teacher_id: int | None, class_id: int, lecture_ids: Collection[int]
) -> Sequence[Lecture]:
    """Return which of these lectures are this teacher's and this class's, the earliest first."""
    query = select(Lecture).join(LectureClass, LectureClass.lecture_id == Lecture.id)
    query = query.where(
        Lecture.id.in_(lecture_ids), Lecture.teacher_id == teacher_id, LectureClass.class_id == class_id
    )
    return session.scalars(query.order_by(Lecture.starts_at, Lecture.id)).all()


def lock_lectures(
    session: Session, teacher_id: int | None, lecture_ids: Collection[int]
) -> Sequence[Lecture]:
    """Return which of these lectures are this teacher's, locked by id: no two wait for each other."""
    query = select(Lecture).where(Lecture.id.in_(lecture_ids), Lecture.teacher_id == teacher_id)
    return session.scalars(query.order_by(Lecture.id).with_for_update()).all()


def marked_in_another_class(
    session: Session, class_id: int, lecture_ids: Collection[int]
) -> set[tuple[int, int]]:
    """Return lecture and student of the marks that were made in other classes of these lectures."""
    query = select(Mark.lecture_id, Mark.student_id)
    query = query.where(Mark.lecture_id.in_(lecture_ids), Mark.class_id != class_id)
    return {(lecture_id, student_id) for lecture_id, student_id in session.execute(query)}


def list_uploads(session: Session, lecture_id: int) -> Sequence[SheetUpload]:
    """Return the applied uploads of a lecture with their changes, the latest first."""
    query = select(SheetUpload).where(SheetUpload.lecture_id == lecture_id)
    query = query.options(selectinload(SheetUpload.changes))
    return session.scalars(query.order_by(SheetUpload.id.desc())).all()


def get_upload(session: Session, lecture_id: int, upload_id: int) -> SheetUpload:
    """Return an applied upload of a lecture with its changes. Raise NotFound."""
    query = select(SheetUpload).where(SheetUpload.id == upload_id, SheetUpload.lecture_id == lecture_id)
    upload = session.scalar(query.options(selectinload(SheetUpload.changes)))
    if upload is None:
        raise NotFound(phrase("There is no such upload of this lecture."))
    return upload


def find_upload_by_key(session: Session, review_key: str) -> SheetUpload | None:
    """Find the upload that a review was applied as."""
    return session.scalar(select(SheetUpload).where(SheetUpload.review_key == review_key))


def list_term_parts(session: Session, term_key: str) -> Sequence[SheetUpload]:
    """Return what one press applied from a term's sheet, one upload a lecture, with their changes."""
    query = select(SheetUpload).where(SheetUpload.term_key == term_key)
    return session.scalars(query.options(selectinload(SheetUpload.changes)).order_by(SheetUpload.id)).all()


class TermUpload(NamedTuple):
    """One applied sheet of a term: `upload_id` is its first part's."""

    upload_id: int
    file_name: str
    applied_at: datetime
    undone_at: datetime | None
    lectures: int
    marks: int


def list_term_uploads(session: Session, teacher_id: int | None, class_id: int) -> list[TermUpload]:
    """Return the sheets of the term that a teacher applied to lectures of a class, the latest first."""
    keys = select(SheetUpload.term_key).join(LectureClass, LectureClass.lecture_id == SheetUpload.lecture_id)
    keys = keys.where(SheetUpload.teacher_id == teacher_id, LectureClass.class_id == class_id)
    first = func.min(SheetUpload.id)
    query = (
        select(
            first,
            func.max(SheetUpload.file_name),
            func.max(SheetUpload.applied_at),
            func.max(SheetUpload.undone_at),
            func.count(SheetUpload.id.distinct()),
            func.count(SheetMarkChange.id),
        )
        .outerjoin(SheetMarkChange, SheetMarkChange.upload_id == SheetUpload.id)
        .where(SheetUpload.term_key.in_(keys))
        .group_by(SheetUpload.term_key)
        .order_by(first.desc())
    )
    return [TermUpload(*row) for row in session.execute(query)]


def get_term_key(session: Session, teacher_id: int | None, class_id: int, upload_id: int) -> str:
    """Return the key that the parts of a teacher's applied sheet of a term share. Raise NotFound."""
    query = select(SheetUpload.term_key).join(LectureClass, LectureClass.lecture_id == SheetUpload.lecture_id)
    term_key = session.scalar(
        query.where(
            SheetUpload.id == upload_id,
            SheetUpload.teacher_id == teacher_id,
            LectureClass.class_id == class_id,
        )
    )
    if term_key is None:
        raise NotFound(phrase("There is no such upload of this class's term."))
    return term_key
