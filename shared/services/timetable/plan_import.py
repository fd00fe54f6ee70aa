"""Brings a term's plan in: a dry run that says all of it, then the whole in the worker, or nothing."""

import json
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.domain.languages import joined, phrase
from shared.domain.timetable.plan import (
    LONGEST_PLAN,
    MOST_PROBLEMS,
    PlanChanges,
    PlanProblem,
    Slot,
    compare,
    find_clashes,
)
from shared.errors import Conflict, InvalidInput
from shared.persistence import jobs, timetable
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.tables import PlanDraft
from shared.services import audit
from shared.services.audit import Actor
from shared.services.timetable.days_off import mark_days_off
from shared.services.timetable.reading import ReadPlan, School, Span, read_plan
from shared.toolbox import Toolbox

# A plan that was looked at yesterday is looked at again: marks were made since, and lectures opened.
DRAFT_LIFE = timedelta(hours=24)
LECTURE_MINUTES = (5, 720)  # of a lecture whose row gives its begin alone: the shortest, the longest
LARGEST_DRAFT_BYTES = 12 * 1024 * 1024  # of the 16 MB that MariaDB's MEDIUMBLOB holds
_BATCH = 10_000
_SAMPLE = 30


@dataclass(frozen=True)
class PlanReview:
    """What a plan comes to; `draft_id` is what `start_import` takes, None with problems or nothing to do."""

    file_name: str
    problems: Sequence[PlanProblem]
    notes: Sequence[str]
    changes: PlanChanges | None = None
    past: int = 0
    teaching: Sequence[str] = ()
    by_class: Sequence[tuple[str, int]] = ()
    draft_id: int | None = None
    names: School | None = None

    @property
    def sample(self) -> Sequence[Slot]:
        """The first of what is new, to see whether it was understood."""
        return self.changes.added[:_SAMPLE] if self.changes else ()


def review_upload(
    toolbox: Toolbox, actor: Actor, *, file_name: str, content: bytes, span: Span, only_add: bool = False
) -> PlanReview:
    """Say what a plan would change of the lectures to come; only a draft is kept, for a day.

    Raise InvalidInput for days that are none, WorkbookRefused, Overloaded.
    """
    check_span(span)
    with toolbox.reading() as session:
        plan = read_plan(session, toolbox.settings.clock, content, span)
        return review_plan(toolbox, actor, session, plan, file_name=file_name, only_add=only_add)


def check_span(span: Span) -> None:
    """Raise InvalidInput for days or a length that no plan has."""
    if span.last < span.first:
        raise InvalidInput(phrase("The last day comes before the first."), field="last")
    if span.last - span.first > LONGEST_PLAN:
        raise InvalidInput(phrase("A plan is for 400 days at most."), field="last")
    shortest, longest = (timedelta(minutes=minutes) for minutes in LECTURE_MINUTES)
    if not shortest <= span.usual_length <= longest:
        raise InvalidInput(phrase("A lecture lasts 5 to 720 minutes."), field="minutes")


def review_plan(
    toolbox: Toolbox,
    actor: Actor,
    session: Session,
    plan: ReadPlan,
    *,
    file_name: str,
    only_add: bool,
    replaced: Collection[str] = (),
) -> PlanReview:
    """Compare what was read with the plan that stands, and keep a draft of it if it may be applied.

    `replaced` are the identities that an earlier form of this plan brought in: they go where it does not
    name them, whatever their class.
    """
    now = toolbox.now()
    names = School(timetable.list_classes(session), timetable.list_teachers(session))
    if plan.problems:
        # What clashes within the file is told at once, and not after the other lines are right.
        inside = _tell_clashes(toolbox, names, [slot for slot in plan.slots if slot.starts_at > now])
        problems = sorted({*plan.problems, *inside})[:MOST_PROBLEMS]
        return PlanReview(file_name, problems, plan.notes, names=names)
    opened = timetable.opened_identities(session, after=now)
    coming = [slot for slot in plan.slots if slot.starts_at > now and slot.identity not in opened]
    past = len(plan.slots) - len(coming)
    if not coming:
        problem = PlanProblem(
            0, phrase("There is no lecture to come in this plan."), phrase("Look at its first and last day.")
        )
        return PlanReview(file_name, [problem], plan.notes, past=past, names=names)
    of_the_file = {class_id for slot in coming for class_id in slot.class_ids}
    everything = timetable.future_slots(session, after=now)
    theirs = [
        slot for slot in everything if of_the_file.intersection(slot.class_ids) or slot.identity in replaced
    ]
    changes = compare(theirs, coming, only_add=only_add, replaced=replaced)
    changes = replace(changes, compared_with=timetable.last_applied(session))
    stands_for_itself = _told_by_plan(theirs, coming, changes)
    others = [slot for slot in everything if slot.planned_id not in stands_for_itself]
    problems = _tell_clashes(toolbox, names, [*coming, *others])
    if problems:
        return PlanReview(file_name, problems[:MOST_PROBLEMS], plan.notes, past=past, names=names)
    notes = [*plan.notes, *_tell_days_off(toolbox, session, coming)]
    counted = Counter(names.class_of[each].class_code for slot in coming for each in slot.class_ids)
    draft_id = _keep(toolbox, actor, file_name, changes) if changes.total else None
    return PlanReview(
        file_name,
        (),
        notes,
        changes,
        past=past,
        teaching=_new_teaching(names, coming),
        by_class=sorted(counted.items()),
        draft_id=draft_id,
        names=names,
    )


