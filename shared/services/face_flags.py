"""Notes faces at the kiosk that are not the typed student's, or not only, and tells the teacher of them.

Of a face that is nobody's at the lecture, a sealed descriptor is kept to know it again: until the lecture is
closed, or the night after. What stays are the roll ids it tried, if they were several.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import FaceModel
from shared.domain.look_alikes import LOOK_ALIKE_MARGIN, SAME_FACE_THRESHOLD, find_rival, passing
from shared.persistence import face_flags, faces, kiosk
from shared.persistence.database import Session
from shared.persistence.tables import FaceFlag, KioskPass, Student
from shared.security.sealing import BrokenSeal
from shared.services.sealed_faces import pack_descriptor, refresh_index, unpack_descriptor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Sighting:
    """How a face compares with the lecture's other enrolled students.

    `rival_id` is who fits about as well as the typed student, `passing_ids` are all the face would pass for,
    the likest first.
    """

    descriptor: Sequence[float]
    rival_id: int | None
    passing_ids: Sequence[int]

    @property
    def is_ambiguous(self) -> bool:
        """Whether the face may be somebody else's as well."""
        return self.rival_id is not None or bool(self.passing_ids)


@dataclass(frozen=True)
class FlaggedFace:
    """One face that tried roll ids not its own: whose it is, None for nobody's there, and each try."""

    student: Student | None
    tries: Sequence[FaceFlag]


def look_around(
    toolbox: Toolbox, lecture_id: int, student_id: int, descriptor: Sequence[float], score: float
) -> Sighting:
    """Compare a face that scored `score` for the typed student with the others of the lecture."""
    with toolbox.reading() as session:
        refresh_index(toolbox, session)
        expected = set(kiosk.list_expected(session, lecture_id)) - {student_id}
        others = toolbox.face_index.score(descriptor, expected)
        may_be_alike = max(others.values(), default=0.0) > score - LOOK_ALIKE_MARGIN  # seldom so
        look_alikes = faces.look_alikes_of(session, student_id) if may_be_alike else set()
    rival_id = find_rival(score, others, look_alikes=look_alikes)
    return Sighting(descriptor, rival_id, passing(others))


def note(
    session: Session,
    toolbox: Toolbox,
    kiosk_pass: KioskPass,
    student_id: int,
    outcome: CheckInOutcome,
    sighting: Sighting,
) -> None:
    """Note a refused or doubtful face inside the caller's transaction; one that was marked leaves nothing."""
    flag = FaceFlag(
        lecture_id=kiosk_pass.lecture_id,
        kiosk_pass_id=kiosk_pass.id,
        student_id=student_id,
        outcome=outcome,
        noted_at=toolbox.now(),
    )
    if outcome is CheckInOutcome.ASKED_TEACHER:
        flag.resembled_id = sighting.rival_id
        session.add(flag)
    elif outcome is CheckInOutcome.NO_MATCH and sighting.passing_ids:
        flag.resembled_id = sighting.passing_ids[0]
        session.add(flag)
    elif outcome is CheckInOutcome.NO_MATCH:
        flag.same_as_id = _find_same(session, toolbox, kiosk_pass.lecture_id, sighting.descriptor)
        session.add(flag)
        session.flush()  # the seal names the row
        plain = pack_descriptor(sighting.descriptor)
        flag.sealed_descriptor = toolbox.sealer.seal(plain, purpose=_purpose(flag.id))


def list_faces(session: Session, lecture_id: int) -> list[FlaggedFace]:
    """The faces of a lecture that tried somebody else's roll id, and nobody's faces that tried several.

    A student's own face that was refused for its own roll id is none of them.
    """
    known: dict[int, list[FaceFlag]] = {}
    strangers: dict[int, list[FaceFlag]] = {}
    for flag in face_flags.list_flags(session, lecture_id):
        if flag.resembled_id is not None:
            known.setdefault(flag.resembled_id, []).append(flag)
        else:
            strangers.setdefault(flag.same_as_id or flag.id, []).append(flag)
    several = [tries for tries in strangers.values() if len({each.student_id for each in tries}) > 1]
    return [FlaggedFace(tries[0].resembled, tries) for tries in (*known.values(), *several)]


def forget_strangers(session: Session, lecture_id: int) -> None:
    """Erase what was kept of nobody's faces at a lecture, inside the transaction that closes it."""
    shown = {each.id for face in list_faces(session, lecture_id) for each in face.tries}
    face_flags.forget_strangers(session, lecture_id, shown)


def forget_old(toolbox: Toolbox) -> int:
    """Erase it also at lectures that are over though nobody closed them; gives at how many."""
    with toolbox.sessions.begin() as session:
        lecture_ids = face_flags.lectures_with_strangers(session, ended_before=toolbox.now())
        for lecture_id in lecture_ids:
            forget_strangers(session, lecture_id)
    return len(lecture_ids)


def _find_same(
    session: Session, toolbox: Toolbox, lecture_id: int, descriptor: Sequence[float]
) -> int | None:
    """The first flag of the same face at this lecture."""
    for earlier in face_flags.list_strangers(session, lecture_id):
        try:
            plain = toolbox.sealer.open(earlier.sealed_descriptor or b"", purpose=_purpose(earlier.id))
        except BrokenSeal:
            continue
        model = FaceModel.train([unpack_descriptor(plain)], [1.0])
        if model.score(descriptor) >= SAME_FACE_THRESHOLD:
            return earlier.same_as_id or earlier.id
    return None


def _purpose(flag_id: int) -> str:
    return f"face-flag:{flag_id}"
