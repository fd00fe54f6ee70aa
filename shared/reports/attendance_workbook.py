"""The attendance of one lecture as an Excel workbook: written for a teacher to edit, and read back."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter

from shared.domain.attendance_sheet import COLUMNS, LONGEST_NOTE, Standing
from shared.domain.languages import phrase
from shared.domain.sheet_table import Table, read_table
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.domain.statuses import Statuses
from shared.errors import WorkbookRefused
from shared.reports.plain_workbook import TEXT_STAYS_TEXT
from shared.reports.uploaded_tables import open_workbook
from shared.reports.workbook_reading import Sheet, Workbook

# The lecture's identity stands twice: Google Sheets drops properties, some phones drop hidden sheets.
_HIDDEN_SHEET = "_lecture"
_PROPERTY = "Attendance sheet"
_FORMAT = "lecture {lecture_id} version {version}"

SHEET_TITLE = phrase("Attendance")
_SHEET_TITLES = (SHEET_TITLE, "उपस्थिति", "उपस्थिती")
_LONGEST_IN_A_CHOICE = 255  # characters, of Excel's list of choices and of its message
_LONGEST_ERROR_TITLE = 32
_WIDTHS = {"roll_id": 16, "name": 30, "class_code": 12, "status": 12, "note": 36, "date": 12, "marked": 32}
_TITLES = {name: column.title for name, column in COLUMNS.items()} | {"marked": phrase("How marked")}


@dataclass(frozen=True)
class SheetIdentity:
    """Which lecture a sheet belongs to; `version` is the last entry of its history when it was written."""

    lecture_id: int
    version: int


@dataclass(frozen=True)
class UploadedSheet:
    """What an uploaded sheet holds."""

    identity: SheetIdentity
    table: Table


def write_attendance_workbook(
    identity: SheetIdentity,
    register: Sequence[Standing],
    statuses: Statuses,
    *,
    title: str,
    held_on: str,
    words: SheetWords = ENGLISH,
) -> bytes:
    """Write the register of a lecture as .xlsx. `held_on` is the lecture's date as YYYY-MM-DD."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_STAYS_TEXT)
    book.set_properties({"title": title})
    text = _FORMAT.format(lecture_id=identity.lecture_id, version=identity.version)
    book.set_custom_property(_PROPERTY, text, "text")
    _fill(book, register, statuses, held_on, words)
    hidden = book.add_worksheet(_HIDDEN_SHEET)
    hidden.write_string(0, 0, text)
    hidden.hide()
    book.close()
    return buffer.getvalue()


def _fill(
    book: xlsxwriter.Workbook,
    register: Sequence[Standing],
    statuses: Statuses,
    held_on: str,
    words: SheetWords,
) -> None:
    sheet = book.add_worksheet(words.say(SHEET_TITLE))
    head = book.add_format({"bold": True, "bg_color": "#E8EEF6", "bottom": 1})
    # Text through and through: a roll id keeps its zeros, "=1+1" stays what somebody is called.
    plain = book.add_format({"num_format": "@", "quote_prefix": True})
    wrapped = book.add_format({"num_format": "@", "quote_prefix": True, "text_wrap": True})
    columns = [name for name in _WIDTHS if name in _TITLES]
    for at, name in enumerate(columns):
        sheet.set_column(at, at, _WIDTHS[name], wrapped if name == "note" else plain)
        sheet.write_string(0, at, words.say(_TITLES[name]), head)
    for row, student in enumerate(register, start=1):
        for at, cell in enumerate(_cells(student, statuses, held_on, words)):
            sheet.write_string(row, at, cell, wrapped if columns[at] == "note" else plain)
    refused = phrase("Choose one of the list.")
    last_row, status = max(len(register), 1), columns.index("status")
    sheet.data_validation(
        1,
        status,
        last_row,
        status,
        {
            "validate": "list",
            "source": _offered(statuses, words),
            "error_title": words.say(phrase("Not a status"))[:_LONGEST_ERROR_TITLE],
            "error_message": words.say(refused)[:_LONGEST_IN_A_CHOICE],
        },
    )
    note = columns.index("note")
    length = {"validate": "length", "criteria": "<=", "value": LONGEST_NOTE}
    sheet.data_validation(1, note, last_row, note, length)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, last_row, len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _offered(statuses: Statuses, words: SheetWords) -> list[str]:
    """Return the names to choose from; the short forms, which a sheet understands too, where they are too
    long."""
    names = [words.status(each, statuses) for each in statuses.choices]
    fits = len(",".join(names)) <= _LONGEST_IN_A_CHOICE
    return names if fits else [each.short for each in statuses.choices]


def _cells(student: Standing, statuses: Statuses, held_on: str, words: SheetWords) -> tuple[str, ...]:
    """Return the cells of one student, in the order of the columns' widths above."""
    status, note = student.value
    return (
        student.roll_id,
        student.name,
        student.class_code,
        words.status(statuses.get(status), statuses) if status else "",
        note,
        held_on,
        words.say(student.marked),
    )


def read_attendance_workbook(content: bytes) -> UploadedSheet:
    """Read an edited sheet, .xlsx or .xls, whatever its name. Raise WorkbookRefused.

    A sheet that does not say which lecture it belongs to is refused: Tuesday's must not change Wednesday.
    """
    book = open_workbook(content)
    identity = _identity(book)
    if identity is None:
        raise WorkbookRefused(
            phrase(
                "This workbook does not say which lecture it belongs to. Download the sheet of "
                "the lecture, copy your changes into it, and upload that."
            )
        )
    return UploadedSheet(identity, read_table(_attendance_sheet(book).rows, COLUMNS))


def _identity(book: Workbook) -> SheetIdentity | None:
    hidden = (sheet.rows for sheet in book.sheets if sheet.title == _HIDDEN_SHEET)
    places = [rows[0][0] or "" for rows in hidden if rows and rows[0]] + [book.properties.get(_PROPERTY, "")]
    for text in places:
        words = text.split()
        numbers = [int(word) for word in words if word.isascii() and word.isdecimal() and len(word) < 11]
        if len(numbers) == 2 and text == _FORMAT.format(lecture_id=numbers[0], version=numbers[1]):
            return SheetIdentity(*numbers)
    return None


def _attendance_sheet(book: Workbook) -> Sheet:
    """Find our sheet by its title; after a renaming, the first that can be seen."""
    visible = [sheet for sheet in book.sheets if not sheet.is_hidden]
    ours = [sheet for sheet in visible if sheet.title in _SHEET_TITLES]
    if not visible:
        raise WorkbookRefused(phrase("This workbook has no sheet that can be seen."))
    return (ours or visible)[0]