def _told_by_plan(standing: Sequence[Slot], asked: Sequence[Slot], changes: PlanChanges) -> set[int]:
    """Return what goes, moves, or is asked for alike: the plan's own lines stand for it among the clashes."""
    asked_for = {slot.identity for slot in asked}
    same = {slot.planned_id for slot in standing if slot.identity in asked_for}
    return same | {slot.planned_id for slot in changes.removed}


def _tell_clashes(toolbox: Toolbox, names: School, slots: Sequence[Slot]) -> list[PlanProblem]:
    clock = toolbox.settings.clock
    told: dict[tuple[int, str], str] = {}
    for clash in find_clashes(slots):
        first, second = sorted((clash.first, clash.second), key=lambda each: each.row == 0)
        who = (
            names.teacher_of[clash.whose].name
            if clash.kind == "teacher" and clash.whose in names.teacher_of
            else names.class_of[clash.whose].class_code
            if clash.kind == "class"
            else phrase("A teacher")
        )
        where = phrase("row %(row)s", row=second.row) if second.row else phrase("the plan already")
        sentence = phrase(
            "%(who)s would have two lectures at once: %(subject)s here and %(subject_2)s in %(where)s.",
            who=who,
            subject=first.subject,
            subject_2=second.subject,
            where=where,
        )
        when = clock.show_moment(max(first.starts_at, second.starts_at))
        told.setdefault((first.row, sentence), phrase("First on %(when)s.", when=when))
    return [PlanProblem(row, sentence, when) for (row, sentence), when in sorted(told.items())]


def _tell_days_off(toolbox: Toolbox, session: Session, slots: Sequence[Slot]) -> list[str]:
    clock = toolbox.settings.clock
    starts = sorted(slot.starts_at for slot in slots)
    told = []
    for off in timetable.list_days_off(session, since=clock.day_of(starts[0])):
        since, until = clock.day(off.day)
        if count := bisect_left(starts, until) - bisect_left(starts, since):
            told.append(phrase("%(name)s, %(day)s (%(count)s)", name=off.name, day=off.day, count=count))
    return [phrase("Lectures on days off are not held: %(told)s.", told=joined(told, ", "))] if told else []


def _new_teaching(names: School, slots: Sequence[Slot]) -> list[str]:
    """Return who would teach which class from now on, as the plan says and the office had not."""
    known = {(teacher.id, each.id) for teacher in names.teachers for each in teacher.classes}
    new = {(slot.teacher_id, each) for slot in slots for each in slot.class_ids} - known
    return sorted(f"{names.teacher_of[who].name}: {names.class_of[what].class_code}" for who, what in new)


def _keep(toolbox: Toolbox, actor: Actor, file_name: str, changes: PlanChanges) -> int:
    content = pack(changes)
    if len(content) > LARGEST_DRAFT_BYTES:
        raise InvalidInput(
            phrase("This plan is too large for one import. Plan one term, or half of the classes.")
        )
    with toolbox.sessions.begin() as session:
        draft = PlanDraft(
            file_name=file_name[:200], content=content, made_by=actor.email, made_at=toolbox.now()
        )
        session.add(draft)
        session.flush()
        return draft.id


def start_import(toolbox: Toolbox, actor: Actor, draft_id: int) -> int:
    """Have the worker apply a plan; return the job's id. A second press finds the first one's job.

    Raise NotFound, and Conflict for a draft of yesterday.
    """
    with toolbox.sessions.begin() as session:
        draft = timetable.get_draft(session, draft_id, lock=True)
        job = jobs.find_latest(session, JobKind.IMPORT_TIMETABLE, draft_id)
        if job is not None and job.state != "failed":
            return job.id
        if toolbox.now() - draft.made_at > DRAFT_LIFE:
            raise Conflict(phrase("This plan was looked at more than a day ago. Please upload it again."))
        total = unpack(draft.content).total
        job = jobs.add(session, JobKind.IMPORT_TIMETABLE, draft_id, total=total, now=toolbox.now())
        subject, after = f"plan {draft_id}: {draft.file_name}", {"lectures": total}
        audit.record(session, toolbox, actor, "import timetable", subject, after=after)
        job_id = job.id
    toolbox.queue.start(job_id)
    return job_id


