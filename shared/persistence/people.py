"""Finds classes, teachers and students, and counts what each class still lacks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, contains_eager, selectinload

from shared.domain.face_model import CURRENT
from shared.domain.languages import phrase
from shared.domain.phone_messages import LETTERS_ALONE, Ways
from shared.domain.typed_text import natural_order, normal_code, search_words
from shared.errors import NotFound
from shared.persistence.tables import (
    Consent,
    EnrolmentPhoto,
    FaceModelRow,
    SchoolClass,
    Student,
    Teacher,
    Teaching,
)

T = TypeVar("T")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a longer list; `number` starts at 1, `total` counts all rows."""

    rows: Sequence[T]
    number: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


class Lack(StrEnum):
    """What a student can still lack; a parent's address is whatever families are told by, phones too."""

    FACE = "face"
    STRONG_MODEL = "strong_model"
    CURRENT_MODEL = "current_model"
    CONSENT = "consent"
    PARENT_ADDRESS = "parent_address"


@dataclass(frozen=True)
class ClassReadiness:
    """How many active students a class has, and how many of them lack what."""

    school_class: SchoolClass
    students: int
    with_face: int
    weak: int
    earlier: int
    without_consent: int
    without_parent_address: int


def find_class(session: Session, class_id: int) -> SchoolClass | None:
    """Return the class with this id, if there is one."""
    return session.get(SchoolClass, class_id)


def get_class(session: Session, class_id: int) -> SchoolClass:
    """Return the class with this id. Raise NotFound."""
    return _found(find_class(session, class_id), phrase("There is no such class."))


def find_class_by_code(session: Session, class_code: str) -> SchoolClass | None:
    """Return the active class with this code, if there is one."""
    return session.scalar(
        select(SchoolClass).where(SchoolClass.class_code == normal_code(class_code), SchoolClass.active)
    )


def list_classes(session: Session) -> Sequence[SchoolClass]:
    """Return every active class by its code."""
    return session.scalars(
        select(SchoolClass).where(SchoolClass.active).order_by(SchoolClass.code_order)
    ).all()


def search_classes(session: Session, text: str, *, active: bool, page: int) -> Page[SchoolClass]:
    """Return classes whose code or name holds the text."""
    query = select(SchoolClass).where(SchoolClass.active == active, _holds(text, SchoolClass.search_text))
    return _page(session, query.order_by(SchoolClass.code_order), page)


def get_teacher(session: Session, teacher_id: int) -> Teacher:
    """Return a teacher with the classes they teach. Raise NotFound."""
    teacher = session.get(Teacher, teacher_id, options=[selectinload(Teacher.classes)])
    return _found(teacher, phrase("There is no such teacher."))


def search_teachers(session: Session, text: str, *, active: bool, page: int) -> Page[Teacher]:
    """Return teachers whose name or e-mail holds the text, with the classes they teach."""
    query = select(Teacher).where(Teacher.active == active, _holds(text, Teacher.search_text))
    query = query.options(selectinload(Teacher.classes)).order_by(Teacher.search_text, Teacher.id)
    return _page(session, query, page)


def assign_classes(session: Session, teacher_id: int, class_ids: Sequence[int]) -> None:
    """Say which classes a new teacher teaches."""
    session.add_all(Teaching(teacher_id=teacher_id, class_id=class_id) for class_id in class_ids)


def find_classes(session: Session, class_ids: Sequence[int]) -> Sequence[SchoolClass]:
    """Find classes by their ids."""
    return session.scalars(select(SchoolClass).where(SchoolClass.id.in_(class_ids))).all()


def get_student(session: Session, student_id: int, *, lock: bool = False) -> Student:
    """Return a student with class, face model and consents. Raise NotFound.

    `lock` keeps other transactions from changing the student until this one ends.
    """
    student = session.get(
        Student,
        student_id,
        with_for_update=lock or None,
        options=[
            selectinload(Student.school_class),
            selectinload(Student.face_model),
            selectinload(Student.consents),
        ],
    )
    return _found(student, phrase("There is no such student."))


def search_students(
    session: Session,
    text: str = "",
    *,
    class_id: int | None = None,
    lack: Lack | None = None,
    ways: Ways = LETTERS_ALONE,
    active: bool = True,
    page: int = 1,
) -> Page[Student]:
    """Return students whose name, roll id or an address holds the text, by class and roll id."""
    addresses = (Student.email, Student.parent1_email, Student.parent2_email)
    query = (
        select(Student)
        .join(Student.school_class)
        .outerjoin(Student.face_model)
        .options(
            contains_eager(Student.school_class),
            contains_eager(Student.face_model),
            selectinload(Student.consents),
        )
        .where(Student.active == active, _holds(text, Student.search_text, *addresses))
    )
    if class_id is not None:
        query = query.where(Student.class_id == class_id)
    if lack is not None:
        query = query.where(_lacks(lack, ways))
    return _page(session, query.order_by(SchoolClass.code_order, Student.roll_order, Student.id), page)


def list_by_roll_id(session: Session, class_id: int) -> dict[str, Student]:
    """Return the active students of a class with their consents, by roll id."""
    query = select(Student).where(Student.class_id == class_id, Student.active)
    students = session.scalars(query.options(selectinload(Student.consents)))
    return {student.roll_id: student for student in students}


