"""A sign-in without a password is not the password that sensitive actions ask for."""

from urllib.parse import urlsplit

import pytest

from shared.domain.school_account import ProviderKind
from tests.school_sign_in.conftest import SUBJECT_OF
from tests.support.office import ADMIN_PASSWORD
from tests.support.openid_provider import DOMAIN


@pytest.fixture
def browser(sites):
    browser = sites.browser("office")
    browser.sign_in()
    return browser


def test_acts_of_weight_ask_for_it(browser):
    assert browser.get("/teachers/new").location == "/password-again?next=/teachers/new"


def test_the_password_of_this_site_will_do(browser):
    answer = browser.post("/password-again?next=/teachers/new", password=ADMIN_PASSWORD)
    assert answer.location == "/teachers/new"
    assert browser.get("/teachers/new").status_code == 200


def test_the_provider_may_ask_for_its_own(browser):
    link = browser.open("/teachers/new").find("a", string="Confirm with your school account instead")
    there = browser.leave(link["href"])
    assert {"prompt=login", "max_age=0"} <= set(urlsplit(there).query.split("&"))
    answer = browser.get(browser.provider.visit(there, SUBJECT_OF["office"]))
    assert answer.location == "/teachers/new"
    assert browser.get("/teachers/new").status_code == 200


@pytest.mark.parametrize("typed", [-7200, -120, None])
def test_a_provider_that_did_not_ask_is_not_believed(browser, sites, typed):
    browser.provider.claims = {
        "auth_time": None if typed is None else int(sites.toolbox.now().timestamp()) + typed
    }
    back = browser.go_there(path="/school-sign-in/again?next=/teachers/new")
    assert browser.get(back).location == "/password-again?next=/teachers/new"
    assert (
        "did not say that it has just asked for your password" in browser.open("/password-again").get_text()
    )
    assert browser.get("/teachers/new").status_code == 302


def test_who_never_came_that_way_is_not_sent_there(sites):
    browser = sites.browser("office").type_password(ADMIN_PASSWORD)
    assert "Confirm with" not in browser.open("/password-again").main.get_text()


def test_nobody_elses_password_will_do(browser, sites, provider):
    back = browser.go_there(SUBJECT_OF["classroom"], "/school-sign-in/again?next=/teachers/new")
    assert browser.get(back).location.startswith("/password-again")
    assert browser.get("/teachers/new").status_code == 302


def test_it_is_of_no_use_to_who_was_signed_out_meanwhile(browser):
    back = browser.go_there(path="/school-sign-in/again")
    browser.post("/sign-out")
    assert browser.get(back).location.startswith("/sign-in")
    assert not browser.is_in()


def test_google_cannot_be_made_to_ask_again_so_it_is_not_offered(open_sites, provider):
    provider.claims = {"hd": DOMAIN}
    browser = open_sites(ProviderKind.GOOGLE).browser("office")
    browser.sign_in()
    assert "instead" not in browser.open("/password-again").main.get_text()
    assert browser.get("/school-sign-in/again").status_code == 404
