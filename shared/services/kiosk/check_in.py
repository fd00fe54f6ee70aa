"""From one photo to one mark: the story of a check-in, top to bottom; or to a question for the teacher."""

import logging
from collections.abc import Sequence

import numpy as np

from shared.domain.check_in import CheckInOutcome, ConfirmReason, Evidence, decide
from shared.domain.face_model import MATCH_THRESHOLD, FaceModel, UnreadableFaceModel
from shared.errors import Conflict, ModelUnavailable
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import KioskPass
from shared.security.sealing import BrokenSeal
from shared.services.kiosk.answers import (
    CheckInAnswer,
    CheckInRequest,
    CheckInResult,
    answer_once,
    calling_of,
)
from shared.services.kiosk.confirmations import PICTURE_MAX_BYTES, Question
from shared.services.kiosk.sightings import Sighting, look_around
from shared.toolbox import Toolbox
from shared.vision.images import open_photo, shrink_photo

__all__ = ["CheckInAnswer", "CheckInRequest", "call_teacher", "check_in"]

log = logging.getLogger(__name__)

# What the models may meet on the way; each means "not found out".
_NOT_FOUND_OUT = (ModelUnavailable, BrokenSeal, UnreadableFaceModel, ValueError)


def check_in(toolbox: Toolbox, kiosk_pass: KioskPass, sent: CheckInRequest) -> CheckInAnswer:
    """Answer one check-in; the same key sent again gets the same answer and marks nobody twice.

    Every request needs a ticket of its own, also one that asks for its answer again. Raises PhotoRefused if
    the photo is not a JPEG or PNG that can be opened safely, Overloaded if too many are checked in at once.
    """
    lecture_id = kiosk_pass.lecture_id
    return answer_once(
        toolbox,
        kiosk_pass,
        sent,
        lambda candidate: _look(toolbox, lecture_id, candidate, sent.photo),
        is_try=True,
    )


def call_teacher(toolbox: Toolbox, kiosk_pass: KioskPass, sent: CheckInRequest) -> CheckInAnswer:
    """Ask the teacher about a student whom the check-in refused; answered once, like `check_in`.

    Raises Conflict for a student who was not refused often enough, PhotoRefused, Overloaded.
    """
    lecture_id = kiosk_pass.lecture_id
    return answer_once(
        toolbox, kiosk_pass, sent, lambda candidate: _ask(toolbox, lecture_id, candidate, sent.photo)
    )


def _look(toolbox: Toolbox, lecture_id: int, candidate: Candidate, photo: bytes) -> CheckInResult:
    """Find out what the photo shows; what cannot be found out stays None."""
    if candidate.sealed_model is None:
        return CheckInResult(CheckInOutcome.NOT_ENROLLED)
    rgb = open_photo(photo)
    try:
        evidence, sighting = _gather(toolbox, lecture_id, candidate, rgb)
    except _NOT_FOUND_OUT as failure:
        _log(candidate, failure)
        evidence, sighting = Evidence(), None
    outcome = decide(evidence)
    if outcome is not CheckInOutcome.PRESENT or sighting is None or not sighting.is_ambiguous:
        return CheckInResult(outcome, sighting=sighting)
    question = Question(
        ConfirmReason.LOOKS_LIKE_A_CLASSMATE,
        score=evidence.score,
        near_match_id=sighting.near_match_id,
        picture=shrink_photo(rgb, max_bytes=PICTURE_MAX_BYTES),
        descriptor=sighting.descriptor,
    )
    if sighting.near_match_id is not None:
        outcome = CheckInOutcome.ASKED_TEACHER
    return CheckInResult(outcome, question, sighting)


def _gather(
    toolbox: Toolbox, lecture_id: int, candidate: Candidate, rgb: np.ndarray
) -> tuple[Evidence, Sighting | None]:
    """Read the photo; the face is compared with the lecture's other students too, if it is a living one's."""
    reading = toolbox.face_matcher.describe_fast(rgb)
    face = reading.face
    if face is None or reading.descriptor is None:
        return Evidence(verdict=reading.verdict), None
    if not toolbox.spoof_detector.judge(rgb, face).is_live:
        return Evidence(verdict=reading.verdict, is_live=False), None
    looks: list[Sequence[float]] = [reading.descriptor.tolist()]

    def describe_accurate() -> Sequence[float]:
        looks.append(toolbox.face_matcher.describe_accurate(rgb, face).tolist())
        return looks[-1]

    score = _open_model(toolbox, candidate).score_carefully(looks[0], describe_accurate)
    evidence = Evidence(verdict=reading.verdict, is_live=True, score=score, threshold=MATCH_THRESHOLD)
    return evidence, look_around(toolbox, lecture_id, candidate.student.id, looks[-1], score)


def _ask(toolbox: Toolbox, lecture_id: int, candidate: Candidate, photo: bytes) -> CheckInResult:
    """Put the question to the teacher together; without a model to compare with, there is just no score."""
    student_id = candidate.student.id
    with toolbox.reading() as session:
        last, may_call = calling_of(session, lecture_id, student_id)
    if not may_call:
        raise Conflict("Please try the camera first; the teacher can be called after a few refusals.")
    if candidate.sealed_model is None:
        # The family may have said no to pictures; the teacher sees the name alone.
        return _asking(Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.NOT_ENROLLED))
    rgb = open_photo(photo)
    descriptor, score, quality, near_match_id = None, None, None, None
    try:
        reading = toolbox.face_matcher.read(rgb)  # carefully: the face may be learnt from later
        if reading.descriptor is not None:
            descriptor = reading.descriptor.tolist()
            score, quality = _open_model(toolbox, candidate).score(descriptor), reading.quality
            around = look_around(toolbox, lecture_id, student_id, descriptor, score)
            near_match_id = next(iter(around.near_match_ids), None)
    except _NOT_FOUND_OUT as failure:
        _log(candidate, failure)
        descriptor = None
    return _asking(
        Question(
            ConfirmReason.CALLED_THE_TEACHER,
            last_outcome=last,
            score=score,
            near_match_id=near_match_id,
            picture=shrink_photo(rgb, max_bytes=PICTURE_MAX_BYTES),
            descriptor=descriptor,
            quality=quality,
        )
    )


def _asking(question: Question) -> CheckInResult:
    return CheckInResult(CheckInOutcome.ASKED_TEACHER, question)


def _log(candidate: Candidate, failure: Exception) -> None:
    log.error("check-in of student %s: %s: %s", candidate.student.id, type(failure).__name__, failure)


def _open_model(toolbox: Toolbox, candidate: Candidate) -> FaceModel:
    sealed = candidate.sealed_model or b""
    return FaceModel.from_bytes(toolbox.sealer.open(sealed, purpose=f"face-model:{candidate.student.id}"))
