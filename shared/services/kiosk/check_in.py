"""From one photo to one mark: a check-in as admit, assess, record."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from shared import metrics
from shared.domain.check_in import (
    SUSPICIOUS,
    CheckInOutcome,
    ConfirmReason,
    Evidence,
    decide,
    refuse_photo,
    without_roll_id,
)
from shared.domain.face_model import MATCH_THRESHOLD, FaceModel, UnreadableFaceModel
from shared.domain.second_lock import Zone
from shared.errors import ModelUnavailable
from shared.persistence import kiosk
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import KioskPass
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services.faces.looks import Look
from shared.services.kiosk.admission import Admission, CheckInRequest, FilmRequest, admit
from shared.services.kiosk.answers import CheckInAnswer, CheckInResult, record
from shared.services.kiosk.confirmations import PICTURE_MAX_BYTES, Question
from shared.services.kiosk.head_turn import Known, judge_frames, look_at, open_film
from shared.services.kiosk.lookup import has_to_wait, look_up
from shared.services.kiosk.sightings import Sighting, compare_with_lecture
from shared.services.kiosk.turns import Film, FirstLook, TurnClaim
from shared.toolbox import Toolbox
from shared.vision.images import open_photo, shrink_photo

__all__ = ["CheckInAnswer", "CheckInRequest", "FilmRequest", "check_in", "turn_head"]

log = logging.getLogger(__name__)

# Of processor time, to open a photo: a kiosk's own takes 20 ms, a progressive one of 12 megapixels 90 ms.
HEAVY_PHOTO_S = 0.2

# What a roll id that waits is not told: somebody may be trying faces, or roll ids.
_HAS_TO_WAIT = (*SUSPICIOUS, CheckInOutcome.NOT_IN_CLASS)
# What the models may meet on the way; each means "not found out".
NOT_FOUND_OUT = (ModelUnavailable, BrokenSeal, UnreadableFaceModel, ValueError)


def check_in(toolbox: Toolbox, kiosk_pass: KioskPass, request: CheckInRequest) -> CheckInAnswer:
    """Answer one check-in; the same key sent again gets the same answer and marks nobody twice.

    Every request needs a ticket of its own, also one that asks for its answer again. Raise PhotoRefused if
    the photo is not a JPEG or PNG that can be opened safely, Overloaded if too many are checked in at once.
    """
    seen_at = toolbox.now()  # before the photo is looked at: nobody is late by our work
    with metrics.stage("admit"):
        admitted = admit(toolbox, kiosk_pass, request, is_try=True)
    if isinstance(admitted, CheckInAnswer):
        answer = admitted
    else:
        answer = _assess_and_record(toolbox, kiosk_pass, admitted, request, seen_at)
    # The teacher is called about a roll id, and here nobody has typed one.
    return replace(answer, may_call_teacher=False) if request.names_nobody else answer


def _assess_and_record(
    toolbox: Toolbox, kiosk_pass: KioskPass, admitted: Admission, request: CheckInRequest, seen_at: datetime
) -> CheckInAnswer:
    result = assess(toolbox, kiosk_pass.lecture_id, admitted, request)
    while_waiting = CheckInOutcome.NOT_IDENTIFIED if admitted.by_face else CheckInOutcome.SLOWED
    if (admitted.wait_s and result.outcome in _HAS_TO_WAIT) or has_to_wait(toolbox, kiosk_pass, result):
        result = CheckInResult(while_waiting)
    result = replace(
        result,
        seen_at=admitted.turn.begun_at if admitted.turn else seen_at,
        after_failed_film=while_waiting if admitted.wait_s else None,
    )
    answer = write_down(toolbox, kiosk_pass, admitted, result, request)
    return replace(answer, wait_s=admitted.wait_s) if answer.outcome is CheckInOutcome.SLOWED else answer


def turn_head(toolbox: Toolbox, kiosk_pass: KioskPass, request: FilmRequest) -> CheckInAnswer:
    """Answer the film of a turn that a check-in was answered with; answered once, like `check_in`.

    Raise PhotoRefused if the photo or a frame cannot be opened safely, Overloaded.
    """
    return check_in(toolbox, kiosk_pass, request)


@dataclass(frozen=True)
class OpenedPhoto:
    """A photo, RGB of shape (height, width, 3), uint8, with its digest, and the frames,
    likewise, of the film of the turn that was asked for."""

    rgb: np.ndarray
    digest: str
    film: Sequence[np.ndarray] = ()
    turn: TurnClaim | None = None


def assess(toolbox: Toolbox, lecture_id: int, admitted: Admission, request: CheckInRequest) -> CheckInResult:
    """Return what photo and film show, while no transaction is open; what cannot be found out stays None.

    Raise PhotoRefused, Overloaded.
    """
    if admitted.outcome is CheckInOutcome.LECTURE_CLOSED:
        return CheckInResult(admitted.outcome)
    candidate = admitted.candidate
    if admitted.by_face and candidate is None:
        return _look_up(toolbox, lecture_id, admitted, request)
    if admitted.outcome is not None or candidate is None or candidate.sealed_model is None:
        told = admitted.outcome or CheckInOutcome.NOT_ENROLLED
        return CheckInResult(look_for_a_face(toolbox, lecture_id, admitted, request.photo) or told)
    with toolbox.load_limiter.inference_slot():
        rgb = open_and_count(toolbox, lecture_id, admitted, request.photo)
        film = open_film(request.frames, request.photo) if isinstance(request, FilmRequest) else []
        seen = OpenedPhoto(rgb, request.photo_digest, film, admitted.turn)
        try:
            evidence, sighting, shown = collect_evidence(toolbox, lecture_id, candidate, seen)
        except NOT_FOUND_OUT as failure:
            log_failure(candidate, failure)
            evidence, sighting, shown = Evidence(), None, None
        outcome = decide(evidence)
        if admitted.by_face:
            is_somebody_elses = sighting is not None and sighting.is_ambiguous
            return CheckInResult(without_roll_id(outcome, is_certain=not is_somebody_elses), shown=shown)
        if outcome is not CheckInOutcome.PRESENT or sighting is None or not sighting.is_ambiguous:
            return CheckInResult(outcome, sighting=sighting, shown=shown)
        picture = shrink_photo(rgb, max_bytes=PICTURE_MAX_BYTES)
    question = Question(
        ConfirmReason.LOOKS_LIKE_A_CLASSMATE,
        score=evidence.score,
        near_match_id=sighting.near_match_id,
        picture=picture,
        descriptor=sighting.descriptor,
    )
    if sighting.near_match_id is not None:
        outcome = CheckInOutcome.ASKED_TEACHER
    return CheckInResult(outcome, question, sighting, shown)


def _look_up(
    toolbox: Toolbox, lecture_id: int, admitted: Admission, request: CheckInRequest
) -> CheckInResult:
    with toolbox.load_limiter.inference_slot():
        rgb = open_and_count(toolbox, lecture_id, admitted, request.photo)
        try:
            return look_up(toolbox, lecture_id, rgb, request.photo_digest)
        except NOT_FOUND_OUT as failure:
            log.error("a face was not looked up: %s: %s", type(failure).__name__, failure)
            return CheckInResult(CheckInOutcome.UNAVAILABLE)


def look_for_a_face(
    toolbox: Toolbox, lecture_id: int, admitted: Admission, photo: bytes
) -> CheckInOutcome | None:
    """Return why no face is seen; None where one is.

    A roll id alone, or a photo of the wall, must not tell whether there is such a student, who is marked, and
    who has no enrolled face: all of them get this answer. Raise PhotoRefused, Overloaded.
    """
    with toolbox.load_limiter.inference_slot():
        rgb = open_and_count(toolbox, lecture_id, admitted, photo)
        try:
            verdict = toolbox.face_matcher.describe_fast(rgb).verdict
        except NOT_FOUND_OUT as failure:
            log.error("a photo was not looked at: %s: %s", type(failure).__name__, failure)
            return CheckInOutcome.UNAVAILABLE
    return refuse_photo(verdict)


def open_and_count(toolbox: Toolbox, lecture_id: int, admitted: Admission, photo: bytes) -> np.ndarray:
    """Open a photo; one that cost much is counted as a failure of its phone. Raise PhotoRefused."""
    began = time.thread_time()
    try:
        with metrics.stage("open"):
            return open_photo(photo)
    finally:
        if time.thread_time() - began > HEAVY_PHOTO_S and admitted.pass_id is not None:
            with toolbox.sessions.begin() as session:
                kiosk.add_failure_of_phone(session, lecture_id, admitted.pass_id, now=toolbox.now())


def collect_evidence(
    toolbox: Toolbox, lecture_id: int, candidate: Candidate, seen: OpenedPhoto
) -> tuple[Evidence, Sighting | None, FirstLook | Film | None]:
    """Read the photo and, if it was asked for, the film.

    The face is compared with the lecture's other students too, if it is not a picture's. Raise
    ModelUnavailable, BrokenSeal, UnreadableFaceModel, ValueError for numbers that are none.
    """
    rgb = seen.rgb
    with metrics.stage("describe"):
        reading = toolbox.face_matcher.describe_fast(rgb)
    face = reading.face
    if face is None or reading.descriptor is None:
        return Evidence(verdict=reading.verdict), None, None
    upright = reading.turn(rgb)
    zone = Zone.DOUBTFUL  # of a film's photo, which was looked at when the turn was asked for
    shown: FirstLook | Film | None = None
    if seen.turn is None:
        with metrics.stage("spoof check"):
            first = toolbox.spoof_detector.judge(upright, face)
        metrics.count_zone(first.zone)
        zone, shown = first.zone, FirstLook(seen.digest, first.zone, first.saw_device)
    if zone is Zone.ATTACK:
        return Evidence(verdict=reading.verdict, zone=zone), None, shown
    model, look, turn = open_face_model(toolbox, candidate), Look(toolbox, upright, reading), None
    with metrics.stage("match"):
        score = look.score(model)
    if seen.turn is not None:
        known = Known(reading.descriptor, model)
        turn = judge_frames(toolbox, look_at(toolbox, seen.film), seen.turn.asked.side, known=known)
        shown = Film(seen.digest, seen.turn, turn)
    evidence = Evidence(reading.verdict, zone, score, MATCH_THRESHOLD, turn)
    with metrics.stage("lecture"):
        sighting = compare_with_lecture(toolbox, lecture_id, candidate.student.id, look, score)
    return evidence, sighting, shown


def write_down(
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    admitted: Admission,
    result: CheckInResult,
    request: CheckInRequest,
) -> CheckInAnswer:
    student = admitted.candidate.student if admitted.candidate else result.found
    with metrics.stage("record"):
        answer = record(
            toolbox,
            kiosk_pass,
            student,
            result,
            idempotency_key=request.idempotency_key,
            content_digest=request.content_digest,
            typed_digest=request.typed_digest,
        )
    metrics.count_outcome(answer.outcome)
    return answer


def log_failure(candidate: Candidate | None, failure: Exception) -> None:
    student_id = candidate.student.id if candidate else None
    log.error("check-in of student %s: %s: %s", student_id, type(failure).__name__, failure)


def open_face_model(toolbox: Toolbox, candidate: Candidate) -> FaceModel:
    sealed = candidate.sealed_model or b""
    return FaceModel.from_bytes(
        toolbox.sealer.open(sealed, purpose=purposes.face_model(candidate.student.id))
    )
