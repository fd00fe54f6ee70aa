"""A lesson in which the database stops, or the web server's worker is killed: one mark in the end."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import pytest
import requests

from shared.persistence.database import migrate
from shared.persistence.tables import CheckIn, Mark, MarkChange
from shared.toolbox import Toolbox
from shared.vision.images import open_photo
from tests.conftest import settings_for
from tests.support.eyes import count
from tests.support.phones import Phone, Refused
from tests.support.pictures import jpeg, person
from tests.support.school import TEACHER_EMAIL, enrol, found_school
from tests.trials.served import Browser, ServedSite, served

ROLL_ID = "15203A0042"
STOPPED_S = 30
ANSWERS_WITHIN_S = 8


@pytest.fixture(scope="module")
def lesson(mariadb, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A served classroom over MariaDB, a phone at its kiosk, and a teacher at another screen."""
    url = mariadb.create("lesson")
    migrate(url)
    toolbox = Toolbox(settings_for(tmp_path_factory.mktemp("lesson"), url))
    school = found_school(toolbox, must_change_password=False)
    photos = [open_photo(jpeg(person(name))) for name in ("obama2.jpg", "obama3.jpg")]
    enrol(
        toolbox,
        school.ids["meera"],
        [toolbox.face_matcher.read(photo).descriptor.tolist() for photo in photos * 2],
    )
    with served("teacher", toolbox.settings.instance_dir, url) as site:
        screen, handed_round = Browser(site), Browser(site)
        for browser in (screen, handed_round):
            browser.sign_in(TEACHER_EMAIL, school.password)
        handed_round.open(f"/lectures/{school.ids['lecture']}/kiosk")
        handed_round.post(f"/lectures/{school.ids['lecture']}/kiosk")
        phone = Phone(handed_round.session, site.base)
        phone.open()
        yield SimpleNamespace(toolbox=toolbox, school=school, site=site, screen=screen, phone=phone)
    toolbox.engine.dispose()


@pytest.fixture(autouse=True)
def no_mark_yet(lesson) -> Iterator[None]:
    """Each test begins before anybody was marked."""
    yield
    with lesson.toolbox.sessions.begin() as session:
        for table in (Mark, MarkChange, CheckIn):
            session.query(table).delete()


def send(lesson: SimpleNamespace, key: str) -> dict:
    return lesson.phone.check_in(ROLL_ID, jpeg(person("obama.jpg")), "CO6GA", idempotency_key=key)


def assert_marked_once(lesson: SimpleNamespace) -> None:
    assert [count(lesson.toolbox, table) for table in (Mark, MarkChange, CheckIn)] == [1, 1, 1]


def test_a_database_that_stops_for_half_a_minute_is_told_and_then_the_same_check_in_marks_once(
    lesson, mariadb
):
    key, worker = str(uuid4()), lesson.site.worker
    lesson.toolbox.engine.dispose()
    mariadb.stop()
    try:
        stopped_at = time.monotonic()
        while time.monotonic() - stopped_at < STOPPED_S:
            asked_at = time.monotonic()
            with pytest.raises(Refused, match="try again in a moment") as refused:
                send(lesson, key)
            page = lesson.screen.open(f"/lectures/{lesson.school.ids['lecture']}")
            assert (refused.value.status, page.status_code) == (503, 503)
            assert "Nothing was changed" in page.text
            assert time.monotonic() - asked_at < ANSWERS_WITHIN_S
            time.sleep(3)
    finally:
        mariadb.start()
    assert send(lesson, key)["outcome"] == "present"
    assert_marked_once(lesson)
    assert lesson.site.worker == worker


@pytest.mark.parametrize("after_s", [0.0, 0.04, 0.12])
def test_a_worker_killed_while_it_marks_leaves_one_mark_to_the_next_try(lesson, after_s):
    # Two ends within 5.5 s end the server too, which the launcher starts again; that is not tried here.
    time.sleep(6)
    key, lost = str(uuid4()), threading.Event()

    def first_try() -> None:
        try:
            send(lesson, key)
        except (requests.RequestException, Refused):
            lost.set()

    send_it = threading.Thread(target=first_try)
    send_it.start()
    time.sleep(after_s)
    os.kill(lesson.site.worker, signal.SIGKILL)
    send_it.join(60)
    answer = try_until_answered(lesson.site, lambda: send(lesson, key))
    assert answer["outcome"] == "present"
    assert_marked_once(lesson)


def try_until_answered(site: ServedSite, action) -> dict:
    """What the kiosk's page does: send again, with the same key, until there is an answer."""
    deadline = time.monotonic() + 60
    while True:
        try:
            site.wait()
            return action()
        except requests.RequestException:
            assert time.monotonic() < deadline
