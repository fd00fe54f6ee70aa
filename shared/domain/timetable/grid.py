"""A weekly timetable typed by hand: read like our template, its rows keep their lectures when they move."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from typing import NamedTuple

from shared.domain.languages import phrase
from shared.domain.sheet_table import Cell
from shared.domain.timetable.plan import LONGEST_PLAN, PlanLine, PlanProblem
from shared.domain.timetable.table import COLUMNS, read_lines

MOST_ROWS = 400
LONGEST_CELL = 200
_USUAL_LENGTH = timedelta(hours=1)
_HEAD = ("key", "day", "begins", "ends", "class_code", "subject", "teacher", "room")


class GridRow(NamedTuple):
    """A row as it was typed. `number` names it within its grid for good; 0: it has none yet."""

    number: int = 0
    day: str = ""
    begins: str = ""
    ends: str = ""
    class_code: str = ""
    subject: str = ""
    teacher: str = ""
    room: str = ""

    @property
    def typed(self) -> tuple[str, ...]:
        return tuple(self[1:])

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed; the weekday is chosen for one, and counts as nothing."""
        return not any(text.strip() for text in self.typed[1:])


def refuse_rows(rows: Sequence[GridRow]) -> str:
    """Return why rows cannot be kept, in a sentence; "" for rows that can, right or wrong."""
    if all(row.is_blank for row in rows):
        return phrase("Please type at least one lecture.")
    if len(rows) > MOST_ROWS:
        return phrase(
            "A grid has %(most_rows)s rows at most. Upload a longer plan as a table.", most_rows=MOST_ROWS
        )
    long = [at for at, row in enumerate(rows, start=1) if any(len(text) > LONGEST_CELL for text in row.typed)]
    return (
        phrase(
            "A field of row %(long)s holds more than %(longest_cell)s characters.",
            long=long[0],
            longest_cell=LONGEST_CELL,
        )
        if long
        else ""
    )


def number_rows(rows: Iterable[GridRow], used: int) -> tuple[list[GridRow], int]:
    """Give a number to each row without one of its own; return the rows, and how many were used so far."""
    numbered: list[GridRow] = []
    known = set(range(1, used + 1))
    for row in rows:
        if row.number in known:
            known.discard(row.number)
            numbered.append(row)
        else:
            used += 1
            numbered.append(row._replace(number=used))
    return numbered, used


def read_grid(grid_id: int, rows: Sequence[GridRow]) -> tuple[list[PlanLine], list[PlanProblem]]:
    """Read the rows as those of an uploaded table are read; row 1 is the first that is typed in."""
    table: list[list[Cell]] = [[COLUMNS[name].title for name in _HEAD]]
    table += [
        [] if row.is_blank else [_key(grid_id, row.number), *(text.strip() for text in row.typed)]
        for row in rows
    ]
    lines, problems = read_lines(table, usual_length=_USUAL_LENGTH)
    typed = [PlanLine(**{**line.__dict__, "row": line.row - 1}) for line in lines]
    return typed, [problem._replace(row=problem.row - 1) for problem in problems]


def identities(grid_id: int, used: int, since: date) -> Iterator[str]:
    """Yield what every lecture that a grid ever planned is known by, in the weeks that a plan can reach."""
    for number in range(1, used + 1):
        key = f"activity {_key(grid_id, number)}"
        line = PlanLine(0, "", (), "", "", time(), time(), weekday=since.weekday(), key=key)
        for day in line.days(since, since + LONGEST_PLAN + timedelta(days=7)):
            yield line.identity(day)


def _key(grid_id: int, number: int) -> str:
    return f"grid {grid_id} row {number}"
