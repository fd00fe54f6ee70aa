"""Finds the columns of an uploaded table by their words, in any order and with any others beside them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from shared.domain.languages import phrase

# One cell as text: "" is empty, None is a formula, whose result nobody should trust.
Cell = str | None

_NUMBER_LIKE = re.compile(r"\d+(\.\d+)?(E[+-]?\d+)?")

# People put a title, the school's name and a date above the head of a table.
_HEAD_WITHIN_ROWS = 20


@dataclass(frozen=True)
class Problem:
    """What is wrong and, where something near would be right, what was perhaps meant.

    `row` counts as the spreadsheet does, from 1; None: the whole sheet.
    """

    sentence: str
    row: int | None = None
    suggestion: str = ""


@dataclass(frozen=True)
class Column:
    """A column to look for: the words it may be headed by; the first is ours, as the catalogues know it."""

    words: tuple[str, ...]
    required: bool = False

    @property
    def title(self) -> str:
        return self.words[0]

    def is_headed(self, title: str) -> bool:
        """Tell whether a column with this title is the one looked for."""
        return _plain(title) in map(_plain, self.words)


@dataclass(frozen=True)
class TableRow:
    """One row under the head; `cells` holds the columns that were found, stripped of spaces around."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, name: str) -> str:
        """Return the cell's text; "" for a column that is not there, and for a formula."""
        return self.cells.get(name) or ""

    def is_formula(self, name: str) -> bool:
        return name in self.cells and self.cells[name] is None


@dataclass(frozen=True)
class Table:
    """The rows that hold anything in the columns looked for; with problems there are no rows.

    `above` the head stand titles, and rows where somebody sorted the head with them.
    """

    rows: tuple[TableRow, ...] = ()
    above: tuple[TableRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    columns: frozenset[str] = frozenset()


def read_table(rows: Sequence[Sequence[Cell]], columns: Mapping[str, Column]) -> Table:
    """Find the head and give the rows below it, each with the columns by our names.

    Unknown columns are ignored; a required one that is missing, or one that is there twice, is a problem.
    """
    head = max(range(min(len(rows), _HEAD_WITHIN_ROWS)), key=lambda at: _hits(rows[at], columns), default=0)
    titles = [cell or "" for cell in rows[head]] if rows else []
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for name, column in columns.items():
        found = [place for place, title in enumerate(titles) if column.is_headed(title)]
        if len(found) > 1:
            sentence = phrase("There are two columns for “%(title)s”. Keep one of them.", title=column.title)
            problems.append(Problem(sentence, row=head + 1))
        elif found:
            places[name] = found[0]
        elif column.required:
            problems.append(_missing(column, titles, head))
    if problems:
        return Table(problems=tuple(problems))
    above = tuple(_rows_from(rows[:head], 1, places))
    below = tuple(_rows_from(rows[head + 1 :], head + 2, places))
    return Table(below, above, columns=frozenset(places))


def _rows_from(rows: Sequence[Sequence[Cell]], first: int, places: Mapping[str, int]) -> Iterator[TableRow]:
    for number, row in enumerate(rows, start=first):
        cells = {name: _stripped(row[place]) if place < len(row) else "" for name, place in places.items()}
        if any(cell != "" for cell in cells.values()):
            yield TableRow(number, cells)


def _missing(column: Column, titles: Sequence[str], head: int) -> Problem:
    by_plain = {_plain(title): title for title in titles if title}
    near = get_close_matches(_plain(column.title), by_plain, n=1, cutoff=0.6)
    suggestion = (
        phrase(
            "Is “%(by_plain)s” this column? Rename it to “%(title)s”.",
            by_plain=by_plain[near[0]],
            title=column.title,
        )
        if near
        else ""
    )
    return Problem(
        phrase("There is no column “%(title)s”.", title=column.title), row=head + 1, suggestion=suggestion
    )


def _hits(row: Sequence[Cell], columns: Mapping[str, Column]) -> int:
    titles = {_plain(cell) for cell in row if cell}
    return sum(1 for column in columns.values() if titles.intersection(map(_plain, column.words)))


def _plain(title: str) -> str:
    """Return a title without what people change in it: letters' case, spaces, dots, dashes."""
    return "".join(sign for sign in title.casefold() if sign.isalnum())


def _stripped(cell: Cell) -> Cell:
    return None if cell is None else cell.strip()


def as_number(code: str) -> float | None:
    """Return the number a spreadsheet makes of a roll id; None where it leaves it alone, as it does above
    1E308."""
    if not _NUMBER_LIKE.fullmatch(code):
        return None
    number = float(code)
    return None if number == float("inf") else number
