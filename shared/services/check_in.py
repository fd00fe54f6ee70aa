"""From one photo to one mark: the story of a check-in, top to bottom; or to a question for the teacher."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from shared.domain.attendance import MarkSource, MarkStatus, normal_code
from shared.domain.check_in import (
    REFUSALS,
    CheckInOutcome,
    ConfirmReason,
    Evidence,
    decide,
    may_call_teacher,
)
from shared.domain.face_model import MATCH_THRESHOLD, FaceModel, UnreadableFaceModel
from shared.errors import Conflict, ModelUnavailable
from shared.persistence import kiosk, to_confirm
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import CheckIn, KioskPass, Mark, MarkChange, Student
from shared.security.sealing import BrokenSeal
from shared.services.face_flags import Sighting, look_around, note
from shared.services.kiosk import is_open
from shared.services.to_confirm import PICTURE_MAX_BYTES, Question, ask_teacher
from shared.toolbox import Toolbox
from shared.vision.images import open_photo, shrink_photo

log = logging.getLogger(__name__)

# What the models may meet on the way; each means "not found out".
_NOT_FOUND_OUT = (ModelUnavailable, BrokenSeal, UnreadableFaceModel, ValueError)


@dataclass(frozen=True)
class Sent:
    """One request of a kiosk as it arrived; the key is the phone's own, the same however often it is sent."""

    class_code: str
    roll_id: str
    photo: bytes
    idempotency_key: str


@dataclass(frozen=True)
class CheckInAnswer:
    """What the kiosk tells. `student_name` is there only for PRESENT: a roll id alone tells nobody's name."""

    outcome: CheckInOutcome
    student_name: str | None = None
    marked_at: datetime | None = None
    may_call_teacher: bool = False


@dataclass(frozen=True)
class Finding:
    """What a request came to before it is written down; ASKED_TEACHER comes with its question.

    `sighting` tells how the face compares with the lecture's other students. PRESENT comes with a question if
    it would pass for some of them too: it is asked instead of marking, once one of those is here already.
    """

    outcome: CheckInOutcome
    question: Question | None = None
    sighting: Sighting | None = None


def check_in(toolbox: Toolbox, kiosk_pass: KioskPass, sent: Sent) -> CheckInAnswer:
    """Answer one check-in; the same key sent again gets the same answer and marks nobody twice.

    Raises PhotoRefused if the photo is not a JPEG or PNG that can be opened safely, Overloaded if too many
    are checked in at once.
    """
    return _answer_once(
        toolbox,
        kiosk_pass,
        sent,
        lambda candidate: _look(toolbox, kiosk_pass.lecture_id, candidate, sent.photo),
    )


def call_teacher(toolbox: Toolbox, kiosk_pass: KioskPass, sent: Sent) -> CheckInAnswer:
    """Ask the teacher about a student whom the check-in refused; answered once, like `check_in`.

    Raises Conflict for a student who was not refused often enough, PhotoRefused, Overloaded.
    """
    lecture_id = kiosk_pass.lecture_id
    return _answer_once(
        toolbox, kiosk_pass, sent, lambda candidate: _ask(toolbox, lecture_id, candidate, sent.photo)
    )


def _answer_once(
    toolbox: Toolbox, kiosk_pass: KioskPass, sent: Sent, find_out: Callable[[Candidate], Finding]
) -> CheckInAnswer:
    class_code, roll_id = normal_code(sent.class_code), normal_code(sent.roll_id)
    with toolbox.reading() as session:
        earlier = kiosk.find_check_in(session, kiosk_pass.id, sent.idempotency_key)
        if earlier is not None:
            return _told_again(session, earlier)
        candidate = kiosk.find_candidate(session, kiosk_pass.lecture_id, class_code, roll_id)
    student = candidate.student if candidate else None
    finding = _before_looking(toolbox, kiosk_pass, candidate)
    if finding is None and candidate is not None:
        with toolbox.photo_gate.passed():
            finding = find_out(candidate)  # no transaction is open while the models run
    finding = finding or Finding(CheckInOutcome.NOT_IN_CLASS)
    try:
        return _settle(toolbox, kiosk_pass, student, finding, sent.idempotency_key)
    except AlreadyThere:
        # Another phone marked the same student, or the same request came twice at once: what stands is told.
        return _told_by_the_register(toolbox, kiosk_pass, student, finding, sent.idempotency_key)


def _before_looking(toolbox: Toolbox, kiosk_pass: KioskPass, candidate: Candidate | None) -> Finding | None:
    """Refuse what needs no model to be refused, whether it is a check-in or a call."""
    if not is_open(toolbox, kiosk_pass.lecture):
        return Finding(CheckInOutcome.LECTURE_CLOSED)
    if candidate is None:
        return Finding(CheckInOutcome.NOT_IN_CLASS)
    if candidate.mark is not None:
        return Finding(CheckInOutcome.ALREADY_MARKED)
    return None


def _look(toolbox: Toolbox, lecture_id: int, candidate: Candidate, photo: bytes) -> Finding:
    """Find out what the photo shows; what cannot be found out stays None."""
    if candidate.sealed_model is None:
        return Finding(CheckInOutcome.NOT_ENROLLED)
    rgb = open_photo(photo)
    try:
        evidence, sighting = _gather(toolbox, lecture_id, candidate, rgb)
    except _NOT_FOUND_OUT as failure:
        _log(candidate, failure)
        evidence, sighting = Evidence(), None
    outcome = decide(evidence)
    if outcome is not CheckInOutcome.PRESENT or sighting is None or not sighting.is_ambiguous:
        return Finding(outcome, sighting=sighting)
    question = Question(
        ConfirmReason.LOOKS_LIKE_A_CLASSMATE,
        score=evidence.score,
        resembled_id=sighting.rival_id,
        picture=shrink_photo(rgb, max_bytes=PICTURE_MAX_BYTES),
        descriptor=sighting.descriptor,
    )
    if sighting.rival_id is not None:
        outcome = CheckInOutcome.ASKED_TEACHER
    return Finding(outcome, question, sighting)


