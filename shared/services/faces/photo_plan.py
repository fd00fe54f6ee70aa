"""Plans what becomes of each file of a class's zip, before anything is stored."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from shared.domain.face_model import MAX_PHOTOS
from shared.domain.photo_owners import Named, Owner, PhotoOwners
from shared.errors import NotFound, PhotoRefused
from shared.persistence import people
from shared.persistence.database import Session
from shared.persistence.tables import SchoolClass, Student
from shared.services.faces.photo_archive import open_archive, possible_names, read_entry
from shared.toolbox import Toolbox
from shared.vision.images import FILE_FORMATS, looks_like_photo

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz")
NO_CONSENT = "The family has not agreed to a face model; the photo was not stored."


@dataclass(frozen=True)
class PlannedPhoto:
    """One file of the zip by its readable name: whose it is, or who is likely for the question."""

    entry: zipfile.ZipInfo
    name: str
    student: Student | None
    question: str = ""
    likely: Sequence[Student] = ()


def plan_photos(
    session: Session, school_class: SchoolClass, entries: Iterable[zipfile.ZipInfo]
) -> list[PlannedPhoto]:
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


def _read(owners: PhotoOwners, entry: zipfile.ZipInfo) -> tuple[str, Owner]:
    """The name whose encoding makes sense, and its owner."""
    readings = [(name, owners.read(name)) for name in possible_names(entry)]
    certain = [reading for reading in readings if reading[1].student_id is not None]
    asked = [reading for reading in readings if reading[1].likely]
    return next(iter((*certain, *asked, *readings)))


def preview_photos(toolbox: Toolbox, class_code: str, file: BinaryIO) -> dict[str, Any]:
    """Say what a class's zip would come to, and store nothing: for each entry "student", "question" or why it
    is "refused". Raises NotFound, and InvalidInput for a file that is no harmless zip."""
    archive, entries = open_archive(file)
    counts: dict[int, int] = {}
    with toolbox.reading() as session:
        school_class = people.find_class_by_code(session, class_code)
        if school_class is None:
            raise NotFound(f"There is no class {class_code}.")
        planned = plan_photos(session, school_class, entries)
        shown = [_preview(archive, photo, counts) for photo in planned]
    read = {entry.filename for entry in entries}
    passed_over = [
        each.filename for each in archive.infolist() if not each.is_dir() and each.filename not in read
    ]
    return {
        "class": school_class.class_code,
        "entries": shown,
        "passed_over": passed_over,
        "students": sum(each["student"] is not None for each in shown),
        "questions": sum(each["question"] is not None for each in shown),
        "refused": sum(each["refused"] is not None for each in shown),
    }


def _preview(archive: zipfile.ZipFile, photo: PlannedPhoto, counts: dict[int, int]) -> dict[str, Any]:
    refused = None
    try:
        unpack_photo(archive, photo, counts)
    except PhotoRefused as cause:
        refused = str(cause)
    question = {"sentence": photo.question, "likely": [_named(each) for each in photo.likely]}
    return {
        "file": photo.name,
        "student": _named(photo.student) if photo.student else None,
        "question": None if photo.student else question,
        "refused": refused,
    }


def _named(student: Student) -> dict[str, str]:
    return {"roll_id": student.roll_id, "name": student.name}


def unpack_photo(archive: zipfile.ZipFile, planned: PlannedPhoto, counts: dict[int, int]) -> bytes:
    """Return a file that is to be stored, and count it in `counts` for its student.

    Raises PhotoRefused with the reason why it is not: it is nobody's, no family agreed, no photo, too large.
    """
    if planned.name.lower().endswith(_ARCHIVES):
        raise PhotoRefused("An archive inside the zip is not opened. Unpack it and send its photos.")
    if planned.student is None and not planned.likely:
        example = "Name the file by the roll id, such as 15203A0042_1.jpg."
        raise PhotoRefused(f"{planned.question} {example}")
    if planned.student is not None:
        _require_room(planned.student, counts)
    elif all(each.consent is None for each in planned.likely):
        raise PhotoRefused(
            f"{planned.question} No family of those it may show has agreed; it was not stored."
        )
    content = read_entry(archive, planned.entry)
    if not looks_like_photo(content):
        *some, last = FILE_FORMATS.values()
        raise PhotoRefused(f"Only {', '.join(some)} and {last} photos can be opened.")
    if planned.student is not None:
        counts[planned.student.id] = counts.get(planned.student.id, 0) + 1
    return content


def _require_room(student: Student, counts: dict[int, int]) -> None:
    if student.consent is None:
        raise PhotoRefused(NO_CONSENT)
    if counts.get(student.id, 0) >= MAX_PHOTOS:
        raise PhotoRefused(f"{MAX_PHOTOS} photos of a student are enough.")
