"""A small school for tests: one teacher, one class, two students, a lecture that is open now."""

from datetime import timedelta
from functools import cache
from types import SimpleNamespace

from sqlalchemy import update

from shared.domain.face_model import FaceModel
from shared.domain.second_lock import Strictness
from shared.persistence import faces
from shared.persistence.tables import KnownDevice, Lecture, SchoolClass, StrictnessChoice, Student, Teacher
from shared.security.passwords import hash_password
from shared.security.tokens import digest
from shared.services.audit import Actor
from shared.services.faces.sealed_faces import seal_model
from shared.services.kiosk.check_in import CheckInRequest
from shared.services.kiosk.passes import find_pass, issue_ticket, open_kiosk
from shared.toolbox import Toolbox

TEACHER_EMAIL = "asha.rao@school.example"
_PASSWORD = "k7m2p-x4wbn-9grtc-hq3ad"


def found_school(toolbox: Toolbox, *, must_change_password: bool = True) -> SimpleNamespace:
    """Found it; gives the ids, the teacher as actor and the teacher's password, a first-time one or not."""
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        school_class = SchoolClass(class_code="CO6GA", name="Computer Engineering", active=True)
        teacher = Teacher(
            name="Asha Rao",
            email=TEACHER_EMAIL,
            password=_hashed(toolbox.settings.password_salt),
            must_change_password=must_change_password,
            active=True,
            fs_uniquifier=digest("the teacher of the tests"),
            created_at=now,
            classes=[school_class],
        )
        meera = Student(
            school_class=school_class, roll_id="15203A0042", name="Meera Iyer", language="en", active=True
        )
        ravi = Student(
            school_class=school_class, roll_id="15203A0043", name="Ravi Patil", language="en", active=True
        )
        lecture = Lecture(
            subject="Databases",
            teacher=teacher,
            classes=[school_class],
            starts_at=now - timedelta(minutes=5),
            ends_at=now + timedelta(minutes=55),
            opening_key=digest("the lecture of the tests"),
        )
        session.add_all((meera, ravi, lecture))
        # Nobody is asked to turn the head by chance.
        session.add(StrictnessChoice(strictness=Strictness.LIGHT, chosen_at=now))
        session.flush()
        ids = {"teacher": teacher.id, "class": school_class.id, "lecture": lecture.id}
        ids |= {"meera": meera.id, "ravi": ravi.id}
    actor = Actor(site="classroom", email=TEACHER_EMAIL, account_id=ids["teacher"])
    return SimpleNamespace(ids=ids, actor=actor, password=_PASSWORD)


@cache
def _hashed(salt: str) -> str:
    """Hashing a password takes 0.2 s on purpose; a thousand tests do it once."""
    return hash_password(_PASSWORD, salt=salt)


def enrol(toolbox: Toolbox, student_id: int, descriptors: list[list[float]]) -> None:
    """Give a student the face model of these descriptors."""
    model = FaceModel.train(descriptors, [1.0] * len(descriptors))
    with toolbox.sessions.begin() as session:
        faces.save_model(
            session,
            session.get_one(Student, student_id),
            sealed_model=seal_model(toolbox, student_id, model),
            photo_count=len(descriptors),
            is_weak=model.is_weak,
            network=model.network,
            trained_at=toolbox.now(),
        )


def hand_round(toolbox: Toolbox, school: SimpleNamespace):
    """Open a kiosk on a phone and give its pass; who is signed in stays so, as on a second screen."""
    with toolbox.sessions.begin() as session:
        session.execute(update(KnownDevice).values(is_second_screen=True))
    token = open_kiosk(toolbox, school.actor, lecture_id=school.ids["lecture"], device="a phone")
    return find_pass(toolbox, token)


def sent(
    toolbox: Toolbox, kiosk_pass, roll_id: str, photo: bytes, *, key: str, class_code="CO6GA"
) -> CheckInRequest:
    """What arrives from a phone that has just fetched its ticket."""
    return CheckInRequest(class_code, roll_id, photo, key, issue_ticket(toolbox, kiosk_pass))
