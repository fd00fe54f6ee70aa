"""No stopwatch and no word tells whether an account or a roll id exists: what is not there costs the same."""

import time
from collections.abc import Callable
from itertools import count
from statistics import median
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from shared.domain.attendance import MarkStatus
from shared.domain.photo_verdict import PhotoVerdict
from shared.persistence.tables import CheckIn, FailedTry, Student, Teacher
from shared.services.accounts.lifecycle import create_teacher
from shared.services.attendance import marks
from shared.services.kiosk.check_in import check_in
from shared.services.people import registration
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.conftest import settings_for
from tests.support.eyes import MEERA_LOOKS, Eyes, give_eyes, gray_photo
from tests.support.families import mail_variables
from tests.support.office import QueueInHand
from tests.support.school import TEACHER_EMAIL, enrol, found_school, hand_round, sent

SITE = "https://localhost:4545"
TRIES = 20
ROUNDS = 12
APART = 1.10

GONE = "gone@school.example"


@pytest.fixture
def toolbox(sqlite_url, tmp_path, mail_server) -> Toolbox:
    settings = settings_for(tmp_path, sqlite_url, **mail_variables(mail_server))
    toolbox = Toolbox(settings).with_(queue=QueueInHand())
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def right_passwords(toolbox) -> dict[str, str]:
    """Of the teacher who works there and of the one who was deactivated."""
    school = found_school(toolbox)
    gone = create_teacher(toolbox, school.actor, email=GONE, name="Gone")
    with toolbox.sessions.begin() as session:
        gone_id = session.query(Teacher).filter_by(email=GONE).one().id
    registration.set_teacher_active(toolbox, school.actor, gone_id, active=False)
    return {TEACHER_EMAIL: school.password, GONE: gone}


class Stranger:
    """Sends one form again and again; says what it cost the server, and what it said."""

    def __init__(self, app: Flask, toolbox: Toolbox, path: str) -> None:
        self.client, self.toolbox, self.path = app.test_client(), toolbox, path
        page = BeautifulSoup(self.client.get(path, base_url=SITE).text, "html.parser")
        self.token = page.select_one("[name=csrf_token]")["value"]

    def send(self, **typed: str) -> tuple[float, str]:
        began = time.process_time()  # of all threads, for argon2 works in four
        answer = self.client.post(
            self.path,
            base_url=SITE,
            data={"csrf_token": self.token, **typed},
            headers={"Referer": SITE + self.path},
        )
        cost = time.process_time() - began
        with self.toolbox.sessions.begin() as session:  # or the seventh try would be slowed
            session.query(FailedTry).delete()
        words = BeautifulSoup(answer.text, "html.parser").select_one("main").get_text(" ", strip=True)
        return cost, f"{answer.status_code} {words}"


def compare(send: Callable[..., tuple[float, str]], kinds: dict[str, dict[str, str]]) -> None:
    """Try the kinds in turn. A machine's noise evens out over more tries; a real difference stays."""
    costs: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in count(1):
        for _ in range(TRIES):
            answers = {kind: send(**typed) for kind, typed in kinds.items()}
            assert len({words for _cost, words in answers.values()}) == 1
            for kind, (cost, _words) in answers.items():
                costs[kind].append(cost)
        medians = {kind: median(each) for kind, each in costs.items()}
        if max(medians.values()) <= APART * min(medians.values()):
            return
        assert turn < ROUNDS, medians


def test_a_wrong_password_costs_what_an_unknown_or_deactivated_account_costs(toolbox, right_passwords):
    stranger = Stranger(create_app(toolbox=toolbox), toolbox, "/sign-in")
    compare(
        stranger.send,
        {
            "wrong password": {"email": TEACHER_EMAIL, "password": "a wrong password"},
            "unknown": {"email": "nobody@school.example", "password": "a wrong password"},
            "deactivated": {"email": GONE, "password": "a wrong password"},
            "deactivated, right password": {"email": GONE, "password": right_passwords[GONE]},
        },
    )


def test_asking_for_a_link_costs_the_same_for_everybody(toolbox, right_passwords):
    stranger = Stranger(create_app(toolbox=toolbox), toolbox, "/forgotten-password")
    compare(
        stranger.send,
        {email: {"email": email} for email in (TEACHER_EMAIL, "nobody@school.example", GONE)},
    )


def test_a_photo_without_a_face_costs_the_same_with_every_roll_id(toolbox):
    school = found_school(toolbox)
    kiosk = hand_round(toolbox, school)
    with toolbox.sessions.begin() as session:
        more = [
            Student(class_id=school.ids["class"], roll_id=f"15203A01{number}", name="New", language="en")
            for number in range(10, 70)
        ]
        session.add_all(more)
        session.flush()
        enrolled_id = more[0].id
    for student_id in (school.ids["meera"], enrolled_id):
        enrol(toolbox, student_id, [MEERA_LOOKS.tolist()] * 5)
    marks.set_mark(
        toolbox, school.actor, school.ids["lecture"], school.ids["meera"], MarkStatus.PRESENT, expected=None
    )
    give_eyes(toolbox, Eyes(verdict=PhotoVerdict.NO_FACE))

    numbers = count(1)

    def send(roll_id: str) -> tuple[float, str]:
        request = sent(toolbox, kiosk, roll_id, gray_photo(), key=str(uuid4()))
        began = time.process_time()
        answer = check_in(toolbox, kiosk, request)
        cost = time.process_time() - began
        if next(numbers) % 12 == 0:  # of each kind three: a lesson has hundreds of check-ins, not thousands
            with toolbox.sessions.begin() as session:
                session.query(CheckIn).delete()
        return cost, repr(answer)

    kinds = {"marked": "15203A0042", "enrolled": "15203A0110", "not enrolled": "15203A0142", "nobody": "9999"}
    compare(send, {kind: {"roll_id": roll_id} for kind, roll_id in kinds.items()})
