"""Colleagues who cover: they hold a teacher's planned lectures for a while, and nothing else of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence import covers, timetable
from shared.persistence.database import Session
from shared.persistence.tables import Cover, PlannedLecture
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

# A longer one is another teacher in the plan.
LONGEST = timedelta(days=190)


@dataclass(frozen=True)
class CoverAsked:
    """What is asked for: one planned lecture of a teacher, or all that the plan has on some days."""

    teacher_id: int | None
    colleague_id: int
    planned_id: int | None = None
    first: date | None = None
    last: date | None = None


def grant_cover(toolbox: Toolbox, actor: Actor, asked: CoverAsked) -> int:
    """Let a colleague hold what is asked for, and give how many planned lectures that is by now.

    Raise InvalidInput naming the field, and NotFound.
    """
    now, clock = toolbox.now(), toolbox.settings.clock
    with toolbox.sessions.begin() as session:
        teacher = covers.lock_teacher(session, asked.teacher_id)
        if not asked.colleague_id:
            raise InvalidInput(phrase("Choose who covers."), field="colleague_id")
        colleague = covers.find_teacher(session, asked.colleague_id)
        if colleague is None or not colleague.active:
            raise InvalidInput(phrase("This colleague does not teach here any more."), field="colleague_id")
        if colleague.id == teacher.id:
            raise InvalidInput(
                phrase("Choose a colleague: nobody covers for themselves."), field="colleague_id"
            )
        planned = None
        if asked.planned_id is not None:
            planned = _coverable(session, teacher.id, asked.planned_id, now)
            first = last = clock.day_of(planned.starts_at)
        else:
            first, last = _checked_days(asked, clock.day_of(now))
        cover = Cover(
            teacher_id=teacher.id,
            colleague_id=colleague.id,
            planned_id=asked.planned_id,
            starts_at=clock.day(first)[0],
            ends_at=clock.day(last)[1],
            granted_by=actor.email,
            granted_at=now,
        )
        _refuse_overlap(toolbox, session, cover, now)
        session.add(cover)
        after = {"covered by": colleague.name, "first day": str(first), "last day": str(last)}
        if planned is not None:
            after["lecture"] = f"{planned.subject}, {planned.starts_at.isoformat()}"
        audit.record(session, toolbox, actor, "grant cover", f"teacher {teacher.email}", after=after)
        return len(_covered(session, cover, cover.starts_at, cover.ends_at)) if planned is None else 1


def _coverable(session: Session, teacher_id: int, planned_id: int, now: datetime) -> PlannedLecture:
    planned = timetable.get_own_planned(session, teacher_id, planned_id)
    if planned.lecture_id is not None:
        raise InvalidInput(
            phrase("This lecture was opened already, so nobody can cover it."), field="planned_id"
        )
    if planned.not_held_reason is not None:
        raise InvalidInput(
            phrase("This lecture is not held, so nobody needs to cover it."), field="planned_id"
        )
    if planned.ends_at <= now:
        raise InvalidInput(
            phrase("This lecture is over. Choose one that is still to come."), field="planned_id"
        )
    return planned


def _checked_days(asked: CoverAsked, today: date) -> tuple[date, date]:
    if asked.first is None:
        raise InvalidInput(phrase("Choose a lecture, or type the first day."), field="first")
    last = asked.last or asked.first
    if asked.first < today:
        raise InvalidInput(phrase("This day is over. A cover begins today or later."), field="first")
    if last < asked.first:
        raise InvalidInput(phrase("The last day comes before the first."), field="last")
    if last - asked.first > LONGEST:
        raise InvalidInput(
            phrase(
                "A cover is for %(days)s days at most. For longer, change the timetable.", days=LONGEST.days
            ),
            field="last",
        )
    return asked.first, last


def _refuse_overlap(toolbox: Toolbox, session: Session, new: Cover, now: datetime) -> None:
    for each in covers.standing(session, after=now, teacher_id=new.teacher_id, lock=True):
        if each.ends_at <= new.starts_at or each.starts_at >= new.ends_at:
            continue
        if new.planned_id is None or each.planned_id is None or new.planned_id == each.planned_id:
            first, last = days_of(toolbox, each)
            days = (
                phrase("on %(day)s", day=first)
                if first == last
                else phrase("from %(first)s to %(last)s", first=first, last=last)
            )
            raise InvalidInput(
                phrase(
                    "%(name)s covers %(days)s already. Take that back first.",
                    name=each.colleague.name,
                    days=days,
                ),
                field="planned_id" if new.planned_id else "first",
            )


def days_of(toolbox: Toolbox, cover: Cover) -> tuple[date, date]:
    """Return a cover's first and last day by the school's clock."""
    clock = toolbox.settings.clock
    return clock.day_of(cover.starts_at), clock.day_of(cover.ends_at - timedelta(seconds=1))


def take_back(toolbox: Toolbox, actor: Actor, cover_id: int, *, for_the_office: bool = False) -> None:
    """End a cover: the teacher may theirs, the office every one. What was opened stays with who opened it.

    Raise NotFound, the same for another teacher's as for none. A second time changes nothing.
    """
    with toolbox.sessions.begin() as session:
        cover = covers.get_cover(session, cover_id)
        if not for_the_office and cover.teacher_id != actor.account_id:
            raise NotFound(phrase("There is no such cover."))
        if cover.taken_back_at is not None:
            return
        cover.taken_back_at = toolbox.now()
        before = {"covered by": cover.colleague.name}
        subject = f"teacher {cover.teacher.email}"
        audit.record(session, toolbox, actor, "take back cover", subject, before=before)


def find_held(
    session: Session, teacher_id: int | None, planned_id: int, *, now: datetime, lock: bool = False
) -> tuple[PlannedLecture, Cover | None]:
    """Find a planned lecture that a teacher holds: their own, or one they cover, with the cover.

    Raise Conflict for their own that a colleague covers, and NotFound, the same for another's as for none.
    """
    planned = timetable.get_planned(session, planned_id, lock=lock)
    running = covers.standing(session, after=now, teacher_id=planned.teacher_id, lock=lock)
    cover = cover_of(running, planned)
    if planned.teacher_id == teacher_id:
        if cover is not None and planned.lecture_id is None:
            name = cover.colleague.name
            raise Conflict(
                phrase("%(name)s covers this lecture. Take the cover back first, on “My plan”.", name=name)
            )
        return planned, None
    if cover is None or cover.colleague_id != teacher_id:
        raise NotFound(phrase("There is no such lecture in your plan."))
    return planned, cover


def cover_of(among: Sequence[Cover], planned: PlannedLecture) -> Cover | None:
    """Return the cover, of these, that a planned lecture falls under."""
    return next((each for each in among if each.is_for(planned)), None)


def plan_between(
    session: Session, teacher_id: int, since: datetime, until: datetime, *, now: datetime
) -> tuple[list[PlannedLecture], dict[int, Cover]]:
    """Return a teacher's plan in [since, until), with what they cover, the earliest first.

    The second answer says of a planned lecture's id how it is covered: for a colleague, or by one.
    """
    own = timetable.planned_between(session, teacher_id, since, until)
    found = list(own)
    given = covers.standing(session, after=now, teacher_id=teacher_id)
    of = {each.id: cover for each in own if (cover := cover_of(given, each))}
    for cover in covers.standing(session, after=now, colleague_id=teacher_id):
        for each in _covered(session, cover, max(since, cover.starts_at), min(until, cover.ends_at)):
            found.append(each)
            of[each.id] = cover
    return sorted(found, key=lambda each: (each.starts_at, each.id)), of


def _covered(session: Session, cover: Cover, since: datetime, until: datetime) -> list[PlannedLecture]:
    """Return what a cover opens to the colleague in [since, until): not what somebody else has opened."""
    planned = timetable.planned_between(session, cover.teacher_id, since, until)
    return [
        each
        for each in planned
        if cover.is_for(each) and (each.lecture is None or each.lecture.teacher_id == cover.colleague_id)
    ]
