"""Pages of the classes: list, search, add, edit, deactivate."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site.forms import ClassForm, asked_page
from shared.errors import ChangedMeanwhile, InvalidInput
from shared.persistence import people
from shared.services.people import registration
from shared.web.forms import add_form_error
from shared.web.languages import gettext
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("classes", __name__)


@pages.get("/classes")
def show_list() -> str:
    text, active = request.args.get("q", ""), request.args.get("show") != "deactivated"
    found = people.search_classes(reading, text, active=active, page=asked_page())
    return render_template("admin/classes.html", found=found, text=text, active=active)


@pages.route("/classes/new", methods=["GET", "POST"])
def add() -> str | Response:
    form = ClassForm()
    if form.validate_on_submit():
        try:
            class_id = registration.add_class(
                toolbox, actor(), class_code=form.class_code.data, name=form.name.data
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            flash(gettext("The class was added. Its students come next: send the list you have."), "success")
            return redirect(url_for("roster.show", class_id=class_id))
    return render_template("admin/class_form.html", form=form, school_class=None)


@pages.route("/classes/<int:class_id>/edit", methods=["GET", "POST"])
def edit(class_id: int) -> str | Response:
    school_class = people.get_class(reading, class_id)
    form = ClassForm(obj=school_class)
    if form.validate_on_submit():
        try:
            registration.change_class(
                toolbox,
                actor(),
                class_id,
                class_code=form.class_code.data,
                name=form.name.data,
                seen=form.seen,
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
        except ChangedMeanwhile as changed:
            form.show_change(changed)
        else:
            flash(gettext("The class was saved."), "success")
            return redirect(url_for("classes.show_list"))
    return render_template("admin/class_form.html", form=form, school_class=school_class)


@pages.post("/classes/<int:class_id>/deactivate")
@asks_password_again
def deactivate(class_id: int) -> Response:
    registration.set_class_active(toolbox, actor(), class_id, active=False)
    flash(gettext("The class was deactivated. Its students and lectures are kept."), "success")
    return redirect(url_for("classes.show_list"))


@pages.post("/classes/<int:class_id>/reactivate")
def reactivate(class_id: int) -> Response:
    registration.set_class_active(toolbox, actor(), class_id, active=True)
    flash(gettext("The class is active again."), "success")
    return redirect(url_for("classes.show_list"))
