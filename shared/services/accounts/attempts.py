"""Limits the rate of wrong passwords and codes, across browsers, workers and machines.

An attempt is written as failed before it is looked at, and who attempts the same meanwhile waits for a turn:
of sixteen at once as many are looked at as of sixteen one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.languages import phrase
from shared.errors import TooManyTries
from shared.persistence import accounts, attempts, devices
from shared.persistence.database import Session
from shared.persistence.tables import Admin, Teacher
from shared.security import throttling
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Budget:
    """What a wrong attempt counts for; so many are free of delay. `email` names it in the audit trail."""

    of: str
    free: int = throttling.FREE_TRIES
    email: str = ""

    @property
    def subject(self) -> str:
        """Under what the attempts are kept."""
        return digest(self.of)


@dataclass(frozen=True)
class Attempt:
    """An attempt that may be looked at. `slowing` are the budgets that wait from now on, if it is wrong."""

    budgets: Sequence[Budget]
    ids: Sequence[int]
    slowing: Sequence[Budget]


def budgets_of(
    toolbox: Toolbox, *, site: str, email: str, address: str, device: str = "", at: str = ""
) -> tuple[Budget, ...]:
    """Return the budgets of somebody who names an account at a site; `at` says where on it, if not at the
    sign-in.

    A browser that signed in to this account before has a budget of its own, which no stranger uses up; all
    others share the account's, and their network address's.
    """
    email = email.strip().lower()
    with toolbox.reading() as session:
        account = accounts.find_account(session, accounts.KINDS[site], email)
        known = None if account is None else devices.find(session, site, account.id, digest(device))
    if known is not None:
        return (Budget(f"{_account_words(site, email, at)} device {known.token_digest}", email=email),)
    network = Budget(f"{site}{at} address {address}", throttling.FREE_TRIES_OF_AN_ADDRESS)
    return Budget(_account_words(site, email, at), email=email), network


def record_attempt(toolbox: Toolbox, budgets: Sequence[Budget]) -> Attempt:
    """Write an attempt as failed and give it, to be looked at. Raise TooManyTries while it must wait."""
    subjects = [budget.subject for budget in budgets]
    while True:
        now = toolbox.now()
        with toolbox.sessions.begin() as session:
            if attempts.lock(session, subjects, now=now):
                slowing = [budget for budget in budgets if _must_slow(session, budget, now)]
                return Attempt(budgets, attempts.add(session, subjects, now=now), slowing)
        attempts.add_locks(toolbox.sessions, subjects, now=now)


def settle_attempt(toolbox: Toolbox, attempt: Attempt, *, site: str, address: str, right: bool) -> None:
    """Forget an attempt that was right, with the failures of whom it was counted for first."""
    with toolbox.sessions.begin() as session:
        if right:
            attempts.remove(session, attempt.ids)
            attempts.forget(session, [attempt.budgets[0].subject])
            return
        who = Actor(site=site, email="", address=address)
        for budget in attempt.slowing:
            named = _name_if_known(session, site, budget.email) if budget.email else address
            audit.record(session, toolbox, who, "slow down tries", named)


def forget_failures(session: Session, account: Admin | Teacher) -> None:
    """Let nobody wait at an account's sign-in any more: it has a new password."""
    site = accounts.site_of(account)
    words = _account_words(site, account.email, "")
    known = (device.token_digest for device in devices.list_of(session, site, account.id))
    attempts.forget(session, [digest(words), *(digest(f"{words} device {each}") for each in known)])


def _must_slow(session: Session, budget: Budget, now: datetime) -> bool:
    """Tell whether one more failure is the first that makes the next wait. Raise TooManyTries."""
    failures = list(attempts.failures_since(session, budget.subject, now - throttling.MEMORY))
    until = throttling.wait_until(failures, free_tries=budget.free)
    if until is not None and until > now:
        seconds = int((until - now).total_seconds()) + 1
        raise TooManyTries(
            phrase(
                "Too many wrong tries. Please wait %(spoken)s and try again.",
                spoken=throttling.spoken(seconds),
            ),
            retry_after=seconds,
        )
    return until is None and throttling.wait_until([*failures, now], free_tries=budget.free) is not None


def _account_words(site: str, email: str, at: str) -> str:
    return f"{site}{at} account {email}"


def _name_if_known(session: Session, site: str, email: str) -> str:
    """Return what stands in the trail: people type their password into the wrong field, and it must not
    stay."""
    is_known = accounts.find_account(session, accounts.KINDS[site], email) is not None
    return email if is_known else "an unknown address"
