"""Enrols a whole class from one zip of photos named by roll id."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, BinaryIO

from shared.domain.face_model import MAX_PHOTOS, odd_ones_out
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import Conflict, PhotoRefused
from shared.persistence import faces, jobs, people
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.people import get_class, get_student
from shared.persistence.tables import EnrolmentPhoto, Student
from shared.security import purposes
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.enrolment import find_near_matches, require_consent, save_trained_model
from shared.services.faces.photo_archive import find_owner, open_archive, read_entry
from shared.services.faces.sealed_faces import open_descriptor, seal_descriptor
from shared.services.typed_input import LONGEST_NAME
from shared.toolbox import Toolbox
from shared.vision.images import open_photo

_WORKER = Actor(site="worker", email="worker")

# What became of a file: its name, the student if one is meant, a sentence, whether it was used, and whether
# the admin has to decide about the student first.
FileResult = dict[str, Any]


@dataclass(frozen=True)
class _Seen:
    """What one stored photo gave; `sealed_descriptor` is there only if the photo is good."""

    photo_id: int
    file_name: str
    sentence: str
    sealed_descriptor: bytes | None = None
    quality: float = 0.0


def receive_class_photos(toolbox: Toolbox, actor: Actor, class_id: int, file: BinaryIO) -> int:
    """Store a zip's photos, sealed, for the worker to look at, and give the job's id.

    What belongs to no student, or to one without consent, is not stored, and named on the job. A newer zip
    takes the place of one that was not read to its end. Raises NotFound, and InvalidInput for a file
    that is no harmless zip.
    """
    archive, entries = open_archive(file)
    with toolbox.sessions.begin() as session:
        school_class = get_class(session, class_id)
        faces.delete_unseen(session, class_id)
        students = people.list_by_roll_id(session, class_id)
        job = jobs.add(session, JobKind.READ_CLASS_PHOTOS, class_id, total=len(entries), now=toolbox.now())
        after = {"files": len(entries)}
        audit.record(session, toolbox, actor, "send class photos", school_class.class_code, after=after)
    results: list[FileResult] = []
    counts: dict[int, int] = {}
    for entry in entries:
        student = find_owner(entry.filename, students)
        try:
            _store(toolbox, student, counts, archive, entry)
        except PhotoRefused as refused:
            results.append(_action(entry.filename, student, str(refused)))
    with toolbox.sessions.begin() as session:
        jobs.record_file_results(session, job.id, results)
        jobs.advance(session, job.id, done=len(results), now=toolbox.now())
    toolbox.queue.start(job.id)
    return job.id


def read_class_photos(toolbox: Toolbox, job_id: int, class_id: int) -> str:
    """Look at every stored photo of a class's zip, train each student's face model, and say how it went."""
    with toolbox.reading() as session:
        get_class(session, class_id)
        job = jobs.find(session, job_id)
        results: list[FileResult] = list(job.results or []) if job else []
        unseen = faces.list_unseen(session, class_id)
    trained = undecided = 0
    for student_id, photos in groupby(unseen, key=lambda photo: photo.student_id):
        seen = []
        for photo in photos:
            seen.append(_look(toolbox, photo))
            with toolbox.sessions.begin() as session:
                jobs.advance(session, job_id, done=len(results) + len(seen), now=toolbox.now())
        student, settled, used = _settle(toolbox, student_id, seen)
        near_match = _train(toolbox, student_id) if used else None
        trained += bool(used) and near_match is None
        undecided += near_match is not None
        results += [
            _action(
                one.file_name,
                student,
                near_match if near_match and one in used else sentence,
                used=one in used,
                undecided=near_match is not None and one in used,
            )
            for one, sentence in settled
        ]
        with toolbox.sessions.begin() as session:
            jobs.record_file_results(session, job_id, results)
    return _summary(trained, undecided, sum(not result["used"] for result in results))


def _store(
    toolbox: Toolbox,
    student: Student | None,
    counts: dict[int, int],
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
) -> None:
    """Seal one photo into the database. Raises PhotoRefused saying why it is not stored."""
    if student is None:
        raise PhotoRefused("No student of this class has this roll id.")
    if student.consent is None:
        raise PhotoRefused("The family has not agreed to a face model; the photo was not stored.")
    if counts.get(student.id, 0) >= MAX_PHOTOS:
        raise PhotoRefused(f"{MAX_PHOTOS} photos of a student are enough.")
    content = read_entry(archive, entry)
    counts[student.id] = counts.get(student.id, 0) + 1
    with toolbox.sessions.begin() as session:
        session.add(
            EnrolmentPhoto(
                student_id=student.id,
                file_name=entry.filename[-LONGEST_NAME:],
                sealed_photo=toolbox.sealer.seal(content, purpose=purposes.enrolment_photo(student.id)),
                verdict=None,
                quality=0.0,
                added_at=toolbox.now(),
            )
        )


def _look(toolbox: Toolbox, photo: EnrolmentPhoto) -> _Seen:
    """Read one stored photo; no transaction is open meanwhile."""
    with toolbox.reading() as session:
        sealed = faces.find_sealed_photo(session, photo.id)
    if sealed is None:
        return _Seen(photo.id, photo.file_name, "It was deleted before it could be looked at.")
    content = toolbox.sealer.open(sealed, purpose=purposes.enrolment_photo(photo.student_id))
    try:
        reading = toolbox.face_matcher.read(open_photo(content))
    except PhotoRefused as refused:
        return _Seen(photo.id, photo.file_name, str(refused))
    if reading.verdict is not PhotoVerdict.GOOD or reading.descriptor is None:
        return _Seen(photo.id, photo.file_name, reading.verdict.sentence)
    sealed_descriptor = seal_descriptor(toolbox, photo.student_id, reading.descriptor)
    return _Seen(photo.id, photo.file_name, reading.verdict.sentence, sealed_descriptor, reading.quality)


def _settle(
    toolbox: Toolbox, student_id: int, seen: Sequence[_Seen]
) -> tuple[Student, list[tuple[_Seen, str]], list[_Seen]]:
    """Keep the good photos of one student and delete the others.

    Gives the student, every photo with its sentence, and the photos that are kept.
    """
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        refusal = _refusal(student)
        good = [] if refusal else _keep(session, seen)
        waiting = faces.list_waiting(session, student)
        odd = odd_ones_out([open_descriptor(toolbox, photo) for photo in waiting])
        strangers = {waiting[at].id for at in odd} & {one.photo_id for one in good}
        used = [one for one in good if one.photo_id not in strangers]
        faces.delete_photos_by_id(session, {one.photo_id for one in seen} - {one.photo_id for one in used})
    settled = []
    for one in seen:
        stranger = PhotoVerdict.ANOTHER_PERSON.sentence if one.photo_id in strangers else None
        settled.append((one, refusal or stranger or one.sentence))
    return student, settled, used


def _refusal(student: Student) -> str | None:
    try:
        require_consent(student)
    except Conflict as refused:
        return str(refused)
    return None


def _keep(session: Session, seen: Sequence[_Seen]) -> list[_Seen]:
    """Write what was seen on the rows of good photos that are still there."""
    kept = []
    for one in seen:
        row = faces.find_photo(session, one.photo_id) if one.sealed_descriptor else None
        if row is not None:
            row.sealed_descriptor, row.quality = one.sealed_descriptor, one.quality
            row.verdict = PhotoVerdict.GOOD
            kept.append(one)
    session.flush()
    return kept


def _train(toolbox: Toolbox, student_id: int) -> str | None:
    """Train a student on the photos that wait; or say whom they look like, and leave that to the admin."""
    alike = [one.student for one in find_near_matches(toolbox, student_id)]
    if alike:
        named = " and ".join(
            f"{each.name}, {each.roll_id} in {each.school_class.class_code}" for each in alike
        )
        return f"Not enrolled yet: the kiosk would take this face for {named}."
    with toolbox.sessions.begin() as session:
        faces.lock_models(session)
        student = require_consent(get_student(session, student_id, lock=True))
        count = save_trained_model(toolbox, session, student, faces.list_waiting(session, student))
        audit.record(
            session,
            toolbox,
            _WORKER,
            "train face model",
            student.roll_id,
            student_id=student_id,
            after={"photos": count},
        )
    return None


def _action(
    file_name: str, student: Student | None, sentence: str, *, used: bool = False, undecided: bool = False
) -> FileResult:
    return {
        "file": file_name[-LONGEST_NAME:],
        "student_id": student.id if student else None,
        "student": f"{student.roll_id} {student.name}" if student else "",
        "sentence": sentence,
        "used": used,
        "undecided": undecided,
    }


def _summary(trained: int, undecided: int, unused: int) -> str:
    sentences = [f"{trained} {'student is' if trained == 1 else 'students are'} enrolled."]
    if undecided:
        words = "looks like somebody else and needs" if undecided == 1 else "look like somebody else and need"
        sentences.append(f"{undecided} {words} your decision.")
    if unused:
        sentences.append(f"{unused} {'file was' if unused == 1 else 'files were'} not used.")
    return " ".join(sentences)
