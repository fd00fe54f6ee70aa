"""Reads a student's marks over all classes, and who may see them.

Which lectures count is said once, here: those that are over, by their teacher or by the clock, and were held.
In one that nobody closed whoever has no mark was not there, as far as the school knows: so a forgotten
register is noticed, and teacher and family see the same percentage.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from shared.persistence.tables import Lecture, LectureClass, Mark, Student, Teaching


class Attended(NamedTuple):
    """One lecture of a student; no mark: nobody closed it, and the student has none."""

    lecture: Lecture
    mark: Mark | None
    class_id: int


def find_taught_student(session: Session, teacher_id: int | None, student_id: int) -> Student | None:
    """Find a student of a class this teacher teaches, or who was marked in one."""
    marked_there = exists().where(
        Mark.student_id == student_id, Mark.class_id == Teaching.class_id, Teaching.teacher_id == teacher_id
    )
    is_there = exists().where(Teaching.class_id == Student.class_id, Teaching.teacher_id == teacher_id)
    query = select(Student).where(Student.id == student_id, or_(is_there, marked_there))
    return session.scalar(query.options(joinedload(Student.school_class)))


def list_attended(session: Session, student: Student, *, now: datetime) -> Sequence[Attended]:
    """Return every lecture that is over and has to do with a student, the earliest first."""
    over = and_(
        or_(Lecture.closed_at.is_not(None), Lecture.ends_at <= now), Lecture.not_held_reason.is_(None)
    )
    marks = select(Mark).join(Lecture, Lecture.id == Mark.lecture_id)
    marks = marks.where(Mark.student_id == student.id, over).options(joinedload(Mark.school_class))
    by_lecture = {mark.lecture_id: mark for mark in session.scalars(marks)}
    found = select(Lecture).where(Lecture.id.in_(by_lecture)).options(joinedload(Lecture.teacher))
    lines = [
        Attended(each, by_lecture[each.id], by_lecture[each.id].class_id) for each in session.scalars(found)
    ]
    if student.active:
        unmarked = select(Lecture).join(LectureClass, LectureClass.lecture_id == Lecture.id)
        unmarked = unmarked.where(
            LectureClass.class_id == student.class_id,
            Lecture.closed_at.is_(None),
            over,
            Lecture.id.not_in(by_lecture),
        ).options(joinedload(Lecture.teacher))
        lines += [Attended(each, None, student.class_id) for each in session.scalars(unmarked)]
    return sorted(lines, key=lambda line: (line.lecture.starts_at, line.lecture.id))


def count_attended(lines: Iterable[Attended]) -> tuple[dict[str, int], int]:
    """Return how often each status was given, and in how many of the lectures there is no mark."""
    counts = Counter(line.mark.status if line.mark else None for line in lines)
    unmarked = counts.pop(None, 0)
    return {status: times for status, times in counts.items() if status is not None}, unmarked
