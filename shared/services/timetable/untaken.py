"""Registers nobody took: told to the teacher that evening and to the office next morning, never counted."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.mail.mailer import MailServerFailure, Outcome
from shared.mail.plan_email import UntakenEmail, compose_untaken
from shared.persistence import accounts, covers, timetable
from shared.persistence.database import Session
from shared.persistence.tables import Cover, PlannedLecture
from shared.services.timetable.covers import cover_of
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
    """Return what was planned in the last days and nobody opened, all or what a teacher holds, latest first.

    While a colleague covers it is the colleague's, and afterwards the teacher's own again.
    """
    now = toolbox.now()
    since = now - SHOWN_FOR
    found = timetable.list_untaken(session, since=since, now=now, teacher_id=teacher_id)
    if teacher_id is None:
        return found
    given = covers.standing(session, after=now, teacher_id=teacher_id)
    held = [each for each in found if cover_of(given, each) is None]
    for cover in covers.standing(session, after=now, colleague_id=teacher_id):
        theirs = timetable.list_untaken(session, since=since, now=now, teacher_id=cover.teacher_id)
        held += filter(cover.is_for, theirs)
    return sorted(held, key=lambda each: (each.starts_at, each.id), reverse=True)


def covers_of(toolbox: Toolbox, session: Session, planned: Sequence[PlannedLecture]) -> dict[int, Cover]:
    """Return, by the planned lectures' ids, who was to cover them, also where the cover has ended since."""
    given = covers.standing(session, after=toolbox.now() - SHOWN_FOR)
    return {each.id: cover for each in planned if (cover := cover_of(given, each))}


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
        by = covers_of(toolbox, session, untaken)
        admins = [(admin.email, admin.name) for admin in accounts.find_admins(session) if admin.active]
    of_teacher: dict[tuple[str, str], list[PlannedLecture]] = defaultdict(list)
    for each in evening:
        cover = by.get(each.id)
        told = cover.colleague if cover and cover.ends_at > now else each.teacher
        if told.active:
            of_teacher[told.email, told.name].append(each)
    for (address, name), lectures in of_teacher.items():
        if _claim(toolbox, lectures, "told_teacher_at", now):
            _tell(toolbox, [(address, name)], lectures, by, "told_teacher_at")
    if morning and _claim(toolbox, morning, "told_office_at", now):
        _tell(toolbox, admins, morning, by, "told_office_at")


def _claim(toolbox: Toolbox, lectures: Sequence[PlannedLecture], column: str, now: datetime) -> bool:
    """Write down that it is told; False where another worker was faster."""
    with toolbox.sessions.begin() as session:
        return timetable.note_told(session, [each.id for each in lectures], column, now)


def _tell(
    toolbox: Toolbox,
    people_told: Sequence[tuple[str, str]],
    lectures: Sequence[PlannedLecture],
    by: Mapping[int, Cover],
    column: str,
) -> None:
    for_the_office, settings = column == "told_office_at", toolbox.settings
    lines = [_line(toolbox, each, by.get(each.id), for_the_office) for each in reversed(lectures)]
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


def _line(toolbox: Toolbox, planned: PlannedLecture, cover: Cover | None, with_teacher: bool) -> str:
    codes = " + ".join(each.class_code for each in planned.classes)
    who = f", {cover.colleague.name if cover else planned.teacher.name}" if with_teacher else ""
    if cover is not None:
        who += f", for {planned.teacher.name}"
    return f"{toolbox.settings.clock.show_moment(planned.starts_at)}: {codes} {planned.subject}{who}"
