"""Registers nobody took: told to the teacher that evening and to the office next morning, never counted."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.mail.mailer import MailServerFailure, Outcome
from shared.mail.plan_email import UntakenEmail, compose_untaken
from shared.persistence import accounts, timetable
from shared.persistence.database import Session
from shared.persistence.tables import PlannedLecture
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)

# By the school's clock: after the last lecture, and before the first one.
EVENING, MORNING = timedelta(hours=18), timedelta(hours=7)
# Longer ago nobody remembers; the pages show so much, and a worker that was off for days tells no more.
SHOWN_FOR = timedelta(days=14)
TOLD_WITHIN = timedelta(days=3)


def list_untaken(
    toolbox: Toolbox, session: Session, teacher_id: int | None = None
) -> Sequence[PlannedLecture]:
    """Return what was planned in the last days and nobody opened, of a teacher or all, latest first."""
    now = toolbox.now()
    return timetable.list_untaken(session, since=now - SHOWN_FOR, now=now, teacher_id=teacher_id)


def sweep(toolbox: Toolbox) -> None:
    """Once a minute, in the worker: tell what is due, where the school sends mail.

    Whom it is told to is written down before the letter goes, so that two workers tell it once; a server that
    says "later" is asked again.
    """
    if toolbox.settings.mail_server is None:
        return
    now, clock = toolbox.now(), toolbox.settings.clock
    with toolbox.reading() as session:
        untaken = timetable.list_untaken(session, since=now - TOLD_WITHIN, now=now)
        evening = [
            each
            for each in untaken
            if each.told_teacher_at is None and now >= clock.day(clock.day_of(each.starts_at))[0] + EVENING
        ]
        morning = [
            each
            for each in untaken
            if each.told_office_at is None and now >= clock.day(clock.day_of(each.starts_at))[1] + MORNING
        ]
        admins = [(admin.email, admin.name) for admin in accounts.find_admins(session) if admin.active]
    of_teacher: dict[tuple[str, str], list[PlannedLecture]] = defaultdict(list)
    for each in evening:
        if each.teacher.active:
            of_teacher[each.teacher.email, each.teacher.name].append(each)
    for (address, name), lectures in of_teacher.items():
        if _claim(toolbox, lectures, "told_teacher_at", now):
            _tell(toolbox, [(address, name)], lectures, "told_teacher_at")
    if morning and _claim(toolbox, morning, "told_office_at", now):
        _tell(toolbox, admins, morning, "told_office_at")


def _claim(toolbox: Toolbox, lectures: Sequence[PlannedLecture], column: str, now: datetime) -> bool:
    """Write down that it is told; False where another worker was faster."""
    with toolbox.sessions.begin() as session:
        return timetable.note_told(session, [each.id for each in lectures], column, now)


def _tell(
    toolbox: Toolbox, people_told: Sequence[tuple[str, str]], lectures: Sequence[PlannedLecture], column: str
) -> None:
    for_the_office = column == "told_office_at"
    settings, lines = toolbox.settings, [_line(toolbox, each, for_the_office) for each in reversed(lectures)]
    link = settings.admin_site_url + "/timetable" if for_the_office else settings.teacher_site_url
    try:
        with toolbox.mailer.connect() as connection:
            emails = (UntakenEmail(*who, lines, link, for_the_office) for who in people_told)
            outcomes = [connection.deliver(compose_untaken(toolbox.mailer, each)).outcome for each in emails]
    except MailServerFailure as failure:
        outcomes = [failure.outcome]
    if Outcome.LATER in outcomes and Outcome.SENT not in outcomes:
        with toolbox.sessions.begin() as session:
            timetable.note_told(session, [each.id for each in lectures], column, None)
    elif any(outcome is not Outcome.SENT for outcome in outcomes):
        log.warning("not everybody was told of registers that were not taken")


def _line(toolbox: Toolbox, planned: PlannedLecture, with_teacher: bool) -> str:
    codes = " + ".join(each.class_code for each in planned.classes)
    who = f", {planned.teacher.name}" if with_teacher else ""
    return f"{toolbox.settings.clock.show_moment(planned.starts_at)}: {codes} {planned.subject}{who}"
