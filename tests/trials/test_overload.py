"""More check-ins than the server can answer: the rest is told so within a second, and pages stay quick."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest
import requests
from PIL import Image

from shared.persistence.tables import Mark, SchoolClass, Student
from shared.services.kiosk.passes import open_kiosk
from shared.toolbox import Toolbox
from shared.vision.load_limiter import AT_ONCE, MOST_WAITING
from tests.conftest import settings_for
from tests.support.phones import Phone
from tests.support.pictures import FRAME, jpeg
from tests.support.school import TEACHER_EMAIL, enrol, found_school
from tests.trials.served import Browser, ServedSite, served
from tests.trials.slow_classroom import FACES, GRAY_STEP

KIOSKS = 30


class Kiosk:
    """A phone that was handed round."""

    def __init__(self, site: ServedSite, token: str, number: int) -> None:
        session = requests.Session()
        session.cookies.set("kiosk_pass", token)
        self.phone, self.roll_id = Phone(session, site.base), f"R{number}"
        self.photo = jpeg(Image.new("RGB", FRAME, (GRAY_STEP * number,) * 3))
        self.phone.open()

    def take_photo(self) -> None:
        """At the shutter: the ticket is there before Enter is pressed."""
        self.request = self.phone.write("/kiosk/check-in", self.roll_id, self.photo, "CO6GA")

    def check_in(self):
        """The answer and the seconds it took."""
        began = time.monotonic()
        answer = self.phone.client.post(f"{self.phone.base_url}/kiosk/check-in", timeout=60, **self.request)
        return answer, time.monotonic() - began


@pytest.fixture
def school(sqlite_url, tmp_path):
    """A class of thirty, and a kiosk for each of them."""
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url))
    school = found_school(toolbox, must_change_password=False)
    with toolbox.sessions.begin() as session:
        school_class = session.get(SchoolClass, school.ids["class"])
        students = [
            Student(
                school_class=school_class, roll_id=f"R{n}", name=f"Student {n}", language="en", active=True
            )
            for n in range(KIOSKS)
        ]
        session.add_all(students)
    for number, student in enumerate(students):
        enrol(toolbox, student.id, [FACES[number].tolist()] * 3)
    school.toolbox = toolbox
    yield school
    toolbox.engine.dispose()


def test_above_its_capacity_it_says_so_at_once_and_pages_stay_quick(school, tmp_path, sqlite_url):
    toolbox, lecture_id = school.toolbox, school.ids["lecture"]
    app = "tests.trials.slow_classroom:create_app"
    with served("teacher", tmp_path, sqlite_url, app=app) as site, ThreadPoolExecutor(KIOSKS + 1) as pool:
        teacher = Browser(site)
        teacher.sign_in(TEACHER_EMAIL, school.password)
        kiosks = [
            Kiosk(site, open_kiosk(toolbox, school.actor, lecture_id=lecture_id, device="a phone"), n)
            for n in range(KIOSKS)
        ]
        for kiosk in kiosks:
            kiosk.take_photo()
        sending = [pool.submit(kiosk.check_in) for kiosk in kiosks]
        pages = []
        while not all(each.done() for each in sending):
            began = time.monotonic()
            assert teacher.session.get(f"{site.base}/lectures/{lecture_id}", timeout=60).ok
            pages.append(time.monotonic() - began)
        answers = [each.result() for each in sending]
        kiosks[-1].take_photo()
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
