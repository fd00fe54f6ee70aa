"""Begins and ends sign-ins, which hold across workers and machines."""

from shared.persistence import accounts
from shared.persistence.tables import SignIn
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


def begin_sign_in(
    toolbox: Toolbox,
    *,
    site: str,
    account_id: int,
    device: str,
    address: str = "",
    device_token: str = "",
    by_school_account: bool = False,
) -> str:
    """Remember a browser whose person has proved who they are; return the token for its cookie.

    `device` is what it says of itself, `device_token` the one by which it is known again.
    """
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
                device_digest=digest(device_token) if device_token else None,
                by_school_account=by_school_account,
            )
        )
        account = accounts.find_by_id(session, site, account_id)
        if account is not None:
            who = Actor(site=site, email=account.email, address=address, account_id=account_id)
            how = {"device": device[:200]} | ({"by": "school account"} if by_school_account else {})
            audit.record(session, toolbox, who, "sign in", account.email, after=how)
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
