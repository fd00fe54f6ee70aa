"""Pages of the audit trail: look, filter, download. Nothing here, or anywhere, changes an entry."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from admin_site.audit_names import NAMES, SITES
from admin_site.forms import KIND_WORDS
from admin_site.integrations import COURSE_WORDS, IDENTIFIER_WORDS
from admin_site.messages import TO_WORDS
from admin_site.spoof_check import STEP_WORDS
from admin_site.statuses import COLOUR_WORDS, COUNTS_AS
from shared.domain.audit_words import action_words, audit_sentence
from shared.domain.browser_words import browser_words
from shared.domain.check_in import ConfirmReason
from shared.domain.languages import LANGUAGES, phrase
from shared.domain.written_dates import typed_day
from shared.errors import InvalidInput
from shared.persistence import people
from shared.persistence.audit_trail import Asked, Place, find_entries, list_actions, walk_entries
from shared.persistence.tables import AuditEntry
from shared.reports.audit_workbook import write_audit_workbook
from shared.services.audit import note_export
from shared.web.forms import AskedDay, asked_day, no_days
from shared.web.languages import gettext, lazy_gettext, say, show_date, show_moment
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import status_name

pages = Blueprint("audit_trail", __name__)

PAGE_SIZE = 50
MOST_EXPORTED = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILTERS = ("since", "until", "actor", "action", "subject")
_VALUE_WORDS: Mapping[str, Mapping[Any, Any]] = {
    "by": {"school account": lazy_gettext("school account")},
    "colour": COLOUR_WORDS,
    "counts_as": COUNTS_AS,
    "course": COURSE_WORDS,
    "faces of leavers": {"kept": lazy_gettext("kept"), "deleted": lazy_gettext("deleted")},
    "identifier": IDENTIFIER_WORDS,
    "reason": {each.value: each.words for each in ConfirmReason},
    "strictness": STEP_WORDS,
    "to": TO_WORDS,
    "version": {"shipped": lazy_gettext("shipped")},
}
# These count pictures by what they show, for which the names of values have other words.
_COUNT_PICTURES = frozenset({"train spoof check", "discard spoof pictures"})
# As services note moments and days: ISO 8601, moments in UTC.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What the worker does by itself between the days.
_NIGHTLY = frozenset({"delete the old", "renew face model"})


@dataclass(frozen=True)
class Line:
    """One line of the page: an entry, or the night's work of several, folded."""

    entries: Sequence[AuditEntry]
    is_night: bool


@pages.get("/audit-trail")
def show() -> str:
    days = {name: _day(request.args, name) for name in ("since", "until")}
    is_refused = any(day.is_refused for day in days.values())
    entries: Sequence[AuditEntry] = []
    if not is_refused:
        entries = find_entries(reading, _asked(request.args, days), after=_place(), limit=PAGE_SIZE + 1)
    named = [(action, action_words(action)) for action in list_actions(reading)]
    shown, has_more = entries[:PAGE_SIZE], len(entries) > PAGE_SIZE
    return render_template(
        "admin/audit_trail.html",
        lines=list(_fold(shown)),
        older=f"{shown[-1].at.isoformat()}~{shown[-1].id}" if has_more else None,
        actions=dict(sorted(named, key=lambda each: each[1])),
        typed=request.args,
        days=days,
        is_refused=is_refused,
        is_filtered=any(request.args.get(name) for name in _FILTERS),
        sentence=audit_sentence,
        sites=SITES,
        changes=_changes,
        most_exported=MOST_EXPORTED,
    )


@pages.post("/audit-trail/export")
@asks_password_again
def export() -> Response:
    """Return the filtered entries as .xlsx; that somebody took them away is an entry itself."""
    days = {name: _day(request.form, name) for name in ("since", "until")}
    if any(day.is_refused for day in days.values()):
        raise InvalidInput(no_days())
    chosen = {name: request.form.get(name, "") for name in _FILTERS}
    note_export(toolbox, actor(), "audit trail", filters=chosen)
    entries = walk_entries(reading, _asked(request.form, days), limit=MOST_EXPORTED)
    book = write_audit_workbook(entries, clock=toolbox.settings.clock)
    answer = make_response(book)
    answer.content_type = _XLSX
    answer.headers["Content-Disposition"] = "attachment; filename=audit-trail.xlsx"
    return answer


