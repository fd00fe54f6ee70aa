"""One student over time, in all their classes: every mark, the percent as it went, and what is to come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.languages import phrase
from shared.domain.totals import StudentTotal, TotalsRule, below_since, total_of
from shared.errors import NotFound
from shared.persistence import statuses, student_history, timetable, totals
from shared.persistence.database import Session
from shared.persistence.tables import Student
from shared.persistence.totals import Series
from shared.services.audit import Actor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class HistoryLine:
    """One lecture of the student; no status: not marked. `percent` is that of all lectures until then."""

    lecture_id: int
    starts_at: datetime
    subject: str
    teacher: str
    class_code: str
    status: str | None
    marked_at: datetime | None
    note: str
    is_own: bool
    percent: float | None


@dataclass(frozen=True)
class StudentHistory:
    """What a student's page shows, the earliest lecture first; `by_class` has a total for each class."""

    student: Student
    rule: TotalsRule
    total: StudentTotal
    by_class: Sequence[tuple[str, StudentTotal]]
    lines: Sequence[HistoryLine]

    @property
    def below_since(self) -> HistoryLine | None:
        """The lecture since which the student is below the percent of the warning."""
        percents = [line.percent for line in self.lines]
        at = below_since(percents, self.rule.warn_below_percent)
        return None if at is None else self.lines[at]


def student_history_of(toolbox: Toolbox, actor: Actor, student_id: int) -> StudentHistory:
    """Read it, for a teacher of one of the student's classes. Raise NotFound for everybody else.

    A note is its teacher's own; others see the mark alone.
    """
    with toolbox.reading() as session:
        student = student_history.find_taught_student(session, actor.account_id, student_id)
        if student is None:
            raise NotFound(phrase("There is no such student, or you do not teach them."))
        known = statuses.load(session, toolbox.settings.late_counts_as)
        rule = TotalsRule(known, warn_below_percent=toolbox.settings.warn_below_percent)
        attended = student_history.list_attended(session, student, now=toolbox.now())
        lines, marked, unmarked = [], Counter[str](), 0
        codes = {student.class_id: student.school_class.class_code}
        for lecture, mark, class_id in attended:
            if mark is None:
                unmarked += 1
            else:
                marked[mark.status] += 1
                codes[class_id] = mark.school_class.class_code
            so_far = _total(student, marked, unmarked, rule)
            is_own = actor.account_id in (lecture.teacher_id, lecture.for_teacher_id)
            line = HistoryLine(
                lecture_id=lecture.id,
                starts_at=lecture.starts_at,
                subject=lecture.subject,
                teacher=lecture.held_by,
                class_code=codes[class_id],
                status=mark.status if mark else None,
                marked_at=mark.marked_at if mark else None,
                note=mark.note if mark and is_own else "",
                is_own=is_own,
                percent=so_far.percent,
            )
            lines.append(line)
        remaining = _count_to_come(session, toolbox, student)
        by_class = []
        for class_id, code in codes.items():
            counts, missing = student_history.count_attended(
                line for line in attended if line.class_id == class_id
            )
            to_come = remaining if class_id == student.class_id else 0
            by_class.append((code, _total(student, counts, missing, rule, to_come)))
        total = _total(student, marked, unmarked, rule, remaining)
        return StudentHistory(student, rule, total, sorted(by_class, key=lambda each: each[0]), lines)


def _total(
    student: Student, counts: Mapping[str, int], unmarked: int, rule: TotalsRule, remaining: int = 0
) -> StudentTotal:
    return total_of(
        student.id,
        student.roll_id,
        student.name,
        counts=dict(counts),
        unmarked=unmarked,
        rule=rule,
        remaining=remaining,
    )


def _count_to_come(session: Session, toolbox: Toolbox, student: Student) -> int:
    if not student.active:
        return 0
    now = toolbox.now()
    planned = timetable.count_remaining(session, student.class_id, after=now)
    return planned + totals.count_not_over(session, Series(student.class_id), now=now)
