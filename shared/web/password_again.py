"""Sensitive actions ask for the password again: an open desk is not enough to delete, export or lock out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Response,
    after_this_request,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from flask_security import Security, VerifyForm, auth_required
from werkzeug.exceptions import HTTPException

from shared.domain.languages import phrase
from shared.errors import TooManyTries
from shared.web.error_pages import answer_failure
from shared.web.languages import say
from shared.web.page_before import page_before
from shared.web.rate_limit import rate_limited, session_budgets
from shared.web.sign_in_forms import WayBack

# Whoever signed in or typed the password so recently is still the one who sits there.
FRESH_FOR = timedelta(minutes=5)
# What is typed into a form meanwhile is not lost.
FRESH_FOR_A_FORM = timedelta(minutes=20)
# Somebody with sixty students before the camera is asked twice an hour, and never between two snaps.
FRESH_FOR_A_QUEUE = timedelta(minutes=30)
FRESH_FOR_ACTS_OF_A_QUEUE = timedelta(minutes=60)

_ASK = phrase("Please type your password again.")
_ASK_AND_PRESS = phrase("Please type your password again, then press the button once more.")
# A form that waits for the password travels in the page that asks; this field says where it was going.
_KEPT_FOR = "kept_for"
_NOT_KEPT = frozenset({"csrf_token", "password", "next"})

Page = TypeVar("Page", bound=Callable[..., Any])


def asks_password_again(page: Page) -> Page:
    """Let a page be used only by someone who typed the password within the last five minutes.

    Write it between the route and the function, on the page with the button as well as on the action, so that
    the password is asked for before anything is typed. Whoever comes late is led to `/password-again` and
    from there back: to the same address after a GET, to the page with the form after a POST, where the
    button must be pressed once more. Our scripts get a 403 with a sentence.
    """
    return _gate(page, FRESH_FOR, FRESH_FOR)


def asks_password_before_a_form(page: Page) -> Page:
    """Guard a page as `asks_password_again` does, with time to fill in a form of its own.

    A form that comes later still is kept, and goes on by itself once the password is right.
    """
    return _gate(page, FRESH_FOR, FRESH_FOR_A_FORM)


def asks_password_in_a_queue(page: Page) -> Page:
    """Guard a page as `asks_password_before_a_form` does, for work that is done for one student after the
    other."""
    return _gate(page, FRESH_FOR_A_QUEUE, FRESH_FOR_ACTS_OF_A_QUEUE)


def _gate(page: Page, to_see: timedelta, to_act: timedelta) -> Page:
    def within() -> timedelta:
        return to_act if request.method == "POST" else to_see

    gated: Page = auth_required("session", within=within, grace=timedelta)(page)
    return gated


class PasswordAgainForm(WayBack, VerifyForm):
    """The library's form for the password of whoever is signed in; wrong tries make the next one wait."""

    def validate(self, **extra: Any) -> bool:
        try:
            is_right = rate_limited(session_budgets(), lambda: VerifyForm.validate(self, **extra))
        except TooManyTries as wait:
            self.form_errors.append(say(wait.sentence))
            return False
        address = request.form.get(_KEPT_FOR, "")
        if is_right and _takes_forms(address):
            after_this_request(lambda _answer: redirect(address, 307))  # the same form once more, as it is
        return is_right


def install(security: Security) -> None:
    """Lead late-comers to our page instead of the library's."""
    security.reauthn_handler(_ask_again)
    security.verify_context_processor(lambda: {"kept": _kept_fields()})


def _ask_again(within: timedelta, _grace: timedelta) -> Response:
    if request.accept_mimetypes.best == "application/json":
        return answer_failure(403, phrase("Please load the page again: this needs your password once more."))
    has_file = any(file.filename for file in request.files.values())
    if request.method == "POST" and within > FRESH_FOR and not has_file:
        flash(say(_ASK), "info")
        form = PasswordAgainForm(formdata=None, user=current_user)
        return make_response(
            render_template(
                "security/verify.html", verify_form=form, kept=_kept_fields(), way_back=_way_back()
            )
        )
    flash(say(_ASK if request.method == "GET" else _ASK_AND_PRESS), "info")
    return redirect(url_for("security.verify", next=_way_back()))  # type: ignore[return-value]


def _kept_fields() -> list[tuple[str, str]]:
    """Return what a form held that waits for the password, and where it was going."""
    if request.method == "GET":
        return []
    kept = [each for each in request.form.items(multi=True) if each[0] not in _NOT_KEPT]
    is_asked_already = request.endpoint == "security.verify"
    return kept if is_asked_already else [*kept, (_KEPT_FOR, request.full_path.rstrip("?"))]


def _takes_forms(address: str) -> bool:
    """Tell whether this is the address of a form of this site."""
    parts = urlsplit(address)
    try:
        current_app.url_map.bind("").match(parts.path, method="POST")
    except HTTPException:
        return False
    return not (parts.scheme or parts.netloc)


def _way_back() -> str | None:
    """Return where the person was: this address, or the page whose button was pressed. Never another site."""
    return request.full_path.rstrip("?") if request.method == "GET" else page_before()
