"""From one photo to one mark: the story of a check-in, top to bottom."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.domain.attendance import MarkSource, MarkStatus, normal_code
from shared.domain.check_in import CheckInOutcome, Evidence, decide
from shared.domain.face_model import MATCH_THRESHOLD, FaceModel, UnreadableFaceModel
from shared.errors import ModelUnavailable
from shared.persistence import kiosk
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import CheckIn, KioskPass, Mark, MarkChange, Student
from shared.security.sealing import BrokenSeal
from shared.services.kiosk import is_open
from shared.toolbox import Toolbox
from shared.vision.images import open_photo

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckInAnswer:
    """What the kiosk tells. `student_name` is there only for PRESENT: a roll id alone tells nobody's name."""

    outcome: CheckInOutcome
    student_name: str | None = None
    marked_at: datetime | None = None


def check_in(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    *,
    class_code: str,
    roll_id: str,
    photo: bytes,
    idempotency_key: str,
) -> CheckInAnswer:
    """Answer one request of a kiosk; the same key sent again gets the same answer and marks nobody twice.

    Raises PhotoRefused if `photo` is not a JPEG or PNG that can be opened safely.
    """
    with toolbox.reading() as session:
        earlier = kiosk.find_check_in(session, kiosk_pass.id, idempotency_key)
        if earlier is not None:
            return _told_again(session, earlier)
        candidate = kiosk.find_candidate(
            session, kiosk_pass.lecture_id, normal_code(class_code), normal_code(roll_id)
        )
    outcome = _before_looking(toolbox, kiosk_pass, candidate)
    if outcome is None:
        outcome = decide(_look(toolbox, candidate, photo)) if candidate else CheckInOutcome.NOT_IN_CLASS
    student = candidate.student if candidate else None
    try:
        return _settle(toolbox, kiosk_pass, student, outcome, idempotency_key)
    except AlreadyThere:
        # Another phone marked the same student, or the same request came twice at once: what stands is told.
        return _told_by_the_register(toolbox, kiosk_pass, student, idempotency_key)


def _before_looking(
    toolbox: Toolbox, kiosk_pass: KioskPass, candidate: Candidate | None
) -> CheckInOutcome | None:
    """Refuse what needs no model to be refused."""
    if not is_open(toolbox, kiosk_pass.lecture):
        return CheckInOutcome.LECTURE_CLOSED
    if candidate is None:
        return CheckInOutcome.NOT_IN_CLASS
    if candidate.mark is not None:
        return CheckInOutcome.ALREADY_MARKED
    if candidate.sealed_model is None:
        return CheckInOutcome.NOT_ENROLLED
    return None


def _look(toolbox: Toolbox, candidate: Candidate, photo: bytes) -> Evidence:
    """Find out what the photo shows; what cannot be found out stays None. No transaction is open here."""
    rgb = open_photo(photo)
    try:
        reading = toolbox.face_matcher.glance(rgb)
        if reading.face is None or reading.descriptor is None:
            return Evidence(verdict=reading.verdict)
        if not toolbox.spoof_detector.judge(rgb, reading.face).is_live:
            return Evidence(verdict=reading.verdict, is_live=False)
        model = _open_model(toolbox, candidate)
        face = reading.face
        score = model.score_carefully(
            reading.descriptor.tolist(), lambda: toolbox.face_matcher.look_again(rgb, face).tolist()
        )
    except (ModelUnavailable, BrokenSeal, UnreadableFaceModel, ValueError) as failure:
        log.error("check-in of student %s: %s: %s", candidate.student.id, type(failure).__name__, failure)
        return Evidence()
    return Evidence(verdict=reading.verdict, is_live=True, score=score, threshold=MATCH_THRESHOLD)


def _open_model(toolbox: Toolbox, candidate: Candidate) -> FaceModel:
    sealed = candidate.sealed_model or b""
    return FaceModel.from_bytes(toolbox.sealer.open(sealed, purpose=f"face-model:{candidate.student.id}"))


def _settle(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student: Student | None,
    outcome: CheckInOutcome,
    idempotency_key: str,
) -> CheckInAnswer:
    """Write the answer, and the mark if there is one, in one transaction."""
    now = toolbox.now()
    mark: Mark | None = None
    with toolbox.sessions.begin() as session:
        living = kiosk.find_living_pass(session, kiosk_pass.id)
        if living is None or not is_open(toolbox, living.lecture):
            # Closed, or the phone taken back, while the photo was looked at.
            outcome = CheckInOutcome.LECTURE_CLOSED
        else:
            living.last_seen_at = now
        if outcome is CheckInOutcome.PRESENT and student is not None:
            mark = _mark_present(session, kiosk_pass.lecture_id, student.id, now)
        elif outcome is CheckInOutcome.ALREADY_MARKED and student is not None:
            mark = kiosk.find_mark(session, kiosk_pass.lecture_id, student.id)
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
    return _answer(outcome, student, mark)


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
    session.add_all((mark, change))
    return mark


def _told_by_the_register(
    toolbox: Toolbox, kiosk_pass: KioskPass, student: Student | None, idempotency_key: str
) -> CheckInAnswer:
    with toolbox.reading() as session:
        earlier = kiosk.find_check_in(session, kiosk_pass.id, idempotency_key)
        if earlier is not None:
            return _told_again(session, earlier)
    return _settle(toolbox, kiosk_pass, student, CheckInOutcome.ALREADY_MARKED, idempotency_key)


def _told_again(session: Session, earlier: CheckIn) -> CheckInAnswer:
    mark = kiosk.find_mark(session, earlier.lecture_id, earlier.student_id) if earlier.student_id else None
    return _answer(earlier.outcome, earlier.student, mark)


def _answer(outcome: CheckInOutcome, student: Student | None, mark: Mark | None) -> CheckInAnswer:
    named = outcome is CheckInOutcome.PRESENT and student is not None
    timed = outcome in (CheckInOutcome.PRESENT, CheckInOutcome.ALREADY_MARKED) and mark is not None
    return CheckInAnswer(
        outcome,
        student_name=student.name if named and student else None,
        marked_at=mark.marked_at if timed and mark else None,
    )
