"""Roll id by face: finds whose face it is among the lecture's students, and marks who says Yes to it."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from shared import metrics
from shared.domain.check_in import SUSPICIOUS, CheckInOutcome, Evidence, decide, without_roll_id
from shared.domain.identification import Identification, identify, without_near_matches
from shared.persistence import faces, head_turns, kiosk, named_faces
from shared.persistence.database import Session
from shared.persistence.kiosk import Candidate
from shared.persistence.tables import KioskPass
from shared.security.tokens import digest
from shared.services.faces.looks import Look
from shared.services.kiosk.admission import answer_at_once, content_digest, seconds_to_wait
from shared.services.kiosk.answers import CheckInAnswer, CheckInResult, record
from shared.services.kiosk.turns import FirstLook
from shared.toolbox import Toolbox

# How long after a name was told its Yes may arrive: the page shows the name for three seconds, and a lost
# network takes a few tries.
YES_LIFE = timedelta(seconds=20)


@dataclass(frozen=True)
class YesRequest:
    """The Yes to the name that a phone's request `yes_to` was answered with, and the digest of its photo."""

    photo_digest: str
    yes_to: str
    idempotency_key: str
    ticket: str

    @property
    def words(self) -> tuple[str, ...]:
        """Return what makes this request this one, in the order the phone signs it."""
        return self.ticket, self.idempotency_key, self.photo_digest, self.yes_to

    @property
    def content_digest(self) -> str:
        """Return what the idempotency key stands for."""
        return digest("\n".join(("yes", self.photo_digest, self.yes_to)))


def look_up(toolbox: Toolbox, lecture_id: int, rgb: np.ndarray, photo_digest: str) -> CheckInResult:
    """Return what a photo without a roll id comes to: RGB of shape (height, width, 3), uint8.

    Whom a picture is most like is found too, though not told: the doubt it leaves is that student's. A face
    with too many near it is nobody's. Raise ModelUnavailable, ValueError for numbers that are none.
    """
    with metrics.stage("describe"):
        reading = toolbox.face_matcher.read(rgb)  # carefully: it is compared with everybody
    if reading.face is None or reading.descriptor is None:
        return CheckInResult(decide(Evidence(verdict=reading.verdict)))
    upright = reading.turn(rgb)
    with metrics.stage("spoof check"):
        first = toolbox.spoof_detector.judge(upright, reading.face)
    metrics.count_zone(first.zone)
    look = Look(toolbox, upright, reading)
    with toolbox.reading() as session:
        found, candidate = _find(session, toolbox, lecture_id, look)
    evidence = Evidence(reading.verdict, first.zone, found.score, found.needed)
    return CheckInResult(
        without_roll_id(decide(evidence), is_certain=candidate is not None),
        shown=FirstLook(photo_digest, first.zone, first.saw_device),
        found=candidate.student if candidate else None,
    )


def _find(
    session: Session, toolbox: Toolbox, lecture_id: int, look: Look
) -> tuple[Identification, Candidate | None]:
    expected = set(kiosk.list_expected(session, lecture_id))
    found = identify(look.score_enrolled(toolbox, session, expected))
    if found.student_id is None:
        return found, None
    near_matches = faces.near_matches_of(session, found.student_id) & expected
    candidate = kiosk.find_candidate_by_id(session, lecture_id, found.student_id)
    return without_near_matches(found, near_matches), candidate


def has_to_wait(toolbox: Toolbox, kiosk_pass: KioskPass, result: CheckInResult) -> bool:
    """Tell whether others failed too often as the student whom a refused face is most like."""
    if result.found is None or result.outcome not in SUSPICIOUS:
        return False
    with toolbox.reading() as session:
        return seconds_to_wait(toolbox, session, kiosk_pass, result.found.id) > 0


def say_yes(toolbox: Toolbox, kiosk_pass: KioskPass, request: YesRequest) -> CheckInAnswer:
    """Mark who said Yes to the name; answered once, like `check_in`, which saw the face.

    Raise Conflict for a key that was answered for something else.
    """
    with toolbox.sessions.begin() as session:
        known = answer_at_once(session, toolbox, kiosk_pass, request)
        if known is not None:
            return known
        asked = named_faces.claim(
            session,
            kiosk_pass.id,
            request.yes_to,
            content_digest=content_digest(request.photo_digest),
            yes_key=request.idempotency_key,
            asked_after=toolbox.now() - YES_LIFE,
        )
        if asked is None or asked.student_id is None:
            return CheckInAnswer(CheckInOutcome.TOO_LATE)
        candidate = kiosk.find_candidate_by_id(session, kiosk_pass.lecture_id, asked.student_id)
        if candidate is None or candidate.sealed_model is None:
            # Left the class, or the family took its consent back, since the name was told.
            return CheckInAnswer(CheckInOutcome.TOO_LATE)
        begun_at = head_turns.find_beginning(session, asked).answered_at
    outcome = CheckInOutcome.PRESENT if candidate.mark is None else CheckInOutcome.ALREADY_MARKED
    answer = record(
        toolbox,
        kiosk_pass,
        candidate.student,
        CheckInResult(outcome, turned=asked.turned, seen_at=begun_at),
        idempotency_key=request.idempotency_key,
        content_digest=request.content_digest,
    )
    metrics.count_outcome(answer.outcome)
    return answer
