"""An admin's second factor is asked for as before, whoever vouched for the first."""

from datetime import timedelta

import pytest
from passlib.totp import TOTP
from sqlalchemy import update

from shared.persistence.tables import Admin, SchoolAccount, SchoolVisit
from shared.security import one_time_codes
from shared.services.accounts import lifecycle, second_factor
from tests.school_sign_in.conftest import entries
from tests.support.office import ADMIN_EMAIL


def code_at(secret: str, moment) -> str:
    return TOTP(key=secret).generate(moment.timestamp()).token


@pytest.fixture
def secret(sites):
    secret = one_time_codes.new_secret()
    now = sites.toolbox.now()
    second_factor.turn_on(
        sites.toolbox, sites.actor, secret=secret, code=code_at(secret, now - timedelta(seconds=30))
    )
    return secret


def test_nobody_is_in_before_the_code(sites, secret):
    browser = sites.browser("office")
    assert browser.sign_in().location == "/school-sign-in/code"
    assert not browser.is_in()
    assert browser.get("/").location.startswith("/sign-in")
    answer = browser.post("/school-sign-in/code", at="/school-sign-in/code", code="000000")
    assert "This code does not fit." in answer.text
    assert not browser.is_in()
    right = code_at(secret, sites.toolbox.now())
    answer = browser.post("/school-sign-in/code", at="/school-sign-in/code", code=right)
    assert answer.location == "/"
    assert browser.is_in()


def test_nobody_is_tied_before_the_code(sites, provider, secret):
    """Or whoever once had the admin's mailbox at the provider would keep the admin out."""

    def ties() -> list[str]:
        with sites.toolbox.reading() as session:
            return [tie.subject for tie in session.query(SchoolAccount)]

    provider.add("somebody with the same mailbox", ADMIN_EMAIL)
    other = sites.browser("office")
    other.sign_in("somebody with the same mailbox")
    other.post("/school-sign-in/code", at="/school-sign-in/code", code="000000")
    assert ties() == []
    assert entries(sites.toolbox, "tie school account") == []
    browser = sites.browser("office")
    browser.sign_in()
    right = code_at(secret, sites.toolbox.now())
    browser.post("/school-sign-in/code", at="/school-sign-in/code", code=right)
    assert browser.is_in()
    assert ties() == ["anita at the provider"]
    (tied,) = entries(sites.toolbox, "tie school account")
    assert tied.after["school account"] == ADMIN_EMAIL
    # The first one was still asked for the code, which nobody uses twice; now the account is another's.
    later = code_at(secret, sites.toolbox.now() + timedelta(seconds=30))
    assert other.post("/school-sign-in/code", at="/", code=later).location == "/sign-in"
    assert "is tied to another account of the school" in other.told()
    assert not other.is_in()
    assert ties() == ["anita at the provider"]


def test_who_has_the_address_meanwhile_is_not_tied_by_anothers_code(sites, secret):
    browser = sites.browser("office")
    browser.sign_in()
    with sites.toolbox.sessions.begin() as session:
        session.query(Admin).filter_by(email=ADMIN_EMAIL).one().email = "anita.new@school.example"
    lifecycle.create_admin(sites.toolbox, sites.actor, email=ADMIN_EMAIL, name="The Next One")
    right = code_at(secret, sites.toolbox.now())
    assert browser.post("/school-sign-in/code", at="/school-sign-in/code", code=right).location == "/sign-in"
    assert not browser.is_in()
    with sites.toolbox.reading() as session:
        assert session.query(SchoolAccount).count() == 0


def test_a_copy_of_the_half_sign_in_is_worth_nothing_afterwards(sites, secret):
    browser, thief = sites.browser("office"), sites.browser("office")
    browser.sign_in()
    copy = browser.client.get_cookie("__Host-office_session", "localhost").value
    browser.post("/school-sign-in/code", at="/school-sign-in/code", code=code_at(secret, sites.toolbox.now()))
    thief.client.set_cookie("__Host-office_session", copy, domain="localhost")
    assert thief.get("/school-sign-in/code").location == "/sign-in"


def test_it_takes_five_minutes_at_most(sites, secret):
    browser = sites.browser("office")
    browser.sign_in()
    with sites.toolbox.sessions.begin() as session:
        session.execute(update(SchoolVisit).values(came_back_at=sites.toolbox.now() - timedelta(minutes=6)))
    assert browser.get("/school-sign-in/code").location == "/sign-in"
    assert "The code took too long." in browser.told()


def test_wrong_codes_make_the_next_one_wait(sites, secret):
    browser = sites.browser("office")
    browser.sign_in()
    for _ in range(6):
        browser.post("/school-sign-in/code", at="/school-sign-in/code", code="000000")
    right = code_at(secret, sites.toolbox.now())
    answer = browser.post("/school-sign-in/code", at="/school-sign-in/code", code=right)
    assert "Too many wrong tries." in answer.text
    assert not browser.is_in()


def test_a_new_password_ends_it(sites, secret):
    browser = sites.browser("office")
    browser.sign_in()
    lifecycle.renew_password(sites.toolbox, sites.actor, Admin, ADMIN_EMAIL)
    assert browser.get("/school-sign-in/code").location == "/sign-in"
