"""Frees a roll id that somebody else has now: whoever had it is deactivated, and keeps all that is theirs."""

from collections.abc import Collection
from typing import Any

from shared.persistence.database import Session
from shared.persistence.tables import Student
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

# What a roll id becomes, so that the past still says whose it was.
_FORMER = "-FORMER"
_LONGEST_ROLL_ID = 64


def free_roll_id(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    student: Student,
    taken: Collection[str],
    **more: Any,
) -> str:
    """Deactivate a student, mark their roll id as former, and return it; face, consent and marks stay theirs.

    `taken` are the class's roll ids. `more` goes into the audit trail with what became of it.
    """
    before = {"roll_id": student.roll_id, "active": student.active}
    base = student.roll_id[: _LONGEST_ROLL_ID - len(_FORMER) - 4] + _FORMER
    number = 1
    while (freed := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    student.roll_id, student.active = freed, False
    session.flush()
    after = {"roll_id": freed, "active": False, **more}
    audit.record(
        session,
        toolbox,
        actor,
        "give roll id to another child",
        freed,
        student_id=student.id,
        before=before,
        after=after,
    )
    return freed
