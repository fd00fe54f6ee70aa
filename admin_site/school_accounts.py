"""Pages of the school's own sign-in: what to register at the provider, and undoing who signs in as whom."""

import ipaddress
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from shared.domain.school_account import Provider, ProviderKind
from shared.persistence import integrations
from shared.persistence.tables import Integration
from shared.services.accounts.school_accounts import untie
from shared.web.languages import gettext
from shared.web.password_again import asks_password_again
from shared.web.school_sign_in.pages import BACK
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("school_accounts", __name__)


@pages.get("/integrations/school-sign-in")
def show() -> str:
    """Return what the administrator enters at the provider and in the settings."""
    settings = toolbox.settings
    addresses = (settings.admin_site_url, settings.teacher_site_url)
    return render_template(
        "admin/school_sign_in.html",
        provider=settings.school_provider,
        is_on=integrations.is_on(reading, Integration.SCHOOL_SIGN_IN),
        backs=[f"{address.rstrip('/')}{BACK}" for address in addresses],
        unfit=[address for address in addresses if not _fits(address, settings.school_provider)],
    )


@pages.post("/teachers/<int:teacher_id>/untie")
@asks_password_again
def untie_teacher(teacher_id: int) -> Response:
    untie(toolbox, actor(), site="classroom", account_id=teacher_id)
    flash(gettext("The tie was undone. The next sign-in with that address makes a new one."), "success")
    return redirect(url_for("teachers.edit", teacher_id=teacher_id))


@pages.post("/admins/<int:admin_id>/untie")
@asks_password_again
def untie_admin(admin_id: int) -> Response:
    untie(toolbox, actor(), site="office", account_id=admin_id)
    flash(gettext("The tie was undone. The next sign-in with that address makes a new one."), "success")
    return redirect(url_for("admins.show", admin_id=admin_id))


def _fits(address: str, provider: Provider | None) -> bool:
    """Tell whether Google takes a site's address, where it is Google or nothing is chosen yet.

    It refuses what is not https, bare network addresses, and names that end in no public suffix.
    https://developers.google.com/identity/protocols/oauth2/web-server#uri-validation
    """
    if provider is not None and provider.kind is not ProviderKind.GOOGLE:
        return True
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." in host
    return False
