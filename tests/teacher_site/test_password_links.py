"""Forgotten passwords in the classroom: the same answer for everybody, and a link that is good once."""

import re

import pytest
from bs4 import BeautifulSoup

from shared.persistence.tables import FailedTry, PasswordLink
from shared.services.accounts.password_links import send_due_links
from shared.toolbox import Toolbox
from tests.support.families import mail_variables
from tests.support.office import QueueInHand
from tests.support.school import TEACHER_EMAIL
from tests.teacher_site.conftest import SITE, Phone

NEW_PASSWORD = "four quiet yellow trams"


@pytest.fixture
def toolbox(database_url, make_settings, mail_server):
    settings = make_settings(database_url, **mail_variables(mail_server))
    toolbox = Toolbox(settings).with_(queue=QueueInHand())
    yield toolbox
    toolbox.engine.dispose()


def ask(phone, email):
    """Fill in the page as a stranger; the token in the page is the only other field."""
    page = phone.page("/forgotten-password")
    fields = {"email": email, "csrf_token": page.select_one("[name=csrf_token]")["value"]}
    answer = phone.client.post(
        "/forgotten-password", base_url=SITE, data=fields, headers={"Referer": f"{SITE}/"}
    )
    return answer, BeautifulSoup(answer.text, "html.parser").select_one("main").get_text(" ", strip=True)


def send(phone, link, password, again=None):
    page = BeautifulSoup(phone.get(link).text, "html.parser")
    fields = {
        "password": password,
        "password_confirm": again or password,
        "csrf_token": page.select_one("[name=csrf_token]")["value"],
    }
    return phone.client.post(link, base_url=SITE, data=fields, headers={"Referer": f"{SITE}/"})


@pytest.fixture
def link(stranger, school, toolbox, mail_server):
    """The address in the letter, without its host."""
    ask(stranger, TEACHER_EMAIL)
    send_due_links(toolbox)
    return re.search(
        r"https://localhost:4545(/choose-password\?link=\S+)", mail_server.messages[0].get_content()
    )[1]


def test_the_sign_in_page_leads_there_and_a_known_address_is_answered_like_an_unknown(stranger, school):
    assert "/forgotten-password" in str(stranger.page("/sign-in"))
    known, unknown = ask(stranger, TEACHER_EMAIL)[1], ask(stranger, "nobody@school.example")[1]
    assert known == unknown
    assert "If there is an account" in known


def test_the_page_never_waits_for_the_mail_server(stranger, school, toolbox, mail_server):
    mail_server.answer = lambda _to: pytest.fail("the page sent a letter")
    answer, _words = ask(stranger, TEACHER_EMAIL)
    assert answer.status_code == 200
    assert len(toolbox.queue.started) == 1


def test_a_letter_leads_to_a_password_of_ones_own(stranger, teacher, link):
    assert send(stranger, link, NEW_PASSWORD).location == "/sign-in"
    assert teacher.get("/").location.startswith("/sign-in")  # the phone that was signed in
    assert stranger.sign_in(NEW_PASSWORD).location == "/"


def test_looking_at_a_link_uses_nothing_up_and_using_it_does(stranger, link):
    for _ in range(3):
        assert stranger.get(link).status_code == 200
    send(stranger, link, NEW_PASSWORD)
    assert stranger.get(link).location == "/forgotten-password"
    assert "used already or is too old" in stranger.told("/forgotten-password")


@pytest.mark.parametrize(
    "password",
    ["eleven char", "passwordpassword", "123456789012", "qwertyuiopasdf", "asha.rao@school.example"[:8]],
)
def test_a_password_that_is_short_or_common_is_refused_and_the_link_stays_good(stranger, link, password):
    answer = send(stranger, link, password)
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.text
    assert send(stranger, link, NEW_PASSWORD).status_code == 302


def test_two_different_passwords_are_refused(stranger, link):
    assert "do not match" in send(stranger, link, NEW_PASSWORD, again="three quiet yellow trams").text


@pytest.mark.parametrize(
    "token", ["", "x", "'; DROP TABLE teacher; --", "a\r\nSet-Cookie: a=b", "{{7*7}}", "é" * 50]
)
def test_a_made_up_link_is_told_kindly(stranger, school, token):
    answer = stranger.get("/choose-password", query_string={"link": token}, follow_redirects=True)
    assert answer.status_code == 200
    assert "used already or is too old" in answer.text


@pytest.mark.parametrize(
    "email",
    ["a@b.example\r\nBcc: all@b.example", "<script>alert(1)</script>@b.example", "' OR 1=1 --", "{{7*7}}"],
)
def test_what_is_typed_stays_text(stranger, school, toolbox, mail_server, email):
    answer, words = ask(stranger, email)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "49" not in words
    send_due_links(toolbox)
    assert mail_server.messages == []


def test_a_megabyte_for_an_address_is_refused(stranger, school, toolbox):
    assert ask(stranger, "x" * 900_000)[0].status_code in (200, 413)
    with toolbox.reading() as session:
        assert session.query(PasswordLink).count() == 0


def test_asking_again_and_again_is_slowed_without_slowing_the_sign_in(stranger, school, toolbox):
    for _ in range(6):
        ask(stranger, TEACHER_EMAIL)
    assert "Please wait" in ask(stranger, TEACHER_EMAIL)[1]
    with toolbox.reading() as session:
        assert session.query(PasswordLink).count() == 6
        assert session.query(FailedTry).count() == 12
    assert stranger.sign_in(school.password).location == "/"


def test_a_phone_that_was_handed_round_chooses_no_password(kiosk, link):
    assert kiosk.get("/forgotten-password").location == "/kiosk"
    assert kiosk.get(link).location == "/kiosk"


def test_a_link_lets_the_teacher_in_beside_a_strangers_guesses(stranger, app, link):
    for _ in range(7):
        stranger.sign_in("a guess")
    elsewhere = Phone(app, "192.0.2.44")
    send(elsewhere, link, NEW_PASSWORD)
    for _ in range(7):
        stranger.sign_in("a guess")
    assert Phone(app, "192.0.2.45").sign_in(NEW_PASSWORD).status_code == 200
    assert elsewhere.sign_in(NEW_PASSWORD).status_code == 302
