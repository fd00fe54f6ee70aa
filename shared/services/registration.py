"""Registers classes, teachers and students: adds, changes, deactivates and reactivates them."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from shared.domain.attendance import normal_code
from shared.errors import InvalidInput, NotFound
from shared.persistence import faces, people
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import SchoolClass, Student, Teacher
from shared.services import audit
from shared.services.accounts import checked_email, create_teacher, end_what_stands
from shared.services.audit import Actor
from shared.services.look_alikes import move_look_alikes
from shared.toolbox import Toolbox

Row = TypeVar("Row", SchoolClass, Teacher, Student)

LONGEST_NAME = 200
LONGEST_CODE = 64
# The languages letters to families are written in.
LANGUAGES = {"en": "English", "hi": "हिन्दी"}

# Joiners that Indic scripts write names with; every other invisible sign is refused.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class StudentDetails:
    """What is typed about a student; the field names are those of the form."""

    name: str
    roll_id: str
    class_id: int
    email: str = ""
    parent1_email: str = ""
    parent2_email: str = ""
    language: str = "en"


def add_class(toolbox: Toolbox, actor: Actor, *, class_code: str, name: str) -> int:
    """Add a class and give its id. Raises InvalidInput naming the field."""
    values = _checked_class(class_code, name)
    try:
        with toolbox.sessions.begin() as session:
            school_class = SchoolClass(**values, active=True)
            session.add(school_class)
            session.flush()
            audit.record(session, toolbox, actor, "add class", school_class.class_code, after=values)
    except AlreadyThere as cause:
        raise _class_code_taken(values) from cause
    return school_class.id


def change_class(toolbox: Toolbox, actor: Actor, class_id: int, *, class_code: str, name: str) -> None:
    """Change a class's code and name. Raises InvalidInput naming the field, or NotFound."""
    values = _checked_class(class_code, name)
    try:
        with toolbox.sessions.begin() as session:
            _change(session, toolbox, actor, "change class", find_class(session, class_id), values)
    except AlreadyThere as cause:
        raise _class_code_taken(values) from cause


def set_class_active(toolbox: Toolbox, actor: Actor, class_id: int, *, active: bool) -> None:
    """Take a class out of every choice, or back in; its students and lectures stay. Raises NotFound."""
    with toolbox.sessions.begin() as session:
        act = "reactivate class" if active else "deactivate class"
        _change(session, toolbox, actor, act, find_class(session, class_id), {"active": active})


def add_teacher(toolbox: Toolbox, actor: Actor, *, name: str, email: str, class_ids: Sequence[int]) -> str:
    """Add a teacher and give the first-time password. Raises InvalidInput naming the field."""
    return create_teacher(toolbox, actor, name=checked_name(name), email=email, class_ids=class_ids)


def change_teacher(
    toolbox: Toolbox, actor: Actor, teacher_id: int, *, name: str, email: str, class_ids: Sequence[int]
) -> None:
    """Change a teacher and the classes they teach. Raises InvalidInput naming the field, or NotFound."""
    values = {"name": checked_name(name), "email": checked_email(email)}
    try:
        with toolbox.sessions.begin() as session:
            teacher = find_teacher(session, teacher_id)
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
            _change(session, toolbox, actor, "change teacher", teacher, values)
    except AlreadyThere as cause:
        raise InvalidInput("There is already a teacher with this e-mail address.", field="email") from cause


def set_teacher_active(toolbox: Toolbox, actor: Actor, teacher_id: int, *, active: bool) -> None:
    """Let a teacher in, or shut them out at once: their sign-ins and kiosks end. Raises NotFound."""
    with toolbox.sessions.begin() as session:
        teacher = find_teacher(session, teacher_id)
        act = "reactivate teacher" if active else "deactivate teacher"
        _change(session, toolbox, actor, act, teacher, {"active": active})
        if not active:
            teacher.fs_uniquifier = secrets.token_hex(32)
            end_what_stands(session, toolbox, teacher)


def add_student(toolbox: Toolbox, actor: Actor, details: StudentDetails) -> int:
    """Add a student and give the id. Raises InvalidInput naming the field."""
    values = checked_student(details)
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


def change_student(toolbox: Toolbox, actor: Actor, student_id: int, details: StudentDetails) -> None:
    """Change a student. Raises InvalidInput naming the field, or NotFound."""
    values = checked_student(details)
    try:
        with toolbox.sessions.begin() as session:
            student = find_student(session, student_id)
            moves = values["class_id"] != student.class_id
            if moves:
                _require_class(session, values["class_id"])
                faces.lock_models(session)
            _change(session, toolbox, actor, "change student", student, values)
            if moves:
                move_look_alikes(session, toolbox, student)
    except AlreadyThere as cause:
        raise _roll_id_taken(values) from cause


