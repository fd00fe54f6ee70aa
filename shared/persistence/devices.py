"""Keeps which browsers signed in to an account before, and which of them are second screens."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import KnownDevice


def find(session: Session, site: str, account_id: int, token_digest: str) -> KnownDevice | None:
    """Find a browser among those that signed in to an account."""
    query = _of(site, account_id).where(KnownDevice.token_digest == token_digest)
    return session.scalar(query)


def list_of(session: Session, site: str, account_id: int) -> Sequence[KnownDevice]:
    """Return every browser that signed in to an account."""
    return session.scalars(_of(site, account_id).order_by(KnownDevice.id)).all()


def remember(session: Session, site: str, account_id: int, token_digest: str, *, now: datetime) -> None:
    """Know a browser from now on. Raise AlreadyThere if another request writes the same just now."""
    known = find(session, site, account_id, token_digest)
    if known is None:
        known = KnownDevice(token_digest=token_digest, site=site, account_id=account_id)
        session.add(known)
    known.last_sign_in_at = now


def no_second_screen(session: Session, token_digest: str) -> None:
    """Let a browser be nobody's second screen, whoever named it one."""
    here = update(KnownDevice).where(KnownDevice.token_digest == token_digest)
    session.execute(here.values(is_second_screen=False))


def _of(site: str, account_id: int) -> Select[KnownDevice]:
    return select(KnownDevice).where(KnownDevice.site == site, KnownDevice.account_id == account_id)
