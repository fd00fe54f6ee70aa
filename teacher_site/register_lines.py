"""Which lines of a register the address asks for, and which changes of its history belong together."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import request

from shared.domain.typed_text import fold, search_words
from shared.persistence.attendance import RegisterLine
from shared.persistence.tables import MarkChange
from shared.web.status_words import school_statuses
from teacher_site.forms import asked_number

_ORDERS: dict[str, Callable[[RegisterLine], Any]] = {
    "roll": lambda line: (),  # the register's own
    "name": lambda line: fold(line.student.name),
    "status": lambda line: _place(line.mark.status) if line.mark else -1,
    "time": lambda line: (line.mark is None, line.mark.marked_at if line.mark else None),
}


def _place(key: str) -> int:
    """Return where a status comes in the school's order."""
    keys = [status.key for status in school_statuses()]
    return keys.index(key) if key in keys else len(keys)


def asked_lines(lines: list[RegisterLine], asked_ids: Collection[int]) -> list[RegisterLine]:
    """Return the lines that the address asks for, in the order it asks for; `asked_ids` wait for the
    teacher."""
    words, shown = search_words(request.args.get("q", "")), request.args.get("show", "")
    kept = [line for line in lines if all(word in line.student.search_text for word in words)]
    if shown == "unmarked":
        kept = [line for line in kept if line.mark is None]
    elif shown == "waiting":
        kept = [line for line in kept if line.student.id in asked_ids]
    return sorted(kept, key=_ORDERS.get(request.args.get("sort", ""), _ORDERS["roll"]))


@dataclass(frozen=True)
class Rest:
    """Whom “Mark the rest” would mark; `is_filtered`: those shown alone, because somebody looks for a few.

    “Not marked” looks for nobody: it shows everybody who is left.
    """

    is_filtered: bool
    only: list[int]

    @property
    def number(self) -> int:
        """How many they are."""
        return len(self.only)


def asked_rest(lines: list[RegisterLine], asked_ids: Collection[int]) -> Rest:
    """Return whom the address's press would mark: who is shown, has no mark and waits for nobody's eye."""
    is_filtered = bool(search_words(request.args.get("q", ""))) or request.args.get("show") == "waiting"
    shown = asked_lines(lines, asked_ids) if is_filtered else lines
    left = [line.student.id for line in shown if line.mark is None and line.student.id not in asked_ids]
    return Rest(is_filtered, left)


def made_together(history: Sequence[MarkChange]) -> list[list[MarkChange]]:
    """Return the history with what one press changed for many students in one entry."""

    def press(change: MarkChange) -> tuple[Any, ...]:
        return change.changed_at, change.teacher_id, change.source, change.was, change.becomes

    return [list(changes) for _, changes in groupby(history, key=press)]


def marked_together(history: Sequence[MarkChange], undoable: Collection[int]) -> list[MarkChange]:
    """Return what the press in the address marked and can still be undone; nothing where it says no press."""
    asked = asked_number("together")
    pressed = (changes for changes in made_together(history) if any(each.id == asked for each in changes))
    return [change for change in next(pressed, ()) if change.id in undoable]
