"""Keeps beside names and codes the form they are searched in and sorted by, on both databases alike.

MariaDB's own rules fold accents and SQLite's do not; neither counts roll ids as people do.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import event

from shared.domain.typed_text import fold, natural_order, search_form

_LONGEST_SEARCH_TEXT = 600
_LONGEST_SORT_KEY = 200
# Makes a column of others of its row, which it asks for by their names.
Derivation = Callable[[Callable[[str], Any]], str]


def search_text(code: str) -> Derivation:
    """Make a row's search text of its name and the column with its code."""
    return lambda value: search_form(value("name") or "", value(code) or "")[:_LONGEST_SEARCH_TEXT]


def person_text(value: Callable[[str], Any]) -> str:
    """Make a person's search text of name and address."""
    return fold(f"{value('name')} {value('email') or ''}")[:_LONGEST_SEARCH_TEXT]


def sort_key(code: str) -> Derivation:
    """Make the key that a code sorts by."""
    return lambda value: natural_order(value(code) or "")[:_LONGEST_SORT_KEY]


def at_insert(derive: Derivation) -> Callable[[Any], str]:
    """Return the column's default, for rows that are inserted, with or without the mapper."""
    return lambda context: derive(context.get_current_parameters().get)


def keep_current(table: type, **columns: Derivation) -> None:
    """Make the columns anew whenever a row of the mapped class is changed."""

    @event.listens_for(table, "before_update")
    def make_anew(_mapper: object, _connection: object, row: Any) -> None:
        for name, derive in columns.items():
            setattr(row, name, derive(partial(getattr, row)))
