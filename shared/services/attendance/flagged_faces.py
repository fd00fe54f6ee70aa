"""Tells the teacher which faces at the kiosk tried roll ids not their own, and forgets nobody's faces.

Of a face that is nobody's at the lecture, a sealed descriptor is kept to know it again: until the lecture is
closed, or the night after. What stays are the roll ids it tried, if they were several.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.persistence import face_flags
from shared.persistence.database import Session
from shared.persistence.tables import FaceFlag, Student
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class FlaggedFace:
    """One face that tried roll ids not its own: whose it is, None for nobody's there, and each try."""

    student: Student | None
    tries: Sequence[FaceFlag]


def list_faces(session: Session, lecture_id: int) -> list[FlaggedFace]:
    """Return the faces of a lecture that tried somebody else's roll id, and nobody's faces that tried
    several.

    A student's own face that was refused for its own roll id is none of them.
    """
    known: dict[int, list[FaceFlag]] = {}
    strangers: dict[int, list[FaceFlag]] = {}
    for flag in face_flags.list_flags(session, lecture_id):
        if flag.near_match_id is not None:
            known.setdefault(flag.near_match_id, []).append(flag)
        else:
            strangers.setdefault(flag.same_as_id or flag.id, []).append(flag)
    several = [tries for tries in strangers.values() if len({each.student_id for each in tries}) > 1]
    return [FlaggedFace(tries[0].near_match, tries) for tries in (*known.values(), *several)]


def forget_strangers(session: Session, lecture_id: int) -> None:
    """Erase what was kept of nobody's faces at a lecture, inside the transaction that closes it."""
    shown = {each.id for face in list_faces(session, lecture_id) for each in face.tries}
    face_flags.forget_strangers(session, lecture_id, shown)


def forget_old(toolbox: Toolbox) -> int:
    """Erase it also at lectures that are over though nobody closed them; return at how many."""
    with toolbox.sessions.begin() as session:
        lecture_ids = face_flags.lectures_with_strangers(session, ended_before=toolbox.now())
        for lecture_id in lecture_ids:
            forget_strangers(session, lecture_id)
    return len(lecture_ids)
