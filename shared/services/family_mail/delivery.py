"""Brings queued letters to the mail server, and messages to the gateway: none twice, and none forgotten.

Each letter is claimed and committed before it is sent, and its result is committed after. A worker that dies
in between leaves one letter claimed, which nobody sends again by itself: it becomes "perhaps sent". All of
this holds for messages to phones as well, which go by jobs of their own.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.domain.family_mail import GIVE_UP_AFTER, Channel, MailState, back_off
from shared.domain.languages import phrase
from shared.domain.statuses import Status
from shared.errors import QueueUnavailable
from shared.mail.attendance_email import AttendanceEmail, compose
from shared.mail.gateway import GatewayConnection
from shared.mail.mailer import SMTP_TIMEOUT_S, EmailResult, MailConnection, MailServerFailure, Outcome
from shared.mail.short_message import compose_message
from shared.persistence import integrations, jobs, outbox, statuses
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.tables import Integration, Lecture, OutgoingMail, Student
from shared.security.tokens import digest
from shared.services.families.links import make_link
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)


# A worker thread gives others their turn after so long: the training of a face must not wait for 500 letters,
# and whoever stops the worker waits 15 seconds before killing it with a letter in its hands.
SLICE_S = 10
BATCH_SIZE = 50

# Five answers of the server at most (MAIL, RCPT, DATA, the letter's end, RSET), and a little air.
CLAIM_LASTS = timedelta(seconds=5 * SMTP_TIMEOUT_S + 10)

# A worker that sends takes up a new letter at least so often, or its mail server is about to time out.
_AT_WORK = timedelta(seconds=60)

_STATES = {
    Outcome.SENT: MailState.SENT,
    Outcome.LATER: MailState.QUEUED,
    Outcome.REFUSED: MailState.REFUSED,
    Outcome.IN_DOUBT: MailState.PERHAPS_SENT,
}
_JOBS = {Channel.LETTER: JobKind.DELIVER_MAIL, Channel.MESSAGE: JobKind.DELIVER_MESSAGES}
_HUNG_UP = {
    Channel.LETTER: phrase("The mail server hung up before it took a letter."),
    Channel.MESSAGE: phrase("The gateway hung up before it took a message."),
}


_TURNED_OFF = phrase("The office has turned messages to phones off.")


@dataclass(frozen=True)
class _Carrier:
    """Who takes the letters of a channel, and how one is handed over."""

    connect: Callable[[], AbstractContextManager[Any]]
    hand_over: Callable[[Any, OutgoingMail], EmailResult]


class _AnotherIsAtIt(Exception):
    """The next letter was taken by another worker just now, which goes on with the rest.

    Two that send side by side are no faster: they wait for each other at every commit.
    """


def wake(toolbox: Toolbox, lecture_id: int = 0, *, channel: Channel = Channel.LETTER) -> None:
    """Tell the worker that letters are due; if it cannot be told, its own sweep finds them in a minute."""
    with toolbox.sessions.begin() as session:
        job = jobs.add(session, _JOBS[channel], lecture_id, total=0, now=toolbox.now())
    try:
        toolbox.queue.start(job.id)
    except QueueUnavailable:
        log.warning("the queue cannot be reached; letters wait for the worker's next sweep")


def sweep(toolbox: Toolbox, *, at_start: bool = False) -> None:
    """Find what nobody works at: letters of a dead worker, letters whose time has come, lost messages.

    Run every minute, and at the worker's start, when letters may still seem to be in a dead worker's hands.
    """
    now = toolbox.now()
    _settle_abandoned(toolbox)
    with toolbox.reading() as session:
        due = outbox.due_channels(session, now)
        worked_at = outbox.claimed_channels(session, since=now - _AT_WORK) if due and not at_start else ()
    for channel in Channel:
        if channel in due and channel not in worked_at:
            wake(toolbox, channel=channel)


def _settle_abandoned(toolbox: Toolbox) -> None:
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        outbox.settle_abandoned(session, claimed_before=now - CLAIM_LASTS, now=now)


def deliver_mail(toolbox: Toolbox, _job_id: int, _lecture_id: int) -> str:
    """Send the letters that are due, for SLICE_S at most; what remains is left to a new job, or to the worker
    it meets."""
    return _deliver(toolbox, Channel.LETTER)


def deliver_messages(toolbox: Toolbox, _job_id: int, _lecture_id: int) -> str:
    """Do the same with messages to phones."""
    return _deliver(toolbox, Channel.MESSAGE)


def _deliver(toolbox: Toolbox, channel: Channel) -> str:
    slice_ends = time.monotonic() + SLICE_S
    count = 0
    while mail_ids := _due_ids(toolbox, channel):
        if time.monotonic() > slice_ends:
            wake(toolbox, channel=channel)
            break
        try:
            count += _deliver_batch(toolbox, channel, mail_ids, slice_ends)
        except _AnotherIsAtIt:
            return "Another worker is at it."
    return f"{count} {channel}s tried."


def _due_ids(toolbox: Toolbox, channel: Channel) -> Sequence[int]:
    with toolbox.reading() as session:
        return outbox.due_ids(session, channel, toolbox.now(), limit=BATCH_SIZE)


def _deliver_batch(toolbox: Toolbox, channel: Channel, mail_ids: Sequence[int], slice_ends: float) -> int:
    """Send letters over one connection; return how many were tried."""
    try:
        carrier = _find_carrier(toolbox, channel)
        with carrier.connect() as connection:
            results = _send_each(toolbox, carrier, connection, mail_ids, slice_ends)
            is_open = connection.is_open
    except MailServerFailure as failure:
        _spare_the_rest(toolbox, channel, failure.sentence, failure.outcome)
        return 0
    if results and results[-1].concerns_all:
        _spare_the_rest(toolbox, channel, results[-1].reason, results[-1].outcome)
    elif not is_open and all(result.outcome is not Outcome.SENT for result in results):
        _spare_the_rest(toolbox, channel, _HUNG_UP[channel], Outcome.LATER)
    return len(results)


def _find_carrier(toolbox: Toolbox, channel: Channel) -> _Carrier:
    """Return who takes the letters of a channel. Raise MailServerFailure where nobody is to."""
    if channel is Channel.LETTER:
        return _Carrier(
            toolbox.mailer.connect,
            lambda connection, letter: connection.deliver(
                compose(toolbox.mailer, _describe(toolbox, letter))
            ),
        )
    with toolbox.reading() as session:
        if not integrations.is_on(session, Integration.MESSAGES):
            raise MailServerFailure(_TURNED_OFF, Outcome.REFUSED)
    return _Carrier(
        toolbox.gateway.connect,
        lambda connection, letter: connection.deliver(
            compose_message(toolbox.mailer, _describe(toolbox, letter)), now=toolbox.now()
        ),
    )


def _spare_the_rest(toolbox: Toolbox, channel: Channel, reason: str, outcome: Outcome) -> None:
    """Put all due letters off: nobody takes any now, and none needs to find that out by itself."""
    log.warning("%ss: %s", channel, reason)
    put_off = outbox.defer_due if outcome is Outcome.LATER else outbox.refuse_due
    with toolbox.sessions.begin() as session:
        put_off(session, channel, reason, toolbox.now())


def _send_each(
    toolbox: Toolbox,
    carrier: _Carrier,
    connection: MailConnection | GatewayConnection,
    mail_ids: Sequence[int],
    slice_ends: float,
) -> list[EmailResult]:
    """Send letters until the connection ends or the slice does. Raise _AnotherIsAtIt.

    One transaction keeps the result of the last letter and claims the next: a commit waits for the disk.
    """
    results = []
    letter, result = None, EmailResult(Outcome.LATER)
    for mail_id in mail_ids:
        if not connection.is_open or time.monotonic() > slice_ends:
            break
        with toolbox.sessions.begin() as session:
            if letter is not None:
                _settle(toolbox, session, letter, result)
            letter = outbox.claim(session, mail_id, toolbox.now())
        if letter is None:
            raise _AnotherIsAtIt
        result = carrier.hand_over(connection, letter)
        results.append(result)
    if letter is not None:
        with toolbox.sessions.begin() as session:
            _settle(toolbox, session, letter, result)
    return results


def _describe(toolbox: Toolbox, letter: OutgoingMail) -> AttendanceEmail:
    with toolbox.reading() as session:
        status = statuses.load(session, toolbox.settings.late_counts_as).get(letter.status)
        class_code = outbox.class_of(session, letter)
        has_link = integrations.is_on(session, Integration.FAMILIES)
    return email_about(
        letter.student,
        letter.lecture,
        class_code=class_code,
        address=letter.address,
        status=status,
        key=_key(letter),
        is_correction=letter.corrections > 0,
        link=make_link(toolbox, letter.student_id) if has_link else "",
    )


def _key(letter: OutgoingMail) -> str:
    """Return a letter's key: the same for each try of the same words, also by hand and after a restored
    backup, and no other letter's."""
    return digest(f"{letter.lecture.opening_key} {letter.student_id} {letter.address} {letter.corrections}")[
        :32
    ]


def _settle(toolbox: Toolbox, session: Session, letter: OutgoingMail, result: EmailResult) -> None:
    now, state, reason = toolbox.now(), _STATES[result.outcome], result.reason
    if state is MailState.QUEUED and now - letter.queued_at > GIVE_UP_AFTER:
        state, reason = MailState.REFUSED, outbox.given_up(reason)
    outbox.settle(session, letter, state, reason, now=now, try_at=now + back_off(letter.tries))


def email_about(
    student: Student,
    lecture: Lecture,
    *,
    class_code: str,
    address: str,
    status: Status,
    key: str,
    is_correction: bool = False,
    link: str = "",
) -> AttendanceEmail:
    """Return what a letter about a student at a lecture is made of."""
    return AttendanceEmail(
        address=address,
        language=student.language,
        student_name=student.name,
        roll_id=student.roll_id,
        class_code=class_code,
        lecture=lecture.subject,
        teacher_name=lecture.teacher.name,
        starts_at=lecture.starts_at,
        ends_at=lecture.ends_at,
        status=status,
        is_correction=is_correction,
        key=key,
        link=link,
    )
