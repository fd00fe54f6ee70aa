"""Pages for who has no password or forgot it: ask for a link by mail, and choose a password with it."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import EmailField
from wtforms.validators import InputRequired, Length

from shared.errors import NotFound, TooManyTries
from shared.services.accounts import password_links
from shared.services.accounts.devices import remember_device
from shared.toolbox import Toolbox
from shared.web.device import require_device_token
from shared.web.forms import PageForm
from shared.web.languages import gettext, lazy_gettext, say
from shared.web.rate_limit import account_budgets, rate_limited
from shared.web.sign_in_forms import FirstPasswordForm


class AskForm(PageForm):
    """Where the link is to go."""

    email = EmailField(
        lazy_gettext("Your e-mail address"),
        [InputRequired(lazy_gettext("Please type your address.")), Length(max=254)],
    )


def make_pages() -> Blueprint:
    """Return the blueprint "password_links", open to anybody; a new one for each site."""
    pages = Blueprint("password_links", __name__)
    pages.add_url_rule("/forgotten-password", "ask", ask, methods=["GET", "POST"])
    pages.add_url_rule("/choose-password", "choose", choose, methods=["GET", "POST"])
    return pages


def ask() -> str:
    """Take an address and promise nothing: the answer is the same for every address, and as quick."""
    form, toolbox = AskForm(), _toolbox()
    has_mail, is_asked = toolbox.settings.mail_server is not None, False
    if has_mail and form.validate_on_submit():
        try:
            rate_limited(account_budgets(form.email.data, at=" forgotten password"), lambda: False)
        except TooManyTries as wait:
            form.form_errors.append(say(wait.sentence))
        else:
            password_links.ask_for_link(toolbox, site=_site(), email=form.email.data)
            is_asked = True
    return render_template("shared/forgotten_password.html", form=form, is_asked=is_asked)


def choose() -> str | Response:
    """Choose a password with a link. Looking at the page uses nothing up: mail scanners look at links too.

    The token stands in the query, which no log keeps; nobody guesses its 256 bits, so no try is slowed.
    """
    toolbox, site, token = _toolbox(), _site(), request.args.get("link", "")
    form = FirstPasswordForm()
    try:
        owner = password_links.get_owner(toolbox, site=site, token=token)
        form.user = owner  # type: ignore[assignment]  # the library asks it only for what makes a password weak
        if form.validate_on_submit():
            password_links.choose_password(
                toolbox,
                site=site,
                token=token,
                password=form.password.data,
                address=request.remote_addr or "",
            )
            # Who has the mailbox may sign in here, whatever strangers try meanwhile.
            remember_device(toolbox, site=site, account_id=owner.id, device=require_device_token())
            flash(gettext("Your password is saved. Please sign in with it."), "success")
            return redirect(url_for("security.login"))
    except NotFound as late:
        flash(say(late.sentence), "warning")
        return redirect(url_for("password_links.ask"))
    return render_template("shared/choose_password.html", form=form, email=owner.email)


def _toolbox() -> Toolbox:
    toolbox: Toolbox = current_app.extensions["toolbox"]
    return toolbox


def _site() -> str:
    name: str = current_app.extensions["site"].name
    return name
