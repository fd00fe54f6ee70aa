"""Pages: to the school's provider and back, the app's code, and the password that the provider asks again."""

from datetime import UTC, datetime, timedelta
from functools import cache
from time import time
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from flask_security.utils import validate_redirect_url
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired

from shared.domain.languages import phrase
from shared.domain.school_account import Identity
from shared.errors import Overloaded, ProductError, ProviderAway, SchoolSignInRefused, TooManyTries
from shared.security.throttling import FREE_TRIES_OF_AN_ADDRESS
from shared.services.accounts import school_accounts, second_factor
from shared.services.accounts.attempts import Budget
from shared.services.audit import Actor
from shared.toolbox import Toolbox
from shared.web.device import device_token
from shared.web.languages import gettext, lazy_gettext, say
from shared.web.rate_limit import account_budgets, rate_limited
from shared.web.sign_in import enter_by_school_account, find_present

if TYPE_CHECKING:
    from shared.web.school_sign_in.client import Client

BACK = "/school-sign-in/back"
# From the press of the button until the person is back; whoever looks for a password needs some minutes.
WITHIN = timedelta(minutes=15)

_LOST = phrase("This sign-in was begun in another window, or too long ago. Please begin again.")
_GIVEN_UP = phrase(
    "You came back from the school’s sign-in without being signed in there. Nothing was changed."
)
_LATE = phrase("The code took too long. Please begin again.")
_GONE = phrase("This account is deactivated. Please ask the office.")


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The authenticator app's code, after the provider has said who it is."""

    code = StringField(
        lazy_gettext("Code"),
        [InputRequired(lazy_gettext("Please type the code that your app shows."))],
        description=lazy_gettext("From your authenticator app; a recovery code does as well."),
        render_kw={"autocomplete": "one-time-code", "maxlength": 32, "autofocus": True},
    )


def install(app: Flask, toolbox: Toolbox, *, address: str, has_second_factor: bool) -> None:
    """Give a site the pages. Where no provider is set up they are not found."""
    pages = Blueprint("school_sign_in", __name__)
    pages.add_url_rule("/school-sign-in", "start", start)
    pages.add_url_rule(BACK, "back", back)
    pages.add_url_rule("/school-sign-in/again", "again", again)
    if has_second_factor:
        pages.add_url_rule("/school-sign-in/code", "code", code, methods=["GET", "POST"])
    app.register_blueprint(pages)

    @cache
    def client() -> "Client | None":
        """Return the client; the first press makes it, for what it imports is dear."""
        from shared.web.school_sign_in.client import Client

        provider = toolbox.settings.school_provider
        return None if provider is None else Client(app, toolbox, provider)

    app.extensions["school_sign_in"] = (client, f"{address.rstrip('/')}{BACK}")

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "school_sign_in": _offered,
            "is_handed_round": lambda: not _may_begin(),
            "may_confirm_there": _may_confirm,
        }


def start() -> Response:
    """Send somebody to the provider. A link leads here: forms may be sent to ourselves alone."""
    client = _client()
    if find_present(_toolbox(), _site()) is not None:
        return redirect(_way_on(request.args.get("next")))
    if not _may_begin():
        return _refuse(school_accounts.NOT_HERE, request.args.get("next"))
    return _send(client, is_again=False)


def again() -> Response:
    """Send somebody signed in to the provider, which asks for the password there."""
    client = _client()
    if not client.provider.asks_again:
        abort(404)
    return _send(client, is_again=True)


def back() -> Response:
    """Take up who comes back from the provider; whatever is wrong is said at the sign-in."""
    client, state = _client(), request.args.get("state", "")
    kept = client.find_state(state)
    if kept is None:
        return _refuse(_LOST)
    is_again, way_on = bool(kept.get("is_again")), kept.get("next")
    try:
        identity = _identify(client, kept, state)
        if is_again:
            return _confirm(identity, kept, state)
        arrival = school_accounts.arrive(
            _toolbox(),
            identity,
            site=_site(),
            state=state,
            device=device_token(),
            address=request.remote_addr or "",
        )
    except (SchoolSignInRefused, ProviderAway, Overloaded, TooManyTries) as refused:
        session["school_other"] = True
        return _refuse(refused.sentence, way_on, is_again=is_again)
    if arrival.code is None:
        return _enter(arrival.account_id, way_on)
    # Signed, like everything of the session: the code and who came with it belong together.
    who = {"issuer": identity.issuer, "subject": identity.subject, "email": identity.email}
    session["school_code"] = {"code": arrival.code, "next": way_on, "who": who}
    return redirect(url_for("school_sign_in.code"))


