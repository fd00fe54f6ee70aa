"""Messages by the school's gateway: signed, and once, whatever gateways and workers do."""

import socket
import threading
import time
from collections import Counter

import pytest

from launcher.certificates import ensure_certificate
from shared.domain.attendance import MarkStatus
from shared.domain.family_mail import Channel, MailState
from shared.errors import InvalidInput, SettingsError
from shared.mail import gateway
from shared.mail.mailer import Outcome
from shared.persistence import outbox
from shared.persistence.tables import AuditEntry, FamilyLink, Integration, OutgoingMail, Student
from shared.services.attendance.marks import set_mark
from shared.services.family_mail import delivery
from shared.services.family_mail import plan as family_mail
from shared.services.family_mail.delivery import CLAIM_LASTS, deliver_mail, deliver_messages, sweep
from shared.services.family_mail.messages import send_test
from shared.services.integrations.choices import set_on
from shared.toolbox import Toolbox
from tests.support.families import (
    Clock,
    give_addresses,
    mail_variables,
    mark_and_close,
    plan,
    reasons,
    results,
)
from tests.support.gateways import (
    GatewayServer,
    close_with_phones,
    gateway_variables,
    phone,
    turn_messages_on,
)
from tests.support.school import found_school
from tests.support.servers import find_free_port

QUEUED, SENDING, SENT, REFUSED, PERHAPS_SENT = MailState


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def receiver(clock):
    server = GatewayServer(now=clock.seconds)
    yield server
    server.stop()


@pytest.fixture
def make_toolbox(sqlite_url, make_settings, receiver, clock):
    """Makes toolboxes over one database, for a gateway of the test's choice."""
    made = []

    def make(url=sqlite_url, **variables):
        settings = make_settings(url, SCHOOL_NAME="Hill School", **(gateway_variables(receiver) | variables))
        made.append(Toolbox(settings, now=clock))
        return made[-1]

    yield make
    for toolbox in made:
        toolbox.engine.dispose()


@pytest.fixture
def toolbox(make_toolbox):
    return make_toolbox()


def press(toolbox, school):
    lecture_id = school.ids["lecture"]
    return family_mail.send_mail(toolbox, school.actor, lecture_id, seen=plan(toolbox, school).fingerprint)


def queue_messages(toolbox, count):
    """Found a school whose lecture is closed and whose `count` families get a message by one press."""
    school = found_school(toolbox)
    close_with_phones(toolbox, school, count)
    assert press(toolbox, school) == count
    return school


def deliver(toolbox):
    deliver_messages(toolbox, 0, 0)


def counted(toolbox, school):
    return Counter(results(toolbox, school).values())


def give_phones(toolbox, student_id, phones, language="en"):
    with toolbox.sessions.begin() as session:
        student = session.get_one(Student, student_id)
        student.phones, student.language = phones, language


# What is sent


def test_a_message_is_signed_and_says_everything_ready_made_in_the_familys_language(
    make_toolbox, receiver, clock
):
    toolbox = make_toolbox(SCHOOL_CONTACT="the office, 020 1234")
    school = found_school(toolbox)
    turn_messages_on(toolbox, school)
    give_phones(toolbox, school.ids["ravi"], phone(0), "hi")
    mark_and_close(toolbox, school, meera=MarkStatus.PRESENT)
    assert press(toolbox, school) == 1
    deliver(toolbox)
    (asked,) = receiver.asked  # its signature was right, or it would not have been taken
    assert receiver.taken == [asked.event]
    assert asked.path == "/hook?school=7"
    assert asked.headers["Idempotency-Key"] == asked.headers["webhook-id"] == asked.event["id"]
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.event["type"] == "attendance.marked"
    data = asked.event["data"]
    assert data == {
        "phone_number": phone(0),
        "text": data["text"],
        "language": "hi",
        "student": "Ravi Patil",
        "class": "CO6GA",
        "lecture": "Databases",
        "starts_at": "2026-11-23T09:55:00+05:30",
        "ends_at": "2026-11-23T10:55:00+05:30",
        "status": "absent",
        "status_name": data["status_name"],
        "link": "",
        "school": "Hill School",
        "contact": "the office, 020 1234",
    }
    assert data["status_name"] == "अनुपस्थित"
    assert data["text"].startswith(
        "Hill School: Ravi Patil की अनुपस्थिति: Databases, 23 नवंबर 2026, 09:55–10:55"
    )
    assert "020 1234" in data["text"]
    assert counted(toolbox, school) == {SENT: 1}


