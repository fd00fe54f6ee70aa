"""Writes an empty timetable to fill in; all its cells are text, so that 10:00 stays 10:00."""

import io

import xlsxwriter

from shared.domain.languages import phrase
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.domain.timetable.table import COLUMNS, WEEKDAY_NAMES
from shared.reports.plain_workbook import TEXT_STAYS_TEXT

_WIDTHS = {
    **{"class_code": 16, "subject": 26, "teacher": 30, "room": 12, "day": 14, "date": 14},
    **{"begins": 10, "ends": 10},
}
_EXAMPLES = (
    ("CO6GA", "Physics", "teacher@school.example", "3", WEEKDAY_NAMES[0], "", "10:00", "10:50"),
    ("CO6GA + CO6GB", "Excursion", "teacher@school.example", "", "", "23 Nov 2026", "09:00", "15:00"),
)
_TEXT_ROWS = 2_000


def write_timetable_template(words: SheetWords = ENGLISH) -> bytes:
    """Write the .xlsx, with an example of a weekly lecture and of one on a date on a second sheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_STAYS_TEXT)
    book.set_properties({"title": "Timetable"})
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF6", "bottom": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    for title, rows in ((phrase("Timetable"), ()), (phrase("Examples"), _EXAMPLES)):
        sheet = book.add_worksheet(words.say(title))
        for at, (name, width) in enumerate(_WIDTHS.items()):
            sheet.set_column(at, at, width, text)
            sheet.write_string(0, at, words.say(COLUMNS[name].title), bold)
        for number, row in enumerate(rows, start=1):
            for at, cell in enumerate(row):
                sheet.write_string(number, at, words.say(cell), text)
        day, days = list(_WIDTHS).index("day"), [words.say(each) for each in WEEKDAY_NAMES]
        sheet.data_validation(1, day, _TEXT_ROWS, day, {"validate": "list", "source": days})
        sheet.freeze_panes(1, 1)
    book.close()
    return buffer.getvalue()