def list_active_students(session: Session, class_id: int, *, lock: bool = False) -> Sequence[Student]:
    """Return the active students of a class with their faces and consents, by roll id."""
    query = select(Student).where(Student.class_id == class_id, Student.active)
    query = query.options(selectinload(Student.consents), selectinload(Student.face_model))
    query = query.order_by(Student.roll_order, Student.id)
    return session.scalars(query.with_for_update(of=Student) if lock else query).all()


def list_without_consent(session: Session, class_id: int, *, lock: bool = False) -> Sequence[Student]:
    """Return the active students of a class for whom no consent holds, by roll id."""
    query = select(Student).where(Student.class_id == class_id, Student.active, _lacks(Lack.CONSENT))
    query = query.options(selectinload(Student.consents)).order_by(Student.roll_order, Student.id)
    return session.scalars(query.with_for_update(of=Student) if lock else query).all()


def list_given_consents(
    session: Session, consent_ids: Collection[int], *, recorded_by_id: int | None
) -> list[tuple[Consent, Student, bool]]:
    """Return of these consents those that hold and this admin recorded, with their students, whose rows are
    locked, and whether a photo or a face of each is kept."""
    has_face = or_(
        exists().where(FaceModelRow.student_id == Student.id),
        exists().where(EnrolmentPhoto.student_id == Student.id),
    )
    query = (
        select(Consent, Student, has_face)
        .join(Student, Student.id == Consent.student_id)
        .where(Consent.id.in_(consent_ids), Consent.withdrawn_at.is_(None))
        .where(Consent.recorded_by_id == recorded_by_id)
        .order_by(Student.roll_order)
        .with_for_update(of=Student)
    )
    return [(row[0], row[1], bool(row[2])) for row in session.execute(query)]


def list_roster(session: Session, class_id: int, *, lock: bool = False) -> dict[str, Student]:
    """Return every student of a class by roll id, deactivated ones included."""
    query = select(Student).where(Student.class_id == class_id)
    students = session.scalars(query.with_for_update() if lock else query)
    return {student.roll_id: student for student in students}


def find_next_to_enrol(session: Session, class_id: int, *, after: str = "") -> Student | None:
    """Return the first active student without a face, by roll id, among those behind the roll id `after`."""
    query = (
        select(Student)
        .outerjoin(Student.face_model)
        .where(Student.class_id == class_id, Student.active, _comes_after(after), _lacks(Lack.FACE))
    )
    return session.scalar(query.order_by(Student.roll_order, Student.roll_id).limit(1))


def _comes_after(roll_id: str) -> ColumnElement[bool]:
    """Return a condition on Student: 007 and 7 count alike, and come one after the other."""
    order = natural_order(roll_id)
    return or_(
        Student.roll_order > order, and_(Student.roll_order == order, Student.roll_id > normal_code(roll_id))
    )


def count_with_phone(session: Session) -> int:
    """Return how many active students of active classes have a phone number of the family's."""
    query = select(func.count(Student.id)).join(Student.school_class)
    return session.scalar(query.where(Student.active, SchoolClass.active, Student.phones != "")) or 0


def count_readiness(session: Session, ways: Ways = LETTERS_ALONE) -> list[ClassReadiness]:
    """Count, for every active class, what its active students lack, where families are told in these ways."""
    counts = (
        func.count(Student.id),
        func.count(FaceModelRow.id),
        *(_count_lacking(lack, ways) for lack in Lack if lack is not Lack.FACE),
    )
    query = (
        select(SchoolClass, *counts)
        .outerjoin(Student, (Student.class_id == SchoolClass.id) & Student.active)
        .outerjoin(FaceModelRow, FaceModelRow.student_id == Student.id)
        .where(SchoolClass.active)
        .group_by(SchoolClass.id)
        .order_by(SchoolClass.code_order)
    )
    return [ClassReadiness(row[0], *map(int, row[1:])) for row in session.execute(query)]


def _count_lacking(lack: Lack, ways: Ways) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((Student.id.is_not(None) & _lacks(lack, ways), 1), else_=0)), 0)


def _lacks(lack: Lack, ways: Ways = LETTERS_ALONE) -> ColumnElement[bool]:
    """Return a condition on Student, outer-joined with FaceModelRow."""
    if lack is Lack.FACE:
        return FaceModelRow.id.is_(None)
    if lack is Lack.STRONG_MODEL:
        return FaceModelRow.is_weak.is_(True)
    if lack is Lack.CURRENT_MODEL:
        return FaceModelRow.network != CURRENT
    if lack is Lack.PARENT_ADDRESS:
        no_address = Student.parent1_email.is_(None) & Student.parent2_email.is_(None)
        if ways.messages is None:
            return no_address
        return Student.phones == "" if not ways.letters else no_address & (Student.phones == "")
    return ~exists().where(Consent.student_id == Student.id, Consent.withdrawn_at.is_(None))


def _found(row: T | None, sentence: str) -> T:
    if row is None:
        raise NotFound(sentence)
    return row


def _holds(text: str, *columns: Any) -> ColumnElement[bool]:
    """Tell whether each word of a search stands in one of the columns; % and _ are plain signs."""
    words = search_words(text)
    return and_(
        true(), *(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words)
    )


def _page(session: Session, query: Select[T], number: int) -> Page[T]:
    total = session.scalar(select(func.count()).select_from(query.order_by(None).options().subquery())) or 0
    last = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, number), last)
    rows = session.scalars(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    return Page(rows, number, total)