def test_a_forged_body_an_old_timestamp_and_another_secret_are_known(make_toolbox, receiver, clock):
    toolbox = make_toolbox(MESSAGES_SECRET="whsec_" + "A" * 43 + "=")
    school = queue_messages(toolbox, 5)
    deliver(toolbox)
    assert receiver.taken == []
    assert len(receiver.asked) == 1  # five would be told the same
    assert counted(toolbox, school) == {REFUSED: 5}
    assert reasons(toolbox, school)[phone(4)].startswith("The gateway does not accept our signature (401).")


def test_the_signature_is_that_of_the_standards_own_example():
    """standard-webhooks.com's test vector: what its libraries check in every language."""
    import base64

    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = gateway.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_one_press_sends_each_phone_one_message_and_a_second_press_none(toolbox, receiver):
    school = found_school(toolbox)
    turn_messages_on(toolbox, school)
    give_phones(toolbox, school.ids["ravi"], f"{phone(0)} {phone(1)}")
    mark_and_close(toolbox, school)
    assert press(toolbox, school) == 2
    deliver(toolbox)
    assert press(toolbox, school) == 0
    deliver(toolbox)
    assert receiver.numbers == [phone(0), phone(1)]
    assert len({event["id"] for event in receiver.taken}) == 2


@pytest.mark.parametrize(
    ("to", "meeras", "ravis"),
    [
        ("without_email", {"iyer@home.in"}, {phone(1)}),
        ("with_phone", {phone(0)}, {phone(1)}),
        ("both", {"iyer@home.in", phone(0)}, {phone(1)}),
        (None, {"iyer@home.in"}, set()),
    ],
)
def test_the_office_chooses_who_is_told_how(make_toolbox, mail_server, to, meeras, ravis):
    toolbox = make_toolbox(**mail_variables(mail_server))
    school = found_school(toolbox)
    if to:
        turn_messages_on(toolbox, school, to)
    give_addresses(toolbox, school.ids["meera"], None, "iyer@home.in")
    give_phones(toolbox, school.ids["meera"], phone(0))
    give_phones(toolbox, school.ids["ravi"], phone(1))
    mark_and_close(toolbox, school)
    shown = plan(toolbox, school)
    told = {name: {each.address for each in shown.letters if each.student.name == name} for name in
            ("Meera Iyer", "Ravi Patil")}  # fmt: skip
    assert told == {"Meera Iyer": meeras, "Ravi Patil": ravis}
    assert [student.name for student in shown.missing] == ([] if to else ["Ravi Patil"])


def test_an_address_that_none_can_be_written_to_is_as_good_as_none(toolbox, make_toolbox, mail_server):
    toolbox = make_toolbox(**mail_variables(mail_server))
    school = found_school(toolbox)
    turn_messages_on(toolbox, school)
    give_addresses(toolbox, school.ids["ravi"], None, "not an address")
    give_phones(toolbox, school.ids["ravi"], phone(1))
    mark_and_close(toolbox, school)
    assert [letter.address for letter in plan(toolbox, school).letters] == [phone(1)]


def test_a_school_without_mail_tells_everybody_with_a_phone(toolbox, receiver):
    school = found_school(toolbox)
    turn_messages_on(toolbox, school)
    give_addresses(toolbox, school.ids["ravi"], None, "patil@home.in")
    give_phones(toolbox, school.ids["ravi"], phone(1))
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    assert receiver.numbers == [phone(1)]


