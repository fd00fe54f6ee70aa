"""The office enrols, the kiosk marks, the teacher sees.

The main job through the services, with the real networks, on SQLite and on MariaDB.
"""

import pytest
from sqlalchemy import select

from shared.domain.check_in import CheckInOutcome
from shared.persistence import attendance
from shared.persistence.tables import Admin, EnrolmentPhoto, FaceModelRow, Teacher
from shared.services.accounts.lifecycle import create_first_admin
from shared.services.attendance import lectures
from shared.services.audit import Actor
from shared.services.faces import enrolment
from shared.services.kiosk.check_in import check_in
from shared.services.kiosk.passes import find_pass, open_kiosk
from shared.services.people import consent, registration
from shared.services.people.registration import StudentDetails
from tests.support.pictures import jpeg, on_a_phone, person, two_people, wall
from tests.support.school import sent

ROLL_ID, OTHER_ROLL_ID = "15203A0042", "15203A0043"


@pytest.fixture(scope="module")
def seen():
    """What the camera sees, by name; drawn once."""
    names = ("obama", "obama2", "obama3", "biden")
    pictures = {name: person(f"{name}.jpg") for name in names}
    pictures |= {
        "phone": on_a_phone("obama.jpg"),
        "wall": wall(),
        "two": two_people("obama.jpg", "biden.jpg"),
    }
    return {name: jpeg(picture) for name, picture in pictures.items()}


def test_the_office_enrols_the_kiosk_marks_the_teacher_sees(toolbox, seen, monkeypatch):
    queued: list[int] = []
    monkeypatch.setattr(toolbox.queue, "start", queued.append)
    office = Actor(site="office", email="admin@localhost", account_id=_some_admin(toolbox))
    class_id = registration.add_class(toolbox, office, class_code="co6ga", name="Computer Engineering")
    registration.add_teacher(
        toolbox, office, name="Asha Rao", email="asha@school.example", class_ids=[class_id]
    )
    student_id, _other = (
        registration.add_student(
            toolbox, office, StudentDetails(name=name, roll_id=roll_id, class_id=class_id)
        )
        for name, roll_id in (("Barack Obama", ROLL_ID), ("Joe Biden", OTHER_ROLL_ID))
    )
    _enrol(toolbox, office, student_id, [seen["obama2"], seen["obama3"]] * 2, queued)

    with toolbox.reading() as session:
        teacher = session.scalars(select(Teacher)).one()
    classroom = Actor(site="classroom", email=teacher.email, account_id=teacher.id)

    def lecture(subject):
        key = subject.ljust(64)
        lecture_id = lectures.open_lecture(
            toolbox, classroom, subject=subject, class_ids=[class_id], minutes=60, opening_key=key
        )
        pass_token = open_kiosk(toolbox, classroom, lecture_id=lecture_id, device="a phone")
        return lecture_id, find_pass(toolbox, pass_token)

    def send(picture, roll_id=ROLL_ID):
        request = sent(toolbox, kiosk, roll_id, seen[picture], key=f"{picture} {roll_id}")
        return check_in(toolbox, kiosk, request).outcome

    lecture_id, kiosk = lecture("Databases")
    assert send("biden") is CheckInOutcome.NO_MATCH
    assert send("phone") is CheckInOutcome.PICTURE_SEEN
    assert send("wall") is CheckInOutcome.NO_FACE
    assert send("two") is CheckInOutcome.SEVERAL_FACES
    assert send("biden", OTHER_ROLL_ID) is CheckInOutcome.NOT_ENROLLED
    assert send("obama") is CheckInOutcome.TURN_HEAD  # after pictures and another face, a still is not enough
    lectures.close_lecture(toolbox, classroom, lecture_id)

    lecture_id, kiosk = lecture("Physics")
    assert send("obama") is CheckInOutcome.PRESENT  # not among the photos enrolled
    lectures.close_lecture(toolbox, classroom, lecture_id)
    with toolbox.reading() as session:
        lines = attendance.register(session, lecture_id)
    told = {line.student.roll_id: (line.mark.status, line.mark.source) for line in lines}
    assert told == {ROLL_ID: ("present", "face"), OTHER_ROLL_ID: ("absent", "closing")}


def _some_admin(toolbox) -> int:
    create_first_admin(toolbox)
    with toolbox.reading() as session:
        return session.scalars(select(Admin.id)).one()


def _enrol(toolbox, office, student_id, photos, queued):
    consent.record_consent(toolbox, office, student_id, given_by="Ann Dunham (mother), signed form")
    for photo in photos:
        result = enrolment.add_photo(toolbox, office, student_id, file_name="camera.jpg", content=photo)
        assert result.is_kept, result.sentence
    job_id = enrolment.start_training(toolbox, office, student_id)
    assert queued == [job_id]
    enrolment.train_face_model(toolbox, job_id, student_id)
    with toolbox.reading() as session:
        model = session.scalars(select(FaceModelRow)).one()
        assert len(model.sealed_model) <= 8192
        assert session.scalars(select(EnrolmentPhoto)).all() == []  # not kept after training
