"""Reads lectures, their registers and the history of their marks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence import statuses
from shared.persistence.tables import (
    Lecture,
    LectureClass,
    Mark,
    MarkChange,
    SchoolClass,
    Student,
    Teaching,
)

PAGE_SIZE = 25
MOST_SUBJECTS = 20


@dataclass(frozen=True)
class Count:
    """How many of a lecture's students are here: present, late or counted so, of all on the register."""

    here: int = 0
    expected: int = 0


@dataclass(frozen=True)
class RegisterLine:
    """One student on the register of a lecture; no mark: not marked yet."""

    student: Student
    mark: Mark | None

    @property
    def school_class(self) -> SchoolClass:
        """The class of the student at this lecture: what is marked stays there when the student moves."""
        return self.mark.school_class if self.mark else self.student.school_class


def classes_of(session: Session, teacher_id: int | None) -> Sequence[tuple[SchoolClass, int]]:
    """Return the active classes a teacher teaches, each with its number of active students, by class code."""
    query = (
        select(SchoolClass, func.count(Student.id))
        .join(Teaching, Teaching.class_id == SchoolClass.id)
        .outerjoin(Student, and_(Student.class_id == SchoolClass.id, Student.active))
        .where(Teaching.teacher_id == teacher_id, SchoolClass.active)
        .group_by(SchoolClass.id)
        .order_by(SchoolClass.code_order)
    )
    return [(school_class, count) for school_class, count in session.execute(query)]


def subjects_of(session: Session, teacher_id: int) -> Sequence[str]:
    """Return the subjects a teacher has held lectures in, the latest first, MOST_SUBJECTS at most."""
    query = (
        select(Lecture.subject)
        .where(Lecture.teacher_id == teacher_id)
        .group_by(Lecture.subject)
        .order_by(func.max(Lecture.starts_at).desc())
        .limit(MOST_SUBJECTS)
    )
    return session.scalars(query).all()


def find_lecture_by_key(session: Session, opening_key: str) -> Lecture | None:
    """Find the lecture that a form has opened."""
    return session.scalar(select(Lecture).where(Lecture.opening_key == opening_key))


def get_own_lecture(
    session: Session, teacher_id: int | None, lecture_id: int, *, lock: bool = False
) -> Lecture:
    """Return a teacher's lecture with its classes; `lock` keeps others from changing it meanwhile.

    Raise NotFound, the same for another teacher's lecture as for none.
    """
    query = select(Lecture).where(Lecture.id == lecture_id, Lecture.teacher_id == teacher_id)
    query = query.options(selectinload(Lecture.classes))
    lecture = session.scalar(query.with_for_update() if lock else query)
    if lecture is None:
        raise NotFound(phrase("Lecture not found, or you do not have access."))
    return lecture


def lectures_between(
    session: Session, teacher_id: int, since: datetime, until: datetime, *, class_id: int | None = None
) -> Sequence[Lecture]:
    """Return a teacher's lectures of which any part lies in [since, until), the earliest first."""
    query = _lectures(teacher_id, since=since, until=until, class_id=class_id)
    return session.scalars(query.order_by(Lecture.starts_at, Lecture.id)).all()


def list_unclosed(session: Session, class_id: int, *, now: datetime) -> Sequence[Lecture]:
    """Return the lectures of a class that have begun and were not closed, with their teachers, the latest
    first."""
    of_class = Lecture.classes.any(SchoolClass.id == class_id)
    query = select(Lecture).where(of_class, Lecture.starts_at <= now, Lecture.closed_at.is_(None))
    query = query.options(joinedload(Lecture.teacher)).order_by(Lecture.starts_at.desc(), Lecture.id.desc())
    return session.scalars(query).all()


def chose_by_face(session: Session, teacher_id: int, since: datetime) -> set[int]:
    """Return the ids of classes in whose last lecture since then this teacher had the roll id found by the
    face."""
    query = select(LectureClass.class_id, Lecture.roll_id_by_face)
    query = query.join(Lecture, Lecture.id == LectureClass.lecture_id)
    query = query.where(Lecture.teacher_id == teacher_id, Lecture.starts_at >= since)
    last = {row.class_id: row.roll_id_by_face for row in session.execute(query.order_by(Lecture.id))}
    return {class_id for class_id, chosen in last.items() if chosen}