def test_letters_and_messages_go_side_by_side_and_neither_waits_for_the_others_server(
    make_toolbox, mail_server, receiver
):
    toolbox = make_toolbox(**mail_variables(mail_server))
    school = found_school(toolbox)
    turn_messages_on(toolbox, school, "both")
    give_addresses(toolbox, school.ids["ravi"], None, "patil@home.in")
    give_phones(toolbox, school.ids["ravi"], phone(1))
    mark_and_close(toolbox, school)
    mail_server.answer = lambda to: "421 too busy"
    press(toolbox, school)
    deliver_mail(toolbox, 0, 0)
    assert results(toolbox, school) == {"patil@home.in": QUEUED, phone(1): QUEUED}
    deliver(toolbox)
    assert results(toolbox, school) == {"patil@home.in": QUEUED, phone(1): SENT}
    assert "telefon" not in reasons(toolbox, school)["patil@home.in"]
    with toolbox.reading() as session:
        entry = session.query(AuditEntry).filter_by(action="mail families").one()
    assert entry.after == {"letters": 1, "messages": 1}


def test_a_changed_mark_is_corrected_by_an_event_of_its_own(toolbox, receiver):
    school = found_school(toolbox)
    turn_messages_on(toolbox, school)
    ravi, lecture = school.ids["ravi"], school.ids["lecture"]
    give_phones(toolbox, ravi, phone(0))
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    set_mark(toolbox, school.actor, lecture, ravi, MarkStatus.LATE, expected=MarkStatus.ABSENT)
    assert family_mail.send_corrections(toolbox, school.actor, lecture) == 1
    deliver(toolbox)
    first, second = receiver.taken
    assert first["id"] != second["id"]
    assert (second["type"], second["data"]["status"]) == ("attendance.corrected", "late")
    assert second["data"]["text"].startswith("Correction: ")


def test_a_link_to_the_familys_page_travels_beside_the_text_where_families_are_on(toolbox, receiver):
    school = queue_messages(toolbox, 1)
    set_on(toolbox, school.actor, Integration.FAMILIES, on=True)
    deliver(toolbox)
    (event,) = receiver.taken
    assert event["data"]["link"].startswith("https://localhost:4545/family?link=")
    assert event["data"]["link"] not in event["data"]["text"]
    with toolbox.reading() as session:
        assert session.query(FamilyLink).count() == 1


# Off


def test_off_nothing_is_planned_and_nothing_that_waited_goes_out(toolbox, receiver):
    school = queue_messages(toolbox, 2)
    set_on(toolbox, school.actor, Integration.MESSAGES, on=False)
    assert plan(toolbox, school).letters == []
    deliver(toolbox)
    assert receiver.asked == []
    assert counted(toolbox, school) == {REFUSED: 2}
    assert reasons(toolbox, school)[phone(0)] == "The office has turned messages to phones off."
    with pytest.raises(InvalidInput, match="Mail is not set up"):
        family_mail.retry_refused(toolbox, school.actor, school.ids["lecture"])


def test_without_a_gateway_they_cannot_be_turned_on(sqlite_url, make_settings):
    toolbox = Toolbox(make_settings(sqlite_url), now=Clock())
    school = found_school(toolbox)
    with pytest.raises(InvalidInput, match="MESSAGES_URL and MESSAGES_SECRET"):
        set_on(toolbox, school.actor, Integration.MESSAGES, on=True)
    toolbox.engine.dispose()


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("http://gateway.school.in/hook", "A" * 44, "MESSAGES_URL must begin with https://"),
        ("ftp://localhost/hook", "A" * 44, "MESSAGES_URL must begin with https://"),
        ("https://user:pass@gateway.school.in/", "A" * 44, "without a password"),
        ("https:///hook", "A" * 44, "such as https://gateway.school.in/hook"),
        ("https://gateway.school.in:99999/", "A" * 44, "such as https://gateway.school.in/hook"),
        ("https://gateway.school.in/a b\r\nX: y", "A" * 44, "such as https://gateway.school.in/hook"),
        ("https://gateway.school.in/hook", "", "MESSAGES_SECRET must hold 24 bytes"),
        ("https://gateway.school.in/hook", "c2hvcnQ=", "MESSAGES_SECRET must hold 24 bytes"),
        (
            "https://gateway.school.in/hook",
            "not base64, but long enough for it!",
            "24 bytes or more in base64",
        ),
    ],
)
def test_a_setting_that_is_wrong_stops_the_start_and_is_named(make_settings, url, secret, named):
    with pytest.raises(SettingsError, match=named):
        make_settings("sqlite://", MESSAGES_URL=url, MESSAGES_SECRET=secret)


