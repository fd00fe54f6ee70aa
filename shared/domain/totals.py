"""Attendance over a series of lectures: attended of held, the school's rule for late, and the warning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.attendance import MarkStatus


class LateCounts(StrEnum):
    """What coming late counts as."""

    PRESENT = "present"
    HALF = "half"
    ABSENT = "absent"

    @property
    def weight(self) -> float:
        return {LateCounts.PRESENT: 1.0, LateCounts.HALF: 0.5, LateCounts.ABSENT: 0.0}[self]


@dataclass(frozen=True)
class TotalsRule:
    """The school's settings: what late counts as, and below how many percent a student is warned of."""

    late_counts_as: LateCounts
    warn_below_percent: int


@dataclass(frozen=True)
class StudentTotal:
    """One student over a series. `unmarked` are lectures nobody closed, in which the student has no mark."""

    student_id: int
    roll_id: str
    name: str
    present: int
    late: int
    excused: int
    absent: int
    unmarked: int
    attended: float
    is_below: bool

    @property
    def held(self) -> int:
        """The lectures that count for the student: excused ones are left out."""
        return self.present + self.late + self.absent + self.unmarked

    @property
    def percent(self) -> float | None:
        """Attended of held; None where nothing was held."""
        return 100 * self.attended / self.held if self.held else None


@dataclass(frozen=True)
class LectureShare:
    """How many of the class were at one lecture; `here` counts present and late."""

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
    counts: Mapping[MarkStatus, int],
    unmarked: int,
    rule: TotalsRule,
) -> StudentTotal:
    """Add a student's marks up. Who has exactly the percent of the warning is not below it."""
    present, late, excused, absent = (counts.get(status, 0) for status in MarkStatus)
    attended = present + rule.late_counts_as.weight * late
    held = present + late + absent + unmarked
    return StudentTotal(
        student_id=student_id,
        roll_id=roll_id,
        name=name,
        present=present,
        late=late,
        excused=excused,
        absent=absent,
        unmarked=unmarked,
        attended=attended,
        is_below=100 * attended < rule.warn_below_percent * held,
    )
