"""Pages of the lectures: today's, all of them, and opening one."""

import secrets
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shared.errors import InvalidInput
from shared.persistence import attendance, families
from shared.services.attendance.lectures import open_lecture
from shared.services.families import page as family_page
from shared.services.timetable import plan, untaken
from shared.web.forms import add_form_error, asked_day
from shared.web.languages import gettext
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from teacher_site.forms import LectureForm, asked_number

pages = Blueprint("lectures", __name__, template_folder="templates")

USUAL_MINUTES = 60


def school_today() -> date:
    """Return today's date by the school's clocks."""
    return toolbox.settings.clock.day_of(toolbox.now())


@pages.get("/")
def today() -> str:
    teacher_id = current_user.id
    since, until = toolbox.settings.clock.day(school_today())
    lectures = attendance.lectures_between(reading, teacher_id, since, until)
    planned, cover_of = plan.waiting_today(toolbox, reading, teacher_id)
    return render_template(
        "teacher/today.html",
        lectures=lectures,
        planned=planned,
        cover_of=cover_of,
        may_start=plan.may_start,
        by_face=plan.chose_by_face(toolbox, reading, teacher_id, planned),
        untaken=untaken.list_untaken(toolbox, reading, teacher_id),
        counts=attendance.count_here(reading, [lecture.id for lecture in lectures]),
        classes=attendance.classes_of(reading, teacher_id),
        questions=families.open_questions(reading, teacher_id),
        now=toolbox.now(),
    )


@pages.post("/families/questions/<int:asked_id>/settle")
def settle_question(asked_id: int) -> Response:
    """Take what a family wrote off the list."""
    family_page.settle_question(toolbox, actor(), asked_id)
    flash(gettext("Taken off the list."), "success")
    return redirect(url_for("lectures.today"))


@pages.get("/lectures")
def show_list() -> str:
    teacher_id = current_user.id
    since, until = (asked_day(request.args, name) for name in ("since", "until"))
    lectures, last_page = attendance.page_of_lectures(
        reading,
        teacher_id,
        page=asked_number("page") or 1,
        since=toolbox.settings.clock.day(since.day)[0] if since.day else None,
        until=toolbox.settings.clock.day(until.day)[1] if until.day else None,
        class_id=asked_number("class_id"),
    )
    return render_template(
        "teacher/lectures.html",
        lectures=lectures,
        counts=attendance.count_here(reading, [lecture.id for lecture in lectures]),
        classes=attendance.classes_of(reading, teacher_id),
        asked={"class_id": asked_number("class_id"), "since": since, "until": until},
        page=asked_number("page") or 1,
        last_page=last_page,
    )


@pages.route("/lectures/open", methods=["GET", "POST"])
def open_one() -> str | Response:
    form = LectureForm()
    if request.method == "GET":
        _prefill(form)
    if form.validate_on_submit():
        try:
            lecture_id = open_lecture(
                toolbox,
                actor(),
                subject=form.subject.data,
                class_ids=form.class_ids.data,
                minutes=form.minutes.data,
                opening_key=form.opening_key.data,
                late_after_minutes=form.late_after_minutes.data,
                starts_at=form.begins(toolbox.settings, school_today()),
                roll_id_by_face=form.roll_id_by_face.data,
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            flash(gettext("Lecture opened."), "success")
            return redirect(url_for("attendance.show", lecture_id=lecture_id))
    return render_template(
        "teacher/open_lecture.html", form=form, subjects=attendance.subjects_of(reading, current_user.id)
    )


def _prefill(form: LectureForm) -> None:
    """Propose what most lectures are: the one class there is, an hour long, now."""
    form.opening_key.data = secrets.token_urlsafe(16)
    form.minutes.data = USUAL_MINUTES
    form.late_after_minutes.data = toolbox.settings.late_after_minutes
    choices = [class_id for class_id, _ in form.class_ids.choices]
    asked = asked_number("class_id")
    form.class_ids.data = [asked] if asked in choices else choices if len(choices) == 1 else []
