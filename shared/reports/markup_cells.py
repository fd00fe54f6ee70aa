"""Reads what other programs save under the name .xls: web pages with a table, and Excel's XML of 2003."""

import io
from html.parser import HTMLParser
from typing import Any

from defusedxml.ElementTree import iterparse

from shared.domain.number_formats import GENERAL
from shared.domain.table_cells import Kind, ReadCell, ReadSheet, text_rows
from shared.reports.shown_cells import number_cell, refuse_beyond, sheet_of

_OFFICE = "urn:schemas-microsoft-com:office:spreadsheet"
# The formats that the XML of 2003 calls by a name; every other is a code.
_NAMED_FORMATS = {"General Number": GENERAL, "Fixed": "0.00", "Standard": "#,##0.00", "Percent": "0.00%"}
_NAMED_DATES = ("Date", "Time")


def read_html_tables(page: str) -> list[ReadSheet]:
    """Read every table of a web page. Raise WorkbookRefused beyond the caps."""
    reader = _TableReader()
    reader.feed(page)
    reader.close()
    tables = [table for table in reader.tables if table]
    return [ReadSheet(f"Table {number}", text_rows(table)) for number, table in enumerate(tables, start=1)]


class _TableReader(HTMLParser):
    """Gathers the tables of a page; a table within a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._open: list[tuple[list[list[str]], dict[int, tuple[int, str]]]] = []
        self._cell: list[str] | None = None
        self._span = 1
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "title"):
            self._silent += 1
        elif tag == "table":
            self._finish_cell()
            self.tables.append([])
            self._open.append((self.tables[-1], {}))
        elif tag == "tr" and self._open:
            self._finish_row()
            rows, _ = self._open[-1]
            refuse_beyond(row=len(rows) + 1)
            rows.append([])
        elif tag in ("td", "th") and self._open and self._open[-1][0]:
            self._finish_cell()
            spans = dict(attrs)
            self._span, self._down = _count(spans.get("colspan")), _count(spans.get("rowspan"))
            self._cell = []
        elif tag in ("br", "p", "div") and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "title"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th", "tr"):
            self._finish_cell()
        elif tag == "table" and self._open:
            self._finish_row()
            self._open.pop()

    def handle_data(self, text: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(text)

    def _finish_cell(self) -> None:
        if self._cell is None:
            return
        rows, down = self._open[-1]
        text = "".join(self._cell).strip()
        self._cell = None
        row = rows[-1]
        self._fill_from_above(row, down)
        refuse_beyond(row=len(rows), column=len(row) + self._span)
        if self._down > 1:
            down[len(row)] = self._down - 1, text
        row.extend([text, *[""] * (self._span - 1)])

    def _finish_row(self) -> None:
        self._finish_cell()
        rows, down = self._open[-1]
        if rows:
            self._fill_from_above(rows[-1], down)

    @staticmethod
    def _fill_from_above(row: list[str], down: dict[int, tuple[int, str]]) -> None:
        """Take over what cells of earlier rows say that reach down to the next place."""
        while down.get(len(row), (0, ""))[0] > 0:
            left, said = down[len(row)]
            down[len(row)] = left - 1, said
            row.append(said)


def _count(typed: str | None) -> int:
    return min(int(typed), 1000) if typed and typed.isdecimal() and len(typed) < 6 and int(typed) else 1


def read_xml_2003_sheets(content: bytes) -> list[ReadSheet]:
    """Read every worksheet of "XML Spreadsheet 2003".

    Raise WorkbookRefused beyond the caps, and whatever broken XML raises.
    """
    sheets: list[ReadSheet] = []
    formats: dict[str, str] = {}
    rows: dict[int, dict[int, ReadCell]] = {}
    cells: dict[int, ReadCell] = {}
    hidden: set[int] = set()
    merged: list[tuple[int, int, int]] = []
    row = column = 0
    for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
        name = element.tag.rpartition("}")[2]
        if event == "start":
            if name == "Worksheet":
                rows, row, hidden, merged = {}, 0, set(), []
            elif name == "Row":
                row, cells, column = int(_own(element, "Index") or row + 1), {}, 0
                hidden |= {row - 1} if _own(element, "Hidden") == "1" else set()
            elif name == "Cell":
                column = int(_own(element, "Index") or column + 1)
                refuse_beyond(row=row, column=column)
        elif name == "Style":
            numbers = next((each for each in element if each.tag.endswith("}NumberFormat")), None)
            formats[_own(element, "ID")] = "" if numbers is None else _own(numbers, "Format")
        elif name == "Cell":
            cells[column - 1] = _xml_2003_cell(element, formats)
            merged.append((column - 1, row - 1, row - 1 + int(_own(element, "MergeDown") or 0)))
            column += int(_own(element, "MergeAcross") or 0)
            element.clear()
        elif name == "Row":
            rows[row - 1] = cells
            element.clear()
        elif name == "Worksheet":
            about = {each.tag.rpartition("}")[2]: each.text for each in element.iter()}
            is_hidden = about.get("Visible") in ("SheetHidden", "SheetVeryHidden")
            over_rows = [each for each in merged if each[1] < each[2]]
            title = _own(element, "Name")
            sheets.append(sheet_of(title, rows, is_hidden=is_hidden, hidden_rows=hidden, merged=over_rows))
            element.clear()
    return sheets


def _xml_2003_cell(element: Any, formats: dict[str, str]) -> ReadCell:
    holder = next((each for each in element if each.tag.rpartition("}")[2] == "Data"), None)
    if holder is None:
        return ReadCell()
    text, is_formula = "".join(holder.itertext()), bool(_own(element, "Formula"))
    kind = _own(holder, "Type")
    if kind == "Number":
        code = formats.get(_own(element, "StyleID"), "")
        if code.endswith(_NAMED_DATES):
            code = "yyyy-mm-dd"
        return number_cell(text, _NAMED_FORMATS.get(code, code), is_1904=False, is_formula=is_formula)
    if kind == "DateTime":
        return ReadCell(text[:10], Kind.DATE, text, is_formula)
    if kind == "Error":
        return ReadCell(text, Kind.ERROR, text, is_formula)
    return ReadCell(text, is_formula=is_formula)


def _own(element: Any, name: str) -> str:
    return str(element.get(f"{{{_OFFICE}}}{name}", ""))
