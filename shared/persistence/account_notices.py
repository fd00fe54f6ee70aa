"""Keeps the letters to accounts' former addresses until they are sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import AccountNotice


def due_ids(session: Session, now: datetime) -> Sequence[int]:
    """Return letters that are to be sent now."""
    return session.scalars(select(AccountNotice.id).where(AccountNotice.try_at <= now)).all()


def claim(session: Session, notice_id: int, *, now: datetime, next_try_at: datetime) -> AccountNotice | None:
    """Take a due letter; None if another worker has it. Should this one die, it is due again then."""
    due = (AccountNotice.id == notice_id, AccountNotice.try_at <= now)
    taking = update(AccountNotice).where(*due)
    taken = session.execute(taking.values(try_at=next_try_at, tries=AccountNotice.tries + 1))
    if not cast("CursorResult[Any]", taken).rowcount:
        return None
    return session.get(AccountNotice, notice_id, populate_existing=True)


def remove(session: Session, notice_id: int) -> None:
    """Remove a letter that was sent, or never will be."""
    session.execute(delete(AccountNotice).where(AccountNotice.id == notice_id))
