"""A term's plan: what a file says of each lecture, which of them clash, and what a new plan would change."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

# A plan is a term or a year: longer is a slip of the finger, and a rule that never ends has to end.
LONGEST_PLAN = timedelta(days=400)
LONGEST_LECTURE = timedelta(hours=12)
LONGEST_ROOM = 60
# 200 classes with 30 lectures a week for 40 weeks. More is a mistake that would only fill the database.
MOST_LECTURES = 250_000
MOST_PROBLEMS = 100


class PlanProblem(NamedTuple):
    """What is wrong with a line of a plan, and what was perhaps meant; `row` as the file counts, from 1.

    0: the plan as a whole.
    """

    row: int
    sentence: str
    suggestion: str = ""


@dataclass(frozen=True)
class PlanLine:
    """One line of a plan as it is written: once `on` a day, or every week on a `weekday` (Monday is 0).

    `key` is the file's own name of the lecture, "" where it has none.
    """

    row: int
    subject: str
    class_codes: tuple[str, ...]
    teacher: str
    room: str
    begins: time
    ends: time
    weekday: int | None = None
    on: date | None = None
    key: str = ""

    def days(self, first: date, last: date) -> Iterable[date]:
        """Return the days of the line within the plan's days, both included."""
        if self.on is not None:
            return [self.on] if first <= self.on <= last else []
        ahead = ((self.weekday or 0) - first.weekday()) % 7
        weeks = ((last - first).days - ahead) // 7 + 1
        return [first + timedelta(days=ahead + 7 * week) for week in range(max(0, weeks))]

    def identity(self, day: date) -> str:
        """Return what the lecture of one day is known by when the plan comes again.

        A key of the file holds through every move within its week; without one a lecture is its classes,
        subject and hour.
        """
        if self.key:
            week = day.isocalendar()
            return f"{self.key} {week.year}-{week.week}" if self.on is None else f"{self.key} {day}"
        return f"{'+'.join(self.class_codes)} {self.subject.casefold()} {day} {self.begins:%H:%M}"


class Slot(NamedTuple):
    """One planned lecture, tied to a teacher and classes by their ids. Times are aware, `class_ids` sorted.

    `row` is the file's; 0 for one that stands in the plan already, which `planned_id` names.
    """

    identity: str
    subject: str
    teacher_id: int
    class_ids: tuple[int, ...]
    room: str
    starts_at: datetime
    ends_at: datetime
    row: int = 0
    planned_id: int = 0

    @property
    def content(self) -> tuple[object, ...]:
        """What a new plan may change of it."""
        return self.subject, self.teacher_id, self.class_ids, self.room, self.starts_at, self.ends_at


@dataclass(frozen=True)
class PlanChanges:
    """What a new plan changes of the lectures to come; `moved` pairs what stands with what becomes of it.

    `compared_with` says which plan stood then: when it was applied.
    """

    added: Sequence[Slot]
    moved: Sequence[tuple[Slot, Slot]]
    removed: Sequence[Slot]
    unchanged: int
    compared_with: datetime | None = None

    @property
    def total(self) -> int:
        return len(self.added) + len(self.moved) + len(self.removed)


def compare(
    standing: Iterable[Slot],
    asked: Iterable[Slot],
    *,
    only_add: bool = False,
    replaced: Collection[str] = (),
) -> PlanChanges:
    """Return how the lectures that stand become those asked for; `only_add` takes away but those `replaced`.

    Two lectures of one identity are told apart by their order in time.
    """
    stands: dict[str, list[Slot]] = defaultdict(list)
    for slot in sorted(standing, key=lambda each: each.starts_at, reverse=True):
        stands[slot.identity].append(slot)
    added, moved, unchanged = [], [], 0
    for slot in sorted(asked, key=lambda each: each.starts_at):
        if not stands[slot.identity]:
            added.append(slot)
            continue
        was = stands[slot.identity].pop()
        if was.content == slot.content:
            unchanged += 1
        else:
            moved.append((was, slot))
    left = [slot for slots in stands.values() for slot in slots if not only_add or slot.identity in replaced]
    return PlanChanges(added, moved, sorted(left, key=lambda each: each.starts_at), unchanged)


class Clash(NamedTuple):
    """Two lectures at one time with the same teacher, or of the same class; `whose` says which by its id."""

    first: Slot
    second: Slot
    kind: str
    whose: int


def find_clashes(slots: Iterable[Slot]) -> list[Clash]:
    """Return every pair of neighbours in time that a teacher or a class would have at once, by time.

    Only pairs with a lecture of the file: what stands already is not for this plan to judge.
    """
    of: dict[tuple[str, int], list[Slot]] = defaultdict(list)
    for slot in sorted(slots, key=lambda each: (each.starts_at, each.ends_at)):
        of["teacher", slot.teacher_id].append(slot)
        for class_id in slot.class_ids:
            of["class", class_id].append(slot)
    clashes = []
    for (kind, whose), theirs in of.items():
        longest = theirs[0]
        for slot in theirs[1:]:
            if slot.starts_at < longest.ends_at and (slot.row or longest.row):
                clashes.append(Clash(longest, slot, kind, whose))
            longest = max(longest, slot, key=lambda each: each.ends_at)
    return sorted(clashes, key=lambda each: (each.second.starts_at, each.kind, each.whose))


def join_hours(lines: Sequence[PlanLine]) -> list[PlanLine]:
    """Return the lines with those of one key on one day as one lecture, from its first hour to its last."""
    joined: dict[tuple[str, int | None, date | None], PlanLine] = {}
    for line in lines:
        at = (line.key or f"row {line.row}", line.weekday, line.on)
        before = joined.get(at)
        if before is None:
            joined[at] = line
        else:
            begins, ends = min(before.begins, line.begins), max(before.ends, line.ends)
            joined[at] = PlanLine(**{**before.__dict__, "begins": begins, "ends": ends})
    return list(joined.values())
