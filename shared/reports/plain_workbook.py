"""Tables of text as an Excel workbook, a sheet each; nothing in them can become a formula."""

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

# Excel takes no more in one cell.
_LONGEST_CELL = 32_767
_WIDEST = 60

# For XlsxWriter, which otherwise makes formulas, numbers and links of texts that look like one.
TEXT_STAYS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

Rows = Sequence[Sequence[str]]


def write_plain_workbook(sheets: Mapping[str, tuple[Sequence[str], Rows]], *, title: str) -> bytes:
    """Write sheets, by their name of at most 31 letters, each a head and its rows, as .xlsx."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXT_STAYS_TEXT)
    book.set_properties({"title": title})
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF6", "bottom": 1})
    plain = book.add_format({"num_format": "@", "quote_prefix": True, "text_wrap": True, "valign": "top"})
    for name, (head, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, words in enumerate(head):
            longest = max([len(words), *(len(row[at]) for row in rows)])
            sheet.set_column(at, at, min(_WIDEST, longest + 2))
            sheet.write_string(0, at, words, bold)
            for line, row in enumerate(rows, start=1):
                sheet.write_string(line, at, row[at][:_LONGEST_CELL], plain)
    book.close()
    return buffer.getvalue()
