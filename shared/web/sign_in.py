"""Signing in: Flask-Security's forms and hashes over sign-ins that the database keeps and can end."""

from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, flash, g, redirect, request, session, url_for
from flask_login import current_user, logout_user, user_logged_in, user_logged_out
from flask_security import (
    MailUtil,
    RoleMixin,
    Security,
    SQLAlchemySessionUserDatastore,
    UserMixin,
    login_user,
    password_changed,
)

from shared.domain.languages import phrase
from shared.persistence.database import request_sessions
from shared.persistence.tables import Admin, SignIn, Teacher
from shared.security.passwords import SHORTEST_PASSWORD
from shared.services.accounts import lifecycle, sign_in
from shared.services.accounts.devices import remember_device
from shared.services.audit import Actor
from shared.settings import Settings
from shared.toolbox import Toolbox
from shared.web import password_again
from shared.web.device import require_device_token
from shared.web.languages import gettext
from shared.web.sign_in_forms import SENTENCES, OwnPasswordForm, PasswordRules, SignInForm, SignInWithCode


class SignedInAdmin(UserMixin, Admin):  # type: ignore[misc]  # both declare `password`
    """An admin as Flask-Security sees one; the same table."""


class SignedInTeacher(UserMixin, Teacher):  # type: ignore[misc]
    """A teacher as Flask-Security sees one; the same table."""


_ALWAYS_OPEN = frozenset(
    {
        "security.login",
        "password_links.ask",
        "password_links.choose",
        "school_sign_in.start",
        "school_sign_in.back",
        "school_sign_in.code",
        "static",
        "shared.static",
        "bootstrap.static",
        "shared.is_alive",
        "shared.is_ready",
        "shared.certificate",
        "shared.authority",
        "shared.notice",
        "shared.choose_language",
    }
)
# The same for everybody: asking the database who asks would leave pages without their looks when it is away.
_ASKED_BY_NOBODY = frozenset({"static", "shared.static", "bootstrap.static", "shared.is_alive"})
_WITH_A_FIRST_TIME_PASSWORD = frozenset(
    {"security.change_password", "security.logout", "shared.is_signed_in"}
)


class _LookedUpAddress(MailUtil):
    """An address at sign-in is only looked up; it was checked when the account was made."""

    def normalize(self, email: str) -> str:
        return email.strip().lower()


def actor() -> Actor:
    """Return who sends this request, for the audit trail."""
    return Actor(
        site=current_app.extensions["site"].name,
        email=current_user.email,
        address=request.remote_addr or "",
        account_id=current_user.id,
    )


def install(app: Flask, description: Any, settings: Settings, toolbox: Toolbox) -> None:
    """Give a site its sign-in."""
    app.config.update(
        SECURITY_PASSWORD_SALT=settings.password_salt,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106
        SECURITY_PASSWORD_LENGTH_MIN=SHORTEST_PASSWORD,
        SECURITY_PASSWORD_COMPLEXITY_CHECKER="zxcvbn",  # noqa: S106
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_CHANGE_URL="/password",
        SECURITY_CHANGEABLE=True,
        SECURITY_VERIFY_URL="/password-again",
        SECURITY_FRESHNESS=password_again.FRESH_FOR,
        SECURITY_FRESHNESS_GRACE_PERIOD=timedelta(0),
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_POST_LOGIN_VIEW=description.home,
        SECURITY_POST_LOGOUT_VIEW="security.login",
        SECURITY_POST_CHANGE_VIEW=description.home,
        SECURITY_POST_VERIFY_VIEW=description.home,
        **{f"SECURITY_MSG_{name}": sentence for name, sentence in SENTENCES.items()},
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(_wrong(description.account), "error"),
        SECURITY_UNAUTHORIZED_VIEW=None,
        SECURITY_CLI_USERS_NAME=False,  # its commands know nothing of our two tables; create-admin does
        SECURITY_CLI_ROLES_NAME=False,
    )
    sessions = request_sessions(toolbox.engine)
    app.teardown_appcontext(lambda _error: sessions.remove())
    users = SQLAlchemySessionUserDatastore(sessions, _user_table(description.account), RoleMixin)
    security = Security(
        app,
        users,
        login_form=SignInWithCode if description.account is Admin else SignInForm,
        change_password_form=OwnPasswordForm,
        verify_form=password_again.PasswordAgainForm,
        mail_util_cls=_LookedUpAddress,
        password_util_cls=PasswordRules,
    )
    # Its own catalogues lack half of our languages; ours hold all that it says here.
    security.i18n_domain.gettext = gettext  # type: ignore[method-assign,assignment]
    password_again.install(security)
    # No tokens of the library's own, in no answer and for no request: only a row of ours signs anybody in.
    security.want_json(lambda _request: False)
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    _follow_sign_ins(app, toolbox, description.name)


