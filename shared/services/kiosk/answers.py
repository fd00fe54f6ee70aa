"""Answers a request of a kiosk once: its ticket, the wait, what stands already, writing the answer down."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.check_in import REFUSALS, CheckInOutcome, may_call_teacher
from shared.domain.typed_text import fitting_codes, normal_code
from shared.persistence import kiosk, to_confirm
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import CheckIn, KioskPass, Mark, MarkChange, Student
from shared.security import throttling
from shared.security.tokens import digest
from shared.services.kiosk.confirmations import Question, ask_teacher
from shared.services.kiosk.passes import SEEN_EVERY, is_open, use_ticket
from shared.services.kiosk.sightings import Sighting, note
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
class CheckInAnswer:
    """What the kiosk tells. `student_name` is there only for PRESENT: a roll id alone tells nobody's name.

    `wait_s` are the seconds that SLOWED asks for.
    """

    outcome: CheckInOutcome
    student_name: str | None = None
    marked_at: datetime | None = None
    may_call_teacher: bool = False
    wait_s: int = 0

    @property
    def sentence(self) -> str:
        """What the student may do now."""
        wait = f" Try again in {throttling.spoken(self.wait_s)}." if self.wait_s else ""
        return self.outcome.sentence + wait


@dataclass(frozen=True)
class CheckInResult:
    """What a request came to before it is written down; ASKED_TEACHER comes with its question.

    `sighting` tells how the face compares with the lecture's other students. PRESENT comes with a question if
    it would pass for some of them too: it is asked instead of marking, once one of those is here already.
    """

    outcome: CheckInOutcome
    question: Question | None = None
    sighting: Sighting | None = None


def answer_once(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    sent: CheckInRequest,
    find_out: Callable[[Candidate], CheckInResult],
    *,
    is_try: bool = False,
) -> CheckInAnswer:
    """Answer by the ticket, the register, or what `find_out` makes of it; tries may have to wait.

    `find_out` runs while no transaction is open. A key that was answered before gets the same answer.
    """
    request_digest = digest("\n".join(sent.words))
    with toolbox.sessions.begin() as session:
        if not use_ticket(session, toolbox, kiosk_pass, sent.ticket, request_digest=request_digest):
            return CheckInAnswer(CheckInOutcome.TOO_LATE)
        earlier = kiosk.find_check_in(session, kiosk_pass.id, sent.idempotency_key)
        if earlier is not None:
            return _told_again(session, earlier)
        candidate = _find_candidate(session, kiosk_pass.lecture_id, sent)
        outcome = _before_looking(toolbox, kiosk_pass, candidate)
        if is_try and outcome in (None, CheckInOutcome.NOT_IN_CLASS):
            wait = _slow(toolbox, session, kiosk_pass, candidate)
            if wait is not None:
                return wait
    student = candidate.student if candidate else None
    if outcome is None and candidate is not None:
        with toolbox.load_limiter.inference_slot():
            finding = find_out(candidate)
    else:
        finding = CheckInResult(outcome or CheckInOutcome.NOT_IN_CLASS)
    try:
        return _settle(toolbox, kiosk_pass, student, finding, sent.idempotency_key)
    except AlreadyThere:
        # Another phone marked the same student, or the same request came twice at once: what stands is told.
        return _told_by_the_register(toolbox, kiosk_pass, student, finding, sent.idempotency_key)


def _find_candidate(session: Session, lecture_id: int, sent: CheckInRequest) -> Candidate | None:
    """Find whom a student meant: 1 may be 001, 24cs011 is 24-CS-011, 42 may be 15203A0042, if only one is."""
    class_code, roll_id = normal_code(sent.class_code), normal_code(sent.roll_id)
    exactly = kiosk.find_candidate(session, lecture_id, class_code, roll_id)
    if exactly is not None or len(roll_id) > LONGEST_CODE:
        return exactly
    fitting = fitting_codes(roll_id, kiosk.list_roll_ids(session, lecture_id, class_code))
    return kiosk.find_candidate(session, lecture_id, class_code, fitting[0]) if len(fitting) == 1 else None


def _slow(
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
    may_call = candidate is not None and calling_of(session, lecture_id, candidate.student.id)[1]
    seconds = int((until - now).total_seconds()) + 1
    return CheckInAnswer(CheckInOutcome.SLOWED, may_call_teacher=may_call, wait_s=seconds)


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


def calling_of(session: Session, lecture_id: int, student_id: int) -> tuple[CheckInOutcome | None, bool]:
    """Give the last refusal of a student at a lecture, and whether the teacher may be called now."""
    asked = to_confirm.find_latest(session, lecture_id, student_id)
    if asked is not None and asked.waiting:
        return asked.last_outcome, False
    outcomes = to_confirm.unmarked_since(session, lecture_id, student_id, asked.asked_at if asked else None)
    last = outcomes[-1] if outcomes else None
    refusals = sum(outcome in REFUSALS for outcome in outcomes)
    return last, may_call_teacher(last, refusals=refusals, has_asked=asked is not None)


def _settle(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student: Student | None,
    finding: CheckInResult,
    idempotency_key: str,
) -> CheckInAnswer:
    """Write the answer, and the mark or the question if there is one, in one transaction."""
    now, mark = toolbox.now(), None
    with toolbox.sessions.begin() as session:
        living = kiosk.find_living_pass(session, kiosk_pass.id, alone=_needs_care(finding))
        if living is None or not is_open(toolbox, living.lecture):
            # Closed, or the phone taken back, while the photo was looked at.
            finding = CheckInResult(CheckInOutcome.LECTURE_CLOSED)
        else:
            if now - living.last_seen_at > SEEN_EVERY:
                living.last_seen_at = now
            finding = _doubt_a_second_mark(session, kiosk_pass.lecture_id, finding)
        outcome = finding.outcome
        if student is not None and outcome in (CheckInOutcome.ALREADY_MARKED, CheckInOutcome.ASKED_TEACHER):
            mark = kiosk.find_mark(session, kiosk_pass.lecture_id, student.id)
        if student is not None and outcome is CheckInOutcome.PRESENT:
            mark = _mark_present(session, kiosk_pass.lecture_id, student.id, now)
        elif student is not None and outcome is CheckInOutcome.ASKED_TEACHER and finding.question:
            if mark is None:
                ask_teacher(session, toolbox, kiosk_pass, student.id, finding.question)
            else:
                outcome = CheckInOutcome.ALREADY_MARKED
        if student is not None and finding.sighting is not None:
            note(session, toolbox, kiosk_pass, student.id, outcome, finding.sighting)
        session.add(
            CheckIn(
                kiosk_pass_id=kiosk_pass.id,
                idempotency_key=idempotency_key,
                lecture_id=kiosk_pass.lecture_id,
                student_id=student.id if student else None,
                outcome=outcome,
                answered_at=now,
            )
        )
        session.flush()
        return _answer(session, kiosk_pass.lecture_id, outcome, student, mark)


def _needs_care(finding: CheckInResult) -> bool:
    return finding.outcome is CheckInOutcome.PRESENT and finding.question is not None


def _doubt_a_second_mark(session: Session, lecture_id: int, finding: CheckInResult) -> CheckInResult:
    """Ask instead of marking, if the face would also pass for somebody who is here already."""
    if not _needs_care(finding) or finding.question is None or finding.sighting is None:
        return finding
    here = kiosk.find_here(session, lecture_id, finding.sighting.near_match_ids)
    if here is None:
        return finding
    return CheckInResult(
        CheckInOutcome.ASKED_TEACHER,
        replace(finding.question, near_match_id=here),
        replace(finding.sighting, near_match_id=here),
    )


def _mark_present(session: Session, lecture_id: int, student_id: int, now: datetime) -> Mark:
    mark = Mark(
        lecture_id=lecture_id,
        student_id=student_id,
        status=MarkStatus.PRESENT,
        source=MarkSource.FACE,
        marked_at=now,
        note="",
    )
    change = MarkChange(
        lecture_id=lecture_id,
        student_id=student_id,
        source=MarkSource.FACE,
        was=None,
        becomes=MarkStatus.PRESENT,
        note="",
        changed_at=now,
    )
    to_confirm.settle(session, lecture_id, student_id, now=now, teacher_id=None)
    session.add_all((mark, change))  # last, and so written together with the check-in
    return mark


def _told_by_the_register(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student: Student | None,
    finding: CheckInResult,
    idempotency_key: str,
) -> CheckInAnswer:
    with toolbox.reading() as session:
        earlier = kiosk.find_check_in(session, kiosk_pass.id, idempotency_key)
        if earlier is not None:
            return _told_again(session, earlier)
    if finding.outcome is not CheckInOutcome.ASKED_TEACHER:
        finding = CheckInResult(CheckInOutcome.ALREADY_MARKED)
    return _settle(toolbox, kiosk_pass, student, finding, idempotency_key)


def _told_again(session: Session, earlier: CheckIn) -> CheckInAnswer:
    mark = kiosk.find_mark(session, earlier.lecture_id, earlier.student_id) if earlier.student_id else None
    return _answer(session, earlier.lecture_id, earlier.outcome, earlier.student, mark)


def _answer(
    session: Session, lecture_id: int, outcome: CheckInOutcome, student: Student | None, mark: Mark | None
) -> CheckInAnswer:
    named = outcome is CheckInOutcome.PRESENT and student is not None
    timed = outcome in (CheckInOutcome.PRESENT, CheckInOutcome.ALREADY_MARKED) and mark is not None
    refused = outcome in REFUSALS and student is not None
    return CheckInAnswer(
        outcome,
        student_name=student.name if named and student else None,
        marked_at=mark.marked_at if timed and mark else None,
        may_call_teacher=calling_of(session, lecture_id, student.id)[1] if refused and student else False,
    )
