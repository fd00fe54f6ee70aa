"""A school made up for measurements: photos as the kiosk sends them, and a student for each of them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from PIL import Image

from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import FACE_NUMBERS, FaceModel
from shared.domain.head_turn import Side
from shared.domain.second_lock import Strictness
from shared.errors import InvalidInput, PhotoRefused
from shared.persistence import faces
from shared.persistence.database import Session
from shared.persistence.tables import (
    CheckIn,
    KioskPass,
    Lecture,
    Mark,
    SchoolClass,
    StrictnessChoice,
    Student,
    Teacher,
)
from shared.security import purposes
from shared.security.tokens import digest
from shared.services.accounts.lifecycle import create_teacher
from shared.services.audit import Actor
from shared.services.kiosk.passes import open_kiosk
from shared.toolbox import Toolbox
from shared.vision.images import PICTURES, open_photo
from tests.support.turning_heads import film, framed, jpeg, turned

CROWD, CROWD_SIZE = "CROWD", 59  # a lecture is of sixty
TEACHER_EMAIL = "bench@school.example"
FRAME = (640, 480)  # what the kiosk's page sends, with JPEG's quality of 90
JPEG_QUALITY = 90
MOST_PHOTOS = 60  # each is read carefully beforehand
MOST_ENROLLED = 5


@dataclass(frozen=True)
class Shot:
    """One photo as the kiosk sends it, and who is on it."""

    person: str
    jpeg: bytes


@dataclass(frozen=True)
class Pupil:
    """A student of the school, and the photo to check in with."""

    class_code: str
    roll_id: str
    shot: Shot


def read_shots(toolbox: Toolbox, folder: Path) -> list[Shot]:
    """Return the photos below `folder` with a face, of 60 at most, each framed as by a kiosk's camera.

    A photo's person is the folder it lies in; in `folder` itself each photo is a person of its own. Raise
    InvalidInput if there is none.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES]
    shots = []
    for path in paths[:: max(1, -(-len(paths) // MOST_PHOTOS))]:
        try:
            jpeg = frame(toolbox, path.read_bytes())
        except PhotoRefused:
            continue
        if jpeg:
            shots.append(Shot(path.stem if path.parent == folder else path.parent.name, jpeg))
    if not shots:
        raise InvalidInput(f"There is no photo with a face below {folder}.")
    return shots


def frame(toolbox: Toolbox, content: bytes) -> bytes | None:
    """Return the largest window of the frame's proportions around the face, in its size; None without a
    face."""
    rgb = open_photo(content)
    faces = toolbox.face_matcher.finder.find_faces(rgb)
    if not faces:
        return None
    photo = Image.fromarray(rgb)
    width = min(photo.width, photo.height * FRAME[0] / FRAME[1])
    height = width * FRAME[1] / FRAME[0]
    left = min(max((faces[0].left + faces[0].right - width) / 2, 0), photo.width - width)
    top = min(max((faces[0].top + faces[0].bottom - height) / 2, 0), photo.height - height)
    window = (left, top, left + width, top + height)
    file = BytesIO()
    photo.resize(FRAME, Image.Resampling.LANCZOS, window).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def film_turn(toolbox: Toolbox, shot: Shot, side: Side) -> tuple[bytes, ...]:
    """Make up what the page sends of the head on this photo turning to this side: ten small JPEGs."""
    rgb = open_photo(shot.jpeg)
    face = toolbox.face_matcher.finder.find_faces(rgb)[0]
    picture = framed(Image.fromarray(rgb), (face.left, face.top, face.right, face.bottom))
    return tuple(map(jpeg, film(picture, turned, to_the_left=side is Side.LEFT)))


def found_school(toolbox: Toolbox, shots: Sequence[Shot]) -> list[Pupil]:
    """Fill an empty database with a teacher, a crowd, and a class of its own for the student of each photo.

    The student's face model is trained from up to five other photos of the person, or from the photo
    itself where there is no other. A photo without a comparable face gets no student.
    """
    models = _train(shots, {shot: _describe(toolbox, shot) for shot in shots})
    if not models:
        raise InvalidInput("No photo has a face that could be enrolled.")
    create_teacher(toolbox, Actor(site="command", email="bench"), email=TEACHER_EMAIL, name="Bench")
    pupils = [Pupil(f"C{number:02d}", f"C{number:02d}00", shot) for number, shot in enumerate(models)]
    with toolbox.sessions.begin() as session:
        teacher = session.query(Teacher).one()
        # Nobody is asked to turn the head by chance: whom the measurement asks, it says.
        session.add(StrictnessChoice(strictness=Strictness.LIGHT, chosen_at=toolbox.now()))
        for pupil, model in zip(pupils, models.values(), strict=True):
            teacher.classes.append(_found_class(toolbox, session, pupil.class_code, [model]))
        teacher.classes.append(_found_class(toolbox, session, CROWD, _crowd()))
    return pupils


def _crowd() -> list[FaceModel]:
    """Return faces like nobody's; a face of a student is compared with them all."""
    chance = random.Random(7)  # noqa: S311 nothing secret
    faces = ([chance.gauss(0, 1) for _ in range(FACE_NUMBERS)] for _ in range(CROWD_SIZE))
    return [FaceModel.train([face], [1.0]) for face in faces]


def _found_class(toolbox: Toolbox, session: Session, code: str, models: Sequence[FaceModel]) -> SchoolClass:
    school_class = SchoolClass(class_code=code, name="Made up for a measurement", active=True)
    session.add(school_class)
    for number, model in enumerate(models):
        student = Student(
            school_class=school_class,
            roll_id=f"{code}{number:02d}",
            name=f"Number {number}",
            language="en",
            active=True,
        )
        session.add(student)
        session.flush()
        _save_model(toolbox, session, student, model)
    return school_class


def _train(shots: Sequence[Shot], descriptors: Mapping[Shot, list[float] | None]) -> dict[Shot, FaceModel]:
    models = {}
    for shot in shots:
        others = [other for other in shots if other.person == shot.person and other != shot] or [shot]
        enrolled = [numbers for other in others if (numbers := descriptors[other])][:MOST_ENROLLED]
        if enrolled:
            models[shot] = FaceModel.train(enrolled, [1.0] * len(enrolled))
    return models


def _describe(toolbox: Toolbox, shot: Shot) -> list[float] | None:
    reading = toolbox.face_matcher.read(open_photo(shot.jpeg))
    return None if reading.descriptor is None else reading.descriptor.tolist()


def _save_model(toolbox: Toolbox, session: Session, student: Student, model: FaceModel) -> None:
    faces.save_model(
        session,
        student,
        sealed_model=toolbox.sealer.seal(model.to_bytes(), purpose=purposes.face_model(student.id)),
        photo_count=len(model.descriptors),
        is_weak=model.is_weak,
        network=model.network,
        trained_at=toolbox.now(),
    )


def hand_round(toolbox: Toolbox, pupils: Sequence[Pupil]) -> str:
    """Open a lecture for these students and the crowd, and a kiosk; return the kiosk pass's token."""
    now, codes = toolbox.now(), {CROWD, *(pupil.class_code for pupil in pupils)}
    with toolbox.sessions.begin() as session:
        teacher = session.query(Teacher).filter_by(email=TEACHER_EMAIL).one()
        lecture = Lecture(
            subject="A measurement",
            teacher=teacher,
            classes=[each for each in teacher.classes if each.class_code in codes],
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            opening_key=digest(str(uuid4())),
        )
        session.add(lecture)
        session.flush()
        lecture_id, teacher_id = lecture.id, teacher.id
    actor = Actor(site="classroom", email=TEACHER_EMAIL, account_id=teacher_id)
    return open_kiosk(toolbox, actor, lecture_id=lecture_id, device="Bench")


def forget_marks(toolbox: Toolbox, token: str) -> None:
    """Take away the marks of a kiosk's lecture and its doubts, so that its students can check in again."""
    with toolbox.sessions.begin() as session:
        kiosk_pass = session.query(KioskPass).filter_by(token_digest=digest(token)).one()
        for table in (Mark, CheckIn):
            session.query(table).filter_by(lecture_id=kiosk_pass.lecture_id).delete()


def leave_doubt(toolbox: Toolbox, token: str, roll_id: str) -> None:
    """Let the student's next check-in in a kiosk's lecture be asked to turn the head, as after a refusal."""
    with toolbox.sessions.begin() as session:
        kiosk_pass = session.query(KioskPass).filter_by(token_digest=digest(token)).one()
        session.add(
            CheckIn(
                kiosk_pass_id=kiosk_pass.id,
                idempotency_key=digest(str(uuid4())),
                lecture_id=kiosk_pass.lecture_id,
                student_id=session.query(Student).filter_by(roll_id=roll_id).one().id,
                outcome=CheckInOutcome.TURN_HEAD,
                answered_at=toolbox.now(),
            )
        )
