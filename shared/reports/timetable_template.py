"""Writes an empty timetable to fill in; all its cells are text, so that 10:00 stays 10:00."""

import io

import xlsxwriter

from shared.domain.timetable.table import WEEKDAY_NAMES
from shared.reports.plain_workbook import TEXT_STAYS_TEXT

_COLUMNS = {
    "Class": 16,
    "Subject": 26,
    "Teacher": 30,
    "Room": 12,
    "Day": 14,
    "Date": 14,
    "Begins": 10,
    "Ends": 10,
}
_EXAMPLES = (
    ("CO6GA", "Physics", "teacher@school.example", "3", "Monday", "", "10:00", "10:50"),
    ("CO6GA + CO6GB", "Excursion", "teacher@school.example", "", "", "23 Nov 2026", "09:00", "15:00"),
)
_TEXT_ROWS = 2_000


def write_timetable_template() -> bytes:
    """Write the .xlsx, with an example of a weekly lecture and of one on a date on a second sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_STAYS_TEXT)
    book.set_properties({"title": "Timetable"})
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF6", "bottom": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    for title, rows in (("Timetable", ()), ("Examples", _EXAMPLES)):
        sheet = book.add_worksheet(title)
        for at, (heading, width) in enumerate(_COLUMNS.items()):
            sheet.set_column(at, at, width, text)
            sheet.write_string(0, at, heading, bold)
        for number, row in enumerate(rows, start=1):
            for at, cell in enumerate(row):
                sheet.write_string(number, at, cell, text)
        day = list(_COLUMNS).index("Day")
        sheet.data_validation(1, day, _TEXT_ROWS, day, {"validate": "list", "source": list(WEEKDAY_NAMES)})
        sheet.freeze_panes(1, 1)
    book.close()
    return buffer.getvalue()
