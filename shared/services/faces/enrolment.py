"""Enrols a student's face: takes photos one by one, trains the face model, tries it on a fresh photo."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.face_model import CURRENT, MATCH_THRESHOLD, MAX_PHOTOS, FaceModel, Network, odd_ones_out
from shared.domain.head_turn import Side
from shared.domain.languages import phrase
from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Zone
from shared.errors import Conflict, PhotoRefused
from shared.persistence import faces, jobs
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.people import get_student
from shared.persistence.tables import EnrolmentPhoto, Job, Student
from shared.security import purposes
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.looks import Look
from shared.services.faces.near_matches import save_model
from shared.services.faces.poses import TOO_FAR, ask_for_more
from shared.services.faces.sealed_faces import (
    describe_photos,
    open_descriptor,
    open_model,
    refresh_index,
    seal_descriptor,
)
from shared.services.typed_input import LONGEST_NAME
from shared.toolbox import Toolbox
from shared.vision.images import CAMERA, write_photo
from shared.vision.photo_files import FILE, open_file

# As many guided photos are asked for; from here on training begins by itself.
GUIDED_PHOTOS = 5
# What one photo from a file may be.
PHOTO_RULE = FILE
# What one form of several photos may weigh, some of them as large as may be.
LARGEST_BATCH_BYTES = MAX_PHOTOS * CAMERA.max_bytes + FILE.max_bytes


@dataclass(frozen=True)
class PhotoResult:
    """What became of one photo. `verdict` is None when the file is no photo we can open."""

    file_name: str
    sentence: str
    verdict: PhotoVerdict | None
    is_kept: bool


@dataclass(frozen=True)
class NearMatch:
    """Another enrolled student whom this face would pass for; `score` is from MATCH_THRESHOLD on.

    Where it `is_unlike`, the student's own: the face enrolled so far, which this one would not pass for.
    """

    student: Student
    score: float
    is_unlike: bool = False


@dataclass(frozen=True)
class SelfTest:
    """How the fresh photo did: `margin` is its score less the threshold, None if no face was compared."""

    passed: bool
    sentence: str
    margin: float | None


def add_photo(
    toolbox: Toolbox,
    actor: Actor,
    student_id: int,
    *,
    file_name: str,
    content: bytes,
    pose: Side | None = None,
) -> PhotoResult:
    """Judge one photo and keep it, sealed, if it is good.

    With a `pose`, one on which the head is not turned there is not kept, and told so. Raise NotFound,
    ModelUnavailable, and Conflict without consent.
    """
    with toolbox.reading() as session:
        require_consent(get_student(session, student_id))
    file_name = file_name[-LONGEST_NAME:]
    try:
        rgb = open_file(content)
        reading = toolbox.face_matcher.read(rgb)
    except PhotoRefused as refused:
        return PhotoResult(file_name, refused.sentence, None, is_kept=False)
    if pose is not None and reading.verdict is PhotoVerdict.TURNED_AWAY:
        return PhotoResult(file_name, TOO_FAR, reading.verdict, is_kept=False)
    if reading.verdict is not PhotoVerdict.GOOD or reading.descriptor is None:
        return PhotoResult(file_name, reading.verdict.sentence, reading.verdict, is_kept=False)
    more = ask_for_more(toolbox, reading.turn(rgb), pose) if pose is not None else None
    if more is not None:
        return PhotoResult(file_name, more, reading.verdict, is_kept=False)
    if len(content) > CAMERA.max_bytes:
        content = write_photo(rgb)
    with toolbox.sessions.begin() as session:
        student = require_consent(get_student(session, student_id, lock=True))
        waiting = faces.list_waiting(session, student)
        if len(waiting) >= MAX_PHOTOS:
            return PhotoResult(
                file_name,
                phrase("%(max_photos)s photos are enough.", max_photos=MAX_PHOTOS),
                reading.verdict,
                is_kept=False,
            )
        earlier = [open_descriptor(toolbox, photo) for photo in waiting]
        if len(waiting) in odd_ones_out([*earlier, reading.descriptor.tolist()]):
            stranger = PhotoVerdict.ANOTHER_PERSON
            return PhotoResult(file_name, stranger.sentence, stranger, is_kept=False)
        session.add(
            EnrolmentPhoto(
                student_id=student_id,
                file_name=file_name,
                sealed_photo=toolbox.sealer.seal(content, purpose=purposes.enrolment_photo(student_id)),
                sealed_descriptor=seal_descriptor(toolbox, student_id, reading.descriptor.tolist()),
                verdict=PhotoVerdict.GOOD,
                quality=reading.quality,
                added_at=toolbox.now(),
            )
        )
        audit.record(session, toolbox, actor, "add enrolment photo", student.roll_id, student_id=student_id)
    return PhotoResult(file_name, reading.verdict.sentence, reading.verdict, is_kept=True)


def discard_photos(toolbox: Toolbox, actor: Actor, student_id: int) -> None:
    """Delete the photos that wait for training; an earlier face model stays. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        faces.delete_photos(session, faces.list_waiting(session, student))
        audit.record(
            session, toolbox, actor, "discard enrolment photos", student.roll_id, student_id=student_id
        )


