"""The page of the mail to the families: shown first, pressed once, followed, tried again."""

from dataclasses import replace

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.languages import phrase
from shared.persistence.tables import OutgoingMail, Student, Teacher
from shared.services.attendance.marks import set_mark
from shared.services.family_mail.delivery import deliver_mail, deliver_messages
from shared.toolbox import Toolbox
from tests.support.families import Clock, give_addresses, mail_variables, mark_and_close, results
from tests.support.gateways import GatewayServer, gateway_variables, turn_messages_on
from tests.support.translated import said


@pytest.fixture
def toolbox(database_url, make_settings, mail_server):
    toolbox = Toolbox(make_settings(database_url, **mail_variables(mail_server)), now=Clock())
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def address(toolbox, school):
    """The mail page of a closed lecture: Meera was present, Ravi absent."""
    give_addresses(toolbox, school.ids["meera"], "meera@gmial.com", "iyer@home.in")
    give_addresses(toolbox, school.ids["ravi"], None, "patil@home.in", "not an address", language="hi")
    mark_and_close(toolbox, school, meera=MarkStatus.PRESENT)
    return f"/lectures/{school.ids['lecture']}/mail"


def words(page):
    return " ".join(page.select_one("main").get_text(" ", strip=True).split())


def test_the_page_shows_everything_before_anything_is_sent(teacher, address, mail_server):
    shown = words(teacher.page(address))
    assert "3 letters, each to one address" in shown
    assert "Perhaps gmail.com is meant." in shown
    assert "not an address . This is not an address that mail can be sent to" in shown
    assert "Meera Iyer was present: Databases, 23 November 2026" in shown
    assert "Ravi Patil की अनुपस्थिति" in shown
    assert "Every address" in shown
    assert mail_server.messages == []


def test_one_press_sends_and_a_second_sends_nothing(teacher, address, toolbox, mail_server):
    page = teacher.page(address)
    seen = page.select_one("input[name=seen]")["value"]
    teacher.press(address, "Send 3 letters")
    assert "3 letters are on the way." in words(teacher.page(address))
    deliver_mail(toolbox, 0, 0)
    teacher.post(address, {"seen": seen})
    assert "written to already; nothing was sent twice" in teacher.told(address)
    deliver_mail(toolbox, 0, 0)
    assert len(mail_server.messages) == 3
    assert "3 sent" in words(teacher.page(address))


def test_the_progress_tells_what_became_of_each_address(teacher, address, toolbox, mail_server):
    teacher.press(address, "Send 3 letters")
    assert teacher.get(f"{address}/progress").json["sentence"] == "3 queued"
    mail_server.answer = lambda to: "550 <b>no</b> such user" if to == ["patil@home.in"] else "250 kept"
    deliver_mail(toolbox, 0, 0)
    told = teacher.get(f"{address}/progress").json
    assert (told["done"], told["total"], told["sentence"]) == (3, 3, "2 sent, 1 refused")
    (refused,) = [result for result in told["letters"].values() if result["state"] == "refused"]
    assert refused["note"] == "The mail server said: 550 <b>no</b> such user"
    assert teacher.page(address).select("[data-note] b") == []


def test_the_refused_are_tried_again_and_nobody_else(teacher, address, toolbox, school, mail_server):
    mail_server.answer = lambda to: "550 mailbox full" if to == ["patil@home.in"] else "250 kept"
    teacher.press(address, "Send 3 letters")
    deliver_mail(toolbox, 0, 0)
    mail_server.answer = lambda to: "250 kept"
    teacher.press(address, "Try the refused ones again")
    deliver_mail(toolbox, 0, 0)
    assert sorted(message["To"] for message in mail_server.messages) == sorted(results(toolbox, school))


def test_a_refused_address_that_the_office_has_replaced_is_not_tried_again(
    teacher, address, toolbox, school, mail_server
):
    mail_server.answer = lambda to: "550 no such user" if to == ["patil@home.in"] else "250 kept"
    teacher.press(address, "Send 3 letters")
    deliver_mail(toolbox, 0, 0)
    give_addresses(toolbox, school.ids["ravi"], None, "ravis.father@home.in")
    teacher.press(address, "Try the refused ones again")
    assert "the office has changed these addresses" in teacher.told(address)
    teacher.press(address, "Send 1 letter")
    deliver_mail(toolbox, 0, 0)
    assert mail_server.messages[-1]["To"] == "ravis.father@home.in"


def test_an_open_lecture_shows_the_plan_and_offers_to_close(teacher, school):
    page = teacher.page(f"/lectures/{school.ids['lecture']}/mail")
    assert "Close the lecture first" in words(page)
    assert page.select_one("input[name=seen]") is None


