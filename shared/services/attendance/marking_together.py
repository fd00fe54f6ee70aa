"""Marks everybody who has no mark yet in one press, and takes such a press back."""

from collections.abc import Collection
from dataclasses import dataclass

from shared.domain.attendance import MarkSource
from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, to_confirm
from shared.persistence.database import AlreadyThere
from shared.services import audit
from shared.services.attendance.marks import write_mark
from shared.services.audit import Actor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class MarkedTogether:
    """How many were marked in one press, how many were left for the teacher's eye, and one of the changes."""

    count: int = 0
    left_waiting: int = 0
    change_id: int | None = None


def mark_rest(
    toolbox: Toolbox, actor: Actor, lecture_id: int, status: str, *, only: Collection[int] | None = None
) -> MarkedTogether:
    """Mark, by hand, every student of a lecture who has no mark and does not wait for the teacher's eye.

    With `only`, those of these students alone. Raise NotFound, and InvalidInput for a closed lecture, where
    everybody has a mark.
    """
    try:
        return _mark_rest(toolbox, actor, lecture_id, status, only)
    except AlreadyThere:
        # A phone marked one of them meanwhile, who has a mark now.
        return _mark_rest(toolbox, actor, lecture_id, status, only)


def _mark_rest(
    toolbox: Toolbox, actor: Actor, lecture_id: int, status: str, only: Collection[int] | None
) -> MarkedTogether:
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        if lecture.closed_at is not None:
            raise InvalidInput(phrase("The lecture is closed: everybody has a mark."))
        unmarked = [
            student
            for student in attendance.unmarked_students(session, lecture_id)
            if only is None or student.id in only
        ]
        waiting = {entry.student_id for entry in to_confirm.list_waiting(session, lecture_id)}
        rest = [student for student in unmarked if student.id not in waiting]
        left_waiting = len(unmarked) - len(rest)
        if not rest:
            return MarkedTogether(left_waiting=left_waiting)
        now, source = toolbox.now(), MarkSource.BY_HAND
        for student in rest:
            line = attendance.RegisterLine(student, None)
            write_mark(session, toolbox, actor, lecture, line, status, source=source, at=now)
        change_id = attendance.changes_of(session, lecture_id, rest[0].id)[0].id
        after = {"status": status, "students": len(rest)}
        audit.record_in_lecture(session, toolbox, actor, "mark the rest", lecture, after=after)
        return MarkedTogether(len(rest), left_waiting, change_id)


def undo_together(toolbox: Toolbox, actor: Actor, lecture_id: int, change_id: int) -> tuple[int, int]:
    """Take back every first mark that was given by hand in one press with this change.

    Return how many were taken back, and how many stay because they were changed again since. Raise NotFound,
    InvalidInput for a closed lecture or a change of another kind, and Conflict where nothing is left to undo.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        if lecture.closed_at is not None:
            raise InvalidInput(phrase("In a closed lecture everybody has a mark. Reopen the lecture first."))
        change = attendance.get_change(session, lecture_id, change_id)
        if change.was is not None or change.source is not MarkSource.BY_HAND:
            raise InvalidInput(phrase("This change is undone by itself, in the history."))
        together = attendance.changes_together(session, change)
        latest, now = attendance.latest_changes(session, lecture_id), toolbox.now()
        as_left = [each for each in together if each.id in latest]
        if not as_left:
            raise Conflict(phrase("All of these marks were changed again since. Nothing was undone."))
        for each in as_left:
            line = attendance.get_register_line(session, lecture, each.student_id)
            write_mark(session, toolbox, actor, lecture, line, None, source=MarkSource.BY_HAND, at=now)
        after = {"students": len(as_left)}
        audit.record_in_lecture(session, toolbox, actor, "undo marking the rest", lecture, after=after)
        return len(as_left), len(together) - len(as_left)
