"""Writes an empty class list to fill in; all its cells are text, so that 007 stays 007."""

import io

import xlsxwriter

from shared.domain.languages import phrase
from shared.domain.sheet_words import ENGLISH, SheetWords
from shared.reports.plain_workbook import TEXT_STAYS_TEXT

COLUMNS = {
    phrase("Roll id"): 14,
    phrase("Name"): 30,
    phrase("Student's e-mail"): 30,
    phrase("First parent's e-mail"): 30,
    phrase("Second parent's e-mail"): 30,
    phrase("Phone numbers"): 30,
    phrase("Language"): 12,
}
_TEXT_ROWS = 500


def write_class_list_template(*, class_code: str, languages: list[str], words: SheetWords = ENGLISH) -> bytes:
    """Write the .xlsx; the languages are offered as a drop-down."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_STAYS_TEXT)
    book.set_properties({"title": f"Class list of {class_code}"})
    sheet = book.add_worksheet(words.say(phrase("Students")))
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF6", "bottom": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    for at, (heading, width) in enumerate(COLUMNS.items()):
        sheet.set_column(at, at, width, text)
        sheet.write_string(0, at, words.say(heading), bold)
    last = len(COLUMNS) - 1
    sheet.data_validation(1, last, _TEXT_ROWS, last, {"validate": "list", "source": languages})
    sheet.freeze_panes(1, 2)
    book.close()
    return buffer.getvalue()
