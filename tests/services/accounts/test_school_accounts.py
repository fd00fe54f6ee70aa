"""Ties to people at the school's provider, and phones they open nothing on, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.domain.school_account import Identity
from shared.errors import SchoolSignInRefused
from shared.persistence import retention
from shared.persistence import school_accounts as stored
from shared.persistence.tables import SchoolAccount, SchoolVisit
from shared.services.accounts import school_accounts
from shared.services.accounts.devices import remember_device
from shared.services.kiosk.passes import open_kiosk
from tests.support.school import TEACHER_EMAIL, found_school

ISSUER = "https://login.school.example"


def identity_of(subject: str, email: str = TEACHER_EMAIL) -> Identity:
    return Identity(ISSUER, subject, email, email, None)


def arrive(toolbox, subject="asha", state="a state", device=None):
    return school_accounts.arrive(
        toolbox, identity_of(subject), site="classroom", state=state, device=device, address="192.0.2.7"
    )


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def test_subjects_are_compared_to_the_letter(toolbox, school):
    assert arrive(toolbox).account_id == school.ids["teacher"]
    with pytest.raises(SchoolSignInRefused, match="tied to another account"):
        arrive(toolbox, "Asha", "another state")
    with pytest.raises(SchoolSignInRefused, match="tied to another account"):
        arrive(toolbox, "ásha", "another state")


def test_a_state_is_used_once(toolbox, school):
    arrive(toolbox)
    with pytest.raises(SchoolSignInRefused, match="used already"):
        arrive(toolbox)


def test_of_two_who_come_at_once_with_an_address_one_is_tied(toolbox, school):
    def come(number: int) -> bool:
        try:
            arrive(toolbox, f"person {number}", f"state {number}")
        except SchoolSignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(come, range(4))) == [False, False, False, True]
    with toolbox.reading() as session:
        assert session.query(SchoolAccount).count() == 1
        assert session.query(SchoolVisit).count() == 1


def test_who_comes_just_before_another_is_tied_is_refused(toolbox, school, monkeypatch):
    arrive(toolbox, "person 1", "state 1")
    look, looks = stored.find_tie_of, []

    def not_tied_at_first(*where):
        looks.append(where)
        return None if len(looks) == 1 else look(*where)

    monkeypatch.setattr(stored, "find_tie_of", not_tied_at_first)
    with pytest.raises(SchoolSignInRefused, match="tied to another account"):
        arrive(toolbox, "person 2", "state 2")


def test_a_phone_is_out_until_somebody_signs_in_on_it(toolbox, school):
    arrive(toolbox, state="before")
    remember_device(toolbox, site="classroom", account_id=school.ids["teacher"], device="the phone")
    open_kiosk(
        toolbox, school.actor, lecture_id=school.ids["lecture"], device="a phone", device_token="the phone"
    )
    assert not school_accounts.may_begin(toolbox, "the phone")
    assert school_accounts.may_begin(toolbox, "a desk")
    remember_device(toolbox, site="classroom", account_id=school.ids["teacher"], device="a desk")
    for device in ("the phone", "a desk", "a new browser", None):
        with pytest.raises(SchoolSignInRefused, match="handed round"):
            arrive(toolbox, state=f"with {device}", device=device)
    remember_device(toolbox, site="classroom", account_id=school.ids["teacher"], device="the phone")
    assert school_accounts.may_begin(toolbox, "the phone")
    assert arrive(toolbox, state="after", device="a desk").code is None


def test_ways_to_the_provider_are_forgotten_and_ties_are_not(toolbox, school):
    arrive(toolbox)
    later = toolbox.now() + timedelta(days=2)
    with toolbox.sessions.begin() as session:
        *_, visits = retention.old_tries(later)
        assert len(session.scalars(visits).all()) == 1
        assert session.query(SchoolAccount).count() == 1