def code() -> str | Response:
    """Ask whom the provider vouches for for the app's code; nobody is signed in before it is right."""
    _client()
    waiting: dict[str, Any] = session.get("school_code") or {}
    token = str(waiting.get("code", ""))
    admin = school_accounts.find_waiting(_toolbox(), site=_site(), code=token)
    if admin is None:
        session.pop("school_code", None)
        return _refuse(_LATE)
    form = CodeForm()
    if form.validate_on_submit():
        who = Actor(_site(), admin.email, request.remote_addr or "", admin.id)
        typed = form.code.data or ""
        try:
            if rate_limited(
                account_budgets(admin.email), lambda: second_factor.is_right_code(_toolbox(), who, typed)
            ):
                session.pop("school_code", None)
                school_accounts.use_waiting(
                    _toolbox(),
                    Identity(**waiting["who"]),
                    site=_site(),
                    code=token,
                    address=request.remote_addr or "",
                )
                return _enter(admin.id, waiting.get("next"))
            form.code.errors = [gettext("This code does not fit. Please type the one the app shows now.")]
        except TooManyTries as wait:
            form.form_errors.append(say(wait.sentence))
        except SchoolSignInRefused as late:
            return _refuse(late.sentence)
    return render_template("shared/school_code.html", form=form, email=admin.email)


def _identify(client: "Client", kept: dict[str, Any], state: str) -> Identity:
    """Raise SchoolSignInRefused, ProviderAway, Overloaded, or TooManyTries.

    The state is forgotten first: what comes a second time finds none.
    """
    client.forget_state(state)
    if _toolbox().now() - _begun_at(kept) > WITHIN:
        raise SchoolSignInRefused(_LOST)
    # An answer that names another provider was swapped on the way (RFC 9207).
    if request.args.get("iss", client.provider.issuer) != client.provider.issuer:
        raise SchoolSignInRefused(_GIVEN_UP)
    if "error" in request.args or not request.args.get("code"):
        raise SchoolSignInRefused(_GIVEN_UP)
    found: list[Identity | ProductError] = []

    def proves_who() -> bool:
        try:
            found.append(client.identify(kept, request.args["code"]))
        except (ProviderAway, Overloaded) as failure:  # nobody's wrong try
            found.append(failure)
        except SchoolSignInRefused as refused:
            found.append(refused)
            return False
        return True

    of = f"{_site()} school sign-in address {request.remote_addr or ''}"
    rate_limited([Budget(of, FREE_TRIES_OF_AN_ADDRESS)], proves_who)
    if isinstance(found[0], ProductError):
        raise found[0]
    return found[0]


def _confirm(identity: Identity, kept: dict[str, Any], state: str) -> Response:
    """Take the password as typed again. Raise SchoolSignInRefused."""
    if find_present(_toolbox(), _site()) is None:
        return _refuse(_LOST)
    account_id, begun_at = current_user.id, _begun_at(kept)
    school_accounts.confirm(
        _toolbox(), identity, site=_site(), state=state, account_id=account_id, begun_at=begun_at
    )
    session["fs_paa"] = time()
    flash(gettext("Thank you. You can go on now."), "success")
    return redirect(_way_on(kept.get("next")))


def _send(client: "Client", *, is_again: bool) -> Response:
    way_on = request.args.get("next", "")[:500]
    kept = {"next": way_on, "is_again": is_again, "begun": _toolbox().now().timestamp()}
    is_other = bool(session.pop("school_other", False))
    try:
        return redirect(client.begin(_address_back(), kept, again=is_again, other=is_other))
    except (ProviderAway, SchoolSignInRefused, Overloaded) as failure:
        return _refuse(failure.sentence, way_on, is_again=is_again)


def _enter(account_id: int, way_on: str | None) -> Response:
    if not enter_by_school_account(account_id):
        return _refuse(_GONE)
    return redirect(_way_on(way_on))


def _refuse(words: str, way_on: str | None = None, *, is_again: bool = False) -> Response:
    """Say what is wrong where the password does it as well."""
    flash(say(words), "warning")
    page = "security.verify" if is_again else "security.login"
    return redirect(url_for(page, next=way_on if _is_ours(way_on) else None))


def _way_on(asked: str | None) -> str:
    """Return where somebody wanted to go; never another site."""
    home = url_for(current_app.extensions["site"].home)
    return asked if asked and _is_ours(asked) else home


def _is_ours(asked: str | None) -> bool:
    return bool(asked and asked.startswith("/") and validate_redirect_url(asked))


def _begun_at(kept: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(kept["begun"], UTC)


def _client() -> "Client":
    """Return the client; no page is found where the school's own sign-in is off."""
    if not school_accounts.is_offered(_toolbox()):
        abort(404)
    client: Client | None = current_app.extensions["school_sign_in"][0]()
    if client is None:
        abort(404)
    return client


def _offered() -> dict[str, object] | None:
    """Return what the pages that offer it show of the provider, where it is on."""
    provider = _toolbox().settings.school_provider
    if provider is None or not school_accounts.is_offered(_toolbox()):
        return None
    return {"name": say(provider.shown_name)}


def _may_confirm() -> bool:
    """Tell whether the provider can be asked to ask somebody signed in here for the password."""
    provider = _toolbox().settings.school_provider
    if provider is None or not provider.asks_again:
        return False
    return school_accounts.is_tied(_toolbox(), site=_site(), account_id=current_user.id)


def _may_begin() -> bool:
    return school_accounts.may_begin(_toolbox(), device_token())


def _address_back() -> str:
    back_address: str = current_app.extensions["school_sign_in"][1]
    return back_address


def _toolbox() -> Toolbox:
    toolbox: Toolbox = current_app.extensions["toolbox"]
    return toolbox


def _site() -> str:
    name: str = current_app.extensions["site"].name
    return name
