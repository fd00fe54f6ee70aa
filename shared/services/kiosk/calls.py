"""A call for the teacher from a phone that goes round, with what there is to see."""

from dataclasses import replace

from shared.domain.attendance import normal_code
from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.domain.languages import phrase
from shared.errors import Conflict
from shared.persistence import to_confirm
from shared.persistence.tables import KioskPass
from shared.services.faces.looks import Look
from shared.services.kiosk.admission import Admission, CheckInRequest, admit
from shared.services.kiosk.answers import CheckInAnswer, CheckInResult
from shared.services.kiosk.check_in import (
    NOT_FOUND_OUT,
    log_failure,
    open_and_count,
    open_face_model,
    write_down,
)
from shared.services.kiosk.confirmations import PICTURE_MAX_BYTES, Question, call_status_on
from shared.services.kiosk.sightings import compare_with_lecture
from shared.services.typed_input import LONGEST_CODE
from shared.toolbox import Toolbox
from shared.vision.images import shrink_photo

# Of calls that wait or were refused: a class of sixty has fewer without an enrolled face.
MOST_CALLS_OF_A_PHONE = 20
_CAMERA_FIRST = phrase("Please try the camera first; the teacher can be called after a few refusals.")


def call_teacher(toolbox: Toolbox, kiosk_pass: KioskPass, request: CheckInRequest) -> CheckInAnswer:
    """Ask the teacher about a student whom the check-in refused; answered once, like `check_in`.

    Raise Conflict for a student who was not refused often enough, PhotoRefused, Overloaded.
    """
    admitted = admit(toolbox, kiosk_pass, request, is_try=False)
    if isinstance(admitted, CheckInAnswer):
        return admitted
    with toolbox.reading() as session:
        if to_confirm.count_in_vain(session, kiosk_pass.id) >= MOST_CALLS_OF_A_PHONE:
            raise Conflict(phrase("Many calls from this phone wait already. Please give it to the teacher."))
    result = build_question(toolbox, kiosk_pass, admitted, request)
    return write_down(toolbox, kiosk_pass, admitted, result, request)


def build_question(
    toolbox: Toolbox, kiosk_pass: KioskPass, admitted: Admission, request: CheckInRequest
) -> CheckInResult:
    """Return the question to the teacher; without a model to compare with, there is just no score.

    Raise Conflict for a student who may not call yet, PhotoRefused, Overloaded.
    """
    if admitted.outcome is CheckInOutcome.LECTURE_CLOSED:
        return CheckInResult(admitted.outcome)
    lecture_id, candidate = kiosk_pass.lecture_id, admitted.candidate
    student_id = candidate.student.id if candidate else None
    with toolbox.reading() as session:
        status = call_status_on(session, kiosk_pass.id, request.typed_digest, lecture_id, student_id)
    if not status.may_call:
        raise Conflict(_CAMERA_FIRST)
    if not status.before_a_face:
        if admitted.outcome is not None:
            return CheckInResult(admitted.outcome)
        if candidate is not None and candidate.sealed_model is None:
            # The family may have said no to pictures; the teacher sees the name alone.
            return _ask(Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.NOT_ENROLLED))
    seen = _look_for_the_teacher(toolbox, lecture_id, admitted, request.photo)
    return _ask(
        replace(
            seen,
            last_outcome=status.last_refusal,
            before_a_face=status.before_a_face,
            typed_roll_id=normal_code(request.roll_id)[:LONGEST_CODE],
        )
    )


def _look_for_the_teacher(toolbox: Toolbox, lecture_id: int, admitted: Admission, photo: bytes) -> Question:
    """Return what there is to look at; of somebody without an enrolled face nothing is kept.

    Looked at is every photo, so that the time it takes tells nothing of a roll id.
    """
    candidate = admitted.candidate
    descriptor, score, quality, near_match_id = None, None, None, None
    with toolbox.load_limiter.inference_slot():
        rgb = open_and_count(toolbox, lecture_id, admitted, photo)
        try:
            reading = toolbox.face_matcher.read(rgb)  # carefully: the face may be learnt from later
            if reading.descriptor is not None and candidate is not None and candidate.sealed_model:
                rgb = reading.turn(rgb)
                descriptor, quality = reading.descriptor.tolist(), reading.quality
                look = Look(toolbox, rgb, reading)
                score = look.score(open_face_model(toolbox, candidate))
                sighting = compare_with_lecture(toolbox, lecture_id, candidate.student.id, look, score)
                near_match_id = next(iter(sighting.near_match_ids), None)
        except NOT_FOUND_OUT as failure:
            log_failure(candidate, failure)
            descriptor = None
        picture = shrink_photo(rgb, max_bytes=PICTURE_MAX_BYTES)
    return Question(
        ConfirmReason.CALLED_THE_TEACHER,
        score=score,
        near_match_id=near_match_id,
        picture=picture if candidate is not None and candidate.sealed_model else None,
        descriptor=descriptor,
        quality=quality,
    )


def _ask(question: Question) -> CheckInResult:
    return CheckInResult(CheckInOutcome.ASKED_TEACHER, question)