def page_of_lectures(
    session: Session,
    teacher_id: int,
    *,
    page: int,
    since: datetime | None = None,
    until: datetime | None = None,
    class_id: int | None = None,
) -> tuple[Sequence[Lecture], int]:
    """Return one page of a teacher's lectures of which any part lies in [since, until), and how many pages
    there are. The latest come first, and pages start at 1.
    """
    query = _lectures(teacher_id, since=since, until=until, class_id=class_id)
    total = (
        session.scalar(select(func.count()).select_from(query.with_only_columns(Lecture.id).subquery())) or 0
    )
    ordered = query.order_by(Lecture.starts_at.desc(), Lecture.id.desc())
    lectures = session.scalars(ordered.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    return lectures, max(1, -(-total // PAGE_SIZE))


def _lectures(
    teacher_id: int, *, since: datetime | None, until: datetime | None, class_id: int | None
) -> Select[Lecture]:
    query = select(Lecture).where(Lecture.teacher_id == teacher_id).options(selectinload(Lecture.classes))
    if since is not None:
        query = query.where(Lecture.ends_at > since)
    if until is not None:
        query = query.where(Lecture.starts_at < until)
    if class_id is not None:
        query = query.where(Lecture.classes.any(SchoolClass.id == class_id))
    return query


def count_here(session: Session, lecture_ids: Collection[int]) -> dict[int, Count]:
    """Count who is here, for each of the lectures; the register's rule says who is expected."""
    here, expected = dict.fromkeys(lecture_ids, 0), dict.fromkeys(lecture_ids, 0)
    for lecture_id, here_count, student_count in session.execute(_counts(), {"lecture_ids": lecture_ids}):
        here[lecture_id] += here_count
        expected[lecture_id] += student_count
    return {lecture_id: Count(here[lecture_id], expected[lecture_id]) for lecture_id in lecture_ids}


@cache
def _counts() -> CompoundSelect[Any]:
    """Return for each lecture the marked who are here and all who are marked; and 0 and the unmarked.

    It is put together once, for every check-in is answered with it.
    """
    lecture_ids: Any = bindparam("lecture_ids", expanding=True)
    is_here = func.count(case((statuses.is_here(Mark.status), 1)))
    marked = select(Mark.lecture_id, is_here, func.count(Mark.id)).where(Mark.lecture_id.in_(lecture_ids))
    counted: Any = (Lecture.id, literal_column("0"), func.count(Student.id))
    unmarked = _unmarked(lecture_ids).with_only_columns(*counted).group_by(Lecture.id)
    return union_all(marked.group_by(Mark.lecture_id), unmarked)


def newest_here(session: Session, lecture_id: int, *, limit: int) -> Sequence[Mark]:
    """Return who was marked present or late last, with the students, the latest first."""
    query = select(Mark).where(Mark.lecture_id == lecture_id, statuses.is_here(Mark.status))
    query = query.options(joinedload(Mark.student)).order_by(Mark.marked_at.desc(), Mark.id.desc())
    return session.scalars(query.limit(limit)).all()


def unmarked_students(session: Session, lecture_id: int) -> Sequence[Student]:
    """Return the active students of a lecture's classes without a mark; nobody once the lecture is closed."""
    return session.scalars(_unmarked([lecture_id]).options(joinedload(Student.school_class))).all()


def _unmarked(lecture_ids: Collection[int]) -> Select[Student]:
    return (
        select(Student)
        .join(LectureClass, LectureClass.class_id == Student.class_id)
        .join(Lecture, Lecture.id == LectureClass.lecture_id)
        .outerjoin(Mark, and_(Mark.student_id == Student.id, Mark.lecture_id == Lecture.id))
        .where(Lecture.id.in_(lecture_ids), Lecture.closed_at.is_(None), Student.active, Mark.id.is_(None))
    )


def register(session: Session, lecture_id: int, *, class_id: int | None = None) -> list[RegisterLine]:
    """Return everybody expected at a lecture, by class and roll id.

    Those are the students with a mark and, until the lecture is closed, the active students of its classes:
    who joins the class later does not appear in lectures of the past. `class_id` keeps one class.
    """
    query = select(Mark).join(Mark.student).join(Mark.school_class).where(Mark.lecture_id == lecture_id)
    query = query.options(contains_eager(Mark.student), contains_eager(Mark.school_class))
    lines = [RegisterLine(mark.student, mark) for mark in session.scalars(query)]
    lines += [RegisterLine(student, None) for student in unmarked_students(session, lecture_id)]
    kept = [line for line in lines if class_id in (None, line.school_class.id)]
    return sorted(
        kept,
        key=lambda line: (line.school_class.code_order, line.student.roll_order),
    )


def get_register_line(session: Session, lecture: Lecture, student_id: int) -> RegisterLine:
    """Return one student of a lecture, with the mark, locked. Raise NotFound for anybody else."""
    mark = session.scalar(
        select(Mark)
        .where(Mark.lecture_id == lecture.id, Mark.student_id == student_id)
        .options(joinedload(Mark.student))
        .with_for_update(of=Mark)
    )
    if mark is not None:
        return RegisterLine(mark.student, mark)
    classes = [school_class.id for school_class in lecture.classes]
    student = session.scalar(
        select(Student).where(Student.id == student_id, Student.class_id.in_(classes), Student.active)
    )
    if student is None:
        raise NotFound(phrase("This student is not on the register of this lecture."))
    return RegisterLine(student, None)


def marks_from(session: Session, lecture_id: int, source: str) -> Sequence[Mark]:
    """Return the marks of a lecture that came about in one way."""
    return session.scalars(select(Mark).where(Mark.lecture_id == lecture_id, Mark.source == source)).all()


def marks_with(session: Session, lecture_id: int, status: str) -> Sequence[Mark]:
    """Return the marks of a lecture that have a status."""
    return session.scalars(select(Mark).where(Mark.lecture_id == lecture_id, Mark.status == status)).all()


def history(session: Session, lecture_id: int) -> Sequence[MarkChange]:
    """Return every change of a lecture's marks, the latest first, with student and teacher."""
    query = select(MarkChange).where(MarkChange.lecture_id == lecture_id)
    query = query.options(joinedload(MarkChange.student), joinedload(MarkChange.teacher))
    return session.scalars(query.order_by(MarkChange.id.desc())).all()


def changes_of(session: Session, lecture_id: int, student_id: int) -> Sequence[MarkChange]:
    """Return every change of one student's mark at a lecture, the latest first."""
    query = select(MarkChange).where(MarkChange.lecture_id == lecture_id, MarkChange.student_id == student_id)
    return session.scalars(query.order_by(MarkChange.id.desc())).all()


def changes_together(session: Session, change: MarkChange) -> Sequence[MarkChange]:
    """Return the changes that were made in one press with this one, itself included."""
    alike = ("lecture_id", "teacher_id", "source", "was", "becomes", "changed_at")
    query = select(MarkChange).where(
        *(getattr(MarkChange, name).is_not_distinct_from(getattr(change, name)) for name in alike)
    )
    return session.scalars(query.order_by(MarkChange.id)).all()


def latest_changes(session: Session, lecture_id: int) -> set[int]:
    """Return the ids of the latest change of each student's mark at a lecture."""
    latest = select(func.max(MarkChange.id)).where(MarkChange.lecture_id == lecture_id)
    return set(session.scalars(latest.group_by(MarkChange.student_id)))


def get_change(session: Session, lecture_id: int, change_id: int) -> MarkChange:
    """Return an entry of a lecture's history. Raise NotFound."""
    query = select(MarkChange).where(MarkChange.id == change_id, MarkChange.lecture_id == lecture_id)
    change = session.scalar(query)
    if change is None:
        raise NotFound(phrase("There is no such change in this lecture's history."))
    return change
