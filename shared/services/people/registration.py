"""Registers classes, teachers and students: adds, changes, deactivates and reactivates them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.domain.languages import LANGUAGES, phrase
from shared.errors import InvalidInput
from shared.persistence import faces, families, people
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import SchoolClass, Student, Teacher
from shared.services import audit
from shared.services.accounts.lifecycle import create_teacher, revoke_access
from shared.services.accounts.notices import tell_former_address
from shared.services.audit import Actor
from shared.services.faces.near_matches import move_near_matches
from shared.services.typed_input import (
    LONGEST_NAME,
    checked_code,
    checked_email,
    checked_name,
    checked_text,
    require_as_seen,
)
from shared.services.typed_phones import checked_phones
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class StudentDetails:
    """What is typed about a student; the field names are those of the form."""

    name: str
    roll_id: str
    class_id: int
    email: str = ""
    parent1_email: str = ""
    parent2_email: str = ""
    phones: str = ""
    language: str = "en"


def add_class(toolbox: Toolbox, actor: Actor, *, class_code: str, name: str) -> int:
    """Add a class and give its id. Raise InvalidInput naming the field."""
    values = _checked_class(class_code, name)
    try:
        with toolbox.sessions.begin() as session:
            school_class = _add_class(session, toolbox, actor, values)
    except AlreadyThere as cause:
        raise _class_code_taken(values) from cause
    return school_class.id


def find_or_add_class(session: Session, toolbox: Toolbox, actor: Actor, class_code: str) -> SchoolClass:
    """Find the active class with this code, or add it in the caller's transaction.

    Raise InvalidInput naming the field, also for the code of a deactivated class.
    """
    values = _checked_class(class_code, "")
    found = people.find_class_by_code(session, values["class_code"])
    if found is not None:
        return found
    try:
        return _add_class(session, toolbox, actor, values)
    except AlreadyThere as cause:
        raise InvalidInput(
            phrase(
                "The class %(values)s is deactivated. Please reactivate it first.",
                values=values["class_code"],
            ),
            field="class_code",
        ) from cause


def _add_class(session: Session, toolbox: Toolbox, actor: Actor, values: dict[str, Any]) -> SchoolClass:
    school_class = SchoolClass(**values, active=True)
    session.add(school_class)
    session.flush()
    audit.record(session, toolbox, actor, "add class", school_class.class_code, after=values)
    return school_class


def change_class(
    toolbox: Toolbox,
    actor: Actor,
    class_id: int,
    *,
    class_code: str,
    name: str,
    seen: Mapping[str, Any] | None = None,
) -> None:
    """Change a class's code and name. Raise InvalidInput naming the field, NotFound, or ChangedMeanwhile if
    it is not as it was `seen`."""
    values = _checked_class(class_code, name)
    try:
        with toolbox.sessions.begin() as session:
            school_class = people.get_class(session, class_id)
            require_as_seen(_held(school_class, values), values, seen=seen)
            _change(session, toolbox, actor, "change class", school_class, values)
    except AlreadyThere as cause:
        raise _class_code_taken(values) from cause


def set_class_active(toolbox: Toolbox, actor: Actor, class_id: int, *, active: bool) -> None:
    """Take a class out of every choice, or back in; its students and lectures stay. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        action = "reactivate class" if active else "deactivate class"
        _change(session, toolbox, actor, action, people.get_class(session, class_id), {"active": active})


def add_teacher(toolbox: Toolbox, actor: Actor, *, name: str, email: str, class_ids: Sequence[int]) -> str:
    """Add a teacher and give the first-time password. Raise InvalidInput naming the field."""
    return create_teacher(toolbox, actor, name=checked_name(name), email=email, class_ids=class_ids)


def change_teacher(
    toolbox: Toolbox,
    actor: Actor,
    teacher_id: int,
    *,
    name: str,
    email: str,
    class_ids: Sequence[int],
    seen: Mapping[str, Any] | None = None,
) -> None:
    """Change a teacher and the classes they teach. With another address they are signed out everywhere.

    The former address is told. Raise InvalidInput naming the field, NotFound, or ChangedMeanwhile if the
    teacher is not as they were `seen`.
    """
    values = {"name": checked_name(name), "email": checked_email(email)}
    try:
        with toolbox.sessions.begin() as session:
            teacher = people.get_teacher(session, teacher_id)
            taught = {"class_ids": sorted(each.id for each in teacher.classes)}
            require_as_seen(
                _held(teacher, values) | taught, {**values, "class_ids": sorted(class_ids)}, seen=seen
            )
            before = [school_class.class_code for school_class in teacher.classes]
            teacher.classes = list(people.find_classes(session, class_ids))
            after = sorted(school_class.class_code for school_class in teacher.classes)
            if after != before:
                audit.record(
                    session,
                    toolbox,
                    actor,
                    "change teacher's classes",
                    teacher.email,
                    before={"classes": before},
                    after={"classes": after},
                )
            former = teacher.email
            _change(session, toolbox, actor, "change teacher", teacher, values)
            if teacher.email != former:
                teacher.fs_uniquifier = secrets.token_hex(32)
                revoke_access(session, toolbox, teacher)
                tell_former_address(session, toolbox, address=former, name=teacher.name)
    except AlreadyThere as cause:
        raise InvalidInput(
            phrase("There is already a teacher with this e-mail address."), field="email"
        ) from cause


