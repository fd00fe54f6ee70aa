"""Everybody reads the pages in a language of their own, else in the school's."""

import json
from datetime import datetime

import pytest
from bs4 import BeautifulSoup

from shared.persistence.tables import Admin, Teacher
from shared.settings import SettingsError
from shared.toolbox import Toolbox
from shared.web.languages import show_date, show_moment
from tests.conftest import settings_for
from tests.support.browsers import Browser
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.school import TEACHER_EMAIL
from tests.support.town import open_town

SIGN_OUT = {"en": "Sign out", "hi": "साइन आउट करें", "mr": "साइन आउट करा"}


@pytest.fixture
def town(sqlite_url, tmp_path):
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url))
    yield open_town(toolbox)
    toolbox.engine.dispose()


def teacher(town) -> Browser:
    browser = Browser(town.apps["classroom"], "classroom")
    return browser.sign_in(TEACHER_EMAIL, town.passwords[TEACHER_EMAIL])


def page_of(browser: Browser, path: str = "/") -> BeautifulSoup:
    return BeautifulSoup(browser.get(path, follow_redirects=True).text, "html.parser")


@pytest.mark.parametrize("language", SIGN_OUT)
def test_what_is_chosen_is_read_at_once_and_wherever_the_account_signs_in(town, language):
    browser = teacher(town)
    before = browser.client.get("/lectures", base_url=browser.base)
    assert before.status_code == 200
    answer = browser.client.post(
        "/language",
        base_url=browser.base,
        data={"language": language, "csrf_token": token_of(before.text)},
        headers={"Referer": f"{browser.base}/lectures?page=1"},
    )
    assert (answer.status_code, answer.location) == (303, "/lectures?page=1")
    for each in (browser, teacher(town)):  # the second browser has no cookie of a language
        page = page_of(each)
        assert page.html["lang"] == language
        assert SIGN_OUT[language] in page.select_one("header").get_text()


def test_what_an_account_has_chosen_goes_before_what_the_browser_read_before(town):
    teacher(town).post("/language", language="hi")
    browser = Browser(town.apps["classroom"], "classroom")
    browser.post("/language", language="mr")  # whoever used it before
    assert page_of(browser).html["lang"] == "mr"
    browser.sign_in(TEACHER_EMAIL, town.passwords[TEACHER_EMAIL])
    assert page_of(browser).html["lang"] == "hi"


def token_of(page: str) -> str:
    return BeautifulSoup(page, "html.parser").select_one("meta[name=csrf-token]")["content"]


def test_an_admins_choice_is_the_offices_alone(town):
    office = Browser(town.apps["office"], "office").sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    office.post("/language", language="mr")
    with town.toolbox.reading() as session:
        assert session.query(Admin).filter_by(email=ADMIN_EMAIL).one().language == "mr"
        assert {each.language for each in session.query(Teacher)} == {None}


def test_a_stranger_reads_the_sign_in_in_the_language_of_the_browser(town):
    browser = Browser(town.apps["classroom"], "classroom")
    browser.post("/language", language="hi")
    assert page_of(browser).html["lang"] == "hi"
    with town.toolbox.reading() as session:
        assert {each.language for each in session.query(Teacher)} == {None}


def test_where_nobody_chose_it_is_the_schools(sqlite_url, tmp_path):
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url, LANGUAGE_OF_PAGES="mr"))
    town = open_town(toolbox)
    assert page_of(teacher(town)).html["lang"] == "mr"
    toolbox.engine.dispose()


def test_an_ended_sign_in_chooses_for_nobody(town):
    browser = teacher(town)
    cookie = browser.cookie("__Host-classroom_session")
    browser.post("/sign-out")
    Browser(town.apps["classroom"], "classroom").take_cookie("__Host-classroom_session", cookie).post(
        "/language", language="hi"
    )
    with town.toolbox.reading() as session:
        assert {each.language for each in session.query(Teacher)} == {None}


@pytest.mark.parametrize("typed", ["de", "", "../hi"])
def test_a_language_that_is_not_offered_changes_nothing(town, typed):
    browser = teacher(town)
    answer = browser.post("/language", language=typed)
    assert answer.status_code == 400
    assert "This language is not offered." in answer.text
    assert page_of(browser).html["lang"] == "en"


@pytest.mark.parametrize(
    ("answered_at", "led_to"),
    [
        ("/calendar/look", "/calendar"),
        ("/teachers/1/new-password", "/teachers"),
        ("/classes/1/year-end/apply", "/classes/1/year-end"),
        ("/nowhere/at-all", "/"),
        ("/students?q=rao&page=2", "/students?q=rao&page=2"),
    ],
)
def test_a_page_at_an_address_of_forms_alone_is_left_for_the_one_above(town, answered_at, led_to):
    office = Browser(town.apps["office"], "office").sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    token = token_of(office.get("/", follow_redirects=True).text)
    answer = office.client.post(
        "/language",
        base_url=office.base,
        data={"language": "hi", "csrf_token": token},
        headers={"Referer": office.base + answered_at},
    )
    assert answer.location == led_to
    assert office.get(led_to).status_code == 200


def test_one_is_led_back_to_no_other_site(town):
    browser = teacher(town)
    answer = browser.client.post(
        "/language",
        base_url=browser.base,
        data={"language": "hi", "csrf_token": token_of(browser.get("/", follow_redirects=True).text)},
        headers={"Referer": f"{browser.base}/", "Origin": browser.base},
    )
    assert answer.location.startswith("/")
    assert "//" not in answer.location


def test_days_are_written_in_the_months_of_the_language(town):
    at = datetime(2026, 11, 3, 9, 5)  # noqa: DTZ001  (as the school's clocks show it)
    app = town.apps["classroom"]
    told = {}
    for language in SIGN_OUT:
        with app.test_request_context(headers={"Cookie": f"__Host-language={language}"}):
            told[language] = (show_date(at.date()), show_moment(at))
    assert told["en"] == ("Tue 03 Nov 2026", "Tue 03 Nov 2026, 09:05")
    assert told["hi"] == ("मंगल 03 नव॰ 2026", "मंगल 03 नव॰ 2026, 09:05")
    assert told["mr"] == ("मंगळ 03 नोव्हें 2026", "मंगळ 03 नोव्हें 2026, 09:05")


def test_scripts_get_the_words_of_their_page_and_none_in_english(town):
    browser = teacher(town)
    assert page_of(browser).select_one("#script-words") is None
    browser.post("/language", language="hi")
    words = json.loads(page_of(browser).select_one("#script-words").get_text())
    assert words["Copied."] == "कॉपी हो गया।"


def test_a_setting_that_names_no_language_ends_the_start(tmp_path, sqlite_url):
    with pytest.raises(SettingsError, match="LANGUAGE_OF_PAGES"):
        settings_for(tmp_path, sqlite_url, LANGUAGE_OF_PAGES="klingon")


def test_what_is_always_the_same_in_a_template_is_said_to_each_reader_in_theirs(town):
    app, told = town.apps["classroom"], []
    template = app.jinja_env.from_string("{{ none | status_name }}")
    for language in SIGN_OUT:
        with app.test_request_context(headers={"Cookie": f"__Host-language={language}"}):
            told.append(template.render())
    assert told == ["not marked", "अंकित नहीं", "नोंद नाही"]
