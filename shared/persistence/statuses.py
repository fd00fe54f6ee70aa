"""Reads the school's own statuses, and says in SQL who counts as here."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, not_, or_, select
from sqlalchemy.orm import Session

from shared.domain.attendance import HERE
from shared.domain.languages import phrase
from shared.domain.statuses import CountsAs, Status, Statuses
from shared.errors import NotFound
from shared.persistence.tables import OwnStatus


def load(session: Session, late_counts_as: str) -> Statuses:
    """Return all statuses of the school; `late_counts_as` is its setting."""
    return Statuses.of_school(CountsAs(late_counts_as), [_status(row) for row in list_own(session)])


def list_own(session: Session) -> Sequence[OwnStatus]:
    """Return the school's own statuses, in the order they were added."""
    return session.scalars(select(OwnStatus).order_by(OwnStatus.id)).all()


def get_own(session: Session, status_id: int, *, lock: bool = False) -> OwnStatus:
    """Return an own status. Raise NotFound."""
    query = select(OwnStatus).where(OwnStatus.id == status_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(phrase("There is no such status."))
    return row


def is_here(status: Any) -> ColumnElement[bool]:
    """Tell in SQL what `Status.is_here` tells: a mark's status column counts as here."""
    own = select(OwnStatus.key).where(OwnStatus.counts_as != CountsAs.ABSENT, not_(OwnStatus.is_left_out))
    return or_(status.in_(HERE), status.in_(own))


def _status(row: OwnStatus) -> Status:
    return Status(
        key=row.key,
        name=row.name,
        short=row.short,
        colour=row.colour,
        counts_as=row.counts_as,
        is_left_out=row.is_left_out,
        active=row.active,
        letter_names=row.letter_names,
    )
