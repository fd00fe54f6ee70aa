"""Keeps wrong passwords and codes, and lets each subject's attempts be counted one after the other."""

import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shared.persistence.database import AlreadyThere, Sessions
from shared.persistence.tables import AttemptLock, FailedTry


def add_locks(sessions: Sessions, subjects: Collection[str], *, now: datetime) -> None:
    """Make what `lock` holds, where it is missing."""
    for subject in subjects:
        with contextlib.suppress(AlreadyThere), sessions.begin() as session:
            session.add(AttemptLock(subject=subject, used_at=now))


def lock(session: Session, subjects: Collection[str], *, now: datetime) -> bool:
    """Hold the subjects until the transaction ends; False if one of them has no lock yet."""
    query = select(AttemptLock.id).where(AttemptLock.subject.in_(subjects)).order_by(AttemptLock.subject)
    held = session.scalars(query.with_for_update()).all()
    session.execute(update(AttemptLock).where(AttemptLock.id.in_(held)).values(used_at=now))
    return len(held) == len(subjects)


def failures_since(session: Session, subject: str, since: datetime) -> Sequence[datetime]:
    """Return times of the failed attempts of a subject, oldest first."""
    query = select(FailedTry.failed_at).where(FailedTry.subject == subject, FailedTry.failed_at >= since)
    return session.scalars(query.order_by(FailedTry.failed_at)).all()


def add(session: Session, subjects: Collection[str], *, now: datetime) -> tuple[int, ...]:
    """Write a failed attempt of each subject; return their ids."""
    rows = [FailedTry(subject=subject, failed_at=now) for subject in subjects]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def remove(session: Session, attempt_ids: Collection[int]) -> None:
    """Remove attempts that came out right."""
    session.execute(delete(FailedTry).where(FailedTry.id.in_(attempt_ids)))


def forget(session: Session, subjects: Collection[str]) -> None:
    """Forget every failure of these subjects."""
    session.execute(delete(FailedTry).where(FailedTry.subject.in_(subjects)))
