"""Begins and ends sign-ins, and slows wrong tries; holds across browsers, workers and machines."""

from datetime import datetime

from shared.errors import TooManyTries
from shared.persistence import accounts
from shared.persistence.database import Session
from shared.persistence.tables import FailedTry, SignIn
from shared.security import throttling
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


def begin_sign_in(toolbox: Toolbox, *, site: str, account_id: int, device: str, address: str = "") -> str:
    """Remember a browser that has shown the right password; gives the token for its cookie."""
    token, now = new_token(), toolbox.now()
    with toolbox.sessions.begin() as session:
        session.add(
            SignIn(
                token_digest=digest(token),
                site=site,
                account_id=account_id,
                device=device[:200],
                began_at=now,
                last_seen_at=now,
            )
        )
        account = accounts.find_by_id(session, site, account_id)
        if account is not None:
            who = Actor(site=site, email=account.email, address=address, account_id=account_id)
            audit.record(session, toolbox, who, "sign in", account.email, after={"device": device[:200]})
    return token


def find_sign_in(toolbox: Toolbox, *, site: str, token: str) -> SignIn | None:
    """Tell whose browser a token is; None once it was signed out."""
    with toolbox.reading() as session:
        found = accounts.find_sign_in(session, site, digest(token))
    if found is not None and toolbox.now() - found.last_seen_at > accounts.SEEN_EVERY:
        with toolbox.sessions.begin() as session:
            accounts.note_seen(session, found.id, now=toolbox.now())
    return found


def end_sign_in(toolbox: Toolbox, *, site: str, token: str, address: str = "") -> None:
    """Sign one browser out."""
    with toolbox.sessions.begin() as session:
        found = accounts.find_sign_in(session, site, digest(token))
        if found is None:
            return
        account = accounts.find_by_id(session, site, found.account_id)
        if account is not None:
            who = Actor(site=site, email=account.email, address=address, account_id=account.id)
            audit.record(session, toolbox, who, "sign out", account.email, after={"device": found.device})
        session.delete(found)


def end_other_sign_ins(toolbox: Toolbox, *, site: str, account_id: int, token: str | None = None) -> None:
    """Sign an account out everywhere but in the browser that has `token`."""
    with toolbox.sessions.begin() as session:
        accounts.end_sign_ins(session, site, account_id, but=digest(token) if token else None)


def refuse_hasty_try(toolbox: Toolbox, *, site: str, email: str, address: str) -> None:
    """Raise TooManyTries while the account or the address must still wait."""
    now = toolbox.now()
    with toolbox.reading() as session:
        account, network = _subjects(site, email, address)
        waits = (
            _wait_until(toolbox, session, account, throttling.FREE_TRIES),
            _wait_until(toolbox, session, network, throttling.FREE_TRIES_OF_AN_ADDRESS),
        )
    until = max((wait for wait in waits if wait is not None), default=now)
    if until > now:
        seconds = int((until - now).total_seconds()) + 1
        raise TooManyTries(
            f"Too many wrong tries. Please wait {throttling.spoken(seconds)} and try again.",
            retry_after=seconds,
        )


def note_try(toolbox: Toolbox, *, site: str, email: str, address: str, right: bool) -> None:
    """Count a wrong try for the account and the address; a right one clears the account."""
    account, network = _subjects(site, email, address)
    with toolbox.sessions.begin() as session:
        if right:
            accounts.forget_failures(session, account)
            return
        now = toolbox.now()
        session.add_all(FailedTry(subject=subject, failed_at=now) for subject in (account, network))
        session.flush()
        who = Actor(site=site.partition(" ")[0], email="", address=address)
        if _begins_to_wait(toolbox, session, account, throttling.FREE_TRIES):
            subject = _name_if_known(session, site, email)
            audit.record(session, toolbox, who, "slow down tries", subject, after={"at": site})
        if _begins_to_wait(toolbox, session, network, throttling.FREE_TRIES_OF_AN_ADDRESS):
            audit.record(session, toolbox, who, "slow down tries", address, after={"at": site})


def _begins_to_wait(toolbox: Toolbox, session: Session, subject: str, free_tries: int) -> bool:
    """Tell whether the last failure is the first that makes the next try wait."""
    failures = accounts.failures_since(session, subject, toolbox.now() - throttling.MEMORY)
    waits = throttling.wait_until(failures, free_tries=free_tries)
    waited = throttling.wait_until(failures[:-1], free_tries=free_tries)
    return waits is not None and waited is None


def _name_if_known(session: Session, site: str, email: str) -> str:
    """What stands in the trail: people type their password into the wrong field, and it must not stay."""
    kind = accounts.KINDS[site.partition(" ")[0]]
    is_known = accounts.find_account(session, kind, email.partition(" at kiosk ")[0]) is not None
    return email.strip().lower() if is_known else "an unknown address"


def _subjects(site: str, email: str, address: str) -> tuple[str, str]:
    return digest(f"{site} account {email.strip().lower()}"), digest(f"{site} address {address}")


def _wait_until(toolbox: Toolbox, session: Session, subject: str, free_tries: int) -> datetime | None:
    since = toolbox.now() - throttling.MEMORY
    return throttling.wait_until(accounts.failures_since(session, subject, since), free_tries=free_tries)
