"""Pages of the audit trail: look, filter, download. Nothing here, or anywhere, changes an entry."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from shared.errors import InvalidInput
from shared.persistence.audit_trail import Asked, Place, find_entries, list_actions, walk_entries
from shared.persistence.tables import AuditEntry
from shared.reports.audit_workbook import write_audit_workbook
from shared.services.audit import note_export
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("audit_trail", __name__)

PAGE_SIZE = 50
MOST_EXPORTED = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/audit-trail")
def show() -> str:
    asked = _asked(request.args)
    entries = find_entries(reading, asked, after=_place(), limit=PAGE_SIZE + 1)
    shown, has_more = entries[:PAGE_SIZE], len(entries) > PAGE_SIZE
    return render_template(
        "admin/audit_trail.html",
        entries=shown,
        older=f"{shown[-1].at.isoformat()}~{shown[-1].id}" if has_more else None,
        actions=list_actions(reading),
        typed=request.args,
        changes=_changes,
        most_exported=MOST_EXPORTED,
    )


@pages.post("/audit-trail/export")
@asks_password_again
def export() -> Response:
    """The filtered entries as .xlsx; that somebody took them away is an entry itself."""
    asked = _asked(request.form)
    chosen = {name: request.form.get(name, "") for name in ("since", "until", "actor", "action", "subject")}
    note_export(toolbox, actor(), "audit trail", filters=chosen)
    entries = walk_entries(reading, asked, limit=MOST_EXPORTED)
    book = write_audit_workbook(entries, clock=toolbox.settings.clock)
    answer = make_response(book)
    answer.content_type = _XLSX
    answer.headers["Content-Disposition"] = "attachment; filename=audit-trail.xlsx"
    return answer


def _asked(typed: Any) -> Asked:
    until = _day(typed.get("until", ""))
    return Asked(
        since=_midnight(_day(typed.get("since", ""))),
        until=_midnight(until + timedelta(days=1) if until else None),
        actor=typed.get("actor", "").strip().lower(),
        action=typed.get("action", "").strip(),
        subject=typed.get("subject", "").strip(),
    )


def _day(typed: str) -> date | None:
    """Raises InvalidInput."""
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError as cause:
        raise InvalidInput("Please give dates like 2026-11-23.") from cause
    if not 2000 <= day.year < 2200:
        raise InvalidInput("There is no register of that year.")
    return day


def _midnight(day: date | None) -> datetime | None:
    return toolbox.settings.clock.day(day)[0] if day else None


def _place() -> Place | None:
    """Where the page before ended. Raises InvalidInput."""
    typed = request.args.get("after", "")
    if not typed:
        return None
    try:
        moment, _, entry_id = typed.partition("~")
        place = Place(at=datetime.fromisoformat(moment), id=int(entry_id))
    except ValueError as cause:
        raise InvalidInput("This address is not whole. Please begin with the newest entries.") from cause
    if place.at.tzinfo is None or not 0 <= place.id < 2**31 or not 2000 <= place.at.year < 2200:
        raise InvalidInput("This address is not whole. Please begin with the newest entries.")
    return place


def _changes(entry: AuditEntry) -> list[tuple[str, str | None, str | None]]:
    """(what, was, becomes) of every value an entry speaks of; None where a side says nothing."""
    before, after = entry.before or {}, entry.after or {}
    names = [*before, *(name for name in after if name not in before)]
    told = [(name, _words(before.get(name)), _words(after.get(name))) for name in names]
    return [(name, was, becomes) for name, was, becomes in told if was != becomes]


def _words(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return None if value is None or value == "" else str(value)
