"""No stopwatch and no word tells whether an account exists: wrong, unknown and deactivated cost the same."""

import time
from collections.abc import Callable
from itertools import count
from statistics import median

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from shared.persistence.tables import FailedTry, Teacher
from shared.services.accounts.lifecycle import create_teacher
from shared.services.people import registration
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.conftest import settings_for
from tests.support.families import mail_variables
from tests.support.office import QueueInHand
from tests.support.school import TEACHER_EMAIL, found_school

SITE = "https://localhost:4545"
TRIES = 50
ROUNDS = 5
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
