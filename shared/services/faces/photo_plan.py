"""Plans what becomes of each file of a class's zip, before anything is stored."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from shared.domain.face_model import MAX_PHOTOS
from shared.domain.languages import phrase
from shared.domain.photo_owners import Named, Owner, PhotoOwners
from shared.errors import NotFound, Overloaded, PhotoRefused
from shared.persistence import people
from shared.persistence.database import Session
from shared.persistence.tables import SchoolClass, Student
from shared.services.faces.photo_archive import Entry, PhotoArchive
from shared.toolbox import Toolbox
from shared.vision.photo_files import FILE, Openings, looks_like_photo, open_file

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz")
# Where the zip is received only what is too large to be kept is opened, while somebody waits.
_MOST_OPENING_S = 60.0
NO_CONSENT = phrase("The family has not agreed to a face model; the photo was not stored.")


@dataclass(frozen=True)
class PlannedPhoto:
    """One file of the zip by its readable name: whose it is, or who is likely for the question."""

    entry: Entry
    name: str
    student: Student | None
    question: str = ""
    likely: Sequence[Student] = ()


def plan_photos(session: Session, school_class: SchoolClass, entries: Iterable[Entry]) -> list[PlannedPhoto]:
    """Say of every file whose it is by its path; nothing is unpacked."""
    students = {each.id: each for each in people.list_by_roll_id(session, school_class.id).values()}
    named = [Named(each.id, each.roll_id, each.name) for each in students.values()]
    others = [each.class_code for each in people.list_classes(session) if each.id != school_class.id]
    owners = PhotoOwners(named, other_classes=others)
    planned = []
    for entry in entries:
        name, owner = _read(owners, entry)
        student = None if owner.student_id is None else students[owner.student_id]
        likely = [students[each] for each in owner.likely]
        planned.append(PlannedPhoto(entry, name, student, owner.sentence, likely))
    return planned


def _read(owners: PhotoOwners, entry: Entry) -> tuple[str, Owner]:
    """Return the name whose encoding makes sense, and its owner."""
    readings = [(name, owners.read(name)) for name in entry.names]
    certain = [reading for reading in readings if reading[1].student_id is not None]
    asked = [reading for reading in readings if reading[1].likely]
    return next(iter((*certain, *asked, *readings)))


def preview_photos(toolbox: Toolbox, class_code: str, file: BinaryIO) -> dict[str, Any]:
    """Say what a class's zip would come to, and store nothing: for each entry "student", "question" or why it
    is "refused". Raise NotFound, and InvalidInput for a file that is no harmless zip."""
    archive = PhotoArchive(file)
    with toolbox.reading() as session:
        school_class = people.find_class_by_code(session, class_code)
        if school_class is None:
            raise NotFound(phrase("There is no class %(class_code)s.", class_code=class_code))
        planned = plan_photos(session, school_class, archive.entries)
        shown = [_preview(*unpacked) for unpacked in unpack_photos(archive, planned)]
    return {
        "class": school_class.class_code,
        "entries": shown,
        "passed_over": archive.passed_over,
        "students": sum(each["student"] is not None for each in shown),
        "questions": sum(each["question"] is not None for each in shown),
        "refused": sum(each["refused"] is not None for each in shown),
    }


def _preview(photo: PlannedPhoto, content: bytes | PhotoRefused) -> dict[str, Any]:
    question = {"sentence": photo.question, "likely": [_named(each) for each in photo.likely]}
    return {
        "file": photo.name,
        "student": _named(photo.student) if photo.student else None,
        "question": None if photo.student else question,
        "refused": content.sentence if isinstance(content, PhotoRefused) else None,
    }


def _named(student: Student) -> dict[str, str]:
    return {"roll_id": student.roll_id, "name": student.name}


def unpack_photos(
    archive: PhotoArchive, planned: Sequence[PlannedPhoto]
) -> Iterator[tuple[PlannedPhoto, bytes | PhotoRefused]]:
    """Yield every file with what is to be stored of it, or why nothing is.

    It is nobody's, no family agreed, it is no photo, too large, or one too many of its student.
    """
    refused = {photo.entry.position: _why_not(photo) for photo in planned}
    contents = archive.unpack([photo.entry for photo in planned if not refused[photo.entry.position]])
    counts: Counter[int] = Counter()
    openings = Openings(open_file, most_s=_MOST_OPENING_S)
    for photo in planned:
        why = refused[photo.entry.position]
        content = PhotoRefused(why) if why else _take(photo, next(contents), counts, openings)
        if photo.student is not None:
            counts[photo.student.id] += isinstance(content, bytes)
        yield photo, content


def _why_not(photo: PlannedPhoto) -> str:
    """Say why a file is not even unpacked; empty where it is."""
    if photo.name.lower().endswith(_ARCHIVES):
        return phrase("An archive inside the zip is not opened. Unpack it and send its photos.")
    if photo.student is not None:
        return NO_CONSENT if photo.student.consent is None else ""
    if not photo.likely:
        return phrase(
            "%(question)s Name the file by the roll id, such as 15203A0042_1.jpg.", question=photo.question
        )
    if all(each.consent is None for each in photo.likely):
        return phrase(
            "%(question)s No family of those it may show has agreed; it was not stored.",
            question=photo.question,
        )
    return ""


def _take(
    photo: PlannedPhoto, content: bytes | PhotoRefused, counts: Counter[int], openings: Openings
) -> bytes | PhotoRefused:
    if isinstance(content, PhotoRefused):
        return content
    if photo.student is not None and counts[photo.student.id] >= MAX_PHOTOS:
        return PhotoRefused(phrase("%(max_photos)s photos of a student are enough.", max_photos=MAX_PHOTOS))
    if not looks_like_photo(content):
        return PhotoRefused(FILE.other_kind)
    try:
        return openings.fit(content)
    except PhotoRefused as refused:
        return refused
    except Overloaded as busy:
        return PhotoRefused(busy.sentence)
