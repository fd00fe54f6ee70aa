"""Opens uploaded workbooks as the attendance sheets need them: cells as text, formulas as None.

Nothing is written to disk.
"""

import io
import zipfile
from dataclasses import dataclass, field

from defusedxml.ElementTree import fromstring

from shared.domain.sheet_table import Cell
from shared.domain.table_cells import ReadSheet
from shared.errors import WorkbookRefused
from shared.reports.table_files import OLE, read_table_file
from shared.reports.workbook_parts import NOT_ONE

_PROPERTIES = "docProps/custom.xml"


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
    """Read .xlsx or .xls, told by the bytes and not by the file's name. Raise WorkbookRefused."""
    if content and not content.startswith((b"PK", OLE)):
        raise WorkbookRefused(NOT_ONE)
    file = read_table_file(content)
    return Workbook([_as_sheet(sheet) for sheet in file.sheets], _properties(content))


def _as_sheet(sheet: ReadSheet) -> Sheet:
    rows = [tuple(None if cell.is_formula else cell.text for cell in row) for row in sheet.rows]
    return Sheet(sheet.title, rows, sheet.is_hidden)


def _properties(content: bytes) -> dict[str, str]:
    """Return the custom properties of an .xlsx; a damaged list of them is none."""
    if not content.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if _PROPERTIES not in parts.namelist():
                return {}
            entries = fromstring(parts.read(_PROPERTIES), forbid_dtd=True)
    except Exception:  # noqa: BLE001 whatever a broken part raises
        return {}
    return {entry.get("name", ""): "".join(entry.itertext()).strip() for entry in entries}
