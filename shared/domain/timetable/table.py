"""Reads a timetable's rows: our template, FET's export, and weekly tables with their columns in any order."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from shared.domain.attendance import normal_code, one_line
from shared.domain.languages import joined, phrase
from shared.domain.sheet_table import Cell, Column, Table, TableRow, read_table
from shared.domain.timetable.plan import LONGEST_ROOM, PlanLine, PlanProblem, join_hours
from shared.domain.typed_text import fold
from shared.domain.written_dates import typed_day

# The first words are those of our template, then those of its other languages; FET writes "Students Sets",
# "Teachers", "Hour" and "Activity Id".
COLUMNS = {
    "class_code": Column(
        (phrase("Class"), "Classes", "Class code", "Students Sets", "Students", "कक्षा", "वर्ग"), required=True
    ),
    "subject": Column((phrase("Subject"), "Subjects", "Lecture", "विषय"), required=True),
    "teacher": Column((phrase("Teacher"), "Teachers", "Teacher's e-mail", "शिक्षक"), required=True),
    "room": Column((phrase("Room"), "Rooms", "कमरा", "खोली")),
    "day": Column((phrase("Day"), "Weekday", "दिन", "दिवस", "वार")),
    "date": Column((phrase("Date"), "तारीख़", "तारीख", "दिनांक")),
    "begins": Column(
        (phrase("Begins"), "Start", "From", "Hour", "Time", "आरंभ", "समय", "सुरुवात", "वेळ"), required=True
    ),
    "ends": Column((phrase("Ends"), "End", "To", "Until", "अंत", "शेवट")),
    "key": Column(("Activity Id",)),
}
LONGEST_SUBJECT = 100
WEEKDAY_NAMES = (
    *(phrase("Monday"), phrase("Tuesday"), phrase("Wednesday"), phrase("Thursday"), phrase("Friday")),
    *(phrase("Saturday"), phrase("Sunday")),
)

_WEEKDAYS = (
    "monday mon mo सोमवार lundi montag",
    "tuesday tue tues tu मंगलवार मंगळवार mardi dienstag",
    "wednesday wed we बुधवार mercredi mittwoch",
    "thursday thu thur thurs th गुरुवार गुरूवार jeudi donnerstag",
    "friday fri fr शुक्रवार vendredi freitag",
    "saturday sat sa शनिवार samedi samstag",
    "sunday sun su रविवार dimanche sonntag",
)
_WEEKDAY_OF = {fold(word): at for at, words in enumerate(_WEEKDAYS) for word in words.split()}
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?\s*([ap])?\.?\s*m?\.?", re.IGNORECASE)


def read_lines(
    rows: Sequence[Sequence[Cell]], *, usual_length: timedelta
) -> tuple[list[PlanLine], list[PlanProblem]]:
    """Return the lectures that the rows speak of, and what is wrong, row by row.

    `usual_length` is how long a lecture lasts whose row gives its begin alone.
    """
    table = read_table(rows, COLUMNS)
    if table.problems:
        found = (PlanProblem(each.row or 1, each.sentence, each.suggestion) for each in table.problems)
        return [], list(found)
    lines: list[PlanLine] = []
    problems = _without_days(table)
    for row in [] if problems else table.rows:
        line = _read(row, usual_length)
        if isinstance(line, PlanProblem):
            problems.append(line)
        else:
            lines.append(line)
    return join_hours(lines), problems


def _without_days(table: Table) -> list[PlanProblem]:
    if table.columns & {"day", "date"}:
        return []
    return [
        PlanProblem(
            1, phrase("There is no column “Day” or “Date”."), phrase("A day such as Monday is every week.")
        )
    ]


def _read(row: TableRow, usual_length: timedelta) -> PlanLine | PlanProblem:
    formula = next((name for name in COLUMNS if row.is_formula(name)), None)
    if formula is not None:
        return PlanProblem(
            row.number, phrase("“%(title)s” is a formula. Type what it shows.", title=COLUMNS[formula].title)
        )
    codes = tuple(sorted({normal_code(each) for each in re.split(r"[+,;]", row.text("class_code"))} - {""}))
    subject, teacher = one_line(row.text("subject")), one_line(row.text("teacher"))
    room = one_line(row.text("room"))
    needed = ((phrase("class"), codes), (phrase("subject"), subject), (phrase("teacher"), teacher))
    missing = [name for name, found in needed if not found]
    if missing:
        said = phrase("The %(column)s is missing.", column=missing[0])
        if len(missing) > 1:
            said = phrase("Missing here: %(columns)s.", columns=joined(missing, ", "))
        return PlanProblem(row.number, said)
    if len(subject) > LONGEST_SUBJECT or len(room) > LONGEST_ROOM:
        return PlanProblem(row.number, phrase("The subject or the room is too long."))
    if "+" in teacher:
        return PlanProblem(
            row.number,
            phrase("“%(teacher)s” are several teachers.", teacher=teacher[:60]),
            phrase("Keep the one who takes the attendance."),
        )
    when = _day(row)
    if isinstance(when, PlanProblem):
        return when
    hours = _hours(row, usual_length)
    if isinstance(hours, PlanProblem):
        return hours
    key = row.text("key")
    return PlanLine(
        row.number, subject, codes, teacher, room, *hours, *when, key=f"activity {key[:40]}" if key else ""
    )


def _day(row: TableRow) -> tuple[int | None, date | None] | PlanProblem:
    """Return the weekday of a weekly lecture, or the day of a single one."""
    if row.text("date"):
        day = typed_day(row.text("date"))
        if day is None:
            return PlanProblem(
                row.number,
                phrase("“%(text)s” is not a date.", text=row.text("date")[:40]),
                phrase("Such as 23 Nov 2026."),
            )
        return None, day
    weekday = read_weekday(row.text("day"))
    if weekday is None:
        told = (
            phrase("“%(text)s” is not a day.", text=row.text("day")[:40])
            if row.text("day")
            else phrase("The day is missing.")
        )
        return PlanProblem(row.number, told, phrase("Such as Monday; a date has a column of its own."))
    return weekday, None


def read_weekday(typed: str) -> int | None:
    """Return the weekday that is typed, Monday as 0; None for anything else."""
    return _WEEKDAY_OF.get(fold(typed).strip(" ."))


def _hours(row: TableRow, usual_length: timedelta) -> tuple[time, time] | PlanProblem:
    times = read_times(row.text("begins"))
    ends = read_times(row.text("ends"))
    if len(times) == 1 and len(ends) == 1:
        times.append(ends[0])
    if len(times) == 1 and not row.text("ends"):
        later = datetime.combine(date.min, times[0]) + usual_length
        times.append(later.time())
    if len(times) != 2:
        typed = " ".join(filter(None, (row.text("begins"), row.text("ends"))))[:40]
        return PlanProblem(
            row.number,
            phrase("“%(typed)s” are not times of day.", typed=typed),
            phrase("Such as 10:00 and 10:50."),
        )
    if times[0] >= times[1]:
        return PlanProblem(
            row.number,
            phrase(
                "It ends at %(times)s, before it begins at %(times_2)s.",
                times=f"{times[1]:%H:%M}",
                times_2=f"{times[0]:%H:%M}",
            ),
        )
    return times[0], times[1]


def read_times(typed: str) -> list[time]:
    """Return the times of day in a text, such as "08:00-08:50"; none where anything else stands there."""
    rest = re.sub(r"[-–—\s]|to|until", "", _TIME.sub("", typed), flags=re.IGNORECASE)
    if rest:
        return []
    found = []
    for match in _TIME.finditer(typed):
        hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
        if half and not 1 <= hour <= 12:
            return []
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        if hour > 23 or minute > 59:
            return []
        found.append(time(hour, minute))
    return found
