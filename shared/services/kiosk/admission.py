"""The first part of a check-in: what is known about a request before anybody looks at its photo."""

import hashlib
from dataclasses import dataclass

from shared.domain.attendance import normal_code
from shared.domain.check_in import CheckInOutcome
from shared.domain.typed_text import fitting_codes
from shared.persistence import kiosk
from shared.persistence.database import Session
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import KioskPass
from shared.security import throttling
from shared.security.tokens import digest
from shared.services.kiosk.answers import CheckInAnswer, tell_again
from shared.services.kiosk.confirmations import call_status
from shared.services.kiosk.passes import is_open, use_ticket
from shared.services.typed_input import LONGEST_CODE
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class CheckInRequest:
    """One request of a kiosk as it arrived; the key is the phone's own, the same however often it is sent."""

    class_code: str
    roll_id: str
    photo: bytes
    idempotency_key: str
    ticket: str

    @property
    def photo_digest(self) -> str:
        """SHA-256 of the photo in hexadecimal."""
        return hashlib.sha256(self.photo).hexdigest()

    @property
    def words(self) -> tuple[str, ...]:
        """What makes this request this one, in the order the phone signs it."""
        return self.ticket, self.idempotency_key, self.photo_digest, self.class_code, self.roll_id


@dataclass(frozen=True)
class Admission:
    """Who is meant, and the outcome where no look at the photo is needed; None leaves it to the photo."""

    candidate: Candidate | None
    outcome: CheckInOutcome | None


def admit(
    toolbox: Toolbox, kiosk_pass: KioskPass, request: CheckInRequest, *, is_try: bool
) -> Admission | CheckInAnswer:
    """Use the request's ticket up and find whom it is about, in one transaction.

    Return the answer itself where nothing is to be recorded: the ticket is no good, the request was answered
    before, or a try (`is_try`, not a call to the teacher) has to wait.
    """
    request_digest = digest("\n".join(request.words))
    with toolbox.sessions.begin() as session:
        if not use_ticket(session, toolbox, kiosk_pass, request.ticket, request_digest=request_digest):
            return CheckInAnswer(CheckInOutcome.TOO_LATE)
        earlier = kiosk.find_check_in(session, kiosk_pass.id, request.idempotency_key)
        if earlier is not None:
            return tell_again(session, earlier)
        candidate = _find_candidate(session, kiosk_pass.lecture_id, request)
        outcome = _before_looking(toolbox, kiosk_pass, candidate)
        if is_try and outcome in (None, CheckInOutcome.NOT_IN_CLASS):
            wait = _rate_limit(toolbox, session, kiosk_pass, candidate)
            if wait is not None:
                return wait
    return Admission(candidate, outcome)


def _find_candidate(session: Session, lecture_id: int, request: CheckInRequest) -> Candidate | None:
    """Find whom a student meant: 1 may be 001, 24cs011 is 24-CS-011, 42 may be 15203A0042, if only one is."""
    class_code, roll_id = normal_code(request.class_code), normal_code(request.roll_id)
    exactly = kiosk.find_candidate(session, lecture_id, class_code, roll_id)
    if exactly is not None or len(roll_id) > LONGEST_CODE:
        return exactly
    fitting = fitting_codes(roll_id, kiosk.list_roll_ids(session, lecture_id, class_code))
    return kiosk.find_candidate(session, lecture_id, class_code, fitting[0]) if len(fitting) == 1 else None


def _before_looking(
    toolbox: Toolbox, kiosk_pass: KioskPass, candidate: Candidate | None
) -> CheckInOutcome | None:
    """Refuse what needs no model to be refused, whether it is a check-in or a call."""
    if not is_open(toolbox, kiosk_pass.lecture):
        return CheckInOutcome.LECTURE_CLOSED
    if candidate is None:
        return CheckInOutcome.NOT_IN_CLASS
    if candidate.mark is not None:
        return CheckInOutcome.ALREADY_MARKED
    return None


def _rate_limit(
    toolbox: Toolbox, session: Session, kiosk_pass: KioskPass, candidate: Candidate | None
) -> CheckInAnswer | None:
    """Let a roll id wait that somebody failed with too often; nobody else's, whatever phone it is on.

    What happened on a phone slows the roll ids of nobody, and those that somebody failed with already.
    """
    now, lecture_id = toolbox.now(), kiosk_pass.lecture_id
    since, until = now - throttling.MEMORY, None
    if candidate is not None:
        failures = kiosk.failures_of_student(session, lecture_id, candidate.student.id, since)
        if not failures:
            return None
        until = throttling.wait_until(failures)
    if until is None:
        failures = kiosk.failures_of_phone(session, kiosk_pass.id, since)
        until = throttling.wait_until(failures, free_tries=throttling.FREE_TRIES_OF_A_PHONE)
    if until is None or until <= now:
        return None
    may_call = candidate is not None and call_status(session, lecture_id, candidate.student.id).may_call
    seconds = int((until - now).total_seconds()) + 1
    return CheckInAnswer(CheckInOutcome.SLOWED, may_call_teacher=may_call, wait_s=seconds)
