"""Enrols a whole class from one zip of photos named by roll id."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from shared.domain.face_model import CURRENT, MATCH_THRESHOLD, FaceModel, odd_ones_out
from shared.domain.languages import counted, joined, phrase
from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import Conflict, NotFound, PhotoRefused
from shared.persistence import faces, jobs, photo_questions
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.people import get_class, get_student
from shared.persistence.tables import EnrolmentPhoto, Student
from shared.security import purposes
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.enrolment import find_near_matches, require_consent, save_trained_model
from shared.services.faces.photo_archive import PhotoArchive
from shared.services.faces.photo_plan import plan_photos, unpack_photos
from shared.services.faces.photo_questions import (
    FileResult,
    file_result,
    forget_questions,
    keep_question,
    make_thumbnail,
)
from shared.services.faces.sealed_faces import describe_photo, open_descriptor, open_model, seal_descriptor
from shared.services.typed_input import LONGEST_NAME
from shared.toolbox import Toolbox
from shared.vision.photo_files import Openings, open_file

# 2,000 JPEGs of 12 megapixels take three minutes, 400 HEICs five; longer takes a zip that was made to.
MOST_OPENING_S = 900.0
_WORKER = Actor(site="worker", email="worker")


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

    What belongs to no student, or to one without consent, is not stored, and named on the job; where the
    path leaves open whose it is, the admin is asked. A newer zip takes the place of one that was not read to
    its end, and of its questions. Raise NotFound, and InvalidInput for a file that is no harmless zip.
    """
    archive = PhotoArchive(file)
    with toolbox.sessions.begin() as session:
        school_class = get_class(session, class_id)
        forget_questions(session, class_id)
        planned = plan_photos(session, school_class, archive.entries)
        job = jobs.add(session, JobKind.READ_CLASS_PHOTOS, class_id, total=len(planned), now=toolbox.now())
        after = {"files": len(planned)}
        audit.record(session, toolbox, actor, "send class photos", school_class.class_code, after=after)
    results: list[FileResult] = []
    for photo, content in unpack_photos(archive, planned):
        if isinstance(content, PhotoRefused):
            results.append(file_result(photo.name, photo.student, content.sentence))
        elif photo.student is None:
            keep_question(toolbox, class_id, photo, content)
        else:
            _store(toolbox, photo.student, photo.name, content)
    with toolbox.sessions.begin() as session:
        jobs.add_file_results(session, job.id, results)
        jobs.advance(session, job.id, done=len(results), now=toolbox.now())
    toolbox.queue.start(job.id)
    return job.id


def read_class_photos(toolbox: Toolbox, job_id: int, class_id: int) -> str:
    """Look at every stored photo of a class's zip, train each student's face model, and say how it went."""
    with toolbox.reading() as session:
        get_class(session, class_id)
        job = jobs.find(session, job_id)
        results: Sequence[FileResult] = (job.results or []) if job else []
        unseen = faces.list_unseen(session, class_id)
        questions = photo_questions.list_unopened(session, class_id)
    # Answers to an earlier job's questions come beside the photos that job has learnt from.
    learnt = {result["student_id"] for result in results if result["used"]}
    done = len(results)
    openings = Openings(open_file, most_s=MOST_OPENING_S)
    for question in questions:
        refused = make_thumbnail(toolbox, class_id, question, openings)
        done += refused is not None
        with toolbox.sessions.begin() as session:
            jobs.add_file_results(session, job_id, [refused] if refused else [])
            jobs.advance(session, job_id, done=done, now=toolbox.now())
    undecided = 0
    for student_id, photos in groupby(unseen, key=lambda photo: photo.student_id):
        seen = []
        for photo in photos:
            seen.append(_look(toolbox, photo, openings))
            with toolbox.sessions.begin() as session:
                jobs.advance(session, job_id, done=done + len(seen), now=toolbox.now())
        done += len(seen)
        try:
            files = _enrol(toolbox, student_id, seen, is_known=student_id in learnt)
        except NotFound:
            continue  # erased meanwhile, and the names of the files with the student
        undecided += any(each["undecided"] for each in files)
        with toolbox.sessions.begin() as session:
            jobs.add_file_results(session, job_id, files)
    with toolbox.reading() as session:
        job = jobs.find(session, job_id)
        results = (job.results or []) if job else []
        asked = photo_questions.count_questions(session, class_id)
    # With those of the zip whose photos were learnt before an answer about another brought this run.
    used_files = [each for each in results if each["used"] and not each.get("undecided")]
    trained = {each["student_id"] for each in used_files} - {None}
    return _summary(len(trained), undecided, asked, sum(not result["used"] for result in results))


def _enrol(toolbox: Toolbox, student_id: int, seen: Sequence[_Seen], *, is_known: bool) -> list[FileResult]:
    """Train a student on what is good of their photos, beside what is learnt where `is_known`; return what
    became of each. Raise NotFound."""
    earlier = _open_present(toolbox, student_id) if is_known else None
    student, settled, used = _settle(toolbox, student_id, seen, earlier)
    try:
        near_match = _train(toolbox, student_id, earlier) if used else None
    except Conflict as refused:  # the consent or the photos went away meanwhile
        return [file_result(one.file_name, student, refused.sentence) for one in seen]
    return [
        file_result(
            one.file_name,
            student,
            near_match if near_match and one in used else sentence,
            used=one in used,
            undecided=near_match is not None and one in used,
        )
        for one, sentence in settled
    ]


