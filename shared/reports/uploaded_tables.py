"""Has uploaded tables read in a process of their own (`shared.confined`); nothing else opens an upload.

What `shared.reports.table_files` and `workbook_reading` do with the bytes is theirs; that it ends, and takes
no more than its share of the machine, is the kernel's.
"""

from typing import Any, BinaryIO

from shared.confined.reading import read_confined
from shared.domain.languages import phrase
from shared.domain.table_cells import TableFile
from shared.errors import WorkbookRefused
from shared.reports.table_files import LARGEST_FILE_BYTES, read_table_file
from shared.reports.workbook_parts import TOO_LARGE
from shared.reports.workbook_reading import Sheet, Workbook, read_workbook

_TOO_HEAVY = phrase(
    "Reading this file would take too much of this machine, so it was stopped. Copy "
    "only the list into a new workbook, and send that."
)


def open_table(content: bytes, encoding: str = "") -> TableFile:
    """Read a table as `read_table_file` does. Raise WorkbookRefused, and Overloaded where no turn comes."""
    _require_size(content)
    told, _ = read_confined(
        f"{__name__}:tell_table", content, encoding, too_heavy=WorkbookRefused(_TOO_HEAVY)
    )
    return TableFile.from_plain(told)


def open_workbook(content: bytes) -> Workbook:
    """Read a workbook as `read_workbook` does. Raise WorkbookRefused, and Overloaded where no turn comes."""
    _require_size(content)
    told, _ = read_confined(f"{__name__}:tell_workbook", content, too_heavy=WorkbookRefused(_TOO_HEAVY))
    sheets = [Sheet(title, [tuple(row) for row in rows], hidden) for title, rows, hidden in told["sheets"]]
    return Workbook(sheets, told["properties"])


def tell_table(file: BinaryIO, encoding: str) -> tuple[Any, list[bytes]]:
    """Return, inside the process, what `open_table` returns, as JSON can say it."""
    return read_table_file(file.read(), encoding).to_plain(), []


def tell_workbook(file: BinaryIO) -> tuple[Any, list[bytes]]:
    """Return, inside the process, what `open_workbook` returns, as JSON can say it."""
    book = read_workbook(file.read())
    sheets = [[sheet.title, sheet.rows, sheet.is_hidden] for sheet in book.sheets]
    return {"sheets": sheets, "properties": book.properties}, []


def _require_size(content: bytes) -> None:
    if len(content) > LARGEST_FILE_BYTES:
        raise WorkbookRefused(TOO_LARGE)
