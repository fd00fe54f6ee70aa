"""A teacher's lectures of one class as a grid in Excel: written to be edited, and read back.

A hidden row says of every column which lecture it is, a hidden column of every row which student; so columns
and rows may be moved, deleted, sorted and headed otherwise.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from shared.domain.attendance_sheet import COLUMNS, PassedOver, Standing
from shared.domain.languages import phrase
from shared.domain.sheet_table import Cell
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.domain.statuses import Statuses
from shared.domain.term_sheet import TermLecture, TermRow
from shared.errors import WorkbookRefused
from shared.reports.attendance_workbook import SheetIdentity
from shared.reports.plain_workbook import TEXT_STAYS_TEXT
from shared.reports.uploaded_tables import open_workbook
from shared.reports.workbook_reading import Sheet

SHEET_TITLE = phrase("Term")
# As many columns and cells as an uploaded workbook may have (`shown_cells`, `workbook_parts`), with room.
MOST_LECTURES = 200
MOST_CELLS = 60_000

_CLASS = re.compile(r"class (\d{1,10})")
_LECTURE = re.compile(r"lecture (\d{1,10}) version (\d{1,10})")
_STUDENT = re.compile(r"student (\d{1,10})")
_IDENTITY_WITHIN_ROWS = 20
_LONGEST_CHOICE = 255  # characters, of Excel's list of choices


@dataclass(frozen=True)
class UploadedTerm:
    """What an uploaded grid holds; `versions` are by lecture id, `headings` what stands above them."""

    class_id: int
    versions: Mapping[int, int]
    headings: Mapping[int, str]
    rows: tuple[TermRow, ...]
    passed_over: tuple[PassedOver, ...]


def write_term_workbook(
    class_id: int,
    lectures: Sequence[tuple[TermLecture, SheetIdentity]],
    students: Sequence[Standing],
    statuses: Statuses,
    *,
    title: str,
    words: SheetWords = ENGLISH,
) -> bytes:
    """Write one row a student and one column a lecture as .xlsx, in the short forms of the statuses.

    Grey is the cell of who is not on the register of that lecture.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_STAYS_TEXT)
    book.set_properties({"title": title})
    sheet = book.add_worksheet(words.say(SHEET_TITLE))
    head = book.add_format(
        {"bold": True, "bg_color": "#E8EEF6", "bottom": 1, "text_wrap": True, "valign": "top"}
    )
    plain = book.add_format({"num_format": "@", "quote_prefix": True})
    grey = book.add_format({"num_format": "@", "bg_color": "#D9D9D9"})
    sheet.set_column(0, 0, 12, plain, {"hidden": True})
    sheet.set_column(1, 1, 16, plain)
    sheet.set_column(2, 2, 30, plain)
    sheet.write_string(0, 0, f"class {class_id}")
    for at, heading in enumerate((phrase("Student"), COLUMNS["roll_id"].title, COLUMNS["name"].title)):
        sheet.write_string(1, at, words.say(heading), head)
    if lectures:
        sheet.set_column(3, 2 + len(lectures), 11, plain)
    for at, (lecture, identity) in enumerate(lectures, start=3):
        sheet.write_string(0, at, f"lecture {identity.lecture_id} version {identity.version}")
        sheet.write_string(1, at, words.say(lecture.title), head)
    for row, student in enumerate(students, start=2):
        cells = (f"student {student.student_id}", student.roll_id, student.name)
        for at, text in enumerate(cells):
            sheet.write_string(row, at, text, plain)
        for at, (lecture, _) in enumerate(lectures, start=3):
            standing = lecture.register.get(student.student_id)
            if standing is None:
                sheet.write_blank(row, at, None, grey)
            elif standing.value.status:
                sheet.write_string(row, at, statuses.get(standing.value.status).short, plain)
    last_row, last_column = max(1 + len(students), 2), 2 + len(lectures)
    shorts = [each.short for each in statuses.choices]
    if lectures and len(",".join(shorts)) <= _LONGEST_CHOICE:
        # Offered and not enforced: whole words are understood as well.
        choice = {"validate": "list", "source": shorts, "show_error": False}
        sheet.data_validation(2, 3, last_row, last_column, choice)
    sheet.set_row(0, None, None, {"hidden": True})
    sheet.set_row(1, 48)
    sheet.freeze_panes(2, 3)
    sheet.autofilter(1, 0, last_row, last_column)
    sheet.set_landscape()
    sheet.repeat_rows(1)
    book.close()
    return buffer.getvalue()


