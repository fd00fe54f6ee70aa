"""Checks a password in a request; wrong ones make the next try wait."""

from collections.abc import Callable

from flask import current_app, request

from shared.services import sign_in


def slowed_try(email: str, is_right: Callable[[], bool], *, at: str = "") -> bool:
    """Check a password, counting wrong tries for the account and the address. Raises TooManyTries.

    `at` keeps tries apart that have nothing to do with the sign-in.
    """
    toolbox, site = current_app.extensions["toolbox"], current_app.extensions["site"].name + at
    who = {"site": site, "email": email, "address": request.remote_addr or ""}
    sign_in.refuse_hasty_try(toolbox, **who)
    right = is_right()
    sign_in.note_try(toolbox, **who, right=right)
    return right
