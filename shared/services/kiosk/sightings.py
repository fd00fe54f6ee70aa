"""Compares a face at the kiosk with the lecture's other students, and notes those not the typed one's.

Of a face that is nobody's at the lecture, a sealed descriptor is kept to know it again:
`attendance.flagged_faces` forgets it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import CURRENT, FaceModel, network_of
from shared.domain.near_match import (
    NEAR_MATCH_MARGIN,
    SAME_FACE_THRESHOLD,
    find_near_match,
    list_near_matches,
)
from shared.persistence import face_flags, faces, kiosk
from shared.persistence.database import Session
from shared.persistence.tables import FaceFlag, KioskPass
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services.faces.looks import Look
from shared.services.faces.sealed_faces import pack_descriptor, unpack_descriptor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Sighting:
    """How a face compares with the lecture's other enrolled students.

    `near_match_id` is who fits about as well as the typed student, `near_match_ids` are all the face
    would pass for, the likest first.
    """

    descriptor: Sequence[float]
    near_match_id: int | None
    near_match_ids: Sequence[int]

    @property
    def is_ambiguous(self) -> bool:
        """Whether the face may be somebody else's as well."""
        return self.near_match_id is not None or bool(self.near_match_ids)


def compare_with_lecture(
    toolbox: Toolbox, lecture_id: int, student_id: int, look: Look, score: float
) -> Sighting:
    """Return how a face that scored `score` for the typed student compares with the others of the lecture."""
    with toolbox.reading() as session:
        expected = set(kiosk.list_expected(session, lecture_id)) - {student_id}
        others = look.score_enrolled(toolbox, session, expected)
        may_be_alike = max(others.values(), default=0.0) > score - NEAR_MATCH_MARGIN  # seldom so
        near_matches = faces.near_matches_of(session, student_id) if may_be_alike else set()
    near_match_id = find_near_match(score, others, near_matches=near_matches)
    return Sighting(look.by(CURRENT), near_match_id, list_near_matches(others))


def record_sighting(
    session: Session,
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student_id: int,
    outcome: CheckInOutcome,
    sighting: Sighting,
) -> None:
    """Write a refused or doubtful face down in the caller's transaction; a marked one leaves nothing."""
    flag = FaceFlag(
        lecture_id=kiosk_pass.lecture_id,
        kiosk_pass_id=kiosk_pass.id,
        student_id=student_id,
        outcome=outcome,
        noted_at=toolbox.now(),
    )
    if outcome is CheckInOutcome.ASKED_TEACHER:
        flag.near_match_id = sighting.near_match_id
        session.add(flag)
    elif outcome is CheckInOutcome.NO_MATCH and sighting.near_match_ids:
        flag.near_match_id = sighting.near_match_ids[0]
        session.add(flag)
    elif outcome is CheckInOutcome.NO_MATCH:
        flag.same_as_id = _find_same(session, toolbox, kiosk_pass.lecture_id, sighting.descriptor)
        session.add(flag)
        session.flush()  # the seal names the row
        plain = pack_descriptor(sighting.descriptor)
        flag.sealed_descriptor = toolbox.sealer.seal(plain, purpose=purposes.face_flag(flag.id))


def _find_same(
    session: Session, toolbox: Toolbox, lecture_id: int, descriptor: Sequence[float]
) -> int | None:
    """Return the first flag of the same face at this lecture."""
    for earlier in face_flags.list_strangers(session, lecture_id):
        try:
            plain = toolbox.sealer.open(
                earlier.sealed_descriptor or b"", purpose=purposes.face_flag(earlier.id)
            )
        except BrokenSeal:
            continue
        known = unpack_descriptor(plain)
        if network_of(known) is not CURRENT:  # noted before the school's faces changed to this network
            continue
        if FaceModel.train([known], [1.0]).score(descriptor) >= SAME_FACE_THRESHOLD:
            return earlier.same_as_id or earlier.id
    return None