def read_term_workbook(content: bytes) -> UploadedTerm:
    """Read an edited grid, .xlsx or .xls. Raise WorkbookRefused.

    One that lost the hidden row, or has a lecture in two columns, is refused.
    """
    for sheet in open_workbook(content).sheets:
        found = None if sheet.is_hidden else _identity_row(sheet)
        if found is not None:
            return _read(sheet, found)
    raise WorkbookRefused(
        phrase(
            "This workbook does not say which lectures its columns are. Download the term's "
            "sheet, copy your changes into it, and upload that."
        )
    )


def _identity_row(sheet: Sheet) -> int | None:
    for number, row in enumerate(sheet.rows[:_IDENTITY_WITHIN_ROWS]):
        if any(_CLASS.fullmatch(cell or "") for cell in row):
            return number
    return None


def _read(sheet: Sheet, at: int) -> UploadedTerm:
    class_id, of_students = 0, 0
    places: dict[int, int] = {}  # of the lectures' columns
    versions: dict[int, int] = {}
    heads = sheet.rows[at + 1] if len(sheet.rows) > at + 1 else ()
    for place, cell in enumerate(sheet.rows[at]):
        if named := _CLASS.fullmatch(cell or ""):
            class_id, of_students = int(named[1]), place
        elif lecture := _LECTURE.fullmatch(cell or ""):
            if int(lecture[1]) in versions:
                heading = _at(heads, place) or phrase("one lecture")
                raise WorkbookRefused(
                    phrase("There are two columns for %(heading)s. Keep one of them.", heading=heading)
                )
            places[int(lecture[1])] = place
            versions[int(lecture[1])] = int(lecture[2])
    beyond = max(len(row) for row in sheet.rows)  # of a column that somebody deleted
    taken = {of_students, *places.values()}
    free = {place: _at(heads, place) for place in range(len(heads)) if place not in taken}
    roll, name = (
        next((place for place, head in free.items() if COLUMNS[of].is_headed(head)), beyond)
        for of in ("roll_id", "name")
    )
    rows = []
    for number, row in enumerate(sheet.rows, start=1):
        cells = {lecture_id: _cell(row, place) for lecture_id, place in places.items()}
        student = _STUDENT.fullmatch(_at(row, of_students))
        student_id = int(student[1]) if student else None
        roll_id, called = _at(row, roll), _at(row, name)
        # Who sorts the whole sheet has students above the hidden row; what else is there is a title.
        is_below = number > at + 2 and (roll_id or called or any(cell != "" for cell in cells.values()))
        if student_id is not None or is_below:
            rows.append(TermRow(number, student_id, roll_id, called, cells))
    known = {of_students, roll, name, *places.values()}
    headings = {lecture_id: " ".join(_at(heads, place).split()) for lecture_id, place in places.items()}
    return UploadedTerm(class_id, versions, headings, tuple(rows), tuple(_strange_columns(sheet, at, known)))


def _strange_columns(sheet: Sheet, at: int, known: set[int]) -> list[PassedOver]:
    """Return the columns that somebody put beside ours; they change nothing, which is told."""
    below = sheet.rows[at + 1 :]
    strange = [
        place
        for place in range(max(len(row) for row in sheet.rows))
        if place not in known and any(_cell(row, place) != "" for row in below)
    ]
    return [
        PassedOver(
            at + 2,
            phrase("the column %(heading)s", heading=_at(below[0], place)[:40] or xl_col_to_name(place)),
        )
        for place in strange
    ]


def _cell(row: Sequence[Cell], place: int) -> Cell:
    cell = row[place] if place < len(row) else ""
    return None if cell is None else cell.strip()


def _at(row: Sequence[Cell], place: int) -> str:
    return _cell(row, place) or ""
