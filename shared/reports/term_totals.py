"""The totals of a class as an Excel workbook: who attended how much, the course, every lecture."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import xlsxwriter

from shared.domain.attendance_sheet import COLUMNS
from shared.domain.languages import phrase
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.domain.statuses import Status
from shared.domain.totals import LectureShare, StudentTotal, TotalsRule
from shared.school_clock import SchoolClock

# A sheet's name may not be longer, and may hold none of []:*?/\.
_LONGEST_SHEET_NAME = 31
_PERCENT = phrase("Percent")
_ONE_DECIMAL = {"num_format": "0.0"}


class LectureMark(NamedTuple):
    """One mark as the workbook shows it; `marked` says how and when, in words."""

    status: str
    marked: str
    note: str


Marks = Mapping[tuple[int, int], LectureMark]
"""Marks by lecture's and student's id."""


def write_totals_workbook(
    students: Sequence[StudentTotal],
    lectures: Sequence[LectureShare],
    marks: Marks,
    *,
    statuses: Sequence[Status],
    rule: TotalsRule,
    clock: SchoolClock,
    words: SheetWords = ENGLISH,
) -> bytes:
    """Write three kinds of sheets as .xlsx: "Totals", "Course", and one for each lecture.

    `statuses` are those that have a column among the totals.
    """
    import pandas as pd

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        book: xlsxwriter.Workbook = writer.book
        tint = {"bg_color": "#F8D7DA", "font_color": "#58151C"}
        below = book.add_format(tint)
        # One decimal, as on the page: 80.0 and not 80. A row's format would take the place of a column's.
        percents = {True: book.add_format({**tint, **_ONE_DECIMAL}), False: book.add_format(_ONE_DECIMAL)}
        table = _totals_table(students, statuses, rule, words)
        title = words.say(phrase("Totals"))
        table.to_excel(writer, sheet_name=title, index=False)
        sheet, percent_at = writer.sheets[title], table.columns.get_loc(words.say(_PERCENT))
        _lay_out(sheet, widths=[16, 30, *([11] * (len(table.columns) - 2))], rows=len(students))
        for row, student in enumerate(students, start=1):
            if student.is_below:
                sheet.set_row(row, None, below)
            if student.percent is not None:
                percent = round(student.percent, 1)
                sheet.write_number(row, percent_at, percent, percents[student.is_below])
        names = _sheet_names(lectures, clock)
        title = words.say(phrase("Course"))
        _course_table(students, lectures, marks, names, rule, words).to_excel(
            writer, sheet_name=title, index=False
        )
        _lay_out(writer.sheets[title], widths=[16, 30, *([8] * len(lectures))], rows=len(students))
        for lecture, name in zip(lectures, names, strict=True):
            _add_lecture(book, name, lecture, students, marks, rule, words)
    return buffer.getvalue()


def _totals_table(
    students: Sequence[StudentTotal], statuses: Sequence[Status], rule: TotalsRule, words: SheetWords
) -> Any:
    """Return the table; attended and held are numbers, so that a teacher can go on calculating."""
    import pandas as pd

    below = words.say(phrase("below"))
    columns: list[tuple[str, list[Any]]] = [
        (words.say(COLUMNS["roll_id"].title), [each.roll_id for each in students]),
        (words.say(COLUMNS["name"].title), [each.name for each in students]),
        (words.say(phrase("Attended")), [each.attended for each in students]),
        (words.say(phrase("Held")), [each.held for each in students]),
        (
            words.say(_PERCENT),
            [None if each.percent is None else round(each.percent, 1) for each in students],
        ),
        *(
            (
                _begun(words.status(status, rule.statuses)),
                [each.counts.get(status.key, 0) for each in students],
            )
            for status in statuses
        ),
        (words.say(phrase("Not marked")), [each.unmarked for each in students]),
        *_outlooks(students, words),
        (
            words.say(phrase("Below %(percent)s %%", percent=rule.warn_below_percent)),
            [below if each.is_below else "" for each in students],
        ),
    ]
    # Two columns may be called the same in a language: a dictionary would lose one.
    return pd.DataFrame(
        list(zip(*(cells for _, cells in columns), strict=True)), columns=[head for head, _ in columns]
    )


def _outlooks(students: Sequence[StudentTotal], words: SheetWords) -> list[tuple[str, list[Any]]]:
    """Return a column for what can still be reached, where lectures are to come."""
    told = [words.say(each.outlook.sentence) if each.outlook else "" for each in students]
    return [(words.say(phrase("Outlook")), told)] if any(told) else []


def _begun(name: str) -> str:
    """Return a name as a heading begins it."""
    return name[:1].upper() + name[1:]


def _course_table(
    students: Sequence[StudentTotal],
    lectures: Sequence[LectureShare],
    marks: Marks,
    names: Sequence[str],
    rule: TotalsRule,
    words: SheetWords,
) -> Any:
    """Return a table: one row a student, one column a lecture, the short form of each mark."""
    import pandas as pd

    table = {
        words.say(COLUMNS["roll_id"].title): [each.roll_id for each in students],
        words.say(COLUMNS["name"].title): [each.name for each in students],
    }
    for lecture, name in zip(lectures, names, strict=True):
        found = [marks.get((lecture.lecture_id, each.student_id)) for each in students]
        table[name] = [rule.statuses.get(mark.status).short if mark else "" for mark in found]
    return pd.DataFrame(table)


def _add_lecture(
    book: xlsxwriter.Workbook,
    name: str,
    lecture: LectureShare,
    students: Sequence[StudentTotal],
    marks: Marks,
    rule: TotalsRule,
    words: SheetWords,
) -> None:
    sheet = book.add_worksheet(name)
    titles = (*(COLUMNS[name].title for name in ("roll_id", "name", "status")), phrase("How marked"))
    heads = (words.say(title) for title in (*titles, COLUMNS["note"].title))
    sheet.write_row(0, 0, (*heads, lecture.subject, lecture.teacher))
    for row, student in enumerate(students, start=1):
        sheet.write_string(row, 0, student.roll_id)
        sheet.write_string(row, 1, student.name)
        mark = marks.get((lecture.lecture_id, student.student_id))
        if mark is not None:
            sheet.write_string(row, 2, words.status(rule.statuses.get(mark.status), rule.statuses))
            sheet.write_string(row, 3, words.say(mark.marked))
            if mark.note:
                sheet.write_string(row, 4, mark.note)
    _lay_out(sheet, widths=[16, 30, 12, 32, 36], rows=len(students))


def _lay_out(sheet: Any, *, widths: Sequence[int], rows: int) -> None:
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(rows, 1), len(widths) - 1)


def _sheet_names(lectures: Sequence[LectureShare], clock: SchoolClock) -> list[str]:
    """Give the lectures numbers in time, so that two of one minute have two names."""
    names = (f"{clock.local(each.starts_at):%d %b %H.%M}" for each in lectures)
    return [f"{number} · {name}"[:_LONGEST_SHEET_NAME] for number, name in enumerate(names, start=1)]
