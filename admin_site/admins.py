"""Pages of the office's own accounts: list, add, password, lost authenticator app, deactivate."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site import first_passwords
from admin_site.forms import AdminForm
from shared.errors import InvalidInput
from shared.persistence import accounts as stored
from shared.persistence.password_links import find_first
from shared.persistence.school_accounts import find_tie_of
from shared.persistence.tables import Admin
from shared.services.accounts import lifecycle as accounts
from shared.services.accounts import second_factor
from shared.services.typed_input import checked_name
from shared.web.forms import add_form_error
from shared.web.languages import gettext
from shared.web.password_again import asks_password_again, asks_password_before_a_form
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("admins", __name__)

_show_password = partial(first_passwords.show_password, back="admins.show_list")
_send_link = partial(first_passwords.send_link, site="office", back="admins.show_list")


@pages.get("/admins")
def show_list() -> str:
    admins = stored.find_admins(reading)
    never = stored.find_never_signed_in(reading, admins)
    return render_template("admin/admins.html", admins=admins, never=never)


@pages.route("/admins/new", methods=["GET", "POST"])
@asks_password_before_a_form
def add() -> str | Response:
    standing = None
    form = AdminForm()
    if form.validate_on_submit():
        try:
            name = checked_name(form.name.data)
            password = accounts.create_admin(toolbox, actor(), email=form.email.data, name=name)
        except InvalidInput as refused:
            add_form_error(form, refused)
            standing = first_passwords.find_standing(form.email.data, site="office")
        else:
            if "send_link" in request.form:
                return _send_link(form.email.data)
            return _show_password(form.name.data, form.email.data, password)
    return render_template("admin/admin_form.html", form=form, standing=standing)


@pages.get("/admins/<int:admin_id>")
def show(admin_id: int) -> str:
    admin = accounts.get_admin(reading, admin_id)
    link = find_first(reading, "office", admin.email, toolbox.now())
    tie = find_tie_of(reading, "office", admin_id)
    return render_template("admin/admin.html", admin=admin, link=link, tie=tie)


@pages.post("/admins/<int:admin_id>/new-password")
@asks_password_again
def renew(admin_id: int) -> str:
    admin = accounts.get_admin(reading, admin_id)
    return _show_password(
        admin.name, admin.email, accounts.renew_password(toolbox, actor(), Admin, admin.email)
    )


@pages.post("/admins/<int:admin_id>/link")
@asks_password_again
def send_link(admin_id: int) -> Response:
    return _send_link(accounts.get_admin(reading, admin_id).email)


@pages.post("/admins/<int:admin_id>/no-second-factor")
@asks_password_again
def reset_second_factor(admin_id: int) -> Response:
    second_factor.turn_off(toolbox, actor(), admin_id)
    flash(gettext("This admin is asked for no code any more, until they set up an app again."), "success")
    return redirect(url_for("admins.show", admin_id=admin_id))


@pages.post("/admins/<int:admin_id>/deactivate")
@asks_password_again
def deactivate(admin_id: int) -> Response:
    accounts.set_admin_active(toolbox, actor(), admin_id, active=False)
    flash(gettext("The admin was deactivated and signed out everywhere."), "success")
    return redirect(url_for("admins.show_list"))


@pages.post("/admins/<int:admin_id>/reactivate")
@asks_password_again
def reactivate(admin_id: int) -> Response:
    accounts.set_admin_active(toolbox, actor(), admin_id, active=True)
    flash(gettext("The admin may sign in again."), "success")
    return redirect(url_for("admins.show_list"))
