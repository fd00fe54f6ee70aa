"""Looks at a password or a code in a request; wrong ones make the next attempt wait."""

from collections.abc import Callable, Sequence

from flask import current_app, request, session

from shared.security.tokens import digest
from shared.services.accounts.attempts import Budget, budgets_of, record_attempt, settle_attempt
from shared.web.device import device_token


def rate_limited(budgets: Sequence[Budget], is_right: Callable[[], bool]) -> bool:
    """Look at an attempt, which counts as wrong until it turned out right. Raise TooManyTries."""
    toolbox, site = current_app.extensions["toolbox"], current_app.extensions["site"].name
    attempt = record_attempt(toolbox, budgets)
    right = is_right()
    settle_attempt(toolbox, attempt, site=site, address=request.remote_addr or "", right=right)
    return right


def account_budgets(email: str, *, at: str = "") -> tuple[Budget, ...]:
    """Return the budgets of who names an account here; `at` keeps attempts apart that are not the
    sign-in's."""
    return budgets_of(
        current_app.extensions["toolbox"],
        site=current_app.extensions["site"].name,
        email=email,
        address=request.remote_addr or "",
        device=device_token() or "",
        at=at,
    )


def session_budgets() -> tuple[Budget, ...]:
    """Return the budget of this browser's sign-in alone: guesses at an open desk keep its owner out nowhere
    else."""
    return (Budget(f"{current_app.extensions['site'].name} sign-in {digest(session['sign_in'])}"),)