def _gather(
    toolbox: Toolbox, lecture_id: int, candidate: Candidate, rgb: np.ndarray
) -> tuple[Evidence, Sighting | None]:
    """Read the photo; the face is compared with the lecture's other students too, if it is a living one's."""
    reading = toolbox.face_matcher.glance(rgb)
    face = reading.face
    if face is None or reading.descriptor is None:
        return Evidence(verdict=reading.verdict), None
    if not toolbox.spoof_detector.judge(rgb, face).is_live:
        return Evidence(verdict=reading.verdict, is_live=False), None
    looks: list[Sequence[float]] = [reading.descriptor.tolist()]

    def look_again() -> Sequence[float]:
        looks.append(toolbox.face_matcher.look_again(rgb, face).tolist())
        return looks[-1]

    score = _open_model(toolbox, candidate).score_carefully(looks[0], look_again)
    evidence = Evidence(verdict=reading.verdict, is_live=True, score=score, threshold=MATCH_THRESHOLD)
    return evidence, look_around(toolbox, lecture_id, candidate.student.id, looks[-1], score)


def _ask(toolbox: Toolbox, lecture_id: int, candidate: Candidate, photo: bytes) -> Finding:
    """Put the question to the teacher together; without a model to compare with, there is just no score."""
    student_id = candidate.student.id
    with toolbox.reading() as session:
        last, may_call = _standing(session, lecture_id, student_id)
    if not may_call:
        raise Conflict("Please try the camera first; the teacher can be called after a few refusals.")
    if candidate.sealed_model is None:
        # The family may have said no to pictures; the teacher sees the name alone.
        return _asking(Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.NOT_ENROLLED))
    rgb = open_photo(photo)
    descriptor, score = None, None
    try:
        reading = toolbox.face_matcher.glance(rgb)
        if reading.descriptor is not None:
            descriptor = reading.descriptor.tolist()
            score = _open_model(toolbox, candidate).score(descriptor)
    except _NOT_FOUND_OUT as failure:
        _log(candidate, failure)
        descriptor = None
    return _asking(
        Question(
            ConfirmReason.CALLED_THE_TEACHER,
            last_outcome=last,
            score=score,
            picture=shrink_photo(rgb, max_bytes=PICTURE_MAX_BYTES),
            descriptor=descriptor,
        )
    )


def _asking(question: Question) -> Finding:
    return Finding(CheckInOutcome.ASKED_TEACHER, question)


def _standing(session: Session, lecture_id: int, student_id: int) -> tuple[CheckInOutcome | None, bool]:
    """The last refusal of a student at a lecture, and whether the teacher may be called now."""
    asked = to_confirm.find_latest(session, lecture_id, student_id)
    if asked is not None and asked.waiting:
        return asked.last_outcome, False
    refusals = to_confirm.refusals_since(session, lecture_id, student_id, asked.asked_at if asked else None)
    last = refusals[-1] if refusals else None
    return last, may_call_teacher(last, refusals=len(refusals), has_asked=asked is not None)


def _log(candidate: Candidate, failure: Exception) -> None:
    log.error("check-in of student %s: %s: %s", candidate.student.id, type(failure).__name__, failure)


def _open_model(toolbox: Toolbox, candidate: Candidate) -> FaceModel:
    sealed = candidate.sealed_model or b""
    return FaceModel.from_bytes(toolbox.sealer.open(sealed, purpose=f"face-model:{candidate.student.id}"))


def _settle(
    toolbox: Toolbox, kiosk_pass: KioskPass, student: Student | None, finding: Finding, idempotency_key: str
) -> CheckInAnswer:
    """Write the answer, and the mark or the question if there is one, in one transaction."""
    now, mark = toolbox.now(), None
    with toolbox.sessions.begin() as session:
        living = kiosk.find_living_pass(session, kiosk_pass.id, alone=_needs_care(finding))
        if living is None or not is_open(toolbox, living.lecture):
            # Closed, or the phone taken back, while the photo was looked at.
            finding = Finding(CheckInOutcome.LECTURE_CLOSED)
        else:
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


def _needs_care(finding: Finding) -> bool:
    return finding.outcome is CheckInOutcome.PRESENT and finding.question is not None


def _doubt_a_second_mark(session: Session, lecture_id: int, finding: Finding) -> Finding:
    """Ask instead of marking, if the face would also pass for somebody who is here already."""
    if not _needs_care(finding) or finding.question is None or finding.sighting is None:
        return finding
    here = kiosk.find_here(session, lecture_id, finding.sighting.passing_ids)
    if here is None:
        return finding
    return Finding(
        CheckInOutcome.ASKED_TEACHER,
        replace(finding.question, resembled_id=here),
        replace(finding.sighting, rival_id=here),
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
    session.add_all((mark, change))
    to_confirm.settle(session, lecture_id, student_id, now=now, teacher_id=None)
    return mark


def _told_by_the_register(
    toolbox: Toolbox, kiosk_pass: KioskPass, student: Student | None, finding: Finding, idempotency_key: str
) -> CheckInAnswer:
    with toolbox.reading() as session:
        earlier = kiosk.find_check_in(session, kiosk_pass.id, idempotency_key)
        if earlier is not None:
            return _told_again(session, earlier)
    if finding.outcome is not CheckInOutcome.ASKED_TEACHER:
        finding = Finding(CheckInOutcome.ALREADY_MARKED)
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
        may_call_teacher=_standing(session, lecture_id, student.id)[1] if refused and student else False,
    )