def set_student_active(toolbox: Toolbox, actor: Actor, student_id: int, *, active: bool) -> None:
    """Take a student off every list, or back on; earlier marks stay. Raises NotFound."""
    with toolbox.sessions.begin() as session:
        act = "reactivate student" if active else "deactivate student"
        _change(session, toolbox, actor, act, find_student(session, student_id), {"active": active})


def find_class(session: Session, class_id: int) -> SchoolClass:
    """Find a class. Raises NotFound."""
    return _found(people.find_class(session, class_id), "There is no such class.")


def find_teacher(session: Session, teacher_id: int) -> Teacher:
    """Find a teacher with the classes they teach. Raises NotFound."""
    return _found(people.find_teacher(session, teacher_id), "There is no such teacher.")


def find_student(session: Session, student_id: int, *, lock: bool = False) -> Student:
    """Find a student with class, face model and consents. Raises NotFound."""
    return _found(people.find_student(session, student_id, lock=lock), "There is no such student.")


def checked_name(typed: str, *, field: str = "name") -> str:
    """Bring a name to its stored form. Raises InvalidInput."""
    name = _checked_text(typed, field=field, longest=LONGEST_NAME)
    if not name:
        raise InvalidInput("Please type a name.", field=field)
    return name


def checked_code(typed: str, *, field: str) -> str:
    """Bring a class code or roll id to its stored form. Raises InvalidInput."""
    code = normal_code(_checked_text(typed, field=field, longest=LONGEST_CODE))
    if not code:
        raise InvalidInput("This may not be empty.", field=field)
    return code


def _checked_text(typed: str, *, field: str, longest: int) -> str:
    text = unicodedata.normalize("NFC", typed).strip()
    if len(text) > longest:
        raise InvalidInput(f"This is longer than {longest} signs.", field=field)
    if any(unicodedata.category(sign)[0] == "C" and sign not in _JOINERS for sign in text):
        raise InvalidInput("This holds a sign that cannot be seen; please type it again.", field=field)
    return text


def _checked_class(class_code: str, name: str) -> dict[str, Any]:
    return {
        "class_code": checked_code(class_code, field="class_code"),
        "name": _checked_text(name, field="name", longest=LONGEST_NAME),
    }


def checked_student(details: StudentDetails) -> dict[str, Any]:
    """Bring what is typed about a student to its stored form. Raises InvalidInput naming the field."""
    values = asdict(details)
    values["name"] = checked_name(details.name)
    values["roll_id"] = checked_code(details.roll_id, field="roll_id")
    for field in ("email", "parent1_email", "parent2_email"):
        values[field] = _checked_address(values[field], field=field)
    if values["parent1_email"] and values["parent1_email"] == values["parent2_email"]:
        raise InvalidInput("This is the first parent's address once more.", field="parent2_email")
    if details.language not in LANGUAGES:
        raise InvalidInput("Please choose one of the languages.", field="language")
    return values


def _checked_address(typed: str, *, field: str) -> str | None:
    if not typed.strip():
        return None
    try:
        return checked_email(typed)
    except InvalidInput as refused:
        raise InvalidInput(str(refused), field=field) from refused


def _require_class(session: Session, class_id: int) -> None:
    school_class = people.find_class(session, class_id)
    if school_class is None or not school_class.active:
        raise InvalidInput("Please choose one of the classes.", field="class_id")


def _change(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    act: str,
    row: SchoolClass | Teacher | Student,
    values: dict[str, Any],
) -> None:
    """Set what differs and record it; nothing differs, nothing happens."""
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return
    for name in before:
        setattr(row, name, values[name])
    subject = {SchoolClass: "class_code", Teacher: "email", Student: "roll_id"}[type(row)]
    after = {name: values[name] for name in before}
    about = row.id if isinstance(row, Student) else None
    named = getattr(row, subject)
    audit.record(session, toolbox, actor, act, named, student_id=about, before=before, after=after)
    session.flush()


def _found(row: Row | None, sentence: str) -> Row:
    if row is None:
        raise NotFound(sentence)
    return row


def _class_code_taken(values: dict[str, Any]) -> InvalidInput:
    return InvalidInput(f"There is already a class {values['class_code']}.", field="class_code")


def _roll_id_taken(values: dict[str, Any]) -> InvalidInput:
    sentence = f"The roll id {values['roll_id']} is already taken in this class."
    return InvalidInput(sentence, field="roll_id")
