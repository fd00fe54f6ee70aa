"""Opens uploaded workbooks and lists as text, and refuses what is broken, hostile or too large.

Nothing is written to disk. A spreadsheet is a zip of XML that may unpack a thousandfold, so its sizes are
looked at before anything is parsed.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import openpyxl
import xlrd

from shared.domain.sheet_table import Cell
from shared.errors import WorkbookRefused

LARGEST_WORKBOOK_BYTES = 5 * 1024 * 1024
MOST_ROWS = 10_000
MOST_COLUMNS = 256
_MOST_SHEETS = 50
_LONGEST_TEXT = 2_000

# What 10,000 rows of a list need; 80,000 cells took openpyxl 2.4 s on a busy 2-core machine (November 2026).
_LARGEST_UNPACKED_BYTES = 24 * 1024 * 1024
_MOST_PARTS = 1_000
# Signs "<" in all parts; a cell has four. Styles and the list of sheets cost more to parse than cells do.
_MOST_MARKUP = 400_000
_MOST_STYLE_MARKUP = 50_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_ONE = "This file is not an Excel workbook. Save the sheet as .xlsx and upload that."
_BROKEN = "This workbook is damaged and cannot be read. Download the sheet again, or save it anew as .xlsx."
_TOO_LARGE = "This workbook is too large for a class list. Remove other sheets, pictures and empty rows."
_TOO_MANY_ROWS = f"This table has more than {MOST_ROWS:,} rows. Remove the empty ones."
_LOCKED = "This workbook is protected by a password. Save it without one and upload it again."


@dataclass(frozen=True)
class Sheet:
    """One sheet as text; the rows count from the sheet's first."""

    title: str
    rows: list[tuple[Cell, ...]]
    is_hidden: bool = False


@dataclass(frozen=True)
class Workbook:
    """Every sheet, and the document's custom properties as text."""

    sheets: list[Sheet]
    properties: dict[str, str] = field(default_factory=dict)


def read_workbook(content: bytes) -> Workbook:
    """Read .xlsx or .xls, told by the bytes and not by the file's name. Raises WorkbookRefused."""
    if not content:
        raise WorkbookRefused("This file is empty.")
    if len(content) > LARGEST_WORKBOOK_BYTES:
        raise WorkbookRefused(_TOO_LARGE)
    if content.startswith(b"PK"):
        workbook = _read_xlsx(content)
    elif content.startswith(_OLE):
        workbook = _read_xls(content)
    else:
        raise WorkbookRefused(_NOT_ONE)
    if not workbook.sheets:
        raise WorkbookRefused("There is no sheet in this workbook; it may be damaged.")
    return workbook


def read_list(content: bytes) -> list[tuple[Cell, ...]]:
    """Read the first visible sheet of a workbook, or a text table such as .csv. Raises WorkbookRefused."""
    if content.startswith((b"PK", _OLE)):
        visible = [sheet for sheet in read_workbook(content).sheets if not sheet.is_hidden]
        return visible[0].rows if visible else []
    if len(content) > LARGEST_WORKBOOK_BYTES:
        raise WorkbookRefused(_TOO_LARGE)
    return read_text_table(_decoded(content))


def read_text_table(text: str) -> list[tuple[Cell, ...]]:
    """Read rows separated by tabs (as pasted from a spreadsheet), semicolons or commas.

    Raises WorkbookRefused.
    """
    first_line = text.lstrip().partition("\n")[0]
    separator = max("\t;,", key=first_line.count)
    lines = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=separator)
    try:
        return list(_capped(tuple(line) for line in lines))
    except csv.Error as cause:
        raise WorkbookRefused("This list cannot be read as a table. Save it as .xlsx instead.") from cause


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # what Excel on Windows writes


