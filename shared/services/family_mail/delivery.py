"""Brings queued letters to the mail server, in the worker: none twice, and none forgotten.

Each letter is claimed and committed before it is sent, and its result is committed after. A worker that dies
in between leaves one letter claimed, which nobody sends again by itself: it becomes "perhaps sent".
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.family_mail import GIVE_UP_AFTER, MailState, back_off
from shared.domain.languages import phrase
from shared.domain.statuses import Status
from shared.errors import QueueUnavailable
from shared.mail.attendance_email import AttendanceEmail, compose
from shared.mail.mailer import (
    SMTP_TIMEOUT_S,
    EmailResult,
    MailConnection,
    MailServerFailure,
    Message,
    Outcome,
)
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
_HUNG_UP = phrase("The mail server hung up before it took a letter.")


class _AnotherIsAtIt(Exception):
    """The next letter was taken by another worker just now, which goes on with the rest.

    Two that send side by side are no faster: they wait for each other at every commit.
    """


def wake(toolbox: Toolbox, lecture_id: int = 0) -> None:
    """Tell the worker that letters are due; if it cannot be told, its own sweep finds them in a minute."""
    with toolbox.sessions.begin() as session:
        job = jobs.add(session, JobKind.DELIVER_MAIL, lecture_id, total=0, now=toolbox.now())
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
        is_due = bool(outbox.due_ids(session, now, limit=1))
        is_worked_at = outbox.is_any_claimed(session, since=now - _AT_WORK)
    if is_due and (at_start or not is_worked_at):
        wake(toolbox)


def _settle_abandoned(toolbox: Toolbox) -> None:
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        outbox.settle_abandoned(session, claimed_before=now - CLAIM_LASTS, now=now)


def deliver_mail(toolbox: Toolbox, _job_id: int, _lecture_id: int) -> str:
    """Send what is due, for SLICE_S at most; what remains is left to a new job, or to the worker it meets."""
    slice_ends = time.monotonic() + SLICE_S
    count = 0
    while mail_ids := _due_ids(toolbox):
        if time.monotonic() > slice_ends:
            wake(toolbox)
            break
        try:
            count += _deliver_batch(toolbox, mail_ids, slice_ends)
        except _AnotherIsAtIt:
            return "Another worker is at it."
    return f"{count} letters tried."


def _due_ids(toolbox: Toolbox) -> Sequence[int]:
    with toolbox.reading() as session:
        return outbox.due_ids(session, toolbox.now(), limit=BATCH_SIZE)


def _deliver_batch(toolbox: Toolbox, mail_ids: Sequence[int], slice_ends: float) -> int:
    """Send letters over one connection; gives how many were tried."""
    try:
        with toolbox.mailer.connect() as connection:
            outcomes = _send_each(toolbox, connection, mail_ids, slice_ends)
            is_useless = not connection.is_open and Outcome.SENT not in outcomes
    except MailServerFailure as failure:
        _spare_the_rest(toolbox, failure.sentence, failure.outcome)
        return 0
    if is_useless:
        _spare_the_rest(toolbox, _HUNG_UP, Outcome.LATER)
    return len(outcomes)


def _spare_the_rest(toolbox: Toolbox, reason: str, outcome: Outcome) -> None:
    """Put all due letters off: the server takes none now, and none needs to find that out by itself."""
    log.warning("mail: %s", reason)
    put_off = outbox.defer_due if outcome is Outcome.LATER else outbox.refuse_due
    with toolbox.sessions.begin() as session:
        put_off(session, reason, toolbox.now())


def _send_each(
    toolbox: Toolbox, connection: MailConnection, mail_ids: Sequence[int], slice_ends: float
) -> list[Outcome]:
    """Send letters until the connection ends or the slice does. Raises _AnotherIsAtIt.

    One transaction keeps the result of the last letter and claims the next: a commit waits for the disk.
    """
    outcomes = []
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
        result = connection.deliver(_write(toolbox, letter))
        outcomes.append(result.outcome)
    if letter is not None:
        with toolbox.sessions.begin() as session:
            _settle(toolbox, session, letter, result)
    return outcomes


def _write(toolbox: Toolbox, letter: OutgoingMail) -> Message:
    with toolbox.reading() as session:
        status = statuses.load(session, toolbox.settings.late_counts_as).get(letter.status)
        class_code = outbox.class_of(session, letter)
        has_link = integrations.is_on(session, Integration.FAMILIES)
    email = email_about(
        letter.student,
        letter.lecture,
        class_code=class_code,
        address=letter.address,
        status=status,
        key=_key(letter),
        is_correction=letter.corrections > 0,
        link=make_link(toolbox, letter.student_id) if has_link else "",
    )
    return compose(toolbox.mailer, email)


def _key(letter: OutgoingMail) -> str:
    """Return the same for each try of the same words, also by hand and after a restored backup; no
    other's."""
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
