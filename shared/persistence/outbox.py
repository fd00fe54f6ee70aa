"""Reads and writes letters and messages to families: queued by a press, claimed one by one by a worker.

Here a letter is either of them; what waits is asked for by channel, so that a dead mail server keeps no
message and a dead gateway no letter.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Update, case, delete, func, literal, select, update
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from shared.domain.family_mail import BACK_OFF, GIVE_UP_AFTER, Channel, MailState
from shared.domain.languages import phrase
from shared.persistence.tables import Lecture, Mark, OutgoingMail, SchoolClass, Student
from shared.persistence.tables.base import UtcDateTime

_IN_DOUBT = {
    Channel.LETTER: phrase("The worker stopped before it knew whether the mail server took the letter."),
    Channel.MESSAGE: phrase("The worker stopped before it knew whether the gateway took the message."),
}


def given_up(reason: str) -> str:
    """Return why a letter that was tried for a day is tried no more."""
    return phrase("Given up after a day. %(reason)s", reason=reason)


def forget_queued(session: Session, lecture_id: int) -> int:
    """Take away a lecture's letters that no worker has taken yet; return how many."""
    mine = (OutgoingMail.lecture_id == lecture_id, OutgoingMail.state == MailState.QUEUED)
    gone = session.execute(delete(OutgoingMail).where(*mine))
    return cast("CursorResult[Any]", gone).rowcount


def letters_of(session: Session, lecture_id: int) -> Sequence[OutgoingMail]:
    """Return every letter about a lecture, in the order they were queued, with its student and class."""
    query = select(OutgoingMail).where(OutgoingMail.lecture_id == lecture_id)
    query = query.options(joinedload(OutgoingMail.student).joinedload(Student.school_class))
    return session.scalars(query.order_by(OutgoingMail.id)).all()


def class_of(session: Session, letter: OutgoingMail) -> str:
    """Return the code of the class in which a letter's mark was made, wherever its student is now."""
    query = select(SchoolClass.class_code).join(Mark, Mark.class_id == SchoolClass.id)
    query = query.where(Mark.lecture_id == letter.lecture_id, Mark.student_id == letter.student_id)
    return session.scalar(query) or letter.student.school_class.class_code


def status_now(session: Session, letter: OutgoingMail) -> str:
    """Return what the register says now; what the letter says where there is no mark any more."""
    query = select(Mark.status).where(
        Mark.lecture_id == letter.lecture_id, Mark.student_id == letter.student_id
    )
    return session.scalar(query) or letter.status


def fates_of(session: Session, lecture_id: int) -> Sequence[OutgoingMail]:
    """Return what became of each letter about a lecture and nothing else, for the page that asks every
    second."""
    result = load_only(OutgoingMail.state, OutgoingMail.reason, OutgoingMail.try_at)
    query = select(OutgoingMail).where(OutgoingMail.lecture_id == lecture_id).options(result)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def due_ids(session: Session, channel: Channel, now: datetime, *, limit: int) -> Sequence[int]:
    """Return the next letters of a channel to send.

    Lectures take turns, so that a slow class does not hold up a small one.
    """
    turn = func.row_number().over(partition_by=OutgoingMail.lecture_id, order_by=OutgoingMail.id)
    query = select(OutgoingMail.id).where(*_due(now), OutgoingMail.channel == channel)
    return session.scalars(query.order_by(turn, OutgoingMail.id).limit(limit)).all()


def _due(now: datetime) -> tuple[Any, Any]:
    return OutgoingMail.state == MailState.QUEUED, OutgoingMail.try_at <= now


def due_channels(session: Session, now: datetime) -> Collection[Channel]:
    """Return the channels of which a letter is due."""
    return set(session.scalars(select(OutgoingMail.channel).where(*_due(now)).distinct()))


def claimed_channels(session: Session, *, since: datetime) -> Collection[Channel]:
    """Return the channels of which a worker took up a letter since then, and is still at it."""
    query = select(OutgoingMail.channel).where(
        OutgoingMail.state == MailState.SENDING, OutgoingMail.claimed_at >= since
    )
    return set(session.scalars(query.distinct()))


