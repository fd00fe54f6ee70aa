"""Counts marks over a series of lectures, always in the same number of queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from shared.domain.attendance import MarkSource
from shared.persistence import statuses
from shared.persistence.tables import Lecture, LectureClass, Mark, SchoolClass, Student, Teacher, Teaching


@dataclass(frozen=True)
class Series:
    """Which lectures of a class are meant: those that start in [since, until), None: without that end."""

    class_id: int
    since: datetime | None = None
    until: datetime | None = None
    teacher_id: int | None = None
    subject: str | None = None


class MarkCount(NamedTuple):
    """How often a student has a status in the class; `in_unclosed` counts the marks in lectures that nobody
    closed, also those made in another class of the lecture, before the student moved."""

    student_id: int
    status: str
    times: int
    in_unclosed: int


class MarkLine(NamedTuple):
    """One mark of a series."""

    lecture_id: int
    student_id: int
    status: str
    source: MarkSource
    marked_at: datetime
    note: str


class HereCount(NamedTuple):
    """How many marks of the class at a lecture count as here, how many there are, and how many who are in
    the class now have one, also from another class of the lecture."""

    here: int = 0
    marked: int = 0
    of_members: int = 0


def find_taught_class(session: Session, teacher_id: int | None, class_id: int) -> SchoolClass | None:
    """Find a class that this teacher teaches."""
    query = select(SchoolClass).join(Teaching, Teaching.class_id == SchoolClass.id)
    return session.scalar(query.where(SchoolClass.id == class_id, Teaching.teacher_id == teacher_id))


def held_lectures(session: Session, series: Series, *, now: datetime) -> Sequence[Lecture]:
    """Return the lectures of a series that are over, by the teacher or by the clock, the earliest first."""
    query = _of(series).where(or_(Lecture.closed_at.is_not(None), Lecture.ends_at <= now))
    query = query.options(joinedload(Lecture.teacher), joinedload(Lecture.for_teacher)).order_by(
        Lecture.starts_at, Lecture.id
    )
    return session.scalars(query).all()


def count_not_over(session: Session, series: Series, *, now: datetime) -> int:
    """Return how many lectures of a series run now, or were opened for later."""
    query = _of(series).where(Lecture.closed_at.is_(None), Lecture.ends_at > now)
    return session.scalar(query.with_only_columns(func.count(Lecture.id))) or 0


def _of(series: Series) -> Select[Lecture]:
    query = select(Lecture).join(LectureClass, LectureClass.lecture_id == Lecture.id)
    query = query.where(LectureClass.class_id == series.class_id, Lecture.not_held_reason.is_(None))
    if series.since is not None:
        query = query.where(Lecture.starts_at >= series.since)
    if series.until is not None:
        query = query.where(Lecture.starts_at < series.until)
    if series.teacher_id is not None:
        query = query.where(
            or_(Lecture.teacher_id == series.teacher_id, Lecture.for_teacher_id == series.teacher_id)
        )
    if series.subject is not None:
        query = query.where(Lecture.subject == series.subject)
    return query


def count_marks(session: Session, class_id: int, lecture_ids: Collection[int]) -> list[MarkCount]:
    """Count the marks made in a class in these lectures, by student and status."""
    times = func.count(case((Mark.class_id == class_id, 1)))
    in_unclosed = func.count(case((Lecture.closed_at.is_(None), 1)))
    query = (
        select(Mark.student_id, Mark.status, times, in_unclosed)
        .join(Lecture, Lecture.id == Mark.lecture_id)
        .where(Mark.lecture_id.in_(lecture_ids))
        .group_by(Mark.student_id, Mark.status)
    )
    return [MarkCount(*row) for row in session.execute(query)]


def count_here(session: Session, class_id: int, lecture_ids: Collection[int]) -> dict[int, HereCount]:
    """Count, by lecture, the marks made in the class."""
    is_of_class = Mark.class_id == class_id
    is_here = func.count(case((and_(is_of_class, statuses.is_here(Mark.status)), 1)))
    is_marked = func.count(case((is_of_class, 1)))
    is_member = func.count(case((and_(Student.class_id == class_id, Student.active), 1)))
    query = (
        select(Mark.lecture_id, is_here, is_marked, is_member)
        .join(Student, Student.id == Mark.student_id)
        .where(Mark.lecture_id.in_(lecture_ids))
        .group_by(Mark.lecture_id)
    )
    return {lecture_id: HereCount(*counts) for lecture_id, *counts in session.execute(query)}


def list_marks(
    session: Session, class_id: int, lecture_ids: Collection[int], *, for_teacher_id: int | None
) -> list[MarkLine]:
    """Return every mark of a class's students in these lectures; of another teacher's lecture without its
    note."""
    is_own = or_(Lecture.teacher_id == for_teacher_id, Lecture.for_teacher_id == for_teacher_id)
    note = case((is_own, Mark.note), else_="")
    query = (
        select(Mark.lecture_id, Mark.student_id, Mark.status, Mark.source, Mark.marked_at, note)
        .join(Lecture, Lecture.id == Mark.lecture_id)
        .where(Mark.class_id == class_id, Mark.lecture_id.in_(lecture_ids))
    )
    return [MarkLine(*row) for row in session.execute(query)]


def list_students(session: Session, class_id: int, *, with_marks: Collection[int]) -> Sequence[Student]:
    """Return the active students of a class, and whoever else is among `with_marks`: deactivated, or moved
    since."""
    here_now = and_(Student.class_id == class_id, Student.active)
    return session.scalars(select(Student).where(or_(here_now, Student.id.in_(with_marks)))).all()


def lecturers_of(session: Session, class_id: int) -> Sequence[tuple[int, str, str]]:
    """Return who holds which lectures in a class, or has them held: teacher's id and name, and subject."""
    query = (
        select(Teacher.id, Teacher.name, Lecture.subject)
        .join(Lecture, or_(Lecture.teacher_id == Teacher.id, Lecture.for_teacher_id == Teacher.id))
        .join(LectureClass, LectureClass.lecture_id == Lecture.id)
        .where(LectureClass.class_id == class_id)
        .distinct()
        .order_by(Teacher.name, Teacher.id, Lecture.subject)
    )
    return [(teacher_id, name, subject) for teacher_id, name, subject in session.execute(query)]
