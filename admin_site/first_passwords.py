"""How the holder of an account comes to a password: a first-time one, shown once, or a letter with a link."""

from dataclasses import dataclass

import segno
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from shared.persistence import accounts
from shared.persistence.password_links import find_first
from shared.persistence.tables import Admin, PasswordLink, Teacher
from shared.services.accounts.password_links import send_first_link
from shared.services.typed_input import checked_email
from shared.web.languages import gettext
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox


@dataclass(frozen=True)
class Standing:
    """Where an account stands that has an address already, and the page that helps on."""

    account: Admin | Teacher
    has_signed_in: bool
    link: PasswordLink | None
    page: str


def find_standing(email: str | None, *, site: str) -> Standing | None:
    """Find who has an address at a site.

    A page that showed a first-time password and is loaded again sends its form again: whoever did so learns
    that the account is there, and how to come to another password.
    """
    account = accounts.find_account(reading, accounts.KINDS[site], email or "")
    if account is None:
        return None
    page = (
        url_for("admins.show", admin_id=account.id)
        if site == "office"
        else url_for("teachers.edit", teacher_id=account.id)
    )
    has_signed_in = account.id not in accounts.find_never_signed_in(reading, [account])
    return Standing(account, has_signed_in, find_first(reading, site, account.email, toolbox.now()), page)


def show_password(name: str, email: str, password: str, *, back: str) -> str:
    """Show the password for the only time: the page answers the press itself and is stored nowhere."""
    settings = toolbox.settings
    address = settings.teacher_site_url if back == "teachers.show_list" else settings.admin_site_url
    return render_template(
        "admin/first_time_password.html",
        name=name,
        email=email,
        password=password,
        back=back,
        address=address,
        picture=segno.make(address, micro=False).svg_data_uri(scale=4, border=4, light="white"),
    )


def send_link(email: str, *, site: str, back: str) -> Response:
    """Send the letter of an account of `site`, and go back to the list."""
    email = checked_email(email)
    send_first_link(toolbox, actor(), site=site, email=email)
    flash(
        gettext("A letter with a link is on its way to %(email)s. The link is good for a week.", email=email),
        "success",
    )
    return redirect(url_for(back))
