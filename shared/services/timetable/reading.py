"""Reads an uploaded plan and ties its lines to the school's classes and teachers; nothing is guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache

from shared.domain.attendance import normal_code, one_line
from shared.domain.languages import counted, phrase
from shared.domain.sheet_table import Cell
from shared.domain.table_cells import ReadCell
from shared.domain.timetable.plan import (
    LONGEST_LECTURE,
    LONGEST_ROOM,
    MOST_LECTURES,
    MOST_PROBLEMS,
    PlanLine,
    PlanProblem,
    Slot,
)
from shared.domain.timetable.table import LONGEST_SUBJECT, read_lines
from shared.domain.typed_text import fold
from shared.errors import InvalidInput, WorkbookRefused
from shared.persistence import timetable
from shared.persistence.database import Session
from shared.persistence.tables import SchoolClass, Teacher
from shared.reports.calendar_files import Occurrence, open_calendar
from shared.reports.uploaded_tables import open_table
from shared.school_clock import SchoolClock
from shared.security.tokens import digest

_NAMED = re.compile(r"^\s*(class|classes|teacher)\s*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Span:
    """The days that are planned, both included, and what stands for what a file does not say."""

    first: date
    last: date
    usual_length: timedelta = timedelta(minutes=60)
    class_id: int | None = None
    teacher_id: int | None = None


@dataclass
class ReadPlan:
    """What a file comes to. With problems it is not applied; `notes` are worth knowing and hinder nothing."""

    slots: list[Slot] = field(default_factory=list)
    problems: list[PlanProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_plan(session: Session, clock: SchoolClock, content: bytes, span: Span) -> ReadPlan:
    """Read a plan. Raise WorkbookRefused for what is neither a calendar nor a table."""
    school = School(timetable.list_classes(session), timetable.list_teachers(session))
    if b"BEGIN:VCALENDAR" in content[:4096].upper():
        return _from_calendar(school, clock, content, span)
    lines, problems = read_lines(_table_rows(content), usual_length=span.usual_length)
    return tie_lines(school, clock, lines, span, problems)


def _table_rows(content: bytes) -> Sequence[Sequence[Cell]]:
    shown = [sheet for sheet in open_table(content).sheets if not sheet.is_hidden and sheet.rows]
    if not shown:
        raise WorkbookRefused(phrase("There is no table in this file."))
    return [[_cell(cell) for cell in row] for row in shown[0].rows]


def _cell(cell: ReadCell) -> Cell:
    return None if cell.is_formula and not cell.text else cell.text


class School:
    """The classes and teachers that lines are tied to."""

    def __init__(self, classes: Iterable[SchoolClass], teachers: Iterable[Teacher]) -> None:
        self.classes = {each.class_code: each for each in classes}
        self.class_of = {each.id: each for each in self.classes.values()}
        self.teachers = list(teachers)
        self.teacher_of = {each.id: each for each in self.teachers}
        self._by_email = {each.email.lower(): each for each in self.teachers}
        self._by_name: dict[str, list[Teacher]] = defaultdict(list)
        for each in self.teachers:
            self._by_name[fold(each.name)].append(each)

    def has_address(self, email: str) -> bool:
        """Tell whether an address is a teacher's."""
        return email.lower() in self._by_email

    def find_class(self, row: int, code: str) -> SchoolClass | PlanProblem:
        """Find an active class by its code."""
        found = self.classes.get(code)
        if found is None:
            near = get_close_matches(code[:64], self.classes, n=1, cutoff=0.75)
            return PlanProblem(
                row,
                phrase("There is no class %(code)s.", code=code[:64]),
                phrase("Did you mean %(near)s?", near=near[0]) if near else "",
            )
        if not found.active:
            return PlanProblem(row, phrase("%(code)s is deactivated: this class has ended.", code=code))
        return found

    def find_teacher(self, row: int, named: str) -> Teacher | PlanProblem:
        """Find an active teacher by address or whole name."""
        if named.lower() in self._by_email:
            return self._by_email[named.lower()]
        found = self._by_name.get(fold(named), [])
        if len(found) > 1:
            emails = ", ".join(each.email for each in found[:3])
            return PlanProblem(
                row,
                phrase("Several teachers are called %(named)s.", named=named[:80]),
                phrase("Write %(emails)s instead.", emails=emails),
            )
        if not found:
            near = get_close_matches(fold(named)[:80], self._by_name, n=1, cutoff=0.7)
            meant = (
                phrase("Did you mean %(name)s?", name=self._by_name[near[0]][0].name)
                if near
                else phrase("Add the teacher first.")
            )
            return PlanProblem(row, phrase("There is no teacher “%(named)s”.", named=named[:80]), meant)
        return found[0]


def tie_lines(
    school: School,
    clock: SchoolClock,
    lines: Sequence[PlanLine],
    span: Span,
    problems: Iterable[PlanProblem] = (),
) -> ReadPlan:
    """Make planned lectures of lines: every day of each, tied to its classes and teacher."""
    plan = ReadPlan(problems=list(problems))
    moment = cache(clock.moment)  # a term has some thousand hours, and 120,000 lectures
    for line in lines:
        tied = _tie(school, line.row, line.class_codes, line.teacher)
        if isinstance(tied, list):
            plan.problems += tied
            continue
        teacher_id, class_ids = tied
        for day in line.days(span.first, span.last):
            try:
                moments = moment(day, line.begins), moment(day, line.ends)
            except InvalidInput as refused:
                plan.problems.append(PlanProblem(line.row, refused.sentence))
                continue
            identity = digest(line.identity(day))
            slot = Slot(identity, line.subject, teacher_id, class_ids, line.room, *moments, row=line.row)
            plan.slots.append(slot)
        if len(plan.slots) > MOST_LECTURES or len(plan.problems) > MOST_PROBLEMS:
            break
    if len(plan.slots) > MOST_LECTURES:
        plan.problems.append(
            PlanProblem(
                0,
                phrase(
                    "These are more than %(most_lectures)s lectures. Plan one term.",
                    most_lectures=f"{MOST_LECTURES:,}",
                ),
            )
        )
    return plan


