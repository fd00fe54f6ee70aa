"""The kiosk speaks the school's language, and this student's for one turn; nothing else listens to it."""

import json
import re
from datetime import timedelta

import pytest

from shared.domain.check_in import CheckInOutcome
from shared.domain.languages import LANGUAGES, Sentence
from shared.persistence.tables import Lecture, Teacher
from shared.services.kiosk.answers import CheckInAnswer
from teacher_site.kiosk_words import HEADER
from tests.support.eyes import Eyes, give_eyes
from tests.support.phones import Refused
from tests.support.translated import said

LEAVE, OVER = (
    said(words)
    for words in ("Leave", "The time of this lecture is over. Please give the phone back to the teacher.")
)


def ask_for(phone, language):
    phone.client.environ_base[f"HTTP_{HEADER.upper().replace('-', '_')}"] = language


@pytest.fixture
def lecture_over(toolbox, school, kiosk):
    del kiosk  # it was handed round before
    with toolbox.sessions.begin() as session:
        lecture = session.get(Lecture, school.ids["lecture"])
        lecture.ends_at = toolbox.now() - timedelta(minutes=1)
        lecture.starts_at = lecture.ends_at - timedelta(hours=1)


def test_its_page_is_in_the_schools_language_whatever_account_and_cookie_say(kiosk, toolbox):
    with toolbox.sessions.begin() as session:
        session.query(Teacher).update({Teacher.language: "mr"})
    kiosk.client.set_cookie("__Host-language", "mr", domain="localhost")
    page = kiosk.page("/kiosk")
    assert page.html["lang"] == "en"
    assert page.select_one("header a").get_text() == "Leave"
    assert page.select_one("#languages [aria-pressed=true]").get_text() == "English"
    assert kiosk.page("/kiosk/leave").html["lang"] == "en"


def test_its_page_holds_every_text_in_every_language(kiosk):
    page = kiosk.page("/kiosk")
    spoken = json.loads(page.select_one("#spoken").string)
    keys = {each[name] for name in ("data-text", "data-label") for each in page.select(f"[{name}]")}
    assert list(spoken) == list(LANGUAGES)
    assert all(keys <= set(each["texts"]) for each in spoken.values())
    assert [spoken[language]["texts"]["leave"] for language in ("en", "mr")] == ["Leave", LEAVE]
    assert spoken["en"]["words"] == {}
    assert {each["value"]: each.get_text() for each in page.select("#languages button")} == LANGUAGES


@pytest.mark.usefixtures("lecture_over")
@pytest.mark.parametrize(("asked", "is_marathi"), [("mr", True), ("xx", False), ("", False)])
def test_its_answers_are_in_the_language_of_the_turn(kiosk, asked, is_marathi):
    phone = kiosk.at_the_kiosk
    phone.open()
    ask_for(kiosk, asked)
    assert (phone.status()["over"] == OVER) is is_marathi


def test_a_refusal_is_in_the_language_of_the_turn(kiosk):
    phone = kiosk.at_the_kiosk
    phone.open()
    ask_for(kiosk, "mr")
    with pytest.raises(Refused, match=re.escape(said("The check-in was not sent whole. Please try again."))):
        phone.check_in("15203A0042", b"jpeg", "CO6GA", idempotency_key="no key")


@pytest.mark.parametrize("outcome", CheckInOutcome)
@pytest.mark.parametrize("wait_s", [0, 30])
def test_an_answer_can_be_said_in_every_language(outcome, wait_s):
    assert isinstance(CheckInAnswer(outcome, wait_s=wait_s).sentence, Sentence)


def test_all_of_an_answer_is_in_the_language_of_the_turn(kiosk, toolbox, photo):
    give_eyes(toolbox, Eyes())
    phone = kiosk.at_the_kiosk
    phone.open()
    ask_for(kiosk, "mr")
    told = phone.check_in("15203A9999", photo, "CO6GA")
    not_in_class = CheckInOutcome.NOT_IN_CLASS
    words = said(not_in_class.headline), said(not_in_class.sentence)
    assert (told["headline"], told["sentence"]) == words


def test_no_other_page_listens_to_the_kiosks_header(teacher, stranger):
    for phone in (teacher, stranger):
        ask_for(phone, "mr")
        assert phone.page("/").html["lang"] == "en"
