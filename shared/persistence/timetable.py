"""Reads the plan, and brings a new one in beside it before any of it is seen."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Select, Update, delete, func, insert, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from shared.domain.languages import phrase
from shared.domain.timetable.plan import Slot
from shared.errors import NotFound
from shared.persistence.tables import (
    CalendarLink,
    DayOff,
    PlanDraft,
    PlannedClass,
    PlannedLecture,
    SchoolClass,
    Teacher,
    Teaching,
    WeeklyGrid,
)

# More ids than that, and a statement would be longer than both databases like.
_AT_ONCE = 500


def _plan() -> Select[PlannedLecture]:
    """Return the lectures that are planned: not those that are being brought in."""
    return select(PlannedLecture).where(PlannedLecture.draft_id.is_(None))


def planned_between(
    session: Session, teacher_id: int, since: datetime, until: datetime
) -> Sequence[PlannedLecture]:
    """Return a teacher's planned lectures that start in [since, until), the earliest first, with their
    classes."""
    query = _plan().where(
        PlannedLecture.teacher_id == teacher_id,
        PlannedLecture.starts_at >= since,
        PlannedLecture.starts_at < until,
    )
    query = query.options(selectinload(PlannedLecture.classes))
    return session.scalars(query.order_by(PlannedLecture.starts_at, PlannedLecture.id)).all()


def get_own_planned(session: Session, teacher_id: int | None, planned_id: int) -> PlannedLecture:
    """Return a teacher's planned lecture, locked. Raise NotFound, the same for another's as for none."""
    query = _plan().where(PlannedLecture.id == planned_id, PlannedLecture.teacher_id == teacher_id)
    planned = session.scalar(query.with_for_update().options(selectinload(PlannedLecture.classes)))
    if planned is None:
        raise NotFound(phrase("There is no such lecture in your plan."))
    return planned


def future_slots(session: Session, *, after: datetime) -> list[Slot]:
    """Return the planned lectures of all classes after a moment that nobody opened."""
    query = select(
        PlannedLecture.id,
        PlannedLecture.identity,
        PlannedLecture.subject,
        PlannedLecture.teacher_id,
        PlannedLecture.room,
        PlannedLecture.starts_at,
        PlannedLecture.ends_at,
    ).where(
        PlannedLecture.draft_id.is_(None),
        PlannedLecture.starts_at > after,
        PlannedLecture.lecture_id.is_(None),
    )
    of = select(PlannedClass.planned_id, PlannedClass.class_id).join(
        PlannedLecture, PlannedLecture.id == PlannedClass.planned_id
    )
    of = of.where(PlannedLecture.draft_id.is_(None), PlannedLecture.starts_at > after)
    classes: dict[int, list[int]] = defaultdict(list)
    for planned_id, class_id in session.execute(of):
        classes[planned_id].append(class_id)
    return [
        Slot(identity, subject, teacher_id, ids, room, starts_at, ends_at, planned_id=planned_id)
        for planned_id, identity, subject, teacher_id, room, starts_at, ends_at in session.execute(query)
        if (ids := tuple(sorted(classes[planned_id])))
    ]


def opened_identities(session: Session, *, after: datetime) -> set[str]:
    """Return what was opened of the lectures that are planned after a moment, as one that began early."""
    query = select(PlannedLecture.identity).where(
        PlannedLecture.starts_at > after, PlannedLecture.lecture_id.is_not(None)
    )
    return set(session.scalars(query))


def last_applied(session: Session, *, lock: bool = False) -> datetime | None:
    """Return when a plan was applied last; None: never. Locked, no other is applied until the transaction
    ends."""
    query = select(PlanDraft.applied_at).order_by(PlanDraft.id)
    found = session.scalars(query.with_for_update() if lock else query)
    return max((each for each in found if each is not None), default=None)


def count_remaining(
    session: Session,
    class_id: int,
    *,
    after: datetime,
    until: datetime | None = None,
    teacher_id: int | None = None,
    subject: str | None = None,
) -> int:
    """Return how many lectures of a class the plan still holds, of a teacher or subject if one is asked
    for."""
    query = select(func.count()).select_from(PlannedLecture).join(PlannedClass)
    query = query.where(
        PlannedClass.class_id == class_id,
        PlannedLecture.draft_id.is_(None),
        PlannedLecture.lecture_id.is_(None),
        PlannedLecture.not_held_reason.is_(None),
        PlannedLecture.starts_at > after,
    )
    if until is not None:
        query = query.where(PlannedLecture.starts_at < until)
    if teacher_id is not None:
        query = query.where(PlannedLecture.teacher_id == teacher_id)
    if subject is not None:
        query = query.where(PlannedLecture.subject == subject)
    return session.scalar(query) or 0


def list_classes(session: Session) -> Sequence[SchoolClass]:
    """Return every class, also the deactivated ones, to say of a plan's class that it ended."""
    return session.scalars(select(SchoolClass)).all()