def _tie(
    school: School, row: int, codes: Sequence[str], teacher: str
) -> tuple[int, tuple[int, ...]] | list[PlanProblem]:
    """Return the teacher's id and the classes' ids, sorted; or everything that is wrong with them."""
    classes = [school.find_class(row, code) for code in codes]
    found = school.find_teacher(row, teacher)
    problems = [each for each in (*classes, found) if isinstance(each, PlanProblem)]
    if problems or isinstance(found, PlanProblem):
        return problems
    return found.id, tuple(sorted(each.id for each in classes if isinstance(each, SchoolClass)))


def _from_calendar(school: School, clock: SchoolClock, content: bytes, span: Span) -> ReadPlan:
    calendar = open_calendar(content, span.first, span.last)
    plan = ReadPlan()
    if calendar.endless:
        plan.notes.append(
            counted(
                "%(num)d series never ends; it is planned until %(last)s.",
                "%(num)d series never end; they are planned until %(last)s.",
                calendar.endless,
                last=span.last,
            )
        )
    told = {PlanProblem(fault.row, fault.sentence) for fault in calendar.faults}
    for event in calendar.occurrences:
        starts_at, ends_at = (
            _in_zone(clock, moment, told, event.row) for moment in (event.starts_at, event.ends_at)
        )
        if starts_at is None or ends_at is None:
            continue
        if not span.first <= clock.day_of(starts_at) <= span.last:
            continue
        problem = _refuse_event(event, starts_at, ends_at)
        tied = [problem] if problem else _tie_event(school, event, span)
        if isinstance(tied, list):
            told.update(each for each in tied if each)
            continue
        subject, teacher_id, class_ids = tied
        room = one_line(event.location)[:LONGEST_ROOM]
        identity = digest(event.identity)
        plan.slots.append(Slot(identity, subject, teacher_id, class_ids, room, starts_at, ends_at, event.row))
    plan.problems = sorted(told)
    return plan


def _in_zone(clock: SchoolClock, moment: datetime, told: set[PlanProblem], row: int) -> datetime | None:
    """Return a moment of the calendar; one without a zone is the school's own clock's."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    try:
        return clock.moment(moment.date(), moment.time())
    except InvalidInput as refused:
        told.add(PlanProblem(row, refused.sentence))
        return None


def _refuse_event(event: Occurrence, starts_at: datetime, ends_at: datetime) -> PlanProblem | None:
    if event.is_whole_day:
        return PlanProblem(
            event.row,
            phrase("“%(summary)s” lasts whole days: a lecture has hours.", summary=event.summary[:60]),
        )
    if not timedelta() < ends_at - starts_at <= LONGEST_LECTURE:
        return PlanProblem(
            event.row,
            phrase(
                "“%(summary)s” ends before it begins, or lasts over 12 hours.", summary=event.summary[:60]
            ),
        )
    return None


def _tie_event(
    school: School, event: Occurrence, span: Span
) -> tuple[str, int, tuple[int, ...]] | list[PlanProblem]:
    """Return subject, teacher and classes of an event.

    Classes stand in its categories, in a line "Class: …" of its description, or as codes before the subject;
    the teacher is one of its people, or stands in a line "Teacher: …". What a file leaves out the form says.
    """
    said = {name.lower().removesuffix("es"): text for name, text in _NAMED.findall(event.description)}
    words = one_line(event.summary).split(" ")
    leading = []
    while len(words) > 1 and normal_code(words[0].strip("+,:")) in school.classes:
        leading.append(words.pop(0).strip("+,:"))
    named = {normal_code(each) for each in re.split(r"[+,;]", said.get("class", ""))} - {""}
    categories = {normal_code(each) for each in event.categories} & school.classes.keys()  # others are tags
    codes = {*categories, *named, *map(normal_code, leading)}
    problems = []
    if not codes and span.class_id in school.class_of:
        codes = {school.class_of[span.class_id].class_code}
    if not codes:
        problems.append(
            PlanProblem(
                event.row,
                phrase("“%(summary)s” names no class.", summary=event.summary[:60]),
                phrase("Begin it with the class code, or choose a class below."),
            )
        )
    people = [each for each in event.people if school.has_address(each)]
    teacher = said.get("teacher") or (people[0] if len(set(people)) == 1 else "")
    if not teacher and span.teacher_id in school.teacher_of:
        teacher = school.teacher_of[span.teacher_id].email
    if not teacher:
        problems.append(
            PlanProblem(
                event.row,
                phrase("“%(summary)s” names no teacher.", summary=event.summary[:60]),
                phrase("Invite the teacher by e-mail, or choose a teacher below."),
            )
        )
    subject = " ".join(words)
    if not subject or len(subject) > LONGEST_SUBJECT:
        problems.append(PlanProblem(event.row, phrase("The event has no title, or one that is too long.")))
    if problems:
        return problems
    tied = _tie(school, event.row, sorted(codes), teacher)
    return tied if isinstance(tied, list) else (subject, *tied)