def find_near_matches(toolbox: Toolbox, student_id: int) -> list[NearMatch]:
    """Name the students whom at least half of the waiting photos would pass for at the kiosk, likest first.

    Asks among every enrolled face of the school. Last, where the student's own is none of those, the student:
    the photos may show somebody else. Raise NotFound.
    """
    with toolbox.reading() as session:
        student = get_student(session, student_id)
        waiting = faces.list_waiting(session, student)
        refresh_index(toolbox, session)
        scores: dict[int, float] = {}
        is_enrolled = False
        for network in Network:
            enrolled = toolbox.face_index.enrolled_with(network)
            is_enrolled |= student_id in enrolled
            if enrolled:
                descriptors = describe_photos(toolbox, waiting, network)
                scores |= toolbox.face_index.find_matches(descriptors, MATCH_THRESHOLD)
        is_unlike = bool(waiting) and is_enrolled and scores.pop(student_id, None) is None
        alike = [
            NearMatch(student, scores[student.id]) for student in faces.list_students(session, list(scores))
        ]
    unlike = [NearMatch(student, 0.0, is_unlike=True)] if is_unlike else []
    return sorted(alike, key=lambda near_match: -near_match.score) + unlike


def start_training(
    toolbox: Toolbox, actor: Actor, student_id: int, *, accepted: Sequence[int] = ()
) -> int | list[NearMatch]:
    """Queue the training of a face model on the photos that wait, and give the job's id.

    Where the face looks like other students', or unlike the student's own so far, nothing begins and their
    near matches are given instead, until `accepted` holds the ids of all of them. A training that is under
    way is not begun again. Raise NotFound, and Conflict without consent or photos.
    """
    unseen = [one for one in find_near_matches(toolbox, student_id) if one.student.id not in accepted]
    if unseen:
        return unseen
    with toolbox.sessions.begin() as session:
        student = require_consent(get_student(session, student_id, lock=True))
        running = find_training(toolbox, session, student_id)
        if running is not None:
            return running.id
        count = len(faces.list_waiting(session, student))
        if not count:
            raise Conflict(phrase("There are no good photos to train on yet."))
        job = jobs.add(session, JobKind.TRAIN_FACE_MODEL, student_id, total=count, now=toolbox.now())
        after = {"photos": count, "accepted_likenesses": [each for each in accepted if each != student_id]}
        if student_id in accepted:
            after["accepted_as_unlike_before"] = True
        audit.record(
            session, toolbox, actor, "train face model", student.roll_id, student_id=student_id, after=after
        )
    toolbox.queue.start(job.id)
    return job.id


def find_training(toolbox: Toolbox, session: Session, student_id: int) -> Job | None:
    """Return the training that is queued or under way; one that was cut off with its worker counts no
    more."""
    job = jobs.find_latest(session, JobKind.TRAIN_FACE_MODEL, student_id)
    return job if jobs.is_running(job, now=toolbox.now()) else None


