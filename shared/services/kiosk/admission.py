"""The first part of a check-in: what is known about a request before anybody looks at its photo."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.domain.attendance import normal_code
from shared.domain.check_in import CheckInOutcome
from shared.domain.typed_text import fitting_codes
from shared.persistence import kiosk, named_faces
from shared.persistence.database import Session
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import KioskPass
from shared.security import throttling
from shared.security.tokens import digest
from shared.services.kiosk.answers import CheckInAnswer, slowed, tell_again
from shared.services.kiosk.passes import is_open, use_ticket
from shared.services.kiosk.turns import TurnClaim, claim_turn
from shared.services.typed_input import LONGEST_CODE
from shared.toolbox import Toolbox

# While a roll id waits, so many faces a minute are compared with it on each phone: the right one must not
# wait for what others did with its roll id. Of wrong faces one in 10,000 matches (models/README.md).
LOOKS_WHILE_WAITING = 6
LOOKED_AT_WITHIN = timedelta(minutes=1)
# After so many faces that were looked up in vain a phone asks for roll ids for a while: a class of sixty has
# some strangers and some that walk away, and nobody is to go round and name people with it.
LOOKED_UP_IN_VAIN = 20


@dataclass(frozen=True)
class CheckInRequest:
    """One request of a kiosk as it arrived; the key is the phone's own, the same however often it is sent.

    Without class and roll id the face is looked up, where the lecture has chosen that.
    """

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

    @property
    def content_digest(self) -> str:
        """What the idempotency key stands for: the same photo for the same roll id, with whatever ticket."""
        return content_digest(self.photo_digest, self.class_code, self.roll_id)

    @property
    def typed_digest(self) -> str | None:
        """What tells whether two requests came with the same roll id, whoever's it is; None without one."""
        if self.names_nobody:
            return None
        return digest(f"{normal_code(self.class_code)}\n{normal_code(self.roll_id)}")

    @property
    def names_nobody(self) -> bool:
        """Whether nothing but the face says who it is."""
        return not (self.class_code or self.roll_id)


def content_digest(photo_digest: str, class_code: str = "", roll_id: str = "") -> str:
    """Return the digest of a photo together with the class and the roll id that were typed, if any were."""
    return digest("\n".join((photo_digest, class_code, roll_id)))


