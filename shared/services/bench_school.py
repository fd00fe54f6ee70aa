"""A school made up for measurements: photos as the kiosk sends them, and a student for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from PIL import Image

from shared.domain.face_model import FaceModel
from shared.errors import InvalidInput, PhotoRefused
from shared.persistence import faces
from shared.persistence.database import Session
from shared.persistence.tables import Lecture, SchoolClass, Student, Teacher
from shared.security.tokens import digest
from shared.services.accounts import create_teacher
from shared.services.audit import Actor
from shared.services.kiosk import open_kiosk
from shared.services.spoof_evaluation import PICTURES
from shared.toolbox import Toolbox
from shared.vision.images import open_photo

CLASS_CODE = "BENCH"
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


def read_shots(toolbox: Toolbox, folder: Path) -> list[Shot]:
    """The photos below `folder` with a face, of 60 at most, each framed as by a kiosk's camera.

    A photo's person is the folder it lies in; in `folder` itself each photo is a person of its own. Raises
    InvalidInput if there is none.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES]
    shots = []
    for path in paths[:: max(1, -(-len(paths) // MOST_PHOTOS))]:
        try:
            jpeg = _frame(toolbox, path.read_bytes())
        except PhotoRefused:
            continue
        if jpeg:
            shots.append(Shot(path.stem if path.parent == folder else path.parent.name, jpeg))
    if not shots:
        raise InvalidInput(f"There is no photo with a face below {folder}.")
    return shots


def _frame(toolbox: Toolbox, content: bytes) -> bytes | None:
    """The largest window of the frame's proportions around the face, in its size; None without a face."""
    rgb = open_photo(content)
    faces = toolbox.face_matcher.detector.find_faces(rgb)
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


def found_school(toolbox: Toolbox, shots: Sequence[Shot], *, copies: int = 1) -> dict[str, Shot]:
    """Fill an empty database with a teacher, a class and a student for each photo; gives roll id and photo.

    The student's face model is trained from up to five other photos of the person, or from the photo
    itself where there is no other. A photo without a comparable face gets no student. With `copies` that
    many students have the same face.
    """
    models = _train(shots, {shot: _describe(toolbox, shot) for shot in shots})
    if not models:
        raise InvalidInput("No photo has a face that could be enrolled.")
    create_teacher(toolbox, Actor(site="command", email="bench"), email=TEACHER_EMAIL, name="Bench")
    students: dict[str, Shot] = {}
    with toolbox.sessions.begin() as session:
        school_class = SchoolClass(class_code=CLASS_CODE, name="Made up for a measurement", active=True)
        teacher = session.query(Teacher).one()
        teacher.classes.append(school_class)
        for shot, model in [*models.items()] * copies:
            roll_id = f"R{len(students):04d}"
            student = Student(
                school_class=school_class, roll_id=roll_id, name=shot.person[:100], language="en", active=True
            )
            session.add(student)
            session.flush()
            _save_model(toolbox, session, student, model)
            students[roll_id] = shot
    return students


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
        sealed_model=toolbox.sealer.seal(model.to_bytes(), purpose=f"face-model:{student.id}"),
        photo_count=len(model.descriptors),
        is_weak=model.is_weak,
        trained_at=toolbox.now(),
    )


def hand_round(toolbox: Toolbox) -> str:
    """Open a new lecture of the class and a kiosk for it; gives the kiosk pass's token."""
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        teacher = session.query(Teacher).filter_by(email=TEACHER_EMAIL).one()
        lecture = Lecture(
            subject="A measurement",
            teacher=teacher,
            classes=list(teacher.classes),
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            opening_key=digest(str(uuid4())),
        )
        session.add(lecture)
        session.flush()
        lecture_id, teacher_id = lecture.id, teacher.id
    actor = Actor(site="classroom", email=TEACHER_EMAIL, account_id=teacher_id)
    return open_kiosk(toolbox, actor, lecture_id=lecture_id, device="Bench")
