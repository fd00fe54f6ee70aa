"""Pages of the signed-in admin's own authenticator app: set up, new recovery codes, turn off."""

import segno
from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from admin_site.forms import CodeForm
from shared.errors import InvalidInput
from shared.persistence.second_factor import count_recovery_codes
from shared.security import one_time_codes, purposes
from shared.security.sealed_form import open_form, seal_form
from shared.security.sealing import BrokenSeal
from shared.services.accounts import second_factor
from shared.web.forms import add_form_error
from shared.web.languages import gettext
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("second_factor", __name__)


@pages.route("/authenticator", methods=["GET", "POST"])
@asks_password_again
def show() -> str:
    """Tell how it stands; without an app, show a secret as a QR code until a code proves that it was read."""
    if current_user.sealed_totp_secret is not None:
        left = count_recovery_codes(reading, current_user.id)
        return render_template("admin/authenticator.html", codes_left=left)
    form, secret = CodeForm(), one_time_codes.new_secret()
    if form.validate_on_submit():
        try:
            secret = open_form(
                toolbox.sealer,
                form.sealed_secret.data or "",
                purpose=purposes.new_totp_secret(current_user.id),
            )
            codes = second_factor.turn_on(toolbox, actor(), secret=secret, code=form.code.data)
        except BrokenSeal:
            form.form_errors.append(gettext("This page was open for too long. Please read the new picture."))
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            return render_template("admin/recovery_codes.html", codes=codes)
    form.sealed_secret.data, form.code.data = (
        seal_form(toolbox.sealer, secret, purpose=purposes.new_totp_secret(current_user.id)),
        "",
    )
    address = one_time_codes.setup_address(
        secret, account=current_user.email, issuer=toolbox.settings.school_name
    )
    picture = segno.make(address, micro=False).svg_data_uri(scale=4, border=4, light="white")
    return render_template("admin/authenticator.html", form=form, picture=picture, secret=secret)


@pages.post("/authenticator/recovery-codes")
@asks_password_again
def renew_codes() -> str:
    codes = second_factor.renew_recovery_codes(toolbox, actor())
    return render_template("admin/recovery_codes.html", codes=codes)


@pages.post("/authenticator/off")
@asks_password_again
def turn_off() -> Response:
    second_factor.turn_off(toolbox, actor(), current_user.id)
    flash(gettext("You are asked for no code any more."), "success")
    return redirect(url_for("admins.show_list"))
