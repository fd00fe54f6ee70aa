"""Moves a class on at the year's end: who moves, who stays, who leaves, shown first and then done at once.

Marks stay in the class they were made in. A face goes with a student who moves, as long as the family's
consent holds. The consent is to attendance in class: who leaves has none, so it ends and the face is deleted,
unless the school expects the student back and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.languages import joined, phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import faces, people
from shared.persistence.database import Session
from shared.persistence.tables import SchoolClass, Student
from shared.services import audit
from shared.services.audit import Actor
from shared.services.people import erasure
from shared.services.people.consent import end_consent
from shared.services.people.registration import deactivate_student, find_or_add_class, move_student
from shared.services.typed_input import checked_code
from shared.toolbox import Toolbox


class NextYear(StrEnum):
    """What becomes of a student."""

    MOVES = "moves"
    STAYS = "stays"
    LEAVES = "leaves"


@dataclass(frozen=True)
class YearEnd:
    """What would be done. `target` is None where the class has to be added first, or nobody moves.

    `problems` are sentences that stand in the way, `already_there` the active students of the target.
    """

    school_class: SchoolClass
    target_code: str
    target: SchoolClass | None
    students: Mapping[NextYear, list[Student]]
    already_there: int
    problems: list[str]

    @property
    def faces_of_leavers(self) -> int:
        """How many leavers have a face or a consent that ends with them."""
        return sum(student.consent is not None for student in self.students[NextYear.LEAVES])


def plan_year_end(
    session: Session, class_id: int, target_code: str, choices: Mapping[int, NextYear], *, lock: bool = False
) -> YearEnd:
    """Work out what would be done, and what stands in the way.

    `choices` is asked about every active student; one without an answer stays. Raise NotFound, Conflict if it
    names a student who is not of the class any more, and InvalidInput for a code that is none.
    """
    school_class = people.get_class(session, class_id)
    students = people.list_active_students(session, class_id, lock=lock)
    if not choices.keys() <= {student.id for student in students}:
        raise Conflict(phrase("The class was changed meanwhile. Nothing was done; please look at it again."))
    grouped: dict[NextYear, list[Student]] = {choice: [] for choice in NextYear}
    for student in students:
        grouped[choices.get(student.id, NextYear.STAYS)].append(student)
    if grouped[NextYear.MOVES] and not target_code.strip():
        raise InvalidInput(phrase("Please type the class to move to."), field="class_code")
    target_code = checked_code(target_code, field="class_code") if grouped[NextYear.MOVES] else ""
    target = people.find_class_by_code(session, target_code) if target_code else None
    problems, already_there = [], 0
    if target is not None:
        if target.id == school_class.id:
            raise InvalidInput(phrase("This is the class they are in."), field="class_code")
        there = people.list_roster(session, target.id)
        already_there = sum(student.active for student in there.values())
        problems = [
            _taken(there[each.roll_id], target) for each in grouped[NextYear.MOVES] if each.roll_id in there
        ]
    return YearEnd(school_class, target_code, target, grouped, already_there, problems)


def carry_out_year_end(
    toolbox: Toolbox,
    actor: Actor,
    class_id: int,
    target_code: str,
    choices: Mapping[int, NextYear],
    *,
    keep_faces: bool,
) -> YearEnd:
    """Do it all or not at all, and give what was done. `keep_faces` keeps those of the leavers.

    Raise as `plan_year_end` does, and Conflict where something stands in the way.
    """
    with toolbox.sessions.begin() as session:
        faces.lock_models(session)
        plan = plan_year_end(session, class_id, target_code, choices, lock=True)
        if plan.problems:
            raise Conflict(joined(plan.problems))
        if plan.students[NextYear.MOVES]:
            target = plan.target or find_or_add_class(session, toolbox, actor, plan.target_code)
            for student in plan.students[NextYear.MOVES]:
                move_student(session, toolbox, actor, student, target)
        for student in plan.students[NextYear.LEAVES]:
            if student.consent is not None and not keep_faces:
                end_consent(session, toolbox, actor, student, action="end consent")
            deactivate_student(session, toolbox, actor, student)
        after: dict[str, object] = {choice.value: len(of) for choice, of in plan.students.items()}
        after |= {"to": plan.target_code, "faces of leavers": "kept" if keep_faces else "deleted"}
        audit.record(session, toolbox, actor, "end year", plan.school_class.class_code, after=after)
    erasure.settle(toolbox)
    return plan


def _taken(other: Student, target: SchoolClass) -> str:
    state = "" if other.active else phrase(", deactivated")
    return phrase(
        "%(roll_id)s is already a roll id of %(class_code)s (%(name)s%(state)s).",
        roll_id=other.roll_id,
        class_code=target.class_code,
        name=other.name,
        state=state,
    )