def _store(toolbox: Toolbox, student: Student, name: str, content: bytes) -> None:
    """Seal one photo into the database."""
    with toolbox.sessions.begin() as session:
        session.add(
            EnrolmentPhoto(
                student_id=student.id,
                file_name=name[-LONGEST_NAME:],
                sealed_photo=toolbox.sealer.seal(content, purpose=purposes.enrolment_photo(student.id)),
                verdict=None,
                quality=0.0,
                added_at=toolbox.now(),
            )
        )


def _look(toolbox: Toolbox, photo: EnrolmentPhoto, openings: Openings) -> _Seen:
    """Read one stored photo; no transaction is open meanwhile."""
    with toolbox.reading() as session:
        sealed = faces.find_sealed_photo(session, photo.id)
    if sealed is None:
        return _Seen(photo.id, photo.file_name, phrase("It was deleted before it could be looked at."))
    content = toolbox.sealer.open(sealed, purpose=purposes.enrolment_photo(photo.student_id))
    try:
        reading = toolbox.face_matcher.read(openings.open(content))
    except PhotoRefused as refused:
        return _Seen(photo.id, photo.file_name, refused.sentence)
    if reading.verdict is not PhotoVerdict.GOOD or reading.descriptor is None:
        return _Seen(photo.id, photo.file_name, reading.verdict.sentence)
    sealed_descriptor = seal_descriptor(toolbox, photo.student_id, reading.descriptor.tolist())
    return _Seen(photo.id, photo.file_name, reading.verdict.sentence, sealed_descriptor, reading.quality)


def _settle(
    toolbox: Toolbox, student_id: int, seen: Sequence[_Seen], earlier: FaceModel | None
) -> tuple[Student, list[tuple[_Seen, str]], list[_Seen]]:
    """Keep the good photos of one student and delete the others, such as those unlike the `earlier` ones.

    Return the student, every photo with its sentence, and the photos that are kept.
    """
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        refusal = _refusal(student)
        good = [] if refusal else _keep(session, seen)
        waiting = faces.list_waiting(session, student)
        is_current = earlier is not None and earlier.network is CURRENT
        known = list(earlier.descriptors) if earlier and is_current else []
        odd = odd_ones_out([*known, *(open_descriptor(toolbox, photo) for photo in waiting)])
        unlike = {waiting[at - len(known)].id for at in odd if at >= len(known)}
        if earlier and not is_current:  # enrolled with an earlier network, which says who is unlike
            unlike |= {
                photo.id
                for photo in waiting
                if earlier.score(describe_photo(toolbox, photo, earlier.network)) < MATCH_THRESHOLD
            }
        strangers = unlike & {one.photo_id for one in good}
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
        return refused.sentence
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


def _open_present(toolbox: Toolbox, student_id: int) -> FaceModel | None:
    with toolbox.reading() as session:
        sealed = faces.find_sealed_model(session, student_id)
    return open_model(toolbox, student_id, sealed) if sealed else None


def _train(toolbox: Toolbox, student_id: int, earlier: FaceModel | None) -> str | None:
    """Train a student on the photos that wait, beside those of the `earlier` model; or say whom they look
    like, and leave that to the admin."""
    near_matches = find_near_matches(toolbox, student_id)
    alike = [one.student for one in near_matches if not one.is_unlike]
    if alike:
        named = [
            phrase(
                "%(name)s, %(roll_id)s in %(code)s",
                name=each.name,
                roll_id=each.roll_id,
                code=each.school_class.class_code,
            )
            for each in alike
        ]
        return phrase(
            "Not enrolled yet: the kiosk would take this face for %(named)s.", named=joined(named, "; ")
        )
    if near_matches and earlier is None:  # those of an `earlier` model were compared with it already
        return phrase("The photos do not look like the face enrolled so far, which stays until you decide.")
    with toolbox.sessions.begin() as session:
        faces.lock_models(session)
        student = require_consent(get_student(session, student_id, lock=True))
        count = save_trained_model(
            toolbox, session, student, faces.list_waiting(session, student), beside=earlier
        )
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


def _summary(trained: int, undecided: int, asked: int, unused: int) -> str:
    sentences = [
        counted("%(num)d student is enrolled.", "%(num)d students are enrolled.", trained)
        if trained
        else phrase("No student is enrolled.")
    ]
    if undecided:
        sentences.append(
            counted(
                "%(num)d looks like somebody else and needs your decision.",
                "%(num)d look like somebody else and need your decision.",
                undecided,
            )
        )
    if asked:
        sentences.append(
            counted(
                "%(num)d photo waits for you to say whose.",
                "%(num)d photos wait for you to say whose.",
                asked,
            )
        )
    if unused:
        sentences.append(counted("%(num)d file was not used.", "%(num)d files were not used.", unused))
    return joined(sentences)
