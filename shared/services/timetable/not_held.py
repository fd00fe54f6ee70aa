"""Lectures that are not held: they count nowhere, mail nobody, and say why."""

from shared.domain.attendance import one_line
from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, outbox, timetable
from shared.persistence.tables import PlannedLecture
from shared.services import audit
from shared.services.audit import Actor
from shared.services.timetable import covers
from shared.toolbox import Toolbox

LONGEST_REASON = 200


def checked_reason(typed: str) -> str:
    """Return the reason on one line. Raise InvalidInput."""
    reason = one_line(typed)
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(
            phrase("Say why in 1 to %(longest_reason)s characters.", longest_reason=LONGEST_REASON),
            field="reason",
        )
    return reason


def say_planned_not_held(
    toolbox: Toolbox, actor: Actor, planned_id: int, reason: str, *, for_the_office: bool = False
) -> PlannedLecture:
    """Say of a planned lecture that it is not held. Who holds it may, and the office of every one.

    Raise InvalidInput, NotFound, and Conflict for one that was opened.
    """
    reason = checked_reason(reason)
    with toolbox.sessions.begin() as session:
        if for_the_office:
            planned = timetable.get_planned(session, planned_id, lock=True)
        else:
            now = toolbox.now()
            planned, _ = covers.find_held(session, actor.account_id, planned_id, now=now, lock=True)
        if planned.lecture_id is not None:
            raise Conflict(phrase("This lecture was opened already; its own page says that it is not held."))
        before, planned.not_held_reason = planned.not_held_reason, reason
        subject = f"planned {planned.id}: {planned.subject}"
        after = {"not held": reason, "planned": planned.starts_at.isoformat()}
        audit.record(
            session, toolbox, actor, "say not held", subject, before={"not held": before}, after=after
        )
        return planned


def say_lecture_not_held(toolbox: Toolbox, actor: Actor, lecture_id: int, reason: str) -> None:
    """Close a lecture as not held. Its marks stay and count nowhere; letters that wait are not sent.

    Reopening it makes it an ordinary one again. Raise InvalidInput, NotFound.
    """
    reason = checked_reason(reason)
    with toolbox.sessions.begin() as session:
        lecture = attendance.get_own_lecture(session, actor.account_id, lecture_id, lock=True)
        before, lecture.not_held_reason = {"not held": lecture.not_held_reason}, reason
        lecture.closed_at = lecture.closed_at or toolbox.now()
        letters = outbox.forget_queued(session, lecture_id)
        after = {"not held": reason, "letters": letters}
        audit.record_in_lecture(session, toolbox, actor, "say not held", lecture, before=before, after=after)