def import_plan(toolbox: Toolbox, job_id: int, draft_id: int) -> str:
    """Apply a plan, in the worker; return a sentence. Raise Conflict if another was applied since the review.

    New lectures are brought in unseen, in many small transactions, so that phones go on marking; then one
    transaction takes out, moves and publishes. Until that one nothing has changed.
    """
    with toolbox.sessions.begin() as session:
        changes = unpack(timetable.get_draft(session, draft_id).content)
        timetable.discard_staged(session, draft_id)
    now = toolbox.now()
    coming = [slot for slot in changes.added if slot.starts_at > now]
    try:
        for at in range(0, len(coming), _BATCH):
            with toolbox.sessions.begin() as session:
                timetable.stage(session, draft_id, coming[at : at + _BATCH])
                jobs.advance(session, job_id, done=min(at + _BATCH, len(coming)), now=toolbox.now())
        _apply(toolbox, draft_id, coming, changes, now)
    except Exception:
        with toolbox.sessions.begin() as session:
            timetable.discard_staged(session, draft_id)
        raise
    with toolbox.sessions.begin() as session:
        jobs.advance(session, job_id, done=changes.total, now=toolbox.now())
    told = phrase(
        "%(count)s planned, %(count_2)s moved, %(count_3)s taken out.",
        count=len(coming),
        count_2=len(changes.moved),
        count_3=len(changes.removed),
    )
    return phrase("The plan is in: %(told)s", told=told)


def _apply(
    toolbox: Toolbox, draft_id: int, coming: Sequence[Slot], changes: PlanChanges, now: datetime
) -> None:
    """Make what was staged the plan, and move and take out the rest, in one transaction. Raise Conflict."""
    with toolbox.sessions.begin() as session:
        # Two workers may be here at once: the second waits, and finds the first one's plan.
        if timetable.last_applied(session, lock=True) != changes.compared_with:
            raise Conflict(
                phrase("Another plan was applied meanwhile. Nothing was changed; please upload it again.")
            )
        draft = timetable.get_draft(session, draft_id)
        timetable.remove(session, [slot.planned_id for slot in changes.removed if slot.starts_at > now])
        timetable.move(session, [pair for pair in changes.moved if pair[0].starts_at > now])
        if timetable.publish(session, draft_id) != len(coming):
            # Without it, the old plan would go out and nothing come in.
            raise Conflict(
                phrase("Not every lecture of this plan came in. Nothing was changed; please upload it again.")
            )
        mark_days_off(session, toolbox)
        asked = [*coming, *(becomes for _, becomes in changes.moved)]
        pairs = {(slot.teacher_id, each) for slot in asked for each in slot.class_ids}
        teaching = timetable.add_teaching(session, pairs)
        draft.applied_at, draft.content = toolbox.now(), b""
        after = {"added": len(coming), "moved": len(changes.moved), "removed": len(changes.removed)}
        after["teaching"] = len(teaching)
        actor, subject = Actor(site="worker", email=draft.made_by), f"plan {draft_id}: {draft.file_name}"
        audit.record(session, toolbox, actor, "apply timetable", subject, after=after)


def pack(changes: PlanChanges) -> bytes:
    """Return the changes as a draft keeps them: JSON, compressed."""
    told = {
        "added": [_plain(slot) for slot in changes.added],
        "moved": [[_plain(was), _plain(becomes)] for was, becomes in changes.moved],
        "removed": [_plain(slot) for slot in changes.removed],
        "compared_with": changes.compared_with.isoformat() if changes.compared_with else None,
    }
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), level=1)


def unpack(content: bytes) -> PlanChanges:
    """Return what `pack` was given. Raise Conflict for a draft that was applied and so emptied."""
    if not content:
        raise Conflict(phrase("This plan was applied already."))
    told = json.loads(zlib.decompress(content))
    return PlanChanges(
        [_slot(each) for each in told["added"]],
        [(_slot(was), _slot(becomes)) for was, becomes in told["moved"]],
        [_slot(each) for each in told["removed"]],
        unchanged=0,
        compared_with=datetime.fromisoformat(told["compared_with"]) if told["compared_with"] else None,
    )


def _plain(slot: Slot) -> list[object]:
    times = slot.starts_at.timestamp(), slot.ends_at.timestamp()
    return [slot.identity, slot.subject, slot.teacher_id, slot.class_ids, slot.room, *times, slot.planned_id]


def _slot(told: list) -> Slot:  # type: ignore[type-arg]
    identity, subject, teacher_id, class_ids, room, starts, ends, planned_id = told
    moments = datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC)
    return Slot(identity, subject, teacher_id, tuple(class_ids), room, *moments, planned_id=planned_id)