def _read_xlsx(content: bytes) -> Workbook:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            _check_parts(parts)
        book: Any = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            properties = {entry.name: str(entry.value) for entry in book.custom_doc_props.props}
            sheets = [
                Sheet(sheet.title, list(_capped(_xlsx_rows(sheet))), sheet.sheet_state != "visible")
                for sheet in book.worksheets
            ]
        finally:
            book.close()
    except WorkbookRefused:
        raise
    except Exception as cause:  # openpyxl meets broken files with whatever comes up first
        raise WorkbookRefused(_BROKEN) from cause
    return Workbook(sheets, properties)


def _check_parts(parts: zipfile.ZipFile) -> None:
    """Refuse what is no .xlsx, and what would unpack to more than a class list can need."""
    entries = parts.infolist()
    names = {entry.filename for entry in entries}
    # zipfile unpacks no more of an entry than this declares, so a lie makes it damaged, not large.
    if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _LARGEST_UNPACKED_BYTES:
        raise WorkbookRefused(_TOO_LARGE)
    if "xl/vbaProject.bin" in names:
        raise WorkbookRefused("This workbook holds macros (.xlsm). Save it as .xlsx and upload that.")
    if "content.xml" in names:
        raise WorkbookRefused("This is an OpenDocument sheet (.ods). Save it as .xlsx and upload that.")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise WorkbookRefused(_NOT_ONE)
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise WorkbookRefused(_BROKEN)
    markup = 0
    for entry in entries:
        xml = parts.read(entry)
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise WorkbookRefused(_BROKEN)
        markup += xml.count(b"<")
        too_many_styles = "styles" in entry.filename and xml.count(b"<") > _MOST_STYLE_MARKUP
        if markup > _MOST_MARKUP or too_many_styles or xml.count(b"sheetId=") > _MOST_SHEETS:
            raise WorkbookRefused(_TOO_LARGE)
        if xml.count(b"<row") > MOST_ROWS:
            raise WorkbookRefused(_TOO_MANY_ROWS)


def _xlsx_rows(sheet: Any) -> Iterator[tuple[Cell, ...]]:
    # The dimensions a file declares may be wrong, and would make every row that wide.
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        yield tuple(None if cell.data_type == "f" else _as_text(cell.value) for cell in row)


def _read_xls(content: bytes) -> Workbook:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise WorkbookRefused(_LOCKED)
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO())
        sheets = [
            Sheet(sheet.name, list(_capped(_xls_rows(sheet, book.datemode))), sheet.visibility != 0)
            for sheet in book.sheets()
        ]
    except WorkbookRefused:
        raise
    except Exception as cause:  # xlrd meets broken files with whatever comes up first
        raise WorkbookRefused(_LOCKED if "encrypted" in str(cause) else _BROKEN) from cause
    return Workbook(sheets)


def _xls_rows(sheet: xlrd.sheet.Sheet, datemode: int) -> Iterator[tuple[Cell, ...]]:
    """The cells of an .xls; of a formula it tells only the result."""
    for at in range(sheet.nrows):
        yield tuple(_xls_text(cell, datemode) for cell in sheet.row(at))


def _xls_text(cell: xlrd.sheet.Cell, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _as_text(xlrd.xldate_as_datetime(cell.value, datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return _as_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    return _as_text(cell.value)


def _as_text(value: object) -> str:
    """What a person sees in the cell; dates as YYYY-MM-DD, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time.min else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _capped(rows: Iterable[tuple[Cell, ...]]) -> Iterator[tuple[Cell, ...]]:
    """Pass rows on up to the caps."""
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise WorkbookRefused(_TOO_MANY_ROWS)
        if len(row) > MOST_COLUMNS:
            raise WorkbookRefused(
                f"Row {number} reaches further than {MOST_COLUMNS} columns. Remove the columns at the side."
            )
        if any(cell is not None and len(cell) > _LONGEST_TEXT for cell in row):
            raise WorkbookRefused(f"Row {number} holds a text of more than {_LONGEST_TEXT:,} letters.")
        yield row
