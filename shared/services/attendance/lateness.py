"""The lecture's clock: from when on a check-in is late, and nobody late after all, as when the bus was."""

from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.languages import phrase
from shared.errors import InvalidInput
from shared.persistence import attendance
from shared.persistence.attendance import RegisterLine
from shared.services import audit
from shared.services.attendance.marks import write_mark
from shared.services.audit import Actor
from shared.setting_values import LONGEST_UNTIL_LATE_MINUTES
from shared.toolbox import Toolbox

# What the clock decided; a teacher who marked somebody late by hand meant that one.
BY_THE_CLOCK = (MarkSource.FACE, MarkSource.CONFIRMED)


def check_late_after(minutes: int | None) -> None:
    """Raise InvalidInput for what is no number of minutes after the start; None is: never."""
    if minutes is not None and not 0 <= minutes <= LONGEST_UNTIL_LATE_MINUTES:
        sentence = phrase(
            "Type 0 to %(longest_until_late_minutes)s minutes, or leave it empty: then nobody is late.",
            longest_until_late_minutes=LONGEST_UNTIL_LATE_MINUTES,
        )
        raise InvalidInput(sentence, field="late_after_minutes")


def set_late_after(toolbox: Toolbox, actor: Actor, lecture_id: int, minutes: int | None) -> None:
    """Say from when on check-ins are late; marks that were made stay. Raise InvalidInput, NotFound."""
    check_late_after(minutes)
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        before = {"late after minutes": lecture.late_after_minutes}
        if lecture.late_after_minutes == minutes:
            return
        lecture.late_after_minutes = minutes
        after = {"late after minutes": minutes}
        audit.record_in_lecture(
            session, toolbox, actor, "change lecture's clock", lecture, before=before, after=after
        )


def count_everybody_on_time(toolbox: Toolbox, actor: Actor, lecture_id: int) -> int:
    """Make present whom the clock made late, and stop the clock for who still comes; return how many.

    Time and way of marking stay; the history tells of each. Raise NotFound.
    """
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        late = [
            mark
            for mark in attendance.marks_with(session, lecture_id, MarkStatus.LATE)
            if mark.source in BY_THE_CLOCK
        ]
        for mark in late:
            source, marked_at = mark.source, mark.marked_at
            line = RegisterLine(mark.student, mark)
            write_mark(session, toolbox, actor, lecture, line, MarkStatus.PRESENT, source=MarkSource.BY_HAND)
            mark.source, mark.marked_at = source, marked_at
        before, lecture.late_after_minutes = {"late after minutes": lecture.late_after_minutes}, None
        after = {"became present": len(late)}
        audit.record_in_lecture(
            session, toolbox, actor, "count all on time", lecture, before=before, after=after
        )
        return len(late)