def list_teachers(session: Session) -> Sequence[Teacher]:
    """Return every active teacher."""
    return session.scalars(select(Teacher).where(Teacher.active)).all()


def get_draft(session: Session, draft_id: int, *, lock: bool = False) -> PlanDraft:
    """Return a plan that waits to be applied, or was. Raise NotFound."""
    query = select(PlanDraft).where(PlanDraft.id == draft_id)
    draft = session.scalar(query.with_for_update() if lock else query)
    if draft is None:
        raise NotFound(phrase("This plan is not there any more. Please upload it again."))
    return draft


def find_latest_draft(session: Session) -> PlanDraft | None:
    """Return the plan that was uploaded last."""
    return session.scalar(select(PlanDraft).order_by(PlanDraft.id.desc()).limit(1))


def get_grid(session: Session, grid_id: int, *, lock: bool = False) -> WeeklyGrid:
    """Return a weekly timetable that was typed. Raise NotFound."""
    query = select(WeeklyGrid).where(WeeklyGrid.id == grid_id)
    grid = session.scalar(query.with_for_update() if lock else query)
    if grid is None:
        raise NotFound(phrase("This weekly grid is not there any more."))
    return grid


def list_grids(session: Session) -> Sequence[WeeklyGrid]:
    """Return the weekly timetables that were typed, the latest first."""
    return session.scalars(select(WeeklyGrid).order_by(WeeklyGrid.changed_at.desc(), WeeklyGrid.id)).all()


def discard_staged(session: Session, draft_id: int) -> None:
    """Take away what an import of this draft brought in unseen and broke off.

    Another draft's may be coming in meanwhile; what a killed worker left goes with its draft, see
    `shared.persistence.retention`.
    """
    session.execute(delete(PlannedLecture).where(PlannedLecture.draft_id == draft_id))


def stage(session: Session, draft_id: int, slots: Sequence[Slot]) -> None:
    """Write lectures that nobody sees until `publish`."""
    last = session.scalar(select(func.max(PlannedLecture.id))) or 0
    rows = [{**_columns(slot), "draft_id": draft_id} for slot in slots]
    session.connection().execute(insert(PlannedLecture), rows)
    # By the primary key too: of the draft alone, each batch would read all batches before it.
    mine = select(PlannedLecture.id, PlannedLecture.identity, PlannedLecture.starts_at)
    mine = mine.where(PlannedLecture.draft_id == draft_id, PlannedLecture.id > last)
    ids: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for planned_id, identity, starts_at in session.execute(mine):
        ids[identity, starts_at].append(planned_id)
    of = []
    for slot in slots:
        planned_id = ids[slot.identity, slot.starts_at].pop()
        of += [{"planned_id": planned_id, "class_id": class_id} for class_id in slot.class_ids]
    session.connection().execute(insert(PlannedClass), of)


def publish(session: Session, draft_id: int) -> int:
    """Make what was staged the plan; return how many lectures that is."""
    mine = update(PlannedLecture).where(PlannedLecture.draft_id == draft_id)
    return _changed(session, mine.values(draft_id=None))


def remove(session: Session, planned_ids: Sequence[int]) -> int:
    """Take lectures out of the plan, but none that was opened meanwhile; return how many."""
    removed = 0
    for at in range(0, len(planned_ids), _AT_ONCE):
        some = planned_ids[at : at + _AT_ONCE]
        gone = delete(PlannedLecture).where(PlannedLecture.id.in_(some), PlannedLecture.lecture_id.is_(None))
        removed += _changed(session, gone)
    return removed


def move(session: Session, pairs: Iterable[tuple[Slot, Slot]]) -> None:
    """Change planned lectures to what becomes of them, but none that was opened meanwhile."""
    for was, becomes in pairs:
        mine = (PlannedLecture.id == was.planned_id, PlannedLecture.lecture_id.is_(None))
        values = _columns(becomes)
        if was.starts_at != becomes.starts_at:
            values["not_held_reason"] = None  # that was of the day it moved away from
        changed = _changed(session, update(PlannedLecture).where(*mine).values(**values))
        if changed and was.class_ids != becomes.class_ids:
            session.execute(delete(PlannedClass).where(PlannedClass.planned_id == was.planned_id))
            rows = [{"planned_id": was.planned_id, "class_id": each} for each in becomes.class_ids]
            session.execute(insert(PlannedClass), rows)