def _wrong(account: type) -> str:
    if account is Admin:
        return phrase("The e-mail address, the password or the code is wrong.")
    return phrase("The e-mail address or the password is wrong.")


def _user_table(account: type) -> type:
    return SignedInAdmin if account is Admin else SignedInTeacher


def guard(toolbox: Toolbox, description: Any) -> Response | None:
    """Close every page to browsers without a living sign-in, and most to first-time passwords."""
    endpoint = request.endpoint
    if endpoint in _ASKED_BY_NOBODY:
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    if endpoint is None or endpoint in _ALWAYS_OPEN or endpoint in description.open_endpoints:
        return None
    found = find_present(toolbox, description.name)
    if found is None:
        if request.method == "GET":
            return redirect(url_for("security.login", next=request.full_path.rstrip("?")))  # type: ignore[return-value]
        if endpoint != "security.logout":  # who signs out twice wanted nothing else
            flash(gettext("You were signed out before, so what you sent was not saved."), "warning")
        return redirect(url_for("security.login"))  # type: ignore[return-value]
    # Who came by the school's own account used no password that somebody else knows.
    is_first = current_user.must_change_password and not found.by_school_account
    if is_first and endpoint not in _WITH_A_FIRST_TIME_PASSWORD:
        flash(gettext("Please choose a password of your own first."), "info")
        return redirect(url_for("security.change_password"))  # type: ignore[return-value]
    return None


def find_present(toolbox: Toolbox, site: str) -> SignIn | None:
    """Find this browser's sign-in if it still stands; a copied cookie of an ended one does not."""
    token = session.get("sign_in")
    if not token or not current_user.is_authenticated:
        return None
    found = sign_in.find_sign_in(toolbox, site=site, token=token)
    if found is None or found.account_id != current_user.id:
        session.clear()
        logout_user()
        return None
    return found


def is_signed_in(toolbox: Toolbox, site: str) -> bool:
    """Tell whether somebody is signed in in this browser, at a page that is open to everybody."""
    return find_present(toolbox, site) is not None


def enter_by_school_account(account_id: int) -> bool:
    """Sign in whom the school's provider vouches for; False if the account is there no more.

    It is no password that was typed: sensitive actions ask for one.
    """
    user = current_app.extensions["security"].datastore.find_user(id=account_id)
    if user is None or not user.active:
        return False
    g.by_school_account = True
    login_user(user, authn_via=["school account"])
    session.pop("fs_paa", None)
    return True


def _follow_sign_ins(app: Flask, toolbox: Toolbox, site: str) -> None:
    def end_present() -> None:
        if "sign_in" in session:
            address = request.remote_addr or ""
            sign_in.end_sign_in(toolbox, site=site, token=session["sign_in"], address=address)

    def begin(_app: Flask, user: Any) -> None:
        end_present()
        token = require_device_token()
        remember_device(toolbox, site=site, account_id=user.id, device=token)
        session["sign_in"] = sign_in.begin_sign_in(
            toolbox,
            site=site,
            account_id=user.id,
            device=request.user_agent.string or "unknown",
            address=request.remote_addr or "",
            device_token=token,
            by_school_account=g.get("by_school_account", False),
        )

    def end(_app: Flask, **_: Any) -> None:
        end_present()
        session.clear()

    def settle_password(_app: Flask, user: Any) -> None:
        user.must_change_password = False
        lifecycle.note_changed_password(toolbox, actor(), user, token=session["sign_in"])

    user_logged_in.connect(begin, app, weak=False)
    user_logged_out.connect(end, app, weak=False)
    password_changed.connect(settle_password, app, weak=False)
