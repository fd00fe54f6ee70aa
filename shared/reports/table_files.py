"""Opens an uploaded table of whatever kind, told by its bytes, or says why not and what to do instead."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

from shared.domain.languages import phrase
from shared.domain.table_cells import ReadSheet, TableFile
from shared.errors import WorkbookRefused
from shared.reports.markup_cells import read_html_tables, read_xml_2003_sheets
from shared.reports.shown_cells import LONGEST_CELL
from shared.reports.text_cells import cut_apart, decode, read_text_rows
from shared.reports.workbook_parts import BROKEN, LOCKED, TOO_LARGE, check_parts
from shared.reports.xls_cells import read_xls_sheets
from shared.reports.xlsx_cells import read_xlsx_sheets

LARGEST_FILE_BYTES = 5 * 1024 * 1024
# All rows together, as wide as each is. Whoever shows a list goes through all of them: 2.5 million, from a
# file of 100 kB, took the page's process 3.5 s. A term's sheet of the most marks has 70,000.
MOST_CELLS = 400_000
_BEGINNING_BYTES = 20_000

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
_NOT_ONE = phrase("This file is not a table we can read. Save the list as .xlsx or .csv, or paste its rows.")
_SAVE_AS = phrase("Open it in a spreadsheet program and save it as .xlsx, or paste its rows.")
# What else people send, by the first bytes.
_OTHERS = (
    (
        b"%PDF",
        phrase("This is a PDF, a picture of the list. Send the file it was printed from, or paste its rows."),
    ),
    (b"\xff\xd8\xff", phrase("This is a photo. Send the list as .xlsx or .csv, or paste its rows.")),
    (b"\x89PNG", phrase("This is a picture. Send the list as .xlsx or .csv, or paste its rows.")),
    (b"{\\rtf", phrase("This is a text document. Copy the table in it, and paste the rows.")),
    (
        b"MIME-Version:",
        phrase("This is a web archive that was named like a spreadsheet. %(save_as)s", save_as=_SAVE_AS),
    ),
    (b"Rar!", phrase("This is an archive (.rar). Unpack it, and send the list in it.")),
    (b"7z\xbc\xaf", phrase("This is an archive (.7z). Unpack it, and send the list in it.")),
    (b"\x1f\x8b", phrase("This is an archive (.gz). Unpack it, and send the list in it.")),
)
_NAMED_IN_OLE = (
    ("EncryptedPackage", LOCKED),
    ("WordDocument", phrase("This is a Word document. Copy the table in it, and paste the rows.")),
    ("PowerPoint Document", phrase("These are slides. Send the list as .xlsx or .csv, or paste its rows.")),
)
_GOOGLE = phrase(
    "This is only the shortcut to a Google sheet. Open it, choose File, Download, "
    "Microsoft Excel, and send that file."
)


def read_table_file(content: bytes, encoding: str = "") -> TableFile:
    """Read a workbook, a text table, or what other programs save under such names.

    `encoding`, by its name in ENCODINGS, is followed where the bytes do not say theirs. Nothing is written to
    disk. Raise WorkbookRefused.
    """
    if not content.strip():
        raise WorkbookRefused(phrase("This file is empty."))
    if len(content) > LARGEST_FILE_BYTES:
        raise WorkbookRefused(TOO_LARGE)
    for begin, sentence in _OTHERS:
        if content.startswith(begin):
            raise WorkbookRefused(sentence)
    if content.startswith(b"PK"):
        check_parts(content)
        return _checked(TableFile(_read(read_xlsx_sheets, content)))
    if content.startswith((OLE, *_OLD_EXCEL)):
        for name, sentence in _NAMED_IN_OLE:
            if name.encode("utf-16-le") in content:
                raise WorkbookRefused(sentence)
        return _checked(TableFile(_read(read_xls_sheets, content)))
    return _checked(_read_text(content, encoding))


def read_pasted(text: str) -> TableFile:
    """Read rows pasted from a spreadsheet. Raise WorkbookRefused."""
    if len(text) > LARGEST_FILE_BYTES:
        raise WorkbookRefused(TOO_LARGE)
    return _checked(TableFile((_text_sheet(text),), "utf-8"))


def read_beginning(content: bytes, encoding: str) -> TableFile:
    """Read the first rows of a text or a web page in an encoding, to show what names would become of it."""
    if content.lstrip().startswith(b"<"):
        at = max(content.lower().find(b"<table"), 0)  # behind thousands of bytes of styles
        page = content[at : at + _BEGINNING_BYTES].decode(encoding, errors="replace")
        return TableFile(tuple(read_html_tables(page)), encoding)
    lines = content[:_BEGINNING_BYTES].splitlines(keepends=True)
    text = b"".join(lines[:-1] if len(content) > _BEGINNING_BYTES else lines).decode(
        encoding, errors="replace"
    )
    return TableFile((_text_sheet(text),), encoding)


def _read_text(content: bytes, encoding: str) -> TableFile:
    decoded = decode(content, encoding)
    begin = decoded.text[:2000].lstrip().lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in begin and begin.startswith("<?xml"):
        return TableFile(_read(read_xml_2003_sheets, content))
    if begin.startswith("<"):
        return TableFile(_read_html(decoded.text), decoded.encoding, decoded.encodings, decoded.is_guess)
    if begin.startswith("{") and ('"doc_id"' in begin or "docs.google.com" in begin):
        raise WorkbookRefused(_GOOGLE)
    controls = sum(
        decoded.text[:4000].count(chr(code)) for code in range(32) if chr(code) not in "\t\n\r\f\v"
    )
    if controls * 20 > len(decoded.text[:4000]):
        raise WorkbookRefused(_NOT_ONE)
    sheet = _text_sheet(decoded.text)
    return TableFile((sheet,), decoded.encoding, decoded.encodings, decoded.is_guess)


def _read_html(page: str) -> tuple[ReadSheet, ...]:
    tables = read_html_tables(page)
    if not tables:
        raise WorkbookRefused(
            phrase(
                "This is a web page that was saved as a spreadsheet, without a table. %(save_as)s",
                save_as=_SAVE_AS,
            )
        )
    return tuple(tables)


def _text_sheet(text: str) -> ReadSheet:
    try:
        return ReadSheet("", read_text_rows(text))
    except csv.Error as cause:
        raise WorkbookRefused(
            phrase("This list cannot be read as a table. Save it as .xlsx instead.")
        ) from cause


def _read(reader: Callable[..., list[ReadSheet]], content: bytes) -> tuple[ReadSheet, ...]:
    try:
        return tuple(replace(sheet, rows=cut_apart(sheet.rows)) for sheet in reader(content))
    except (WorkbookRefused, MemoryError):
        raise
    except Exception as cause:  # xlrd and the XML parser meet broken files with whatever comes up first
        raise WorkbookRefused(LOCKED if "encrypted" in str(cause) else BROKEN) from cause


def _cells_of_rows(sheets: Iterable[ReadSheet]) -> Iterator[int]:
    """Yield how many cells each row has, and how many merged cells add to the rows that they reach over."""
    for sheet in sheets:
        yield from map(len, sheet.rows)
        for column, top, bottom in sheet.merged:
            if top < len(sheet.rows) and column < len(sheet.rows[top]):
                yield from (max(1, column + 1 - len(row)) for row in sheet.rows[top + 1 : bottom + 1])


def _checked(file: TableFile) -> TableFile:
    if not file.sheets:
        raise WorkbookRefused(phrase("There is no sheet in this workbook; it may be damaged."))
    if any(number > MOST_CELLS for number in accumulate(_cells_of_rows(file.sheets))):
        raise WorkbookRefused(
            phrase(
                "This table has more than %(most_cells)s cells, most of them surely empty. "
                "Copy only the list into a new workbook, and send that.",
                most_cells=f"{MOST_CELLS:,}",
            )
        )
    for sheet in file.sheets:
        for number, row in enumerate(sheet.rows, start=1):
            if any(len(cell.text) > LONGEST_CELL for cell in row):
                raise WorkbookRefused(
                    phrase(
                        "Row %(number)s holds a text of more than %(longest_cell)s characters.",
                        number=number,
                        longest_cell=f"{LONGEST_CELL:,}",
                    )
                )
    return file
