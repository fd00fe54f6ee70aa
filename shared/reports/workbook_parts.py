"""Looks into the zip that an .xlsx is before anything is parsed, and refuses what is no workbook or too much.

A spreadsheet is a zip of XML that may unpack a thousandfold.
"""

import io
import zipfile

from shared.domain.languages import phrase
from shared.errors import WorkbookRefused

# What 10,000 rows of a list need.
_LARGEST_UNPACKED_BYTES = 24 * 1024 * 1024
_MOST_PARTS = 1_000
_MOST_SHEETS = 50
_MOST_ROWS = 10_000
# Signs "<" in all parts; a cell has four. Styles and the list of sheets cost more to parse than cells do.
_MOST_MARKUP = 400_000
_MOST_STYLE_MARKUP = 50_000

NOT_ONE = phrase("This file is not an Excel workbook. Save the sheet as .xlsx and upload that.")
BROKEN = phrase(
    "This workbook is damaged and cannot be read. Download the sheet again, or save it again as .xlsx."
)
TOO_LARGE = phrase(
    "This workbook is too large for a class list. Remove other sheets, pictures and empty rows."
)
TOO_MANY_ROWS = phrase(
    "This table has more than %(most_rows)s rows. Remove the empty ones.", most_rows=f"{_MOST_ROWS:,}"
)
LOCKED = phrase("This workbook is protected by a password. Save it without one and upload it again.")

# What other programs save as a zip, by a part that only theirs have.
_OTHERS = (
    ("content.xml", phrase("This is an OpenDocument sheet (.ods). Save it as .xlsx and upload that.")),
    (
        "Index/Document.iwa",
        phrase(
            "This is a document of Apple Numbers. In Numbers choose File, Export To, Excel, "
            "and send that file."
        ),
    ),
    (
        "Index.zip",
        phrase(
            "This is a document of Apple Numbers. In Numbers choose File, Export To, Excel, and send that."
        ),
    ),
    ("xl/vbaProject.bin", phrase("This workbook holds macros (.xlsm). Save it as .xlsx and upload that.")),
    ("xl/workbook.bin", phrase("This is a binary workbook (.xlsb). Save it as .xlsx and upload that.")),
    ("word/document.xml", phrase("This is a Word document. Copy the table in it, and paste the rows.")),
    ("ppt/presentation.xml", phrase("These are slides. Send the list as .xlsx or .csv, or paste its rows.")),
)


def check_parts(content: bytes) -> None:
    """Refuse what is no .xlsx, and what would unpack to more than a class list can need.

    Raise WorkbookRefused.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            _check(parts)
    except WorkbookRefused:
        raise
    except Exception as cause:  # zipfile meets broken files with whatever comes up first
        raise WorkbookRefused(BROKEN) from cause


def _check(parts: zipfile.ZipFile) -> None:
    entries = parts.infolist()
    names = {entry.filename for entry in entries}
    # zipfile unpacks no more of an entry than this declares, so a lie makes it damaged, not large.
    if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _LARGEST_UNPACKED_BYTES:
        raise WorkbookRefused(TOO_LARGE)
    for name, sentence in _OTHERS:
        if name in names:
            raise WorkbookRefused(sentence)
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        workbooks = [name for name in sorted(names) if name.lower().endswith((".xlsx", ".xls", ".csv"))]
        if workbooks:
            raise WorkbookRefused(
                phrase(
                    "This is a zip. Unpack it, and send the list in it: %(workbooks)s.",
                    workbooks=workbooks[0][-60:],
                )
            )
        raise WorkbookRefused(NOT_ONE)
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise WorkbookRefused(BROKEN)
    _count_markup(parts, entries)


def _count_markup(parts: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    markup = 0
    for entry in entries:
        xml = parts.read(entry)
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise WorkbookRefused(BROKEN)
        markup += xml.count(b"<")
        too_many_styles = "styles" in entry.filename and xml.count(b"<") > _MOST_STYLE_MARKUP
        if markup > _MOST_MARKUP or too_many_styles or xml.count(b"sheetId=") > _MOST_SHEETS:
            raise WorkbookRefused(TOO_LARGE)
        if xml.count(b"<row") > _MOST_ROWS:
            raise WorkbookRefused(TOO_MANY_ROWS)