def test_the_secret_may_stand_in_a_file_and_there_is_none_without_a_gateway(make_settings, tmp_path):
    file = tmp_path / "secret"
    file.write_text("whsec_" + "A" * 44 + "\n")
    settings = make_settings("sqlite://", MESSAGES_URL="http://127.0.0.1:9/", MESSAGES_SECRET_FILE=str(file))
    assert settings.messages_secret == bytes(33)
    assert make_settings("sqlite://", MESSAGES_SECRET="x").messages_secret is None


# A gateway that misbehaves


@pytest.mark.parametrize("status", [500, 502, 504, 408, 425])
def test_what_may_work_later_is_tried_again_with_the_same_id(toolbox, receiver, status):
    receiver.answer = lambda event, _handler: (
        status if event["data"]["phone_number"] == phone(1) and len(receiver.asked) < 4 else 200
    )
    school = queue_messages(toolbox, 3)
    deliver(toolbox)
    deliver(toolbox)
    assert results(toolbox, school) == {phone(0): SENT, phone(1): QUEUED, phone(2): SENT}
    assert reasons(toolbox, school)[phone(1)] == f"The gateway said: {status} about {phone(1)}"
    toolbox.now.pass_by(minutes=1)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 3}
    ids = [each.event["id"] for each in receiver.asked if each.event["data"]["phone_number"] == phone(1)]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert receiver.numbers == [phone(0), phone(1), phone(2)]


@pytest.mark.parametrize("status", [429, 503])
def test_a_gateway_that_asks_for_a_pause_is_spared_the_rest(toolbox, receiver, status):
    receiver.answer = lambda _event, _handler: status
    school = queue_messages(toolbox, 20)
    deliver(toolbox)
    assert len(receiver.asked) == 1
    assert counted(toolbox, school) == {QUEUED: 20}
    receiver.answer = lambda _event, _handler: 200
    toolbox.now.pass_by(minutes=1)
    deliver(toolbox)
    assert len(receiver.taken) == 20


def test_the_pauses_grow_and_end_after_a_day(toolbox, receiver):
    tries = []
    receiver.answer = lambda _event, _handler: tries.append(toolbox.now.moment) or 500
    school = queue_messages(toolbox, 1)
    begin = toolbox.now.moment
    for _quarter in range(26 * 4):
        deliver(toolbox)
        toolbox.now.pass_by(minutes=15)
    assert 24 < (tries[-1] - begin).total_seconds() / 3600 < 25
    assert len({each.event["id"] for each in receiver.asked}) == 1
    assert reasons(toolbox, school)[phone(0)].startswith("Given up after a day. The gateway said: 500")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_refusal_is_final_says_why_and_concerns_nobody_else(toolbox, receiver, status):
    receiver.answer = lambda event, _handler: status if event["data"]["phone_number"] == phone(0) else 200
    school = queue_messages(toolbox, 2)
    deliver(toolbox)
    toolbox.now.pass_by(hours=2)
    deliver(toolbox)
    assert results(toolbox, school) == {phone(0): REFUSED, phone(1): SENT}
    assert reasons(toolbox, school)[phone(0)] == f"The gateway said: {status} about {phone(0)}"
    assert len(receiver.asked) == 2


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (410, "The gateway says that it takes no messages any more (410)."),
        (401, "The gateway does not accept our signature (401)."),
        (300, "The gateway leads to another address (300), which is not followed."),
        (302, "The gateway leads to another address (302), which is not followed."),
        (307, "The gateway leads to another address (307), which is not followed."),
    ],
)
def test_what_speaks_of_the_gateway_is_asked_once_and_waits_for_a_person(toolbox, receiver, status, sentence):
    def answer(_event, handler):
        handler.send_response(status)
        handler.send_header("Location", f"http://localhost:{receiver.port}/elsewhere")
        handler.end_headers()

    receiver.answer = answer
    school = queue_messages(toolbox, 5)
    deliver(toolbox)
    toolbox.now.pass_by(hours=2)
    deliver(toolbox)
    assert [each.path for each in receiver.asked] == ["/hook?school=7"]
    assert counted(toolbox, school) == {REFUSED: 5}
    assert reasons(toolbox, school)[phone(3)].startswith(sentence)
    receiver.answer = lambda _event, _handler: 200
    assert family_mail.retry_refused(toolbox, school.actor, school.ids["lecture"]) == 5
    deliver(toolbox)
    assert len(receiver.taken) == 5