def train_face_model(toolbox: Toolbox, job_id: int, student_id: int) -> str:
    """Do a queued training, and say how it went. An earlier model is replaced only if this one succeeds.

    Raise Conflict if the consent or the photos went away meanwhile.
    """
    with toolbox.sessions.begin() as session:
        faces.lock_models(session)
        student = require_consent(get_student(session, student_id, lock=True))
        waiting = faces.list_waiting(session, student)
        count = save_trained_model(toolbox, session, student, waiting)
        jobs.advance(session, job_id, done=len(waiting), now=toolbox.now())
    if count < GUIDED_PHOTOS:
        return phrase(
            "The face is enrolled from %(count)s photos. More photos would make it more reliable.",
            count=count,
        )
    return phrase("The face is enrolled from %(count)s photos.", count=count)


def save_trained_model(
    toolbox: Toolbox,
    session: Session,
    student: Student,
    photos: Sequence[EnrolmentPhoto],
    *,
    beside: FaceModel | None = None,
) -> int:
    """Train on photos of one person, put the model in place of an earlier one, and let the photos go.

    With `beside`, what that model has learnt from is learnt from again. The caller has locked the models,
    then the student. Photos of somebody else are left out. Return the number of photos learnt from. Raise
    Conflict without one.
    """
    if beside is not None and beside.network is not CURRENT:
        beside = None  # what another network described cannot be learnt from again
    known = len(beside.descriptors) if beside else 0
    descriptors = [
        *(beside.descriptors if beside else ()),
        *(open_descriptor(toolbox, each) for each in photos),
    ]
    qualities = [*(beside.qualities if beside else ()), *(photo.quality for photo in photos)]
    odd = odd_ones_out(descriptors)
    kept = [at for at in range(len(descriptors)) if at not in odd]
    if not any(at >= known for at in kept):
        raise Conflict(phrase("There are no good photos to train on."))
    model = FaceModel.train([descriptors[at] for at in kept], [qualities[at] for at in kept])
    # Photos newer than the model wait for the next training; clocks of two machines may differ.
    trained_at = max(toolbox.now(), *(photo.added_at for photo in photos))
    used = [photos[at - known] for at in kept if at >= known]
    save_model(session, toolbox, student, model, used, trained_at=trained_at)
    chosen = used if toolbox.settings.keep_enrolment_photos else []
    faces.delete_photos_but(session, student.id, chosen)
    return len(model.descriptors)


def try_face(toolbox: Toolbox, student_id: int, content: bytes) -> SelfTest:
    """Ask of a fresh photo what the kiosk would ask: is it a person, is it this one. Nothing is kept.

    Raise NotFound, ModelUnavailable, and Conflict without a readable face model.
    """
    with toolbox.reading() as session:
        get_student(session, student_id)
        sealed = faces.find_sealed_model(session, student_id)
    model = None if sealed is None else open_model(toolbox, student_id, sealed)
    if model is None:
        raise Conflict(phrase("There is no face model to test. Please enrol the face first."))
    try:
        rgb = open_file(content)
    except PhotoRefused as refused:
        return SelfTest(False, refused.sentence, None)
    reading = toolbox.face_matcher.read(rgb)
    if reading.face is None or reading.descriptor is None:
        return SelfTest(False, reading.verdict.sentence, None)
    rgb = reading.turn(rgb)
    zone = toolbox.spoof_detector.judge(rgb, reading.face).zone
    if zone is Zone.ATTACK:
        return SelfTest(
            False, phrase("Test not passed: the camera check takes this for a picture of a person."), None
        )
    margin = Look(toolbox, rgb, reading).score(model) - MATCH_THRESHOLD
    if margin >= 0:
        return SelfTest(True, phrase("Test passed: the kiosk recognises this student."), margin)
    return SelfTest(
        False,
        phrase("Test not passed: the kiosk does not recognise this student. Please enrol again."),
        margin,
    )


def require_consent(student: Student) -> Student:
    """Return the student. Raise Conflict if no consent holds, or the student is deactivated."""
    if not student.active:
        raise Conflict(phrase("This student is deactivated."))
    if student.consent is None:
        raise Conflict(phrase("The family has not agreed to a face model. Please record the consent first."))
    return student