def set_teacher_active(toolbox: Toolbox, actor: Actor, teacher_id: int, *, active: bool) -> None:
    """Let a teacher in, or shut them out at once: their sign-ins and kiosks end. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        teacher = people.get_teacher(session, teacher_id)
        action = "reactivate teacher" if active else "deactivate teacher"
        _change(session, toolbox, actor, action, teacher, {"active": active})
        if not active:
            teacher.fs_uniquifier = secrets.token_hex(32)
            revoke_access(session, toolbox, teacher)


def add_student(toolbox: Toolbox, actor: Actor, details: StudentDetails) -> int:
    """Add a student and give the id. Raise InvalidInput naming the field."""
    values = checked_student(details, country=toolbox.settings.phone_country)
    try:
        with toolbox.sessions.begin() as session:
            _require_class(session, values["class_id"])
            student = Student(**values, active=True)
            session.add(student)
            session.flush()
            audit.record(
                session, toolbox, actor, "add student", student.roll_id, student_id=student.id, after=values
            )
    except AlreadyThere as cause:
        raise _roll_id_taken(values) from cause
    return student.id


def change_student(
    toolbox: Toolbox,
    actor: Actor,
    student_id: int,
    details: StudentDetails,
    *,
    seen: Mapping[str, Any] | None = None,
) -> None:
    """Change a student. Raise InvalidInput naming the field, NotFound, or ChangedMeanwhile if the student is
    not as they were `seen`."""
    values = checked_student(details, country=toolbox.settings.phone_country)
    try:
        with toolbox.sessions.begin() as session:
            student = people.get_student(session, student_id)
            require_as_seen(_held(student, values), values, seen=seen)
            moves = values["class_id"] != student.class_id
            if moves:
                _require_class(session, values["class_id"])
                faces.lock_models(session)
            _change(session, toolbox, actor, "change student", student, values)
            if moves:
                move_near_matches(session, toolbox, student)
    except AlreadyThere as cause:
        raise _roll_id_taken(values) from cause


def move_student(
    session: Session, toolbox: Toolbox, actor: Actor, student: Student, school_class: SchoolClass
) -> None:
    """Move a student in the caller's transaction, which holds `faces.lock_models`; marks stay where they were
    made. Raise AlreadyThere if the roll id is taken in that class."""
    _change(session, toolbox, actor, "move student", student, {"class_id": school_class.id})
    move_near_matches(session, toolbox, student)


def deactivate_student(session: Session, toolbox: Toolbox, actor: Actor, student: Student) -> None:
    """Take a student off every list in the caller's transaction; earlier marks stay."""
    _change(session, toolbox, actor, "deactivate student", student, {"active": False})


def set_student_active(toolbox: Toolbox, actor: Actor, student_id: int, *, active: bool) -> None:
    """Take a student off every list, or back on; earlier marks stay. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        action = "reactivate student" if active else "deactivate student"
        _change(session, toolbox, actor, action, people.get_student(session, student_id), {"active": active})


def _checked_class(class_code: str, name: str) -> dict[str, Any]:
    return {
        "class_code": checked_code(class_code, field="class_code"),
        "name": checked_text(name, field="name", longest=LONGEST_NAME),
    }


def checked_student(details: StudentDetails, *, country: str = "") -> dict[str, Any]:
    """Bring what is typed about a student to its stored form. Raise InvalidInput naming the field.

    `country` is that of phone numbers which do not name theirs.
    """
    values = asdict(details)
    values["name"] = checked_name(details.name)
    values["roll_id"] = checked_code(details.roll_id, field="roll_id")
    for field in ("email", "parent1_email", "parent2_email"):
        values[field] = _checked_address(values[field], field=field)
    if values["parent1_email"] and values["parent1_email"] == values["parent2_email"]:
        raise InvalidInput(phrase("This is the first parent's address once more."), field="parent2_email")
    values["phones"] = checked_phones(details.phones, country)
    if details.language not in LANGUAGES:
        raise InvalidInput(phrase("Please choose one of the languages."), field="language")
    return values


def _checked_address(typed: str, *, field: str) -> str | None:
    if not typed.strip():
        return None
    try:
        return checked_email(typed)
    except InvalidInput as refused:
        raise InvalidInput(refused.sentence, field=field) from refused


def _require_class(session: Session, class_id: int) -> None:
    school_class = people.find_class(session, class_id)
    if school_class is None or not school_class.active:
        raise InvalidInput(phrase("Please choose one of the classes."), field="class_id")


def _held(row: SchoolClass | Teacher | Student, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in values}


def _change(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    action: str,
    row: SchoolClass | Teacher | Student,
    values: dict[str, Any],
) -> None:
    """Set what differs and record it; nothing differs, nothing happens."""
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return
    for name in before:
        setattr(row, name, values[name])
    if isinstance(row, Student):
        families.note_changed_addresses(session, row.id, before)
    subject = {SchoolClass: "class_code", Teacher: "email", Student: "roll_id"}[type(row)]
    after = {name: values[name] for name in before}
    about = row.id if isinstance(row, Student) else None
    named = getattr(row, subject)
    audit.record(session, toolbox, actor, action, named, student_id=about, before=before, after=after)
    session.flush()


def _class_code_taken(values: dict[str, Any]) -> InvalidInput:
    return InvalidInput(
        phrase("There is already a class %(values)s.", values=values["class_code"]), field="class_code"
    )


def _roll_id_taken(values: dict[str, Any]) -> InvalidInput:
    sentence = phrase("The roll id %(values)s is already taken in this class.", values=values["roll_id"])
    return InvalidInput(sentence, field="roll_id")
