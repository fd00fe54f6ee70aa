"""Reads the cells of old .xls files as .xlsx files are read.

xlrd gives of a formula only its result; which cells have one is told by the records of the file itself
(MS-XLS 2.4.127), which are walked here.
"""

import io
import struct
from collections.abc import Iterator

import xlrd
from xlrd.compdoc import SIGNATURE, CompDoc

from shared.domain.number_formats import GENERAL
from shared.domain.table_cells import Kind, ReadCell, ReadSheet
from shared.reports.shown_cells import number_cell, refuse_beyond, sheet_of

_BEGIN, _END, _FORMULA = 0x0809, 0x000A, 0x0006
_WORKSHEET = 0x0010


def read_xls_sheets(content: bytes) -> list[ReadSheet]:
    """Read every sheet in the workbook's order.

    Raise WorkbookRefused beyond the caps, and whatever a broken file raises.
    """
    book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), formatting_info=True)
    formulas = list(_formula_cells(content)) if content.startswith(SIGNATURE) else []
    sheets = []
    for number, sheet in enumerate(book.sheets()):
        refuse_beyond(row=sheet.nrows)
        refuse_beyond(row=1, column=sheet.ncols)
        made = formulas[number] if number < len(formulas) else frozenset()
        cells = {
            row: {
                column: _read_cell(book, sheet.cell(row, column), is_formula=(row, column) in made)
                for column in range(sheet.row_len(row))
                if sheet.cell_type(row, column) not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
            }
            for row in range(sheet.nrows)
        }
        sheets.append(
            sheet_of(
                sheet.name,
                cells,
                is_hidden=sheet.visibility != 0,
                hidden_rows=[row for row, about in sheet.rowinfo_map.items() if about.hidden],
                hidden_columns=[column for column, about in sheet.colinfo_map.items() if about.hidden],
                merged=[(left, top, bottom - 1) for top, bottom, left, _ in sheet.merged_cells],
            )
        )
    return sheets


def _read_cell(book: xlrd.book.Book, cell: xlrd.sheet.Cell, *, is_formula: bool) -> ReadCell:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return ReadCell("TRUE" if cell.value else "FALSE", is_formula=is_formula)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        shown = str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
        return ReadCell(shown, Kind.ERROR, shown, is_formula)
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return ReadCell(str(cell.value), is_formula=is_formula)
    known = cell.xf_index is not None and cell.xf_index < len(book.xf_list)
    found = book.format_map.get(book.xf_list[cell.xf_index].format_key) if known else None
    code = found.format_str if found is not None else GENERAL
    return number_cell(repr(cell.value), code, is_1904=book.datemode == 1, is_formula=is_formula)


def _formula_cells(content: bytes) -> Iterator[frozenset[tuple[int, int]]]:
    """Yield for each worksheet which cells (row, column) hold a formula."""
    for name in ("Workbook", "Book"):
        stream, begin, size = CompDoc(content, logfile=io.StringIO()).locate_named_stream(name)
        if stream:
            break
    else:
        return
    at, depth, is_sheet = begin, 0, False
    found: set[tuple[int, int]] = set()
    while at + 4 <= begin + size:
        record, length = struct.unpack_from("<HH", stream, at)
        if record == _BEGIN:
            depth += 1
            if depth == 1:
                is_sheet, found = struct.unpack_from("<H", stream, at + 6)[0] == _WORKSHEET, set()
        elif record == _END and depth:
            depth -= 1
            if depth == 0 and is_sheet:
                yield frozenset(found)
        elif record == _FORMULA and depth == 1 and length >= 4:
            found.add(struct.unpack_from("<HH", stream, at + 4))
        at += 4 + length
