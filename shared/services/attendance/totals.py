"""Adds up the attendance of a class over a series of lectures, for the page and as a workbook."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.domain.attendance import natural_order
from shared.domain.languages import joined, phrase
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.domain.statuses import Status
from shared.domain.totals import LectureShare, StudentTotal, TotalsRule, total_of
from shared.errors import InvalidInput, NotFound
from shared.persistence import statuses, timetable, totals
from shared.persistence.database import Session
from shared.persistence.tables import Lecture, SchoolClass, Student
from shared.persistence.totals import Series
from shared.reports.file_names import file_name
from shared.reports.term_totals import LectureMark, write_totals_workbook
from shared.services.audit import Actor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class SeriesAsked:
    """What a teacher asks for; both days are included, None leaves a choice open."""

    class_id: int
    since: date | None = None
    until: date | None = None
    teacher_id: int | None = None
    subject: str | None = None


@dataclass(frozen=True)
class ClassTotals:
    """The totals of a class: students by roll id, lectures by time, and what else could be asked for."""

    school_class: SchoolClass
    rule: TotalsRule
    students: Sequence[StudentTotal]
    lectures: Sequence[LectureShare]
    lecturers: dict[int, str]
    subjects: Sequence[str]

    @property
    def statuses(self) -> list[Status]:
        """Those that have a column: the four, and of the school's own what these students were given."""
        given = {key for student in self.students for key in student.counts}
        return [each for each in self.rule.statuses if not each.is_own or each.key in given]


def class_totals(toolbox: Toolbox, actor: Actor, asked: SeriesAsked) -> ClassTotals:
    """Add up. Raise NotFound for a class the teacher does not teach, InvalidInput for days the wrong way."""
    with toolbox.reading_totals() as session:
        return _totals(session, toolbox, actor, asked)


def download_totals(
    toolbox: Toolbox, actor: Actor, asked: SeriesAsked, words: SheetWords = ENGLISH
) -> tuple[str, bytes]:
    """Write the totals and every lecture as a workbook; return a file name and the .xlsx. Raise as above."""
    with toolbox.reading_totals() as session:
        found = _totals(session, toolbox, actor, asked)
        lecture_ids = [each.lecture_id for each in found.lectures]
        marks = totals.list_marks(session, asked.class_id, lecture_ids, for_teacher_id=actor.account_id)
    clock = toolbox.settings.clock
    told = {
        (mark.lecture_id, mark.student_id): LectureMark(
            mark.status, joined([mark.source.label, clock.local(mark.marked_at)], ", "), mark.note
        )
        for mark in marks
    }
    content = write_totals_workbook(
        found.students,
        found.lectures,
        told,
        statuses=found.statuses,
        rule=found.rule,
        clock=clock,
        words=words,
    )
    name = f"{found.school_class.class_code} totals {clock.show_day(toolbox.now())}"
    return file_name(name, ".xlsx"), content


def _totals(session: Session, toolbox: Toolbox, actor: Actor, asked: SeriesAsked) -> ClassTotals:
    school_class = totals.find_taught_class(session, actor.account_id, asked.class_id)
    if school_class is None:
        raise NotFound(phrase("There is no such class, or you do not teach it."))
    lectures = totals.held_lectures(session, series_of(toolbox, asked), now=toolbox.now())
    known = statuses.load(session, toolbox.settings.late_counts_as)
    rule = TotalsRule(known, warn_below_percent=toolbox.settings.warn_below_percent)
    remaining = _count_to_come(session, toolbox, asked)
    students, active = _students(session, asked.class_id, lectures, rule, remaining)
    lecturers = totals.lecturers_of(session, asked.class_id)
    return ClassTotals(
        school_class=school_class,
        rule=rule,
        students=students,
        lectures=_shares(session, asked.class_id, lectures, active),
        lecturers={teacher_id: name for teacher_id, name, _ in lecturers},
        subjects=sorted({subject for _, _, subject in lecturers}),
    )


def series_of(toolbox: Toolbox, asked: SeriesAsked) -> Series:
    """Return the series as it is read. Raise InvalidInput for days the wrong way round."""
    if asked.since and asked.until and asked.since > asked.until:
        raise InvalidInput(phrase("The first day comes after the last one."), field="since")
    return Series(
        class_id=asked.class_id,
        since=toolbox.settings.clock.day(asked.since)[0] if asked.since else None,
        until=toolbox.settings.clock.day(asked.until)[1] if asked.until else None,
        teacher_id=asked.teacher_id,
        subject=asked.subject,
    )


def _count_to_come(session: Session, toolbox: Toolbox, asked: SeriesAsked) -> int:
    """Return how many lectures of the series are not over: of the plan, and those that were opened for
    later."""
    series, now = series_of(toolbox, asked), toolbox.now()
    planned = timetable.count_remaining(
        session,
        asked.class_id,
        after=max(now, series.since) if series.since else now,
        until=series.until,
        teacher_id=asked.teacher_id,
        subject=asked.subject,
    )
    return planned + totals.count_not_over(session, series, now=now)


def _students(
    session: Session, class_id: int, lectures: Sequence[Lecture], rule: TotalsRule, remaining: int
) -> tuple[list[StudentTotal], int]:
    """Return every student's total by roll id, and how many are in the class now.

    Those are its active students, and who was marked there before they moved or were deactivated.
    """
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    in_unclosed: dict[int, int] = defaultdict(int)
    for row in totals.count_marks(session, class_id, [lecture.id for lecture in lectures]):
        if row.times:
            counts[row.student_id][row.status] = row.times
        in_unclosed[row.student_id] += row.in_unclosed
    unclosed = sum(1 for lecture in lectures if lecture.closed_at is None)
    students = totals.list_students(session, class_id, with_marks=list(counts))

    def is_member(student: Student) -> bool:
        return student.active and student.class_id == class_id

    found = [
        total_of(
            student.id,
            student.roll_id,
            student.name,
            counts=counts[student.id],
            unmarked=unclosed - in_unclosed[student.id] if is_member(student) else 0,
            rule=rule,
            remaining=remaining if is_member(student) else 0,
        )
        for student in students
    ]
    active = sum(1 for student in students if is_member(student))
    return sorted(found, key=lambda each: natural_order(each.roll_id)), active


def _shares(session: Session, class_id: int, lectures: Sequence[Lecture], active: int) -> list[LectureShare]:
    counted = totals.count_here(session, class_id, [lecture.id for lecture in lectures])
    shares = []
    for lecture in lectures:
        count = counted.get(lecture.id, totals.HereCount())
        # Whoever is without a mark in a lecture that nobody closed was expected all the same.
        expected = count.marked + (0 if lecture.closed_at else active - count.of_members)
        teacher = lecture.held_by
        shares.append(
            LectureShare(lecture.id, lecture.starts_at, lecture.subject, teacher, count.here, expected)
        )
    return shares
