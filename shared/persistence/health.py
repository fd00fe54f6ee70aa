"""Counts what tells how an installation is; every question is answered along an index or from few rows."""

from datetime import UTC, datetime

from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session

from shared.domain.family_mail import MailState
from shared.persistence.tables import AuditEntry, Job, Night, OutgoingMail


def database_now(session: Session) -> datetime:
    """Return the moment by the database's own clock."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)  # a file in this machine
    return session.scalars(text("SELECT UTC_TIMESTAMP(6)")).one().replace(tzinfo=UTC)  # type: ignore[no-any-return]


def newest_entry(session: Session, action: str = "") -> datetime | None:
    """Return when the newest entry of the audit trail was written, or the newest of an action."""
    query = select(func.max(AuditEntry.at))
    return session.scalar(query.where(AuditEntry.action == action) if action else query)


def oldest_entry(session: Session) -> datetime | None:
    """Return when the audit trail begins."""
    return session.scalar(select(func.min(AuditEntry.at)))


def newest_night(session: Session) -> datetime | None:
    """Return when the night's work was last finished."""
    return session.scalar(select(func.max(Night.finished_at)))


def waiting_letters(session: Session) -> tuple[int, datetime | None]:
    """Return how many letters wait or are on their way, and since when the oldest."""
    query = select(func.count(), func.min(OutgoingMail.queued_at))
    states = (MailState.QUEUED, MailState.SENDING)
    count, oldest = session.execute(query.where(OutgoingMail.state.in_(states))).one()
    return count, oldest


def unsent_letters(session: Session, *, since: datetime) -> int:
    """Return how many letters were refused or are in doubt since then."""
    query = select(func.count()).where(OutgoingMail.settled_at >= since)
    states = (MailState.REFUSED, MailState.PERHAPS_SENT)
    return session.scalar(query.where(OutgoingMail.state.in_(states))) or 0


def queued_jobs(session: Session, *, before: datetime) -> tuple[int, int]:
    """Return how many jobs wait for a worker, and how many of them since before."""
    is_lost = case((Job.created_at < before, 1), else_=0)
    query = select(func.count(), func.coalesce(func.sum(is_lost), 0)).where(Job.state == "queued")
    waiting, lost = session.execute(query).one()
    return waiting, int(lost)
