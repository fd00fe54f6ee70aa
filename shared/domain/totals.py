"""Attendance over a series of lectures: attended of held, the school's rule for late, and the warning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.languages import phrase
from shared.domain.statuses import Statuses


@dataclass(frozen=True)
class TotalsRule:
    """The school's rules: what each status counts as, and below how many percent a student is warned of."""

    statuses: Statuses
    warn_below_percent: int


@dataclass(frozen=True)
class Outlook:
    """Whether the percent of the warning can be kept: with `remaining` lectures to come, `may_miss` of them.

    None of them may be missed below 0: then the percent cannot be reached any more, whoever comes to all.
    """

    remaining: int
    may_miss: int
    percent: int

    @property
    def sentence(self) -> str:
        """What is said of it, to go on with after a name."""
        if self.may_miss < 0:
            return phrase("%(percent)s %% cannot be reached any more", percent=self.percent)
        if self.may_miss >= self.remaining:
            return phrase("may miss all %(remaining)s to come", remaining=self.remaining)
        if not self.may_miss:
            return phrase("may miss none of %(remaining)s to come", remaining=self.remaining)
        return phrase(
            "may miss %(may_miss)s more of %(remaining)s to come",
            may_miss=self.may_miss,
            remaining=self.remaining,
        )


def look_ahead(*, attended: float, held: int, remaining: int, percent: int) -> Outlook | None:
    """Return the outlook of who attended so many of those held; None where nothing is to come.

    Whoever misses m of r more ends with attended + r - m of held + r, which must not be below the percent.
    """
    if not remaining:
        return None
    spare = round(100 * (attended + remaining)) - percent * (held + remaining)  # in hundredths, so exact
    return Outlook(remaining, spare // 100, percent)


@dataclass(frozen=True)
class StudentTotal:
    """One student over a series: marks by the key of their status, and what they come to.

    `unmarked` are lectures nobody closed, in which the student has no mark; `held` are those that count for
    the student.
    """

    student_id: int
    roll_id: str
    name: str
    counts: Mapping[str, int]
    unmarked: int
    attended: float
    held: int
    is_below: bool
    outlook: "Outlook | None" = None

    @property
    def percent(self) -> float | None:
        """Attended of held; None where nothing was held."""
        return 100 * self.attended / self.held if self.held else None


@dataclass(frozen=True)
class LectureShare:
    """How many of the class were at one lecture; `here` counts whom `Status.is_here` counts."""

    lecture_id: int
    starts_at: datetime
    subject: str
    teacher: str
    here: int
    expected: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where nobody was expected."""
        return self.here / self.expected if self.expected else 0.0


def total_of(
    student_id: int,
    roll_id: str,
    name: str,
    *,
    counts: Mapping[str, int],
    unmarked: int,
    rule: TotalsRule,
    remaining: int = 0,
) -> StudentTotal:
    """Add a student's marks up. Who has exactly the percent of the warning is not below it.

    `remaining` lectures are still to come.
    """
    attended, held = rule.statuses.attended(counts), rule.statuses.held(counts) + unmarked
    return StudentTotal(
        student_id=student_id,
        roll_id=roll_id,
        name=name,
        counts=counts,
        unmarked=unmarked,
        attended=attended,
        held=held,
        is_below=100 * attended < rule.warn_below_percent * held,
        outlook=look_ahead(
            attended=attended, held=held, remaining=remaining, percent=rule.warn_below_percent
        ),
    )


def below_since(percents: Sequence[float | None], warn_below_percent: int) -> int | None:
    """Return the place from which on all percents are below the warning; None where the last is not."""
    since = None
    for at, percent in enumerate(percents):
        if percent is None or percent >= warn_below_percent:
            since = None
        elif since is None:
            since = at
    return since
