"""Pages of the calendar: days without lectures, and registers that nobody took."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import timetable
from shared.reports.public_holidays import list_countries
from shared.services.timetable import days_off, not_held, untaken
from shared.web.languages import gettext, name_of_country, ngettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("days_off", __name__)


@pages.get("/calendar")
def show() -> str:
    return _page(())


@pages.post("/calendar/look")
def look() -> str | tuple[str, int]:
    """Answer with the days of a country, a calendar or a table, to choose from."""
    sent = request.files.get("file")
    try:
        if sent is not None and sent.filename:
            found = days_off.read_days(toolbox, sent.stream.read())
        else:
            country, region = request.form.get("country", ""), request.form.get("region", "")
            found = days_off.holidays_ahead(toolbox, country, region)
    except (InvalidInput, WorkbookRefused) as refused:
        return _page((), refused=say(refused.sentence)), refused.status
    return _page(found)


def _page(found: days_off.Days, *, refused: str = "") -> str:
    today = toolbox.settings.clock.day_of(toolbox.now())
    not_taken = untaken.list_untaken(toolbox, reading)
    return render_template(
        "admin/calendar.html",
        days=timetable.list_days_off(reading, since=today),
        found=found,
        refused=refused,
        countries=_countries(),
        typed=request.form,
        untaken=not_taken,
        cover_of=untaken.covers_of(toolbox, reading, not_taken),
    )


def _countries() -> list[tuple[str, str]]:
    """Return the countries whose holidays are known, by their names in the reader's language."""
    named = [(code, name_of_country(code, name)) for code, name in list_countries()]
    return sorted(named, key=lambda each: each[1])


@pages.post("/calendar/days")
def add() -> Response:
    try:
        chosen = {
            date.fromisoformat(day): request.form.get(f"name-{day}", "")
            for day in request.form.getlist("day")
        }
    except ValueError as cause:
        raise InvalidInput(phrase("The page was not sent whole. Please load it again.")) from cause
    try:
        count = days_off.add_days_off(toolbox, actor(), chosen)
    except InvalidInput as refused:
        flash(say(refused.sentence), "warning")
    else:
        days = ngettext("%(num)s day was added", "%(num)s days were added", len(chosen))
        lectures = ngettext(
            "%(num)s planned lecture is not held", "%(num)s planned lectures are not held", count
        )
        flash(gettext("%(days)s; %(lectures)s.", days=days, lectures=lectures), "success")
    return redirect(url_for("days_off.show"))


@pages.post("/calendar/days/<int:day_id>/remove")
def remove(day_id: int) -> Response:
    count = days_off.remove_day_off(toolbox, actor(), day_id)
    words = ngettext(
        "The day is an ordinary one again; %(num)s planned lecture is held.",
        "The day is an ordinary one again; %(num)s planned lectures are held.",
        count,
    )
    flash(words, "success")
    return redirect(url_for("days_off.show"))


@pages.post("/calendar/planned/<int:planned_id>/not-held")
def say_not_held(planned_id: int) -> Response:
    reason = request.form.get("reason", "")
    try:
        not_held.say_planned_not_held(toolbox, actor(), planned_id, reason, for_the_office=True)
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("The lecture counts nowhere, and nobody is written to."), "success")
    return redirect(url_for("days_off.show", _anchor="untaken"))
