"""What was read of an uploaded table: cells as the spreadsheet shows them, and what it did to them.

Plain values only, so that the reading can be done in another process.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a cell holds: a NUMBER's or DATE's text is what is shown, its `stored` what is kept.

    FORMATTED is a number of which it cannot be told for sure how it is shown.
    """

    TEXT = "text"
    NUMBER = "number"
    FORMATTED = "formatted"
    DATE = "date"
    ERROR = "error"


class ReadCell(NamedTuple):
    """One cell. `is_formula`: the text is the result that was stored with a formula, "" without one."""

    text: str = ""
    kind: Kind = Kind.TEXT
    stored: str = ""
    is_formula: bool = False


EMPTY = ReadCell()
Row = tuple[ReadCell, ...]


@dataclass(frozen=True)
class ReadSheet:
    """One sheet; rows and columns count from 0, hidden are those a filter or a person hides.

    `merged` cells are (column, first row, last row); only the first holds the text.
    """

    title: str
    rows: tuple[Row, ...]
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class TableFile:
    """Every sheet of a file; for text also how its bytes were understood.

    `encodings` are the names that fit, the likeliest first; `is_guess`: the bytes do not say which.
    """

    sheets: tuple[ReadSheet, ...]
    encoding: str = ""
    encodings: tuple[str, ...] = ()
    is_guess: bool = False

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "sheets": [
                {
                    "title": sheet.title,
                    "rows": [[_short(cell) for cell in row] for row in sheet.rows],
                    "is_hidden": sheet.is_hidden,
                    "hidden_rows": sorted(sheet.hidden_rows),
                    "hidden_columns": sorted(sheet.hidden_columns),
                    "merged": [list(each) for each in sheet.merged],
                }
                for sheet in self.sheets
            ],
            "encoding": self.encoding,
            "encodings": list(self.encodings),
            "is_guess": self.is_guess,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "TableFile":
        """Return what `to_plain` was made of."""
        sheets = tuple(
            ReadSheet(
                sheet["title"],
                tuple(tuple(_long(cell) for cell in row) for row in sheet["rows"]),
                sheet["is_hidden"],
                frozenset(sheet["hidden_rows"]),
                frozenset(sheet["hidden_columns"]),
                tuple((column, top, bottom) for column, top, bottom in sheet["merged"]),
            )
            for sheet in plain["sheets"]
        )
        return cls(sheets, plain["encoding"], tuple(plain["encodings"]), plain["is_guess"])


def text_rows(rows: list[list[str]]) -> tuple[Row, ...]:
    """Return rows of plain text as cells."""
    return tuple(tuple(ReadCell(text) for text in row) for row in rows)


def _short(cell: ReadCell) -> Any:
    return cell.text if cell == ReadCell(cell.text) else list(cell)


def _long(plain: Any) -> ReadCell:
    if isinstance(plain, str):
        return ReadCell(plain)
    text, kind, stored, is_formula = plain
    return ReadCell(text, Kind(kind), stored, is_formula)
