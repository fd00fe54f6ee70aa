"""The school as it is, which a OneRoster package is compared with, and one change of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.domain.class_lists.questions import Notice
from shared.domain.languages import phrase
from shared.domain.oneroster.families import Parent
from shared.domain.oneroster.package import Person
from shared.domain.oneroster.roll import Known, KnownStudent
from shared.errors import InvalidInput
from shared.persistence import integrations
from shared.persistence.database import Session
from shared.persistence.tables import SchoolClass, Student, Teacher
from shared.services.typed_input import checked_email


class Action(StrEnum):
    """What becomes of a class, a teacher or a student."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    RETURNED = "returned"
    GONE = "gone"


class Kind(StrEnum):
    """What a change is about."""

    CLASS = "class"
    TEACHER = "teacher"
    STUDENT = "student"


@dataclass(frozen=True)
class Change:
    """One record and what becomes of it. `id` is the row that is there already; `was` holds what differs.

    A class is named by its code here, for it may not be there yet.
    """

    kind: Kind
    action: Action
    words: str
    id: int | None = None
    was: Mapping[str, Any] = field(default_factory=dict)
    becomes: Mapping[str, Any] = field(default_factory=dict)


class School:
    """The school as it is: what a package is compared with."""

    def __init__(self, session: Session, *, country: str) -> None:
        """Read it; `country` is that of phone numbers which do not name theirs."""
        self.session = session
        self.country = country
        self.classes = integrations.list_all_classes(session)
        self.teachers = integrations.list_all_teachers(session)
        self.sourced = {
            student.sourced_id: student for student in integrations.list_sourced_students(session)
        }

    def known(self) -> Known:
        """Return what earlier packages left here."""
        class_ids = {each.id: each.sourced_id for each in self.classes if each.sourced_id}
        students = {
            sourced_id: KnownStudent(class_ids.get(student.class_id) or "", tuple(_parents_of(student)))
            for sourced_id, student in self.sourced.items()
            if sourced_id and student.active
        }
        teachers = frozenset(each.sourced_id for each in self.teachers if each.sourced_id and each.active)
        codes = {each.sourced_id: each.class_code for each in self.classes if each.sourced_id and each.active}
        return Known(students, teachers, codes)


def change_of(
    kind: Kind, words: str, row: SchoolClass | Student | Teacher | None, values: Mapping[str, Any]
) -> Change | None:
    """Return how a row gets these values; None if nothing differs."""
    if row is None:
        return Change(kind, Action.NEW, words, becomes=dict(values))
    now = {name: value_of(row, name) for name in values}
    was = {name: now[name] for name in values if now[name] != values[name]}
    if not was:
        return None
    action = Action.CHANGED
    if "active" in was:
        action = Action.RETURNED if values["active"] else Action.GONE
    elif kind is Kind.STUDENT and "class_code" in was:
        action = Action.MOVED
    return Change(kind, action, words, row.id, was, {name: values[name] for name in was})


def stored_address(typed: str, person: Person, notices: list[Notice]) -> str | None:
    """Return an address as stored; a wrong one is a notice at its row."""
    try:
        return checked_email(typed) if typed else None
    except InvalidInput as refused:
        notices.append(
            Notice(
                phrase("%(name)s: %(refused)s It is not used.", name=person.name, refused=refused.sentence),
                person.line,
            )
        )
        return None


def value_of(row: SchoolClass | Student | Teacher, name: str) -> Any:
    """Return a value of a row as a change names it: classes by their codes."""
    if isinstance(row, Student) and name == "class_code":
        return row.school_class.class_code
    if isinstance(row, Teacher) and name == "classes":
        return sorted(each.class_code for each in row.classes)
    return getattr(row, name)


def _parents_of(student: Student) -> list[Parent]:
    pairs = (
        (student.parent1_sourced_id, student.parent1_email),
        (student.parent2_sourced_id, student.parent2_email),
    )
    return [Parent(sourced_id, email or "") for sourced_id, email in pairs if sourced_id]
