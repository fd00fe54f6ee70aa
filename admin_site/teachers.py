"""Pages of the teachers: list, search, add, edit, deactivate, new first-time password or link."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site import first_passwords
from admin_site.forms import TeacherForm, asked_page
from shared.errors import ChangedMeanwhile, InvalidInput
from shared.persistence import people
from shared.persistence.accounts import find_never_signed_in
from shared.persistence.password_links import find_first
from shared.persistence.school_accounts import find_tie_of
from shared.persistence.tables import Teacher
from shared.services.accounts.lifecycle import renew_password
from shared.services.people import registration
from shared.web.forms import add_form_error
from shared.web.languages import gettext
from shared.web.password_again import asks_password_again, asks_password_before_a_form
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("teachers", __name__)

_show_password = partial(first_passwords.show_password, back="teachers.show_list")
_send_link = partial(first_passwords.send_link, site="classroom", back="teachers.show_list")


@pages.get("/teachers")
def show_list() -> str:
    text, active = request.args.get("q", ""), request.args.get("show") != "deactivated"
    found = people.search_teachers(reading, text, active=active, page=asked_page())
    never = find_never_signed_in(reading, found.rows)
    return render_template(
        "admin/teachers.html",
        found=found,
        text=text,
        active=active,
        never=never,
        address=toolbox.settings.teacher_site_url,
    )


@pages.route("/teachers/new", methods=["GET", "POST"])
@asks_password_before_a_form
def add() -> str | Response:
    standing = None
    form = TeacherForm()
    if form.validate_on_submit():
        try:
            password = registration.add_teacher(
                toolbox, actor(), name=form.name.data, email=form.email.data, class_ids=form.class_ids.data
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
            standing = first_passwords.find_standing(form.email.data, site="classroom")
        else:
            if "send_link" in request.form:
                return _send_link(form.email.data)
            return _show_password(form.name.data, form.email.data, password)
    return render_template("admin/teacher_form.html", form=form, teacher=None, standing=standing)


@pages.route("/teachers/<int:teacher_id>/edit", methods=["GET", "POST"])
@asks_password_before_a_form
def edit(teacher_id: int) -> str | Response:
    teacher = people.get_teacher(reading, teacher_id)
    taught = sorted(school_class.id for school_class in teacher.classes)
    form = TeacherForm(obj=teacher, class_ids=taught, also=teacher.classes)
    if form.validate_on_submit():
        try:
            registration.change_teacher(
                toolbox,
                actor(),
                teacher_id,
                name=form.name.data,
                email=form.email.data,
                class_ids=form.class_ids.data,
                seen=form.seen,
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
        except ChangedMeanwhile as changed:
            form.show_change(changed)
        else:
            flash(gettext("The teacher was saved."), "success")
            return redirect(url_for("teachers.show_list"))
    link = find_first(reading, "classroom", teacher.email, toolbox.now())
    tie = find_tie_of(reading, "classroom", teacher_id)
    return render_template("admin/teacher_form.html", form=form, teacher=teacher, link=link, tie=tie)


@pages.post("/teachers/<int:teacher_id>/new-password")
@asks_password_again
def renew(teacher_id: int) -> str:
    teacher = people.get_teacher(reading, teacher_id)
    password = renew_password(toolbox, actor(), Teacher, teacher.email)
    return _show_password(teacher.name, teacher.email, password)


@pages.post("/teachers/<int:teacher_id>/link")
@asks_password_again
def send_link(teacher_id: int) -> Response:
    return _send_link(people.get_teacher(reading, teacher_id).email)


@pages.post("/teachers/<int:teacher_id>/deactivate")
@asks_password_again
def deactivate(teacher_id: int) -> Response:
    registration.set_teacher_active(toolbox, actor(), teacher_id, active=False)
    flash(gettext("The teacher was deactivated and signed out everywhere."), "success")
    return redirect(url_for("teachers.show_list"))


@pages.post("/teachers/<int:teacher_id>/reactivate")
@asks_password_again
def reactivate(teacher_id: int) -> Response:
    registration.set_teacher_active(toolbox, actor(), teacher_id, active=True)
    flash(gettext("The teacher may sign in again."), "success")
    return redirect(url_for("teachers.show_list"))