def test_a_closed_port_puts_all_messages_off_until_it_opens(make_toolbox, receiver, clock):
    closed = make_toolbox(MESSAGES_URL=f"http://127.0.0.1:{find_free_port()}/")
    school = queue_messages(closed, 5)
    deliver(closed)
    assert counted(closed, school) == {QUEUED: 5}
    assert reasons(closed, school)[phone(0)] == "The gateway cannot be reached."
    clock.pass_by(minutes=1)
    deliver(make_toolbox())
    assert len(receiver.taken) == 5


def test_a_gateway_that_falls_silent_before_it_was_told_anything_is_tried_again(
    make_toolbox, receiver, clock, monkeypatch
):
    """TLS does not come about: the message has not left."""
    monkeypatch.setattr(gateway, "ANSWER_WITHIN_S", 0.5)
    hole = socket.create_server(("127.0.0.1", 0))
    silent = make_toolbox(MESSAGES_URL=f"https://127.0.0.1:{hole.getsockname()[1]}/")
    school = queue_messages(silent, 20)
    begin = time.monotonic()
    deliver(silent)
    assert time.monotonic() - begin < 5
    hole.close()
    assert counted(silent, school) == {QUEUED: 20}
    assert reasons(silent, school)[phone(0)] == "The gateway does not answer."
    clock.pass_by(minutes=1)
    deliver(make_toolbox())
    assert len(receiver.taken) == 20


def test_a_certificate_nobody_vouches_for_gets_no_message(make_toolbox, tmp_path, clock):
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [])
    sealed = GatewayServer(now=clock.seconds, certificate=certificate)
    toolbox = make_toolbox(**gateway_variables(sealed))
    school = queue_messages(toolbox, 3)
    deliver(toolbox)
    sealed.stop()
    assert sealed.asked == []
    assert counted(toolbox, school) == {REFUSED: 3}
    assert "certificate is not trusted" in reasons(toolbox, school)[phone(2)]


def test_an_authority_of_the_schools_own_is_trusted_where_it_is_named(
    make_toolbox, tmp_path, clock, monkeypatch
):
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [])
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls" / "authority.crt"))
    sealed = GatewayServer(now=clock.seconds, certificate=certificate)
    toolbox = make_toolbox(**gateway_variables(sealed))
    school = queue_messages(toolbox, 1)
    deliver(toolbox)
    sealed.stop()
    assert (counted(toolbox, school), len(sealed.taken)) == ({SENT: 1}, 1)


def say_nothing(_event, _handler):
    time.sleep(2)


