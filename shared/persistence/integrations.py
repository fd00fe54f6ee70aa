"""Keeps which other systems are turned on, and finds what their records became here."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from shared.persistence.tables import (
    Integration,
    IntegrationChoice,
    SchoolClass,
    Student,
    Teacher,
)


def find_choice(session: Session, name: Integration, *, lock: bool = False) -> IntegrationChoice | None:
    """Return what was chosen for an integration; None if it was never turned on."""
    query = select(IntegrationChoice).where(IntegrationChoice.name == name)
    return session.scalar(query.with_for_update() if lock else query)


def get_chosen(session: Session, name: Integration) -> dict[str, Any]:
    """Return what was chosen for an integration and what it last did; empty if it was never turned on."""
    choice = find_choice(session, name)
    return {} if choice is None else dict(choice.chosen)


def list_on(session: Session) -> set[Integration]:
    """Return the integrations that the office has turned on."""
    return set(session.scalars(select(IntegrationChoice.name).where(IntegrationChoice.is_on)))


def is_on(session: Session, name: Integration) -> bool:
    """Return whether the office has turned an integration on."""
    choice = find_choice(session, name)
    return choice is not None and choice.is_on


def save_choice(
    session: Session,
    name: Integration,
    *,
    now: datetime,
    is_on: bool | None = None,
    chosen: Mapping[str, Any] | None = None,
) -> None:
    """Turn an integration on or off, or set some of what was chosen for it."""
    row = find_choice(session, name, lock=True)
    if row is None:
        row = IntegrationChoice(name=name, is_on=False, chosen={})
        session.add(row)
    row.is_on = row.is_on if is_on is None else is_on
    row.chosen, row.changed_at = {**row.chosen, **(chosen or {})}, now


def list_sourced_students(session: Session) -> Sequence[Student]:
    """Return every student, active or not, that came from the information system, with their class."""
    query = select(Student).where(Student.sourced_id.is_not(None))
    return session.scalars(query.options(selectinload(Student.school_class))).all()


def list_students(session: Session, class_ids: Collection[int]) -> Sequence[Student]:
    """Return every student of some classes, active or not."""
    return session.scalars(select(Student).where(Student.class_id.in_(class_ids))).all()


def list_all_classes(session: Session) -> Sequence[SchoolClass]:
    """Return every class, active or not."""
    return session.scalars(select(SchoolClass)).all()


def list_all_teachers(session: Session) -> Sequence[Teacher]:
    """Return every teacher, active or not, with the classes they teach."""
    return session.scalars(select(Teacher).options(selectinload(Teacher.classes))).all()


def lock_students(session: Session, student_ids: Collection[int]) -> dict[int, Student]:
    """Return these students by id; nobody else changes them before the transaction ends."""
    query = select(Student).where(Student.id.in_(student_ids)).with_for_update()
    return {student.id: student for student in session.scalars(query)}


def list_sourced_ids(session: Session, kind: type[SchoolClass | Student | Teacher]) -> set[str]:
    """Return what the information system calls the records of a kind that are here."""
    return {each for each in session.scalars(select(kind.sourced_id)) if each is not None}
