"""Two servers of a site over one database: what slows a guesser at one is known to the other."""

from itertools import cycle

from bs4 import BeautifulSoup

from shared.persistence.database import migrate
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.school import TEACHER_EMAIL, found_school
from tests.trials.served import Browser, served


def test_a_hundred_wrong_sign_ins_at_two_servers_in_turn_are_slowed_at_the_seventh(mariadb, tmp_path):
    url = mariadb.create("guessed")
    migrate(url)
    toolbox = Toolbox(settings_for(tmp_path, url))
    school = found_school(toolbox)
    toolbox.engine.dispose()
    with served("teacher", tmp_path, url) as one, served("teacher", tmp_path, url) as other:
        assert one.worker != other.worker
        guessers = [Browser(site) for site in (one, other)]
        for guesser in guessers:
            guesser.open("/sign-in")
        answers = [
            _try(guesser, f"wrong number {number}")
            for number, guesser in zip(range(100), cycle(guessers), strict=False)
        ]
        right = _try(Browser(other), school.password)
    assert [_is_slowed(answer) for answer in answers[:8]] == [False] * 6 + [True] * 2
    # On a slow machine the hundred take longer than the first wait of 30 seconds, and the second of 60.
    assert sum(map(_is_slowed, answers)) >= 100 - 8
    assert _is_slowed(right)


def _try(browser: Browser, password: str) -> str:
    if not browser.token:
        browser.open("/sign-in")
    answer = browser.post("/sign-in", data={"email": TEACHER_EMAIL, "password": password})
    return BeautifulSoup(answer.text, "html.parser").main.get_text(" ", strip=True)


def _is_slowed(answer: str) -> bool:
    assert ("Please wait" in answer) != ("password is wrong" in answer), answer
    return "Please wait" in answer