def hang_up(_event, handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def drip(_event, handler):
    """One byte of the head now and then: each comes in time, the whole never."""
    for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 60:
        try:
            handler.wfile.write(bytes([sign]))
        except OSError:
            return
        time.sleep(0.05)


def talk_nonsense(_event, handler):
    handler.wfile.write(b"\x00\xff what is HTTP?\r\n\r\n")


def flood_with_headers(_event, handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500)


@pytest.mark.parametrize("lost", [say_nothing, hang_up, drip, talk_nonsense, flood_with_headers])
def test_a_message_whose_answer_is_lost_is_perhaps_sent_and_waits_for_a_person(
    toolbox, receiver, monkeypatch, lost
):
    monkeypatch.setattr(gateway, "ANSWER_WITHIN_S", 0.5)
    receiver.answer = lost
    school = queue_messages(toolbox, 4)
    begin = time.monotonic()
    deliver(toolbox)
    assert time.monotonic() - begin < 3
    assert counted(toolbox, school) == {PERHAPS_SENT: 1, QUEUED: 3}
    receiver.answer = lambda _event, _handler: 200
    toolbox.now.pass_by(hours=2)
    deliver(toolbox)
    assert counted(toolbox, school) == {PERHAPS_SENT: 1, SENT: 3}
    with toolbox.reading() as session:
        (doubtful,) = [
            each for each in outbox.letters_of(session, school.ids["lecture"]) if each.state is PERHAPS_SENT
        ]
    assert doubtful.reason == "The connection broke before the gateway said yes or no."
    assert family_mail.retry_refused(toolbox, school.actor, school.ids["lecture"]) == 0
    assert family_mail.retry_perhaps_sent(toolbox, school.actor, school.ids["lecture"], doubtful.id) == 1
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 4}
    # A gateway that got it twice knows it by its id.
    assert len({each.event["id"] for each in receiver.asked}) == 4
    assert receiver.asked[0].event["id"] == receiver.asked[-1].event["id"]


@pytest.mark.parametrize("status", [200, 422])
def test_a_huge_or_endless_answer_is_not_read_to_its_end(toolbox, receiver, monkeypatch, status):
    monkeypatch.setattr(gateway, "BODY_WITHIN_S", 0.5)
    sent = []

    def answer(_event, handler):
        handler.send_response(status)
        handler.send_header("Content-Type", "text/plain")
        handler.end_headers()
        try:
            while len(sent) < 50_000:
                handler.wfile.write(b"far too much " * 100)
                sent.append(1)
        except OSError:
            pass

    receiver.answer = answer
    school = queue_messages(toolbox, 1)
    begin = time.monotonic()
    deliver(toolbox)
    assert time.monotonic() - begin < 3
    assert len(sent) < 50_000
    assert counted(toolbox, school) == {SENT if status == 200 else REFUSED: 1}
    assert len(reasons(toolbox, school)[phone(0)]) < 300


def test_a_body_that_drips_keeps_nobody_waiting_after_the_status_was_said(toolbox, receiver, monkeypatch):
    monkeypatch.setattr(gateway, "BODY_WITHIN_S", 0.3)

    def answer(_event, handler):
        handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n")
        time.sleep(1)

    receiver.answer = answer
    school = queue_messages(toolbox, 1)
    begin = time.monotonic()
    deliver(toolbox)
    assert time.monotonic() - begin < 0.9
    assert counted(toolbox, school) == {SENT: 1}


def test_what_a_gateway_says_is_one_plain_line(toolbox, receiver):
    def answer(_event, handler):
        handler.send_response(422, "Unprocessable")
        handler.send_header("Content-Type", "text/plain")
        handler.end_headers()
        handler.wfile.write("no\r\nsuch\x00 \x1b[31mnumber <b>\u202e".encode())

    receiver.answer = answer
    school = queue_messages(toolbox, 1)
    deliver(toolbox)
    assert reasons(toolbox, school)[phone(0)] == "The gateway said: 422 no such [31mnumber <b>"


def test_a_web_page_as_an_answer_is_told_by_its_status_alone(toolbox, receiver):
    def answer(_event, handler):
        handler.send_response(404, "Not Found")
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(b"<html><h1>Nothing here</h1>")

    receiver.answer = answer
    school = queue_messages(toolbox, 1)
    deliver(toolbox)
    assert reasons(toolbox, school)[phone(0)] == "The gateway said: 404 Not Found"


