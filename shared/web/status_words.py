"""What a status is called in the reader's language and how it is tinted, on the pages of both sites."""

from flask import Flask, g
from jinja2 import pass_context

from shared.domain.attendance import MarkStatus
from shared.domain.sheet_words import SheetWords
from shared.domain.statuses import Status, Statuses
from shared.persistence import statuses
from shared.web.languages import gettext, language_of_page, lazy_gettext, say_in_sheet
from shared.web.site import reading, toolbox

_STANDARD = {
    MarkStatus.PRESENT.value: lazy_gettext("present"),
    MarkStatus.LATE.value: lazy_gettext("late"),
    MarkStatus.EXCUSED.value: lazy_gettext("excused"),
    MarkStatus.ABSENT.value: lazy_gettext("absent"),
}


def school_statuses() -> Statuses:
    """Return the school's statuses, read once in a request."""
    if "statuses" not in g:
        g.statuses = statuses.load(reading, toolbox.settings.late_counts_as)
    found: Statuses = g.statuses
    return found


def status_name(key: str | None) -> str:
    """Return the name of a mark's status; the school's own in the language that the school named it in."""
    if key is None:
        return gettext("not marked")
    standard = _STANDARD.get(key)
    return school_statuses().get(key).name_in(language_of_page()) if standard is None else str(standard)


def status_title(status: Status) -> str:
    """Return the name as a heading or a button begins it."""
    name = status_name(status.key)
    return name[:1].upper() + name[1:]


def sheet_words() -> SheetWords:
    """Return the words of a workbook that this reader downloads."""
    return SheetWords(say_in_sheet, lambda status: status_name(status.key))


def install(app: Flask) -> None:
    """Let templates ask for a status by its key, and say its name."""
    app.jinja_env.globals["school_statuses"] = school_statuses
    # With the context: without it Jinja would say a constant's name once, in the first reader's language.
    app.jinja_env.filters["status_name"] = pass_context(lambda _context, key: status_name(key))
    app.jinja_env.filters["status_title"] = status_title