@dataclass(frozen=True)
class FilmRequest(CheckInRequest):
    """The film of a turn of the head, with the photo of the first look; `turn_of` is the key of the request
    that was answered with the question."""

    turn_of: str
    frames: tuple[bytes, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """What makes this request this one, in the order the phone signs it."""
        digests = (hashlib.sha256(frame).hexdigest() for frame in self.frames)
        return *super().words, self.turn_of, *digests


@dataclass(frozen=True)
class Admission:
    """Who is meant, and what is known without the photo; None leaves it to the photo.

    Of whose roll id it is, nothing is told before a face was seen. A suspicious answer has to wait for
    `wait_s` seconds, if not 0; the right face is marked all the same.

    `turn` is the question that a film answers, taken for this request alone. `by_face` says that no roll id
    was typed: the face is looked up, and who is found is asked for a Yes to the name.
    """

    candidate: Candidate | None
    outcome: CheckInOutcome | None
    wait_s: int = 0
    pass_id: int | None = None
    turn: TurnClaim | None = None
    by_face: bool = False


class KeyedRequest(Protocol):
    """What every request of a kiosk has that is answered once: see CheckInRequest."""

    @property
    def ticket(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def content_digest(self) -> str: ...


def answer_at_once(
    session: Session, toolbox: Toolbox, kiosk_pass: KioskPass, request: KeyedRequest
) -> CheckInAnswer | None:
    """Use a request's ticket up, and return the answer where it is no good or the key was answered before.

    Raise Conflict for a key that was answered for something else.
    """
    request_digest = digest("\n".join(request.words))
    if not use_ticket(session, toolbox, kiosk_pass, request.ticket, request_digest=request_digest):
        return CheckInAnswer(CheckInOutcome.TOO_LATE)
    earlier = kiosk.find_check_in(session, kiosk_pass.id, request.idempotency_key)
    return None if earlier is None else tell_again(session, earlier, request.content_digest)


def admit(
    toolbox: Toolbox, kiosk_pass: KioskPass, request: CheckInRequest, *, is_try: bool
) -> Admission | CheckInAnswer:
    """Use the request's ticket up and find whom it is about, in one transaction.

    Return the answer itself where nothing is to be recorded: the ticket is no good, the request was answered
    before, a try (`is_try`, not a call to the teacher) has to wait and was looked at often enough, a film
    answers no question, or too many faces were looked up in vain. Raise Conflict for a key that was answered
    for another photo or roll id.
    """
    with toolbox.sessions.begin() as session:
        known = answer_at_once(session, toolbox, kiosk_pass, request)
        if known is not None:
            return known
        by_face = is_try and request.names_nobody and kiosk_pass.lecture.roll_id_by_face
        if by_face:
            candidate = _asked_candidate(session, kiosk_pass, request)
            outcome = None if is_open(toolbox, kiosk_pass.lecture) else CheckInOutcome.LECTURE_CLOSED
            if candidate is None and _looked_up_in_vain(toolbox, session, kiosk_pass):
                return CheckInAnswer(CheckInOutcome.NOT_IDENTIFIED)
        else:
            found = _find_candidates(session, kiosk_pass.lecture_id, request)
            candidate = found[0] if len(found) == 1 else None
            outcome = _before_looking(toolbox, kiosk_pass, found)
        wait_s, student_id = 0, candidate.student.id if candidate else None
        if is_try and outcome in (None, CheckInOutcome.NOT_IN_CLASS):
            wait_s = seconds_to_wait(toolbox, session, kiosk_pass, student_id)
            if wait_s and candidate is not None and _was_looked_at(toolbox, session, kiosk_pass, candidate):
                return slowed(session, kiosk_pass.lecture_id, candidate.student.id, wait_s)
        turn = None
        if isinstance(request, FilmRequest) and outcome is None and (by_face or candidate is not None):
            if candidate is not None:
                turn = _claim_turn(session, toolbox, kiosk_pass, request, candidate)
            if turn is None:
                return CheckInAnswer(CheckInOutcome.TOO_LATE)
    return Admission(candidate, outcome, wait_s, kiosk_pass.id, turn, by_face)


def _claim_turn(
    session: Session, toolbox: Toolbox, kiosk_pass: KioskPass, request: FilmRequest, candidate: Candidate
) -> TurnClaim | None:
    return claim_turn(
        session,
        toolbox,
        kiosk_pass,
        turn_of=request.turn_of,
        answer_key=request.idempotency_key,
        student_id=candidate.student.id,
        photo_digest=request.photo_digest,
    )


def _asked_candidate(session: Session, kiosk_pass: KioskPass, request: CheckInRequest) -> Candidate | None:
    """Find whom a film without a roll id is about: who was found when the turn was asked for."""
    if not isinstance(request, FilmRequest):
        return None
    asked_by = kiosk.find_check_in(session, kiosk_pass.id, request.turn_of)
    if asked_by is None or asked_by.student_id is None or asked_by.content_digest != request.content_digest:
        return None
    return kiosk.find_candidate_by_id(session, kiosk_pass.lecture_id, asked_by.student_id)


def _looked_up_in_vain(toolbox: Toolbox, session: Session, kiosk_pass: KioskPass) -> bool:
    since = toolbox.now() - throttling.WINDOW
    return named_faces.count_in_vain(session, kiosk_pass.id, since) >= LOOKED_UP_IN_VAIN


def _find_candidates(session: Session, lecture_id: int, request: CheckInRequest) -> list[Candidate]:
    """Find whom a student meant: one in each class, of the lecture's classes where no class was said."""
    class_code, roll_id = normal_code(request.class_code), normal_code(request.roll_id)
    codes = [class_code] if class_code else kiosk.list_class_codes(session, lecture_id)
    found = (_find_in_class(session, lecture_id, code, roll_id) for code in codes)
    return [candidate for candidate in found if candidate is not None]


def _find_in_class(session: Session, lecture_id: int, class_code: str, roll_id: str) -> Candidate | None:
    """Find whom a roll id means: 1 may be 001, 24cs011 is 24-CS-011, 42 may be 15203A0042, if only one is.

    What nobody has is looked for in the same way, so that the time it takes tells nothing.
    """
    if len(roll_id) > LONGEST_CODE:
        return None
    fitting = fitting_codes(roll_id, kiosk.list_roll_ids(session, lecture_id, class_code))
    meant = fitting[0] if len(fitting) == 1 else roll_id
    return kiosk.find_candidate(session, lecture_id, class_code, meant)


def _before_looking(
    toolbox: Toolbox, kiosk_pass: KioskPass, found: Sequence[Candidate]
) -> CheckInOutcome | None:
    """Refuse what needs no model to be refused, whether it is a check-in or a call."""
    if not is_open(toolbox, kiosk_pass.lecture):
        return CheckInOutcome.LECTURE_CLOSED
    if not found:
        return CheckInOutcome.NOT_IN_CLASS
    if len(found) > 1:
        return CheckInOutcome.CHOOSE_CLASS
    return CheckInOutcome.ALREADY_MARKED if found[0].mark is not None else None


def seconds_to_wait(toolbox: Toolbox, session: Session, kiosk_pass: KioskPass, student_id: int | None) -> int:
    """Return how long a roll id waits that somebody failed with too often; 0 for everybody else, on every
    phone.

    What happened on a phone slows the roll ids of nobody alone.
    """
    now, lecture_id = toolbox.now(), kiosk_pass.lecture_id
    since = now - throttling.MEMORY
    if student_id is not None:
        failures = kiosk.failures_of_student(session, lecture_id, student_id, since)
        until = throttling.wait_until(failures)
    else:
        failures = kiosk.failures_of_phone(session, kiosk_pass.id, since)
        until = throttling.wait_until(failures, free_tries=throttling.FREE_TRIES_OF_A_PHONE)
    return 0 if until is None or until <= now else int((until - now).total_seconds()) + 1


def _was_looked_at(toolbox: Toolbox, session: Session, kiosk_pass: KioskPass, candidate: Candidate) -> bool:
    """Tell whether a phone's faces for a roll id that waits were looked at often enough by now."""
    since = toolbox.now() - LOOKED_AT_WITHIN
    looks = kiosk.count_slowed(session, kiosk_pass.id, candidate.student.id, since)
    return looks >= LOOKS_WHILE_WAITING