# Workers that die, and workers side by side


def test_a_message_in_a_dead_workers_hands_becomes_perhaps_sent(toolbox, receiver):
    """Killed between sending and writing it down: nobody sends it again by itself."""
    school = queue_messages(toolbox, 3)

    class Killed(BaseException):
        pass

    def die(_event, _handler):
        receiver.answer = lambda _event, _handler: 200
        return 200

    receiver.answer = die
    judge = gateway._judge

    def judge_and_die(status, words):
        gateway._judge = judge
        raise Killed

    gateway._judge = judge_and_die
    with pytest.raises(Killed):
        deliver(toolbox)
    assert len(receiver.taken) == 1
    assert counted(toolbox, school) == {SENDING: 1, QUEUED: 2}
    deliver(toolbox)
    assert counted(toolbox, school) == {SENDING: 1, SENT: 2}
    toolbox.now.pass_by(seconds=CLAIM_LASTS.total_seconds() + 1)
    sweep(toolbox)
    deliver(toolbox)
    assert counted(toolbox, school) == {PERHAPS_SENT: 1, SENT: 2}
    assert receiver.numbers == [phone(0), phone(1), phone(2)]
    with toolbox.reading() as session:
        (doubtful,) = session.query(OutgoingMail).filter_by(state=PERHAPS_SENT)
    assert doubtful.reason == "The worker stopped before it knew whether the gateway took the message."


def test_two_workers_at_once_send_each_message_once(database_url, make_toolbox, receiver):
    toolbox = make_toolbox(database_url)
    school = queue_messages(toolbox, 40)
    workers = [make_toolbox(database_url) for _ in range(2)]
    threads = [threading.Thread(target=deliver, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 40}
    assert receiver.numbers == sorted(phone(number) for number in range(40))
    assert len(receiver.asked) == 40


def test_a_slow_gateway_gives_the_thread_back_and_the_rest_is_handed_on(toolbox, receiver, monkeypatch):
    monkeypatch.setattr(delivery, "SLICE_S", 0.3)
    receiver.answer = lambda _event, _handler: time.sleep(0.1) or 200
    started = []
    monkeypatch.setattr(toolbox.queue, "start", started.append)
    school = queue_messages(toolbox, 10)
    started.clear()
    deliver(toolbox)
    assert len(started) == 1
    assert 0 < counted(toolbox, school)[SENT] < 10


def test_the_sweep_wakes_a_worker_for_messages_of_their_own_kind(toolbox, monkeypatch):
    started = []
    queue_messages(toolbox, 1)
    monkeypatch.setattr(delivery, "wake", lambda _toolbox, *, channel: started.append(channel))
    sweep(toolbox)
    assert started == [Channel.MESSAGE]


# The test of the office


def test_the_offices_test_says_what_the_gateway_answered_and_names_no_number_in_the_trail(toolbox, receiver):
    school = found_school(toolbox)
    assert send_test(toolbox, school.actor, "98765 43210").outcome is Outcome.SENT
    (event,) = receiver.taken
    assert (event["type"], event["data"]["phone_number"]) == ("test", phone(0))
    assert "this is a test" in event["data"]["text"]
    receiver.answer = lambda _event, _handler: 422
    assert send_test(toolbox, school.actor, "98765 43210").reason == f"The gateway said: 422 about {phone(0)}"
    assert receiver.asked[0].event["id"] != receiver.asked[1].event["id"]
    for typed in ("", "12", "9876543210, 9876543211"):
        with pytest.raises(InvalidInput):
            send_test(toolbox, school.actor, typed)
    with toolbox.reading() as session:
        entries = session.query(AuditEntry).filter_by(action="send test message").all()
    assert [entry.after for entry in entries] == [{"taken": True}, {"taken": False}]
    assert [entry.subject for entry in entries] == [f"localhost:{receiver.port}"] * 2
