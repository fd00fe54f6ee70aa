"""The office's page of messages to phones: off until turned on, who gets them, and a test of the gateway."""

from dataclasses import replace

import pytest

from shared.persistence.tables import Integration, Student
from shared.services.integrations.choices import set_on
from shared.toolbox import Toolbox
from tests.admin_site.conftest import SITE
from tests.support.families import Clock
from tests.support.gateways import GatewayServer, gateway_variables
from tests.support.office import add_student

PAGE = "/integrations/messages"


@pytest.fixture
def receiver():
    server = GatewayServer(now=Clock().seconds)
    yield server
    server.stop()


@pytest.fixture
def office_toolbox(sqlite_url, make_settings, receiver):
    toolbox = Toolbox(make_settings(sqlite_url, **gateway_variables(receiver)))
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def turned_on(office):
    set_on(office.toolbox, office.actor, Integration.MESSAGES, on=True)


def told(desk):
    return " ".join(desk.told().split())


def test_it_is_off_until_the_office_turns_it_on(desk):
    assert desk.client.get(PAGE, base_url=SITE).status_code == 404
    desk.open("/integrations")
    desk.fill("Turn on Messages to phones")
    assert "Choose who gets them" in told(desk)
    desk.open(PAGE)
    assert "Who gets what" in told(desk)
    desk.open("/integrations")
    desk.fill("Turn off Messages to phones")
    assert desk.client.get(PAGE, base_url=SITE).status_code == 404


@pytest.mark.usefixtures("turned_on")
def test_the_choice_is_kept_and_the_address_of_the_gateway_is_not_shown_whole(desk, office):
    with office.toolbox.sessions.begin() as session:
        session.get(Student, office.meera).phones = "+919876543210"
    desk.open(PAGE)
    assert "1 active student has a phone number of the family." in told(desk)
    assert "localhost:" in told(desk)
    assert "school=7" not in str(desk.page)
    desk.fill("Save", to="both")
    assert desk.page.select_one("input[name=to][checked]")["value"] == "both"
    desk.fill("Save", to="everybody")
    assert "Please choose one of the offered answers." in told(desk)


@pytest.mark.usefixtures("turned_on")
def test_a_test_message_says_what_the_gateway_answered_and_keeps_the_number(desk, receiver, monkeypatch):
    desk.open(PAGE)
    desk.fill("Send a test message", number="98765")
    assert desk.error_at("number").endswith("“98765” is not a phone number.")
    assert desk.page.select_one("[name=number]")["value"] == "98765"
    receiver.answer = lambda _event, _handler: 422
    monkeypatch.setattr("tests.support.gateways.check_signature", lambda *_args, **_more: True)
    desk.fill("Send a test message", number="98765 43210")
    assert "The gateway said: 422 about +919876543210" in told(desk)
    assert desk.page.select_one("[name=number]")["value"] == "98765 43210"
    receiver.answer = lambda _event, _handler: 200
    desk.fill("Send a test message")
    assert "The gateway took the message." in told(desk)


@pytest.mark.usefixtures("turned_on")
def test_both_page_and_test_ask_for_the_password_after_a_while(desk, receiver):
    desk.open(PAGE)
    with desk.client.session_transaction(base_url=SITE) as session:
        session["fs_paa"] -= 30 * 60
    desk.fill("Send a test message", number="98765 43210")
    assert "Your password again" in desk.told()
    assert receiver.asked == []
    desk.open(PAGE)
    assert desk.path == "/password-again"


def test_without_a_gateway_the_page_says_what_to_set_and_has_no_button(office, desk):
    plain = office.toolbox.with_(settings=replace(office.toolbox.settings, messages_url=None))
    desk.client.application.extensions["toolbox"] = plain
    desk.open("/integrations")
    assert "First set MESSAGES_URL and MESSAGES_SECRET" in told(desk)
    assert "Turn on Messages to phones" not in told(desk)


def test_the_start_page_asks_for_an_address_or_a_phone_number_where_messages_are_on(desk, office):
    with office.toolbox.sessions.begin() as session:
        session.get(Student, office.ravi).phones = "+919876543210"
    desk.open("/")
    assert "2 without a parent’s address" in told(desk)
    set_on(office.toolbox, office.actor, Integration.MESSAGES, on=True)
    desk.open("/")
    assert "1 without a parent’s phone number" in told(desk)  # for no mail server is set up
    with_mail = replace(office.toolbox.settings, mail_server="mail.school.example")
    desk.client.application.extensions["toolbox"] = office.toolbox.with_(settings=with_mail)
    with office.toolbox.sessions.begin() as session:
        session.get(Student, office.meera).parent1_email = "latha@home.example"
    add_student(office.toolbox, office, "Asha Rao", "15203A0044")
    desk.open("/")
    assert "1 without a parent’s address or phone number" in told(desk)
    listed = desk.open(desk.page.select_one("a[href*='lack=parent_address']")["href"]).select("main li")
    assert [item.a.get_text(strip=True) for item in listed] == ["Asha Rao"]
