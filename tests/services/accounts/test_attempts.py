"""Wrong passwords make the next attempt wait: in turn, for whoever made them, and for nobody else."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from shared.errors import TooManyTries
from shared.persistence.accounts import find_account
from shared.persistence.tables import AuditEntry, Teacher
from shared.services.accounts.attempts import Budget, budgets_of, record_attempt, settle_attempt
from shared.services.accounts.devices import remember_device
from shared.services.accounts.lifecycle import create_teacher, note_changed_password, renew_password
from shared.services.audit import Actor
from shared.toolbox import Toolbox
from tests.support.families import Clock

OFFICE = Actor(site="command", email="tests")
EMAIL = "asha@school.example"
AT_ONCE = 16


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def toolbox(database_url, make_settings, clock):
    toolbox = Toolbox(make_settings(database_url), now=clock)
    yield toolbox
    toolbox.engine.dispose()


class Guesser:
    """Tries passwords at the classroom's sign-in, from one address and perhaps with a known browser."""

    def __init__(self, toolbox: Toolbox, address: str = "192.0.2.7", device: str = "") -> None:
        self.toolbox, self.address, self.device = toolbox, address, device

    def attempt(self, *, right: bool = False, email: str = EMAIL) -> bool:
        """Tell whether the attempt is looked at."""
        budgets = budgets_of(
            self.toolbox, site="classroom", email=email, address=self.address, device=self.device
        )
        try:
            attempt = record_attempt(self.toolbox, budgets)
        except TooManyTries:
            return False
        settle_attempt(self.toolbox, attempt, site="classroom", address=self.address, right=right)
        return True

    def attempts(self, count: int, **how) -> int:
        """So many one after the other; tells how many were looked at."""
        return sum(self.attempt(**how) for _ in range(count))


@pytest.fixture
def asha(toolbox) -> SimpleNamespace:
    create_teacher(toolbox, OFFICE, email=EMAIL, name="Asha")
    with toolbox.reading() as session:
        return SimpleNamespace(id=session.query(Teacher).one().id)


def test_the_seventh_attempt_waits_and_then_may_go_on(toolbox, clock):
    guesser = Guesser(toolbox)
    assert guesser.attempts(6) == 6
    with pytest.raises(TooManyTries) as refused:
        record_attempt(toolbox, budgets_of(toolbox, site="classroom", email=EMAIL, address="192.0.2.7"))
    assert 25 <= refused.value.retry_after <= 31
    clock.pass_by(seconds=31)
    assert guesser.attempt()


