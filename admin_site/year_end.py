"""Page of a class's year end: who moves on, stays or leaves, and a preview before it is done."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, people
from shared.services.people.year_end import NextYear, YearEnd, carry_out_year_end, plan_year_end
from shared.web.forms import as_row_id
from shared.web.languages import gettext, lazy_gettext, ngettext, say
from shared.web.password_again import asks_password_before_a_form
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("year_end", __name__)

CHOICE_WORDS = {
    NextYear.MOVES: lazy_gettext("moves on"),
    NextYear.STAYS: lazy_gettext("stays here"),
    NextYear.LEAVES: lazy_gettext("leaves the school"),
}
# What a button says that chooses the same for the whole class.
ALL_WORDS = {
    NextYear.MOVES: lazy_gettext("move"),
    NextYear.STAYS: lazy_gettext("stay"),
    NextYear.LEAVES: lazy_gettext("leave"),
}


@pages.route("/classes/<int:class_id>/year-end", methods=["GET", "POST"])
@asks_password_before_a_form
def show(class_id: int) -> str:
    """Ask what becomes of everybody; a posted form is answered with its preview."""
    if request.method == "GET":
        return _page(class_id)
    try:
        plan = plan_year_end(reading, class_id, request.form.get("class_code", ""), _choices())
    except (Conflict, InvalidInput) as refused:
        return _page(class_id, refused=say(refused.sentence))
    unclosed = attendance.list_unclosed(reading, class_id, now=toolbox.now())
    return _page(class_id, plan=plan, unclosed=unclosed)


@pages.post("/classes/<int:class_id>/year-end/apply")
@asks_password_before_a_form
def apply(class_id: int) -> str | Response:
    try:
        plan = carry_out_year_end(
            toolbox,
            actor(),
            class_id,
            request.form.get("class_code", ""),
            _choices(),
            keep_faces=request.form.get("keep_faces") == "yes",
        )
    except (Conflict, InvalidInput) as refused:
        return _page(class_id, refused=say(refused.sentence))
    flash(_done(plan), "success")
    return redirect(url_for("readiness.board"))


def _choices() -> dict[int, NextYear]:
    """Return what the form says of each student; who came into the class since it was opened stays."""
    choices = {}
    for name, value in request.form.items():
        kind, _, sent = name.partition("-")
        student_id = as_row_id(sent)
        if kind == "choice" and student_id is not None and value in list(NextYear):
            choices[student_id] = NextYear(value)
    if not choices:
        raise InvalidInput(phrase("Please choose first what happens to the students."))
    return choices


def _page(class_id: int, **outcome: Any) -> str:
    school_class = people.get_class(reading, class_id)
    return render_template(
        "admin/year_end.html",
        school_class=school_class,
        students=people.list_active_students(reading, class_id),
        codes=[each.class_code for each in people.list_classes(reading) if each.id != class_id],
        choices=CHOICE_WORDS,
        all_words=ALL_WORDS,
        typed=request.form,
        **outcome,
    )


def _done(plan: YearEnd) -> str:
    moved, stayed, left = (len(plan.students[choice]) for choice in NextYear)
    told = []
    if moved:
        told.append(
            ngettext("%(num)s moved to %(code)s", "%(num)s moved to %(code)s", moved, code=plan.target_code)
        )
    if stayed:
        told.append(ngettext("%(num)s stayed", "%(num)s stayed", stayed))
    if left:
        told.append(ngettext("%(num)s left and was deactivated", "%(num)s left and were deactivated", left))
    return gettext(
        "The year of %(code)s is closed: %(told)s.", code=plan.school_class.class_code, told=", ".join(told)
    )
