"""More check-ins than the server can answer: the rest is told so within a second, and pages stay quick."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from uuid import uuid4

import pytest

from shared.persistence.tables import Mark, SchoolClass, Student, Teacher
from shared.services.kiosk import open_kiosk
from shared.toolbox import Toolbox
from shared.vision.photo_gate import AT_ONCE, MOST_WAITING
from tests.browser.pictures import jpeg, wall
from tests.conftest import settings_for
from tests.school import TEACHER_EMAIL, enrol, found_school
from tests.trials.served import Browser, ServedSite, served
from tests.trials.slow_classroom import EVERYBODYS_FACE

KIOSKS = 30
PHOTO = jpeg(wall())


class Kiosk:
    """A phone that was handed round."""

    def __init__(self, site: ServedSite, token: str, roll_id: str) -> None:
        self.browser, self.roll_id = Browser(site), roll_id
        self.browser.session.cookies.set("kiosk_pass", token)
        self.browser.open("/kiosk")

    def check_in(self):
        """The status, the answer and the seconds it took."""
        fields = {"class_code": "CO6GA", "roll_id": self.roll_id, "idempotency_key": str(uuid4())}
        began = time.monotonic()
        answer = self.browser.post(
            "/kiosk/check-in",
            data=fields,
            files={"photo": ("photo.jpg", PHOTO, "image/jpeg")},
            headers={"Accept": "application/json"},
        )
        return answer, time.monotonic() - began


@pytest.fixture
def school(sqlite_url, tmp_path):
    """A class of thirty who all have the same face, and a kiosk for each of them."""
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url))
    school = found_school(toolbox)
    with toolbox.sessions.begin() as session:
        session.get(Teacher, school.ids["teacher"]).must_change_password = False
        school_class = session.get(SchoolClass, school.ids["class"])
        students = [
            Student(
                school_class=school_class, roll_id=f"R{n}", name=f"Student {n}", language="en", active=True
            )
            for n in range(KIOSKS)
        ]
        session.add_all(students)
    for student in students:
        enrol(toolbox, student.id, [EVERYBODYS_FACE.tolist()] * 3)
    school.toolbox = toolbox
    yield school
    toolbox.engine.dispose()


def test_above_its_capacity_it_says_so_at_once_and_pages_stay_quick(school, tmp_path, sqlite_url):
    toolbox, lecture_id = school.toolbox, school.ids["lecture"]
    app = "tests.trials.slow_classroom:create_app()"
    with served("teacher", tmp_path, sqlite_url, app=app) as site, ThreadPoolExecutor(KIOSKS + 1) as pool:
        teacher = Browser(site)
        teacher.sign_in(TEACHER_EMAIL, school.password)
        kiosks = [
            Kiosk(site, open_kiosk(toolbox, school.actor, lecture_id=lecture_id, device="a phone"), f"R{n}")
            for n in range(KIOSKS)
        ]
        sending = [pool.submit(kiosk.check_in) for kiosk in kiosks]
        pages = []
        while not all(each.done() for each in sending):
            began = time.monotonic()
            assert teacher.session.get(f"{site.base}/lectures/{lecture_id}", timeout=60).ok
            pages.append(time.monotonic() - began)
        answers = [each.result() for each in sending]
        again = kiosks[-1].check_in()[0]

    taken = [kiosk for kiosk, (answer, _) in zip(kiosks, answers, strict=True) if answer.ok]
    refused = [(answer, seconds) for answer, seconds in answers if not answer.ok]
    assert AT_ONCE <= len(taken) <= AT_ONCE + MOST_WAITING
    for answer, _ in refused:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert "try again in a moment" in answer.json()["error"]
    # Without the gate the last would wait for four seconds, and so would the teacher.
    assert median(seconds for _, seconds in refused) < 1
    assert max(seconds for _, seconds in refused) < 2
    assert median(pages) < 0.5
    assert again.json()["outcome"] in ("present", "already_marked")
    with toolbox.reading() as session:
        marked = {mark.student_id for mark in session.query(Mark)}
        named = {student.roll_id for student in session.query(Student) if student.id in marked}
    assert named == {kiosk.roll_id for kiosk in taken} | {kiosks[-1].roll_id}
