"""Keeps which names the kiosk asked about after a face was looked up, and which Yes answered each."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from shared.domain.check_in import CheckInOutcome
from shared.persistence.tables import CheckIn

_IN_VAIN = (CheckInOutcome.NOT_IDENTIFIED, CheckInOutcome.PICTURE_SEEN)


def claim(
    session: Session,
    pass_id: int,
    asked_key: str,
    *,
    content_digest: str,
    yes_key: str,
    asked_after: datetime,
) -> CheckIn | None:
    """Take the name that a phone's request was answered with for one Yes, in one step; the same may again.

    None if the request was answered otherwise, before `asked_after` or about another photo, or the name was
    taken by another Yes.
    """
    asked = (
        CheckIn.kiosk_pass_id == pass_id,
        CheckIn.idempotency_key == asked_key,
        CheckIn.content_digest == content_digest,
        CheckIn.outcome == CheckInOutcome.IS_IT_YOU,
        CheckIn.answered_at > asked_after,
    )
    free_or_mine = or_(CheckIn.confirmed_by.is_(None), CheckIn.confirmed_by == yes_key)
    taking = update(CheckIn).where(*asked, free_or_mine).values(confirmed_by=yes_key)
    session.execute(taking, execution_options={"synchronize_session": False})
    # Not counted: MariaDB counts no row that holds the value already.
    query = select(CheckIn).where(*asked, CheckIn.confirmed_by == yes_key)
    return session.scalar(query.options(joinedload(CheckIn.student)))


def count_in_vain(session: Session, pass_id: int, since: datetime) -> int:
    """Return how many faces a phone showed in vain: pictures, nobody's faces, and names without a Yes."""
    left = and_(CheckIn.outcome == CheckInOutcome.IS_IT_YOU, CheckIn.confirmed_by.is_(None))
    query = select(func.count(CheckIn.id)).where(
        CheckIn.kiosk_pass_id == pass_id,
        CheckIn.answered_at > since,
        or_(left, CheckIn.outcome.in_(_IN_VAIN)),
    )
    return session.scalar(query) or 0
