"""Pages of a weekly timetable that is typed: its rows, what they would change, and opening it again."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired

from admin_site.timetable import USUAL_TERM
from shared.domain.timetable.grid import LONGEST_CELL, MOST_ROWS, GridRow
from shared.domain.timetable.table import LONGEST_SUBJECT, WEEKDAY_NAMES
from shared.errors import Conflict, InvalidInput
from shared.persistence import people, timetable
from shared.services.timetable.plan_import import PlanReview
from shared.services.timetable.reading import Span
from shared.services.timetable.weekly_grid import remove_grid, review_grid, rows_of, version
from shared.web.forms import DayField, PageForm, add_form_error
from shared.web.languages import gettext, lazy_gettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("weekly_grid", __name__)

_MORE_ROWS = 5
_CELL = {"maxlength": LONGEST_CELL, "autocomplete": "off"}


WEEKDAY_WORDS = {
    "Monday": lazy_gettext("Monday"),
    "Tuesday": lazy_gettext("Tuesday"),
    "Wednesday": lazy_gettext("Wednesday"),
    "Thursday": lazy_gettext("Thursday"),
    "Friday": lazy_gettext("Friday"),
    "Saturday": lazy_gettext("Saturday"),
    "Sunday": lazy_gettext("Sunday"),
}


class RowForm(Form):  # type: ignore[misc]
    """One row, in the order of GridRow."""

    number = HiddenField(default="0")
    day = SelectField(
        lazy_gettext("Day"),
        choices=[SelectChoice(name, words) for name, words in WEEKDAY_WORDS.items()],
        validate_choice=False,
    )
    begins = StringField(lazy_gettext("Begins"), render_kw={**_CELL, "placeholder": "10:00"})
    ends = StringField(lazy_gettext("Ends"), render_kw={**_CELL, "placeholder": "10:50"})
    class_code = StringField(lazy_gettext("Class"), render_kw={**_CELL, "list": "classes"})
    subject = StringField(lazy_gettext("Subject"), render_kw={**_CELL, "maxlength": LONGEST_SUBJECT})
    teacher = StringField(lazy_gettext("Teacher"), render_kw={**_CELL, "list": "teachers"})
    room = StringField(lazy_gettext("Room"), render_kw=_CELL)


class GridForm(PageForm):
    """A term's week: its days, and its rows."""

    first = DayField(lazy_gettext("First day"), [InputRequired(lazy_gettext("Please type the first day."))])
    last = DayField(lazy_gettext("Last day"), [InputRequired(lazy_gettext("Please type the last day."))])
    only_add = BooleanField(
        lazy_gettext("Keep what other plans say about these classes"),
        description=lazy_gettext(
            "Without this, what is to come of these classes and not in these rows is taken out."
        ),
    )
    rows = FieldList(FormField(RowForm))
    seen = HiddenField()

    @property
    def typed(self) -> list[GridRow]:
        return [
            GridRow(_number(row.data["number"]), *(row.data[name] or "" for name in GridRow._fields[1:]))
            for row in self.rows
        ]

    def show_rows(self, rows: Sequence[GridRow]) -> None:
        """Put these rows in place of those that stand in the form."""
        self.rows.process(None, data=[row._asdict() for row in rows])


def _number(typed: object) -> int:
    """Return a row's number; of a form that was sent without fields it is the number itself."""
    text = str(typed or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


@pages.route("/timetable/grid", methods=["GET", "POST"])
def start() -> str | tuple[str, int]:
    """Return an empty grid; a posted one is kept, and answered with what it would change."""
    today = toolbox.settings.clock.day_of(toolbox.now())
    return _show(None, first=today, last=today + USUAL_TERM, rows=_more_rows([]))


@pages.route("/timetable/grids/<int:grid_id>", methods=["GET", "POST"])
def change(grid_id: int) -> str | tuple[str, int]:
    """Return a grid as it was typed last; a posted one takes its place."""
    grid = timetable.get_grid(reading, grid_id)
    stored = {"first": grid.first, "last": grid.last, "only_add": grid.only_add, "seen": version(grid)}
    return _show(grid_id, rows=rows_of(grid), **stored)


@pages.post("/timetable/grids/<int:grid_id>/remove")
def remove(grid_id: int) -> Response:
    remove_grid(toolbox, actor(), grid_id)
    flash(gettext("The grid is forgotten. The lectures that it planned stay."), "success")
    return redirect(url_for("timetable.show"))


def _show(grid_id: int | None, *, rows: Sequence[GridRow], **stored: Any) -> str | tuple[str, int]:
    form = GridForm(data={**stored, "rows": [row._asdict() for row in rows]})
    if request.method == "GET":
        return _page(form, grid_id)
    typed = form.typed
    if "add" in request.form:
        form.show_rows([*typed, *_more_rows(typed)])
        return _page(form, grid_id, focus=len(typed))
    if "remove" in request.form:
        at = _number(request.form["remove"])
        form.show_rows([row for number, row in enumerate(typed) if number != at])
        return _page(form, grid_id, focus=max(0, min(at, len(typed) - 2)))
    is_valid, first, last = form.validate_on_submit(), form.first.data, form.last.data
    if not (is_valid and first and last):
        return _page(form, grid_id)
    try:
        grid_id, found = review_grid(
            toolbox,
            actor(),
            typed,
            span=Span(first, last),
            only_add=form.only_add.data,
            grid_id=grid_id,
            seen=form.seen.data or "",
        )
    except Conflict as changed:
        form.form_errors.append(say(changed.sentence))
        form.seen.data = stored["seen"]
        return _page(form, grid_id), changed.status
    except InvalidInput as refused:
        add_form_error(form, refused)
        return _page(form, grid_id), refused.status
    with toolbox.reading() as session:
        grid = timetable.get_grid(session, grid_id)
        form.show_rows(rows_of(grid))
        form.seen.data = version(grid)
    return _page(form, grid_id, found)


def _more_rows(rows: Sequence[GridRow]) -> list[GridRow]:
    """Return empty rows to go on with, on the weekday of the last one."""
    count = max(0, min(_MORE_ROWS, MOST_ROWS - len(rows)))
    return [GridRow(day=rows[-1].day if rows else WEEKDAY_NAMES[0])] * count


def _page(form: GridForm, grid_id: int | None, found: PlanReview | None = None, focus: int = -1) -> str:
    wrong: dict[int, list[str]] = {}
    for problem in found.problems if found else ():
        wrong.setdefault(problem.row, []).append(f"{say(problem.sentence)} {say(problem.suggestion)}".strip())
    return render_template(
        "admin/weekly_grid.html",
        form=form,
        grid_id=grid_id,
        found=found,
        focus=focus,
        wrong=wrong,
        may_add=len(form.rows) < MOST_ROWS,
        classes=[each.class_code for each in people.list_classes(reading)],
        teachers=sorted(timetable.list_teachers(reading), key=lambda each: each.search_text),
    )
