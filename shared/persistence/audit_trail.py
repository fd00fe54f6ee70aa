"""Reads the audit trail, newest first, a page at a time; every question is answered along an index."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shared.persistence.tables import AuditEntry


@dataclass(frozen=True)
class Asked:
    """Which entries: from `since` until before `until` (aware), of an actor, action, subject, as written.

    The subject "lecture 12" asks for all that happened in that lecture.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    action: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Place:
    """Where a page ended: its last entry."""

    at: datetime
    id: int


def find_entries(
    session: Session, asked: Asked, *, after: Place | None = None, limit: int
) -> Sequence[AuditEntry]:
    """Return the newest entries, or those that follow a place where a page ended.

    A page begins where the last one ended, not after so many rows, which would have to be counted off.
    """
    query = _asked(asked)
    if after is not None:
        older = or_(AuditEntry.at < after.at, AuditEntry.id < after.id)
        query = query.where(and_(AuditEntry.at <= after.at, older))
    return session.scalars(query.limit(limit)).all()


def walk_entries(session: Session, asked: Asked, *, limit: int) -> Iterator[AuditEntry]:
    """Yield the newest entries, up to a limit, without holding all of them in memory."""
    yield from session.scalars(_asked(asked).limit(limit).execution_options(yield_per=1000))


def list_actions(session: Session) -> list[str]:
    """Return every action that was ever written, in alphabetical order; jumps along the index."""
    actions: list[str] = []
    while (action := session.scalar(_next_action(actions[-1] if actions else ""))) is not None:
        actions.append(action)
    return actions


def _next_action(last: str) -> Select[Any]:
    return select(func.min(AuditEntry.action)).where(AuditEntry.action > last)


def _asked(asked: Asked) -> Select[Any]:
    query = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    if asked.since is not None:
        query = query.where(AuditEntry.at >= asked.since)
    if asked.until is not None:
        query = query.where(AuditEntry.at < asked.until)
    lecture = re.fullmatch(r"lecture (\d{1,9})", asked.subject, re.IGNORECASE)
    if lecture:
        query = query.where(AuditEntry.lecture_id == int(lecture[1]))
    for column, wanted in (
        (AuditEntry.actor, asked.actor),
        (AuditEntry.action, asked.action),
        (AuditEntry.subject, "" if lecture else asked.subject),
    ):
        if wanted:
            query = query.where(column == wanted)
    return query
