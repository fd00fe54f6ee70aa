"""Attendance over a series of lectures: attended of held, the school's rule for late, and the warning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.statuses import Statuses


@dataclass(frozen=True)
class TotalsRule:
    """The school's rules: what each status counts as, and below how many percent a student is warned of."""

    statuses: Statuses
    warn_below_percent: int


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
) -> StudentTotal:
    """Add a student's marks up. Who has exactly the percent of the warning is not below it."""
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
    )
