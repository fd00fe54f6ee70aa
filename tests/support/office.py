"""An office for tests: an admin who actions, a class, its students, and photos that say whom they show."""

import zipfile
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from types import SimpleNamespace

import numpy as np
from PIL import Image

from shared.domain.photo_verdict import PhotoVerdict
from shared.jobs.worker import run_job
from shared.persistence import jobs
from shared.persistence.tables import Admin, Lecture, ModelOffer, Teacher
from shared.security.passwords import hash_password
from shared.services.audit import Actor
from shared.services.faces import enrolment
from shared.services.faces.sealed_faces import pack_descriptor
from shared.services.people import registration
from shared.services.people.consent import record_consent
from shared.services.people.registration import StudentDetails
from shared.toolbox import Toolbox
from shared.vision.face_finder import DetectedFace
from shared.vision.faces import FaceReading
from shared.vision.spoof_detector import SpoofVerdict
from tests.support.eyes import spoof_verdict
from tests.support.stand_ins import stand_in

ADMIN_EMAIL = "anita.desai@school.example"
ADMIN_PASSWORD = "seven green boats sing"
FACE = DetectedFace(10, 10, 90, 90, ((30, 40), (70, 40), (50, 60), (35, 75), (65, 75)), score=0.9)
PEOPLE = ("meera", "ravi", "twin of meera")


def open_office(toolbox: Toolbox) -> SimpleNamespace:
    """Open it; gives the admin as `actor`, the class's id, and the ids of `meera` and `ravi`."""
    with toolbox.sessions.begin() as session:
        admin = Admin(name="Anita Desai", email=ADMIN_EMAIL, must_change_password=False, active=True)
        admin.password, admin.fs_uniquifier = _hashed(toolbox.settings.password_salt), "anita"
        admin.created_at = toolbox.now()
        session.add(admin)
    actor = Actor(site="office", email=ADMIN_EMAIL, address="192.0.2.7", account_id=admin.id)
    class_id = registration.add_class(toolbox, actor, class_code="CO6GA", name="Computer Engineering")
    office = SimpleNamespace(actor=actor, class_id=class_id, queue=QueueInHand())
    office.meera = add_student(toolbox, office, "Meera Iyer", "15203A0042")
    office.ravi = add_student(toolbox, office, "Ravi Patil", "15203A0043")
    stand_in(toolbox, queue=office.queue, face_matcher=NameReader(), spoof_detector=TrustingCheck())
    return office


@cache
def _hashed(salt: str) -> str:
    """Hashing a password takes long on purpose; the tests do it once."""
    return hash_password(ADMIN_PASSWORD, salt=salt)


def add_student(toolbox: Toolbox, office: SimpleNamespace, name: str, roll_id: str, **details: str) -> int:
    return registration.add_student(
        toolbox, office.actor, StudentDetails(name, roll_id, office.class_id, **details)
    )


def agree(toolbox: Toolbox, office: SimpleNamespace, *student_ids: int) -> None:
    """Record the consent of families."""
    for student_id in student_ids:
        record_consent(toolbox, office.actor, student_id, given_by="Latha Iyer (mother)")


class QueueInHand:
    """Keeps the ids of started jobs until a test runs them."""

    def __init__(self) -> None:
        self.started: list[int] = []

    def start(self, job_id: int) -> None:
        self.started.append(job_id)

    def last_beat(self) -> datetime:
        """The worker's sign of life; a test that runs the jobs is one."""
        return datetime.now(UTC)


def photo_of(person: str, number: int = 0, *, verdict: PhotoVerdict = PhotoVerdict.GOOD) -> bytes:
    """A PNG whose colour says whom it shows and what it is good for; `number` tells photos apart."""
    colour = (PEOPLE.index(person), number, list(PhotoVerdict).index(verdict))
    file = BytesIO()
    Image.new("RGB", (100, 100), colour).save(file, "PNG")
    return file.getvalue()


def looks_of(person: str, number: int = 0) -> np.ndarray:
    """128 numbers: photos of one person are alike (cosine 0.99), those of two are not, a twin's nearly."""
    looks = np.zeros(128, np.float32)
    if person == "twin of meera":
        looks[PEOPLE.index("meera")] = looks[3] = 1
        looks[PEOPLE.index("meera")] += 6
    else:
        looks[PEOPLE.index(person)] = 7
    looks[10 + number] += 0.7
    return looks / np.linalg.norm(looks)


class TrustingCheck:
    """Stands in for the spoof check: takes everything for a person, until told otherwise."""

    is_live = True

    def judge(self, _rgb: np.ndarray, _face: DetectedFace) -> SpoofVerdict:
        return spoof_verdict(is_live=self.is_live)


class NameReader:
    """Stands in for the networks: reads `photo_of`'s colours."""

    def __init__(self) -> None:
        self.asked = 0

    def warm_up(self) -> None:
        """Nothing to read in."""

    def read(self, rgb: np.ndarray) -> FaceReading:
        self.asked += 1
        person, number, verdict = (int(value) for value in rgb[0, 0])
        word = list(PhotoVerdict)[verdict]
        if word is not PhotoVerdict.GOOD:
            return FaceReading(word)
        return FaceReading(word, FACE, looks_of(PEOPLE[person], number), 1.0)


def add_photo(toolbox, office, student_id, content):
    return enrolment.add_photo(toolbox, office.actor, student_id, file_name="camera.jpg", content=content)


def enrol_face(toolbox, office, student_id, person, *, photos=5, accepted=()):
    for number in range(photos):
        assert add_photo(toolbox, office, student_id, photo_of(person, number)).is_kept
    answer = enrolment.start_training(toolbox, office.actor, student_id, accepted=accepted)
    assert isinstance(answer, int)
    run_job(toolbox, answer)
    with toolbox.reading() as session:
        return jobs.find(session, answer)


def zip_of(files, *, compression=zipfile.ZIP_STORED):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def give_offer(office) -> None:
    """A face of Meera's that a teacher confirmed."""
    school = office.toolbox
    with school.sessions.begin() as session:
        lecture = lecture_of(session, office)
        offer = ModelOffer(id=1, student_id=office.meera, lecture_id=lecture.id, quality=0.5)
        offer.offered_at = school.now()
        descriptor = pack_descriptor(looks_of("meera", 20).tolist())
        offer.sealed_descriptor = school.sealer.seal(descriptor, purpose="model-offer:1")
        session.add(offer)


def lecture_of(session, office):
    teacher = Teacher(name="Asha Rao", email="asha@school.example", must_change_password=False, active=True)
    teacher.password = teacher.fs_uniquifier = "asha"
    teacher.created_at = office.toolbox.now()
    now = office.toolbox.now()
    lecture = Lecture(subject="Networks", teacher=teacher, starts_at=now, ends_at=now, opening_key="x")
    session.add(lecture)
    session.flush()
    return lecture