def claim(session: Session, mail_id: int, now: datetime) -> OutgoingMail | None:
    """Take a due letter, with all that is written in it; None if another worker has it or it is gone.

    It says what the register says now: the mark may have been corrected while it waited.
    """
    taking = update(OutgoingMail).where(OutgoingMail.id == mail_id, *_due(now))
    taking = taking.values(state=MailState.SENDING, claimed_at=now, tries=OutgoingMail.tries + 1)
    if not _changed(session, taking):
        return None
    query = select(OutgoingMail).where(OutgoingMail.id == mail_id)
    query = query.options(
        joinedload(OutgoingMail.student).joinedload(Student.school_class),
        joinedload(OutgoingMail.lecture).joinedload(Lecture.teacher),
    )
    letter = session.scalars(query.execution_options(populate_existing=True)).one()
    letter.status = status_now(session, letter)
    return letter


def settle(
    session: Session, letter: OutgoingMail, state: MailState, reason: str, *, now: datetime, try_at: datetime
) -> None:
    """Write what became of a claimed letter, unless somebody has decided about it since the claim."""
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == letter.id, OutgoingMail.claimed_at == letter.claimed_at)
        .values(
            state=state,
            reason=reason,
            try_at=try_at,
            claimed_at=None,
            settled_at=None if state is MailState.QUEUED else now,
        )
    )


def settle_abandoned(session: Session, *, claimed_before: datetime, now: datetime) -> None:
    """Mark letters whose worker has not been heard of since then as perhaps sent."""
    abandoned = (OutgoingMail.state == MailState.SENDING, OutgoingMail.claimed_at < claimed_before)
    for channel, reason in _IN_DOUBT.items():
        session.execute(
            update(OutgoingMail)
            .where(*abandoned, OutgoingMail.channel == channel)
            .values(state=MailState.PERHAPS_SENT, reason=reason, settled_at=now)
        )


def defer_due(session: Session, channel: Channel, reason: str, now: datetime) -> None:
    """Put off every due letter of a channel by its own back-off, and give up those of yesterday."""
    wait = case(
        *(
            (OutgoingMail.tries == tries, literal(now + pause, UtcDateTime()))
            for tries, pause in enumerate(BACK_OFF)
        ),
        else_=literal(now + BACK_OFF[-1], UtcDateTime()),
    )
    old = OutgoingMail.queued_at < now - GIVE_UP_AFTER
    refuse_due(session, channel, given_up(reason), now, old)
    # MySQL sets columns one after another: the pause must be reckoned before the try is counted.
    session.execute(
        update(OutgoingMail)
        .where(*_due(now), OutgoingMail.channel == channel)
        .ordered_values(
            (OutgoingMail.try_at, wait),
            (OutgoingMail.tries, OutgoingMail.tries + 1),
            (OutgoingMail.reason, reason),
        )
    )


def refuse_due(session: Session, channel: Channel, reason: str, now: datetime, *which: Any) -> None:
    """Refuse every due letter of a channel (of `which`): nobody takes any of them."""
    session.execute(
        update(OutgoingMail)
        .where(*_due(now), OutgoingMail.channel == channel, *which)
        .values(state=MailState.REFUSED, reason=reason, settled_at=now)
    )


def queue_again(letters: Sequence[OutgoingMail], now: datetime) -> None:
    """Queue settled letters once more, by a person's decision."""
    for letter in letters:
        letter.state, letter.reason, letter.tries = MailState.QUEUED, "", 0
        letter.queued_at = letter.try_at = now
        letter.claimed_at = letter.settled_at = None


def lock_letters(session: Session, lecture_id: int, state: MailState) -> Sequence[OutgoingMail]:
    """Return the letters about a lecture in one state, with their students, locked until the transaction
    ends."""
    query = select(OutgoingMail).where(OutgoingMail.lecture_id == lecture_id, OutgoingMail.state == state)
    query = query.options(selectinload(OutgoingMail.student))
    return session.scalars(query.with_for_update()).all()


def _changed(session: Session, statement: Update) -> bool:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1
