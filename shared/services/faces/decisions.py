"""Asks an admin whose a face is, before one is enrolled that would pass for another student's."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.languages import phrase
from shared.errors import NotFound, PhotoRefused
from shared.persistence import faces
from shared.persistence.people import get_student
from shared.persistence.tables import Student
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services.faces.enrolment import NearMatch, find_near_matches
from shared.toolbox import Toolbox
from shared.vision.images import shrink_photo
from shared.vision.photo_files import open_file

# Both faces beside each other on a phone; more would show no more of them.
_PICTURE_BYTES = 40_000
MOST_PICTURES = 3


@dataclass(frozen=True)
class Alike:
    """Somebody whom the waiting photos would pass for, or the student's own face so far, and what photos of
    it the school keeps."""

    near_match: NearMatch
    photo_ids: Sequence[int]


@dataclass(frozen=True)
class Decision:
    """The question about one student's waiting photos; `alike` is empty where nothing has to be decided."""

    student: Student
    photo_ids: Sequence[int]
    alike: Sequence[Alike]


def get_decision(toolbox: Toolbox, student_id: int) -> Decision:
    """Compare a student's waiting photos with every enrolled face of the school. Raise NotFound."""
    near_matches = find_near_matches(toolbox, student_id)
    with toolbox.reading() as session:
        student = get_student(session, student_id)
        waiting = [photo.id for photo in faces.list_waiting(session, student)]
        alike = [
            Alike(each, [photo.id for photo in faces.list_kept(session, each.student.id)][:MOST_PICTURES])
            for each in near_matches
        ]
    return Decision(student, waiting[:MOST_PICTURES], alike)


def open_picture(toolbox: Toolbox, student_id: int, photo_id: int) -> bytes:
    """Return one enrolment photo of a student as a small JPEG. Raise NotFound."""
    with toolbox.reading() as session:
        photo = faces.find_photo(session, photo_id)
        sealed = faces.find_sealed_photo(session, photo_id)
        if photo is None or sealed is None or photo.student_id != student_id:
            raise NotFound(phrase("There is no such photo any more."))
    try:
        content = toolbox.sealer.open(sealed, purpose=purposes.enrolment_photo(student_id))
        return shrink_photo(open_file(content), max_bytes=_PICTURE_BYTES)
    except (BrokenSeal, PhotoRefused) as cause:
        raise NotFound(phrase("The photo cannot be opened any more.")) from cause
