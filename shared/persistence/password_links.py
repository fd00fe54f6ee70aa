"""Keeps the links by mail with which somebody chooses a password."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import PasswordLink


def due_ids(session: Session, now: datetime) -> Sequence[int]:
    """Return links that are to be sent now, the longest waiting first."""
    query = select(PasswordLink.id).where(PasswordLink.try_at <= now).order_by(PasswordLink.asked_at)
    return session.scalars(query).all()


def claim(session: Session, link_id: int, *, now: datetime, next_try_at: datetime) -> PasswordLink | None:
    """Take a due link; None if another worker has it. Should this one die, it is due again then."""
    taking = update(PasswordLink).where(PasswordLink.id == link_id, PasswordLink.try_at <= now)
    taken = session.execute(taking.values(try_at=next_try_at, tries=PasswordLink.tries + 1))
    if not cast("CursorResult[Any]", taken).rowcount:
        return None
    return session.get(PasswordLink, link_id, populate_existing=True)


def settle(session: Session, link_id: int, reason: str) -> None:
    """End the tries: the letter is out, or the mail server will never take it, for this reason."""
    session.execute(update(PasswordLink).where(PasswordLink.id == link_id).values(try_at=None, reason=reason))


def find_by_token(session: Session, site: str, token_digest: str, now: datetime) -> PasswordLink | None:
    """Find a link that was sent and is still good."""
    query = select(PasswordLink).where(PasswordLink.token_digest == token_digest, PasswordLink.site == site)
    return session.scalar(query.where(PasswordLink.expires_at > now))


def find_first(session: Session, site: str, email: str, now: datetime) -> PasswordLink | None:
    """Return the newest first-time link of an account that is still good, or will be once it is sent."""
    query = select(PasswordLink).where(
        PasswordLink.site == site,
        PasswordLink.email == email,
        PasswordLink.is_first,
        PasswordLink.expires_at > now,
    )
    return session.scalar(query.order_by(PasswordLink.id.desc()).limit(1))


def remove(session: Session, link_id: int) -> bool:
    """Remove a link; False if somebody else did just now."""
    gone = session.execute(delete(PasswordLink).where(PasswordLink.id == link_id))
    return bool(cast("CursorResult[Any]", gone).rowcount)


def remove_all_of(session: Session, site: str, account_id: int, email: str) -> None:
    """Remove every link of an account, sent or not: its password was chosen another way."""
    session.execute(
        delete(PasswordLink).where(
            PasswordLink.site == site,
            (PasswordLink.account_id == account_id) | (PasswordLink.email == email),
        )
    )


def remove_late(session: Session, now: datetime) -> None:
    """Remove the links whose time is over."""
    session.execute(delete(PasswordLink).where(PasswordLink.expires_at <= now))
