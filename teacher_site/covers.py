"""Pages of covers: let a colleague hold planned lectures, take that back, read what was held for oneself."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence import attendance, covers
from shared.services.timetable.covers import take_back
from shared.web.cover_form import CoverForm, days_words
from shared.web.languages import gettext
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("covers", __name__, template_folder="templates")

# What colleagues held longer ago stands in the totals.
_SHOWN_BACK = timedelta(days=60)


@pages.route("/plan/covers", methods=["GET", "POST"])
def show() -> str | Response | tuple[str, int]:
    form, status = CoverForm(current_user.id), 200
    if form.is_submitted():
        status = form.grant()
        if status == form.GRANTED:
            return redirect(url_for("covers.show"))
    now, teacher_id = toolbox.now(), current_user.id
    page = render_template(
        "teacher/covers.html",
        form=form,
        granted=covers.standing(reading, after=now, teacher_id=teacher_id),
        covering=covers.standing(reading, after=now, colleague_id=teacher_id),
        held=covers.list_held_for(reading, teacher_id, since=now - _SHOWN_BACK),
        days_words=days_words,
    )
    return page, status


@pages.post("/plan/covers/<int:cover_id>/take-back")
def end(cover_id: int) -> Response:
    take_back(toolbox, actor(), cover_id)
    flash(gettext("The cover has ended. What was opened stays with who opened it."), "success")
    return redirect(url_for("covers.show"))


@pages.get("/lectures/<int:covered_id>/covered")
def read(covered_id: int) -> str:
    """Return the register of what a colleague held for the signed-in teacher, to read."""
    lecture = covers.find_held_for(reading, current_user.id, covered_id)
    if lecture is None:
        raise NotFound(phrase("Lecture not found, or you do not have access."))
    return render_template(
        "teacher/covered.html",
        lecture=lecture,
        count=attendance.count_here(reading, [covered_id])[covered_id],
        lines=attendance.register(reading, covered_id),
    )