def test_of_sixteen_at_once_six_are_looked_at(toolbox):
    guessers = [Guesser(toolbox, f"192.0.2.{number}") for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as together:
        looked_at = list(together.map(Guesser.attempt, guessers))
    assert sum(looked_at) == 6


def test_of_a_hundred_wrong_attempts_in_a_hundred_seconds_two_workers_look_at_eight(toolbox, clock):
    other = Toolbox(toolbox.settings, now=clock)
    guessers = [Guesser(toolbox), Guesser(other)]
    looked_at = 0
    for number in range(100):
        clock.pass_by(seconds=1)
        looked_at += guessers[number % 2].attempt()
    other.engine.dispose()
    # Six at once; one after 30 s, one after 60 s more.
    assert looked_at == 8


def test_wrong_attempts_slow_their_account_and_their_address_and_nobody_else(toolbox, clock):
    guesser, elsewhere = Guesser(toolbox), Guesser(toolbox, "192.0.2.99")
    assert guesser.attempts(6) == 6
    assert not elsewhere.attempt()
    assert elsewhere.attempt(email="ravi@school.example")
    for number in range(30):
        guesser.attempt(email=f"nobody{number}@school.example")
    assert not guesser.attempt(email="mira@school.example")
    assert elsewhere.attempt(email="mira@school.example")


def test_a_strangers_wrong_attempts_do_not_keep_a_known_browser_out(toolbox, asha):
    remember_device(toolbox, site="classroom", account_id=asha.id, device="the token of Asha's phone")
    for number in range(40):
        Guesser(toolbox, "192.0.2.7").attempt(email=f"nobody{number}@school.example")
    stranger = Guesser(toolbox, "192.0.2.8")
    assert stranger.attempts(10) == 6
    phone = Guesser(toolbox, "192.0.2.7", "the token of Asha's phone")
    assert phone.attempt(right=True)
    assert not stranger.attempt(right=True)


def test_a_known_browser_may_not_guess_for_ever_either(toolbox, asha):
    remember_device(toolbox, site="classroom", account_id=asha.id, device="the token of Asha's phone")
    assert Guesser(toolbox, device="the token of Asha's phone").attempts(20) == 6


def test_a_browser_is_known_to_its_own_account_alone(toolbox, asha):
    remember_device(toolbox, site="classroom", account_id=asha.id + 1, device="a colleague's")
    assert Guesser(toolbox).attempts(10) == 6
    assert not Guesser(toolbox, device="a colleague's").attempt()
    assert not Guesser(toolbox, device="").attempt()


@pytest.mark.parametrize("action", ["renew", "change"])
def test_a_new_password_forgets_the_wrong_attempts(toolbox, asha, action):
    remember_device(toolbox, site="classroom", account_id=asha.id, device="the token of Asha's phone")
    guessers = Guesser(toolbox), Guesser(toolbox, "192.0.2.8", "the token of Asha's phone")
    assert [guesser.attempts(10) for guesser in guessers] == [6, 6]
    if action == "renew":
        renew_password(toolbox, OFFICE, Teacher, EMAIL)
    else:
        with toolbox.reading() as session:
            note_changed_password(toolbox, OFFICE, session.get_one(Teacher, asha.id), token="this sign-in's")
    assert all(guesser.attempt() for guesser in guessers)


def test_a_right_password_clears_the_account(toolbox, clock):
    guesser = Guesser(toolbox)
    guesser.attempts(6)
    clock.pass_by(seconds=31)
    assert guesser.attempt(right=True)
    assert Guesser(toolbox, "192.0.2.99").attempt()


def test_accents_make_no_new_account(toolbox, asha):
    """On MariaDB "é" was "e" once, and 24 spellings of one address had 24 times the attempts."""
    spelled = [
        EMAIL[:at] + other + EMAIL[at + 1 :]
        for at, letter in enumerate(EMAIL)
        for other in {"a": "áàâäãå", "s": "śşšſ", "h": "ĥħ", "o": "óòôöõø", "e": "éèêëēę"}.get(letter, "")
    ]
    assert len(spelled) >= 24
    with toolbox.reading() as session:
        assert find_account(session, Teacher, EMAIL) is not None
        assert [other for other in spelled if find_account(session, Teacher, other)] == []


def test_a_session_has_attempts_of_its_own(toolbox):
    Guesser(toolbox).attempts(10)
    budget = Budget("classroom sign-in of one browser")
    for _ in range(6):
        record_attempt(toolbox, [budget])
    with pytest.raises(TooManyTries):
        record_attempt(toolbox, [budget])
    record_attempt(toolbox, [Budget("classroom sign-in of another browser")])


def test_the_trail_tells_once_that_attempts_are_slowed(toolbox, asha, clock):
    guesser = Guesser(toolbox)
    guesser.attempts(9)
    clock.pass_by(seconds=31)
    guesser.attempts(3)
    with toolbox.reading() as session:
        told = [entry.subject for entry in session.query(AuditEntry).filter_by(action="slow down tries")]
    assert told == [EMAIL]


def test_an_attempt_that_broke_off_counts_as_wrong(toolbox):
    budget = Budget("somebody")
    for _ in range(6):
        record_attempt(toolbox, [budget])
    with pytest.raises(TooManyTries):
        record_attempt(toolbox, [budget])


def test_the_longest_wait_lasts_its_quarter_of_an_hour(toolbox, clock):
    guesser = Guesser(toolbox)
    guesser.attempts(6)
    for wait_s in (30, 60, 120, 240, 480):
        assert not guesser.attempt()
        clock.pass_by(seconds=wait_s + 1)
        assert guesser.attempt()
    clock.pass_by(minutes=14)
    assert not guesser.attempt()
    clock.pass_by(minutes=2)
    assert guesser.attempt()


def test_an_hour_after_the_last_failure_all_is_forgotten(toolbox, clock):
    guesser = Guesser(toolbox)
    assert guesser.attempts(7) == 6
    clock.pass_by(minutes=61)
    assert guesser.attempts(7) == 6


def test_a_right_password_does_not_clear_its_network_of_what_others_failed_with(toolbox, asha):
    """Else who has an account tries all the others' passwords, and signs in with their own in between."""
    guesser = Guesser(toolbox)
    assert all(guesser.attempt(email=f"{number}@school.example") for number in range(29))
    assert guesser.attempt(right=True)
    assert guesser.attempt(email="29@school.example")
    assert guesser.attempt(email="30@school.example")
    assert not guesser.attempt(email="31@school.example")
