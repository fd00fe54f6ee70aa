"""A teacher's plan: what waits today, starting it with one tap, and a link for a calendar of their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.languages import phrase
from shared.errors import Conflict, NotFound
from shared.persistence import attendance, timetable
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import CalendarLink, Cover, Lecture, PlannedLecture
from shared.reports.calendar_files import CalendarEvent, write_calendar
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.services.timetable import covers
from shared.toolbox import Toolbox

# Who comes early may begin early; much earlier is the wrong lecture.
MAY_START_BEFORE = timedelta(minutes=30)
# A choice for a class is proposed again, also after the holidays.
_CHOICE_HOLDS = timedelta(days=60)
# What a calendar shows: last week's lectures, and the plan to come.
_SHOWN_BEFORE, _SHOWN_AFTER = timedelta(days=7), timedelta(days=400)


def waiting_today(
    toolbox: Toolbox, session: Session, teacher_id: int
) -> tuple[Sequence[PlannedLecture], dict[int, Cover]]:
    """Return what a teacher's plan says of today and nobody has opened, what they cover included.

    With it comes how each is covered, see `covers.plan_between`.
    """
    now, clock = toolbox.now(), toolbox.settings.clock
    since, until = clock.day(clock.day_of(now))
    planned, cover_of = covers.plan_between(session, teacher_id, since, until, now=now)
    return [each for each in planned if each.lecture_id is None and each.not_held_reason is None], cover_of


def chose_by_face(
    toolbox: Toolbox, session: Session, teacher_id: int, planned: Sequence[PlannedLecture]
) -> set[int]:
    """Return the ids of planned lectures that are likely by face: one of their classes was, the last time."""
    if not planned:
        return set()
    chosen = attendance.chose_by_face(session, teacher_id, toolbox.now() - _CHOICE_HOLDS)
    return {each.id for each in planned if chosen.intersection(of.id for of in each.classes)}


def may_start(planned: PlannedLecture, now: datetime) -> bool:
    """Tell whether it is time to start a planned lecture; all of its day, once it is."""
    return now >= planned.starts_at - MAY_START_BEFORE


def start_planned(toolbox: Toolbox, actor: Actor, planned_id: int, *, roll_id_by_face: bool = False) -> int:
    """Open the lecture that was planned, and give its id; a second tap finds it open.

    With `roll_id_by_face` its kiosks find the roll id by the face. Who starts early takes check-ins at once,
    and the clock of the late goes by the plan. Whoever covers it holds it. Raise NotFound, and Conflict
    before its time and for the teacher whose colleague covers.
    """
    try:
        return _start(toolbox, actor, planned_id, roll_id_by_face)
    except AlreadyThere:  # tapped twice in the same moment
        return _start(toolbox, actor, planned_id, roll_id_by_face)


def _start(toolbox: Toolbox, actor: Actor, planned_id: int, roll_id_by_face: bool) -> int:
    now, settings = toolbox.now(), toolbox.settings
    with toolbox.sessions.begin() as session:
        planned, cover = covers.find_held(session, actor.account_id, planned_id, now=now, lock=True)
        if planned.lecture_id is not None:
            return planned.lecture_id
        if not may_start(planned, now):
            begins = settings.clock.show_time(planned.starts_at - MAY_START_BEFORE)
            raise Conflict(phrase("This lecture can be started from %(begins)s on.", begins=begins))
        starts_at = min(now, planned.starts_at)
        late_after = settings.late_after_minutes
        if late_after is not None:
            late_after += -(-(planned.starts_at - starts_at) // timedelta(minutes=1))
        lecture = Lecture(
            subject=planned.subject,
            teacher_id=cover.colleague_id if cover else planned.teacher_id,
            for_teacher_id=planned.teacher_id if cover else None,
            starts_at=starts_at,
            ends_at=planned.ends_at,
            opening_key=digest(f"plan {planned.id}"),
            classes=list(planned.classes),
            late_after_minutes=late_after,
            roll_id_by_face=roll_id_by_face,
        )
        session.add(lecture)
        session.flush()
        planned.lecture_id = lecture.id
        codes = ", ".join(each.class_code for each in planned.classes)
        after: dict[str, object] = {"classes": codes, "planned": planned.starts_at.isoformat()}
        if roll_id_by_face:
            after["roll_id_by_face"] = True
        audit.record_in_lecture(session, toolbox, actor, "start planned lecture", lecture, after=after)
        return lecture.id


def make_link(toolbox: Toolbox, actor: Actor) -> str:
    """Give the teacher a new token for their calendar; an earlier one ends."""
    teacher_id, token = _own_id(actor), new_token()
    with toolbox.sessions.begin() as session:
        timetable.forget_link(session, teacher_id)
        session.flush()
        session.add(CalendarLink(teacher_id=teacher_id, token_digest=digest(token), made_at=toolbox.now()))
        audit.record(session, toolbox, actor, "make calendar link", f"teacher {actor.email}")
    return token


def end_link(toolbox: Toolbox, actor: Actor) -> None:
    """End the teacher's link; whoever had it gets nothing any more."""
    with toolbox.sessions.begin() as session:
        timetable.forget_link(session, _own_id(actor))
        audit.record(session, toolbox, actor, "end calendar link", f"teacher {actor.email}")


def write_own_calendar(toolbox: Toolbox, token: str) -> bytes:
    """Write the plan of whoever's token it is, as .ics. It names no student. Raise NotFound."""
    now = toolbox.now()
    with toolbox.reading() as session:
        teacher = timetable.find_teacher_of_link(session, digest(token))
        if teacher is None:
            raise NotFound(phrase("There is no such calendar, or its link has ended."))
        since, until = now - _SHOWN_BEFORE, now + _SHOWN_AFTER
        planned, cover_of = covers.plan_between(session, teacher.id, since, until, now=now)
        events = [
            CalendarEvent(
                uid=f"{digest(f'planned {each.id} {each.identity}')[:32]}@attendance",
                summary=f"{', '.join(of.class_code for of in each.classes)} {each.subject}"
                + _cover_words(cover_of.get(each.id), teacher.id),
                location=each.room,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
            )
            for each in planned
            if each.not_held_reason is None
        ]
    return write_calendar(events, name=f"{toolbox.settings.school_name}: {teacher.name}", now=now)


def _cover_words(cover: Cover | None, teacher_id: int) -> str:
    if cover is None:
        return ""
    if cover.colleague_id == teacher_id:
        return f", for {cover.teacher.name}"
    return f" ({cover.colleague.name} covers)"


def _own_id(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotFound(phrase("Only a teacher has a plan."))
    return actor.account_id