def _day(typed: Mapping[str, str], name: str) -> AskedDay:
    """Return the day that was typed; one of a year without a register is none."""
    asked = asked_day(typed, name)
    return asked if asked.day is None or 2000 <= asked.day.year < 2200 else AskedDay(asked.text, None)


def _asked(typed: Mapping[str, str], days: Mapping[str, AskedDay]) -> Asked:
    until = days["until"].day
    return Asked(
        since=_midnight(days["since"].day),
        until=_midnight(until + timedelta(days=1) if until else None),
        actor=typed.get("actor", "").strip().lower(),
        action=typed.get("action", "").strip(),
        subject=_stored_subject(typed.get("subject", "").strip()),
    )


def _stored_subject(typed: str) -> str:
    """Return a subject as it is stored; the page says "lecture 12" in the reader's language."""
    said = re.escape(gettext("lecture %(number)s", number="#")).replace(re.escape("#"), r"(\d+)")
    found = re.match(said, typed, re.IGNORECASE)
    return f"lecture {found[1]}{typed[found.end() :]}" if found else typed


def _midnight(day: date | None) -> datetime | None:
    return toolbox.settings.clock.day(day)[0] if day else None


def _place() -> Place | None:
    """Return where the page before ended. Raise InvalidInput."""
    typed = request.args.get("after", "")
    if not typed:
        return None
    try:
        moment, _, entry_id = typed.partition("~")
        place = Place(at=datetime.fromisoformat(moment), id=int(entry_id))
    except ValueError as cause:
        raise InvalidInput(
            phrase("This address is not whole. Please begin with the newest entries.")
        ) from cause
    if place.at.tzinfo is None or not 0 <= place.id < 2**31 or not 2000 <= place.at.year < 2200:
        raise InvalidInput(phrase("This address is not whole. Please begin with the newest entries."))
    return place


def _fold(entries: Iterable[AuditEntry]) -> Iterator[Line]:
    """Lay together what the worker did in a row at night; every other entry has a line of its own."""
    nightly = groupby(entries, key=lambda each: each.site == "worker" and each.action in _NIGHTLY)
    for is_night, group in nightly:
        if is_night:
            yield Line(list(group), is_night=True)
        else:
            yield from (Line([entry], is_night=False) for entry in group)


def _changes(entry: AuditEntry) -> list[tuple[str, str | None, str | None]]:
    """Return (what, was, becomes) of every value an entry speaks of; None where a side says nothing."""
    before, after = entry.before or {}, entry.after or {}
    names = [*before, *(name for name in after if name not in before)]
    told = [(name, _words(name, before.get(name)), _words(name, after.get(name))) for name in names]
    known = KIND_WORDS if entry.action in _COUNT_PICTURES else NAMES
    return [(_name_words(name, known), was, becomes) for name, was, becomes in told if was != becomes]


def _name_words(name: str, known: Mapping[str, Any]) -> str:
    words = known.get(name)
    return _dated(name).replace("_", " ") if words is None else str(words)


def _words(name: str, value: Any) -> str | None:
    """Return a value as people say it; a class by its code, for its number is known to nobody."""
    if isinstance(value, list):
        return ", ".join(_dated(str(each)) for each in value) or None
    if value is None or value == "":
        return None
    if words := _VALUE_WORDS.get(name, {}).get(str(value)):
        return str(say(words))
    if name == "action":
        return say(action_words(str(value)))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name == "class_id":
        school_class = people.find_class(reading, value)
        return school_class.class_code if school_class else gettext("class %(number)s", number=value)
    if name == "status":
        return status_name(str(value))
    if name == "language":
        return LANGUAGES.get(value, str(value))
    return (browser_words(str(value)) if name == "device" else None) or _dated(str(value))


def _dated(text: str) -> str:
    """Return a text with its moments as the school's clock shows them, or a day as people write it."""
    if _DAY.fullmatch(text) and (day := typed_day(text)):
        return show_date(day)
    clock = toolbox.settings.clock
    return _MOMENT.sub(lambda found: show_moment(clock.local(datetime.fromisoformat(found[0]))), text)
