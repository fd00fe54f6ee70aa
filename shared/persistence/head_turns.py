"""Keeps the turns of the head that check-ins were answered with, and which film answered each."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from shared.domain.check_in import CheckInOutcome
from shared.domain.head_turn import Side, TurnVerdict
from shared.domain.second_lock import AskedTurn, Strictness
from shared.persistence import check_in_statements as statements
from shared.persistence.tables import CheckIn, HeadTurn


def add(session: Session, check_in: CheckIn, asked: AskedTurn, *, photo_digest: str) -> None:
    """Keep what a check-in is answered with, for the photo of its first look."""
    row = HeadTurn(
        check_in=check_in,
        photo_digest=photo_digest,
        side=asked.side,
        cause=asked.cause,
        steps_left=asked.steps_left,
        tries_left=asked.tries_left,
    )
    session.add(row)


def claim(
    session: Session, asked_by: CheckIn, *, photo_digest: str, answer_key: str, asked_after: datetime
) -> HeadTurn | None:
    """Take what a check-in was answered with for one film's request, in one step; the same request may again.

    None if there is none, it is older than `asked_after`, another photo's, or answered by another request.
    """
    if asked_by.answered_at <= asked_after:
        return None
    mine = update(HeadTurn).where(
        HeadTurn.check_in_id == asked_by.id,
        HeadTurn.photo_digest == photo_digest,
        or_(HeadTurn.answer_key.is_(None), HeadTurn.answer_key == answer_key),
    )
    session.execute(mine.values(answer_key=answer_key), execution_options={"synchronize_session": False})
    # Not counted: MariaDB counts no row that holds the value already.
    found = find(session, asked_by)
    is_mine = found is not None and (found.answer_key, found.photo_digest) == (answer_key, photo_digest)
    return found if is_mine else None


def find(session: Session, asked_by: CheckIn) -> HeadTurn | None:
    """Return what a check-in was answered with."""
    query = select(HeadTurn).where(HeadTurn.check_in_id == asked_by.id)
    return session.scalar(query.execution_options(populate_existing=True))


def note_verdict(session: Session, turn_id: int, verdict: TurnVerdict) -> None:
    """Note what the film of a turn showed."""
    session.execute(
        update(HeadTurn).where(HeadTurn.id == turn_id).values(verdict=verdict),
        execution_options={"synchronize_session": False},
    )


def find_beginning(session: Session, check_in: CheckIn) -> CheckIn:
    """Return the check-in whose photo a film, or the films before it, came with; of a photo itself."""
    its_own = (CheckIn.kiosk_pass_id == check_in.kiosk_pass_id, CheckIn.student_id == check_in.student_id)
    asked = select(CheckIn).join(HeadTurn, HeadTurn.check_in_id == CheckIn.id).where(*its_own)
    while before := session.scalar(asked.where(HeadTurn.answer_key == check_in.idempotency_key)):
        check_in = before
    return check_in


def find_first_side(session: Session, lecture_id: int, student_id: int) -> Side | None:
    """Return the side to which a student was first asked to turn at a lecture, on any phone."""
    return session.scalar(
        select(HeadTurn.side)
        .join(HeadTurn.check_in)
        .where(CheckIn.lecture_id == lecture_id, CheckIn.student_id == student_id)
        .order_by(HeadTurn.id)
        .limit(1)
    )


def find_doubt(
    session: Session, lecture_id: int, student_id: int
) -> tuple[CheckInOutcome | None, Strictness]:
    """Return how the newest check-in with a face was answered for a student at a lecture, on any phone, and
    how strict the school is."""
    asked = {"the_lecture": lecture_id, "the_student": student_id}
    last, strictness = session.execute(statements.DOUBT, asked).one()
    return last, strictness or Strictness.USUAL