def test_a_changed_mark_is_offered_as_a_correction(teacher, address, toolbox, school, mail_server):
    teacher.press(address, "Send 3 letters")
    deliver_mail(toolbox, 0, 0)
    ravi = school.ids["ravi"]
    set_mark(toolbox, school.actor, school.ids["lecture"], ravi, MarkStatus.LATE, expected=MarkStatus.ABSENT)
    assert "patil@home.in was told absent." in words(teacher.page(address))
    teacher.press(address, "Send 1 correction")
    deliver_mail(toolbox, 0, 0)
    assert "का देर से आना" in mail_server.messages[-1]["Subject"]


def test_letters_that_wait_too_long_are_explained(teacher, address, toolbox):
    teacher.press(address, "Send 3 letters")
    assert "Ask the office whether the worker runs" not in words(teacher.page(address))
    toolbox.now.pass_by(minutes=4)
    assert "Ask the office whether the worker runs" in words(teacher.page(address))


def test_why_a_letter_waits_is_said_in_the_teachers_language_also_while_it_is_followed(
    teacher, address, toolbox
):
    teacher.press(address, "Send 3 letters")
    with toolbox.sessions.begin() as session:
        for letter in session.query(OutgoingMail):
            letter.reason = phrase("The mail server cannot be reached.")
        session.query(Teacher).one().language = "hi"
    reason = said("The mail server cannot be reached.", "hi").rstrip("।.")
    notes = {each.get_text(strip=True) for each in teacher.page(address).select("[data-note]")}
    followed = {each["note"] for each in teacher.get(f"{address}/progress").json["letters"].values()}
    assert notes == followed
    assert all(note.startswith(reason) for note in notes)


def test_a_strangers_lecture_has_no_mail_page(teacher, school):
    for path in ("", "/progress"):
        assert teacher.get(f"/lectures/{school.ids['lecture'] + 1}/mail{path}").status_code == 404


def test_the_lecture_links_to_the_mail_once_it_is_closed(teacher, school, toolbox):
    lecture = f"/lectures/{school.ids['lecture']}"
    assert teacher.page(lecture).select(f"a[href='{lecture}/mail']") == []
    mark_and_close(toolbox, school)
    assert teacher.page(lecture).select(f"a[href='{lecture}/mail']")


@pytest.fixture
def with_messages(toolbox, school, make_settings, database_url, mail_server):
    """The same page of a school whose gateway tells families without an e-mail address."""
    receiver = GatewayServer(now=toolbox.now.seconds)
    object.__setattr__(
        toolbox, "settings", replace(toolbox.settings, **_settings_of(receiver, make_settings, database_url))
    )
    turn_messages_on(toolbox, school)
    with toolbox.sessions.begin() as session:
        session.get_one(Student, school.ids["meera"]).phones = "+919876543210"
        session.get_one(Student, school.ids["ravi"]).phones = "+919876543211"
        session.get_one(Student, school.ids["ravi"]).parent1_email = "patil@home.in"
    mark_and_close(toolbox, school)
    yield receiver
    receiver.stop()


def _settings_of(receiver, make_settings, database_url):
    settings = make_settings(database_url, **gateway_variables(receiver))
    return {"messages_url": settings.messages_url, "messages_secret": settings.messages_secret}


def test_messages_stand_beside_the_letters_and_are_followed_like_them(
    teacher, school, toolbox, with_messages
):
    address = f"/lectures/{school.ids['lecture']}/mail"
    shown = words(teacher.page(address))
    assert "1 letter and 1 message, each to one address or phone" in shown
    assert "A message: absent" in shown
    assert "Our School: Meera Iyer was absent: Databases, 23 November 2026, 09:55–10:55." in shown
    teacher.press(address, "Send 1 letter and 1 message")
    assert "2 letters and messages are on the way." in words(teacher.page(address))
    with_messages.answer = lambda _event, _handler: 422
    deliver_mail(toolbox, 0, 0)
    deliver_messages(toolbox, 0, 0)
    page = teacher.page(address)
    refused = next(each for each in page.select("[data-letter]") if "+919876543210" in each.get_text())
    assert refused.select_one("[data-state]")["data-state"] == "refused"
    assert "message" in [badge.get_text() for badge in refused.select(".badge")]
    assert refused.select_one("[data-note]").get_text() == "The gateway said: 422 about +919876543210"
    with_messages.answer = lambda _event, _handler: 200
    teacher.press(address, "Try the refused ones again")
    deliver_messages(toolbox, 0, 0)
    assert with_messages.numbers == ["+919876543210"]
    assert "2 sent" in words(teacher.page(address))


def test_no_page_speaks_of_phones_while_messages_are_off(teacher, address, toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get_one(Student, school.ids["meera"]).phones = "+919876543210"
    shown = words(teacher.page(address))
    assert "phone" not in shown
    assert "message" not in shown
    assert "+919876543210" not in shown


def test_no_style_or_script_stands_in_the_page(teacher, address):
    page = teacher.page(address)
    assert page.select("[style], style, script:not([src])") == []
