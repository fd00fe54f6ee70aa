"""Imports a class list that was previewed: every row of it, or none."""

from collections.abc import Mapping
from typing import Any

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import class_lists, families, people
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import Student
from shared.security import purposes
from shared.security.sealed_form import open_form
from shared.security.sealing import BrokenSeal
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.services.people.list_comparison import RowAction
from shared.services.people.roll_ids import free_roll_id
from shared.toolbox import Toolbox

_KEPT = ("name", "email", "parent1_email", "parent2_email", "language")


def import_list(toolbox: Toolbox, actor: Actor, class_id: int, sealed: str) -> int:
    """Apply every row of a preview, or none; return how many. What a second press finds done stays.

    Raise NotFound, InvalidInput, and Conflict when a student was changed since the preview.
    """
    try:
        content = open_form(
            toolbox.sealer, sealed, purpose=purposes.roster_review(actor.account_id, class_id)
        )
    except BrokenSeal as cause:
        raise InvalidInput(phrase("The preview was not sent whole. Please send the list again.")) from cause
    rows = content["rows"]
    try:
        with toolbox.sessions.begin() as session:
            school_class = people.get_class(session, class_id)
            roster = people.list_roster(session, class_id, lock=True)
            for row in rows:
                _import_row(session, toolbox, actor, class_id, roster, row)
            if content["headings"]:
                class_lists.remember_columns(
                    session,
                    content["headings"],
                    content["columns"],
                    digest=digest(content["headings"]),
                    now=toolbox.now(),
                )
            after = {"rows": len(rows)}
            audit.record(session, toolbox, actor, "import roster", school_class.class_code, after=after)
    except AlreadyThere as cause:
        raise _overtaken(phrase("A student of the list")) from cause
    return len(rows)


def _import_row(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    class_id: int,
    roster: Mapping[str, Student],
    row: Mapping[str, Any],
) -> None:
    student = roster.get(row["roll_id"])
    if student is None:
        if row["action"] != RowAction.ADD:
            raise _overtaken(row["name"])
        _add(session, toolbox, actor, class_id, row)
        return
    now = {name: getattr(student, name) for name in row["becomes"]}
    if now == row["becomes"] and student.active:
        return  # a second press
    if row["action"] == RowAction.REPLACE:
        if student.name != row["was"]["name"]:
            raise _overtaken(student.name)
        free_roll_id(session, toolbox, actor, student, roster.keys())
        _add(session, toolbox, actor, class_id, row)
        return
    if (
        row["action"] == RowAction.ADD
        or now != row["was"]
        or student.active == (row["action"] == RowAction.REACTIVATE)
    ):
        raise _overtaken(student.name)
    for name, value in row["becomes"].items():
        setattr(student, name, value)
    families.note_changed_addresses(session, student.id, row["was"])
    student.active = True
    action = "reactivate student" if row["action"] == RowAction.REACTIVATE else "change student"
    audit.record(
        session,
        toolbox,
        actor,
        action,
        student.roll_id,
        student_id=student.id,
        before=row["was"],
        after=row["becomes"],
    )


def _add(session: Session, toolbox: Toolbox, actor: Actor, class_id: int, row: Mapping[str, Any]) -> None:
    values = {name: row[name] for name in _KEPT} | {"phones": row.get("phones", "")}
    student = Student(**values, roll_id=row["roll_id"], class_id=class_id, active=True)
    session.add(student)
    session.flush()
    audit.record(session, toolbox, actor, "add student", row["roll_id"], student_id=student.id, after=values)


def _overtaken(name: str) -> Conflict:
    return Conflict(
        phrase("%(name)s was changed meanwhile. Nothing was saved; please send the list again.", name=name)
    )