def _columns(slot: Slot) -> dict[str, object]:
    return {
        "subject": slot.subject,
        "teacher_id": slot.teacher_id,
        "room": slot.room,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "identity": slot.identity,
    }


def add_teaching(session: Session, pairs: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Let teachers teach classes, as (teacher's id, class's id); return those who did not before."""
    known = {(who, what) for who, what in session.execute(select(Teaching.teacher_id, Teaching.class_id))}
    new = sorted(set(pairs) - known)
    if new:
        session.execute(insert(Teaching), [{"teacher_id": who, "class_id": what} for who, what in new])
    return new


def find_link(session: Session, teacher_id: int) -> CalendarLink | None:
    """Return the teacher's link to the plan."""
    return session.scalar(select(CalendarLink).where(CalendarLink.teacher_id == teacher_id))


def find_teacher_of_link(session: Session, token_digest: str) -> Teacher | None:
    """Return the active teacher whose link this is."""
    query = select(Teacher).join(CalendarLink, CalendarLink.teacher_id == Teacher.id)
    return session.scalar(query.where(CalendarLink.token_digest == token_digest, Teacher.active))


def forget_link(session: Session, teacher_id: int) -> None:
    """End a teacher's link."""
    session.execute(delete(CalendarLink).where(CalendarLink.teacher_id == teacher_id))


def get_planned(session: Session, planned_id: int, *, lock: bool = False) -> PlannedLecture:
    """Return any planned lecture, whoever holds it. Raise NotFound."""
    query = _plan().where(PlannedLecture.id == planned_id).options(selectinload(PlannedLecture.classes))
    planned = session.scalar(query.with_for_update() if lock else query)
    if planned is None:
        raise NotFound(phrase("There is no such lecture in the plan."))
    return planned


def list_untaken(
    session: Session, *, since: datetime, now: datetime, teacher_id: int | None = None
) -> Sequence[PlannedLecture]:
    """Return what was planned since then, is over, and neither opened nor called off, latest first."""
    query = _plan().where(
        PlannedLecture.starts_at >= since,
        PlannedLecture.starts_at < now,
        PlannedLecture.ends_at <= now,
        PlannedLecture.lecture_id.is_(None),
        PlannedLecture.not_held_reason.is_(None),
    )
    if teacher_id is not None:
        query = query.where(PlannedLecture.teacher_id == teacher_id)
    query = query.options(selectinload(PlannedLecture.classes), joinedload(PlannedLecture.teacher))
    return session.scalars(query.order_by(PlannedLecture.starts_at.desc(), PlannedLecture.id)).all()


def list_days_off(session: Session, *, since: date) -> Sequence[DayOff]:
    """Return the days without lectures from a day on."""
    return session.scalars(select(DayOff).where(DayOff.day >= since).order_by(DayOff.day)).all()


def mark_not_held(session: Session, since: datetime, until: datetime, reason: str) -> int:
    """Say of what is planned in [since, until), and was not opened, that it is not held; return how many."""
    query = update(PlannedLecture).where(
        PlannedLecture.starts_at >= since,
        PlannedLecture.starts_at < until,
        PlannedLecture.draft_id.is_(None),
        PlannedLecture.lecture_id.is_(None),
        PlannedLecture.not_held_reason.is_(None),
    )
    return _changed(session, query.values(not_held_reason=reason))


def hold_again(session: Session, since: datetime, until: datetime, reason: str) -> int:
    """Take a reason back from what is planned in [since, until); return how many."""
    query = update(PlannedLecture).where(
        PlannedLecture.starts_at >= since,
        PlannedLecture.starts_at < until,
        PlannedLecture.not_held_reason == reason,
    )
    return _changed(session, query.values(not_held_reason=None))


def note_told(session: Session, planned_ids: Sequence[int], column: str, now: datetime | None) -> bool:
    """Write down when somebody was told; False where somebody was already. None: nobody was after all."""
    told = getattr(PlannedLecture, column)
    query = update(PlannedLecture).where(PlannedLecture.id.in_(planned_ids))
    if now is not None:
        query = query.where(told.is_(None))
    return bool(_changed(session, query.values({told: now})))


def _changed(session: Session, query: Update | Delete) -> int:
    return cast("CursorResult[Any]", session.execute(query)).rowcount
