"""Makes cells and sheets of what a workbook stores, the same for every format of file."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from shared.domain.languages import phrase
from shared.domain.number_formats import KEPT_DIGITS, is_date_format, shown_number
from shared.domain.table_cells import EMPTY, Kind, ReadCell, ReadSheet
from shared.errors import WorkbookRefused

_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  a cell knows no time zone
_FIRST_DAY_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_DAYS = 2_958_465  # until 9999-12-31
# Longer than any number a spreadsheet writes, and than the largest it can hold.
_LONGEST_NUMBER = 400


MOST_ROWS = 10_000
MOST_COLUMNS = 256
LONGEST_CELL = 2_000


def refuse_beyond(*, row: int, column: int = 0) -> None:
    """Raise WorkbookRefused for a cell outside of what a class list needs; both count from 1."""
    if row > MOST_ROWS:
        raise WorkbookRefused(
            phrase(
                "This table has more than %(most_rows)s rows. Remove the empty ones.",
                most_rows=f"{MOST_ROWS:,}",
            )
        )
    if column > MOST_COLUMNS:
        raise WorkbookRefused(
            phrase(
                "Row %(row)s reaches further than %(most_columns)s columns. Remove the columns at the side.",
                row=row,
                most_columns=MOST_COLUMNS,
            )
        )


def number_cell(text: str, code: str, *, is_1904: bool, is_formula: bool = False) -> ReadCell:
    """Return a cell that stores a number, as the spreadsheet shows it under a format code."""
    if not text:
        return ReadCell(is_formula=is_formula)
    try:
        # A double is written with 17 digits; the spreadsheet shows and knows 15 of them.
        number = Decimal(f"{float(text[:_LONGEST_NUMBER]):.{KEPT_DIGITS}g}")
    except (InvalidOperation, ValueError):
        return ReadCell(text, Kind.ERROR, text, is_formula)
    if not number.is_finite():
        return ReadCell(text, Kind.ERROR, text, is_formula)
    if is_date_format(code) and 0 <= number <= _DAYS:
        return ReadCell(_shown_date(number, is_1904=is_1904), Kind.DATE, text, is_formula)
    # What has more digits than that Excel shows as 1.5E+45, and nothing of it was typed so.
    stored = f"{number:f}" if -20 < number.adjusted() < 20 else f"{number:E}"
    shown = shown_number(number, code) if "E" not in stored else None
    if shown is None:
        return ReadCell(stored, Kind.FORMATTED, stored, is_formula)
    return ReadCell(shown, Kind.NUMBER, stored, is_formula)


def _shown_date(number: Decimal, *, is_1904: bool) -> str:
    moment = (_FIRST_DAY_1904 if is_1904 else _FIRST_DAY) + timedelta(days=float(number))
    if number < 1:
        return f"{moment:%H:%M}"
    is_whole = number == number.to_integral_value()
    return f"{moment:%Y-%m-%d}" if is_whole else f"{moment:%Y-%m-%d %H:%M}"


def sheet_of(
    title: str,
    cells: Mapping[int, dict[int, ReadCell]],
    *,
    is_hidden: bool = False,
    hidden_rows: Collection[int] = (),
    hidden_columns: Collection[int] = (),
    merged: Collection[tuple[int, int, int]] = (),
) -> ReadSheet:
    """Return a sheet of cells by row and column, counted from 0."""
    rows = tuple(
        tuple(cells[at].get(column, EMPTY) for column in range(max(cells[at], default=-1) + 1))
        if at in cells
        else ()
        for at in range(max(cells, default=-1) + 1)
    )
    return ReadSheet(
        title, rows, is_hidden, frozenset(hidden_rows), frozenset(hidden_columns), tuple(sorted(merged))
    )
