"""Pages of covers: the office lets a colleague hold a teacher's planned lectures, or takes that back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.persistence import covers, timetable
from shared.services.timetable.covers import take_back
from shared.web.cover_form import CoverForm, days_words
from shared.web.languages import gettext
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("covers", __name__)


@pages.route("/timetable/covers", methods=["GET", "POST"])
def show() -> str | Response | tuple[str, int]:
    """Return the covers; with a teacher chosen, the form for theirs as well."""
    teachers = sorted(timetable.list_teachers(reading), key=lambda each: each.search_text)
    asked_id = request.args.get("teacher_id", type=int)
    teacher = next((each for each in teachers if each.id == asked_id), None)
    form, status = CoverForm(teacher.id) if teacher else None, 200
    if form is not None and form.is_submitted():
        status = form.grant()
        if status == form.GRANTED:
            return redirect(url_for("covers.show"))
    granted = covers.standing(reading, after=toolbox.now())
    page = render_template(
        "admin/covers.html",
        teachers=teachers,
        teacher=teacher,
        form=form,
        granted=granted,
        days_words=days_words,
    )
    return page, status


@pages.post("/timetable/covers/<int:cover_id>/take-back")
def end(cover_id: int) -> Response:
    take_back(toolbox, actor(), cover_id, for_the_office=True)
    flash(gettext("The cover has ended. What was opened stays with who opened it."), "success")
    return redirect(url_for("covers.show"))
