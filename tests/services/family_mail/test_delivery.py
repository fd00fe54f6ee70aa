"""Mail servers that misbehave, and workers that die: nobody twice, nobody forgotten, all explained."""

import socket
import ssl
import threading
import time
from collections import Counter

import pytest

from shared.domain.family_mail import Channel, MailState
from shared.mail import mailer
from shared.persistence import outbox
from shared.persistence.tables import OutgoingMail
from shared.services.family_mail import delivery as mail_delivery
from shared.services.family_mail import plan as family_mail
from shared.services.family_mail.delivery import CLAIM_LASTS, deliver_mail, sweep
from shared.services.family_mail.plan import send_mail
from shared.toolbox import Toolbox
from tests.support.families import Clock, add_families, mail_variables, mark_and_close, plan, reasons, results
from tests.support.school import found_school
from tests.support.servers import find_free_port

QUEUED, SENDING, SENT, REFUSED, PERHAPS_SENT = MailState


@pytest.fixture
def make_toolbox(database_url, make_settings, mail_server):
    """Makes toolboxes over one database, for a mail server of the test's choice."""
    made = []

    def make(clock=None, **variables):
        settings = make_settings(database_url, **(mail_variables(mail_server) | variables))
        made.append(Toolbox(settings, now=clock or Clock()))
        return made[-1]

    yield make
    for toolbox in made:
        toolbox.engine.dispose()


@pytest.fixture
def toolbox(make_toolbox):
    return make_toolbox()


def queue_letters(toolbox, count):
    """Found a school whose lecture is closed and whose `count` families were written to by one press."""
    school = found_school(toolbox)
    add_families(toolbox, school, count)
    mark_and_close(toolbox, school)
    send_mail(toolbox, school.actor, school.ids["lecture"], seen=plan(toolbox, school).fingerprint)
    return school


def deliver(toolbox):
    deliver_mail(toolbox, 0, 0)


def counted(toolbox, school):
    return Counter(results(toolbox, school).values())


class SilentServer:
    """Takes connections and does what `talk` does with each; on a port of its own."""

    def __init__(self, talk):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections, self.talk = [], talk
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def close(self):
        for each in (self.socket, *self.connections):
            each.close()


def speak(connection, *, end, heard):
    """Speak SMTP up to the letter's end, then do `end`; `heard` gets the letter's lines."""
    connection.sendall(b"220 hello\r\n")
    lines, is_letter = connection.makefile("rb"), False
    for line in lines:
        if is_letter:
            heard.append(line.decode())
            if line == b".\r\n":
                end(connection)
                is_letter = False
        elif line.upper().startswith(b"DATA"):
            is_letter = True
            connection.sendall(b"354 go on\r\n")
        else:
            connection.sendall(b"250 fine\r\n")


def test_three_of_thirty_are_refused_for_good_and_say_why(toolbox, mail_server):
    refused = {"family3@home.in", "family9@home.in", "family27@home.in"}
    mail_server.answer = lambda to: "550 5.1.1 no such user" if refused & set(to) else "250 kept"
    school = queue_letters(toolbox, 30)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 27, REFUSED: 3}
    assert {address for address, state in results(toolbox, school).items() if state is REFUSED} == refused
    assert reasons(toolbox, school)["family3@home.in"] == "The mail server said: 550 5.1.1 no such user"
    toolbox.now.pass_by(hours=2)
    deliver(toolbox)
    assert len(mail_server.messages) == 27


def test_a_letter_is_claimed_for_everybody_to_see_before_it_goes_out(toolbox, mail_server):
    """Else a worker that dies with the letter gone and nothing written would send it again."""
    school, seen = queue_letters(toolbox, 3), []

    def answer(to):
        seen.append(results(toolbox, school)[to[0]])
        return "250 kept"

    mail_server.answer = answer
    deliver(toolbox)
    assert seen == [SENDING] * 3
    assert counted(toolbox, school) == {SENT: 3}


def test_an_answer_that_means_nothing_is_no_refusal(toolbox, mail_server):
    mail_server.answer = lambda _to: "650 what is this"
    school = queue_letters(toolbox, 1)
    deliver(toolbox)
    assert counted(toolbox, school) == {QUEUED: 1}
    mail_server.answer = lambda _to: "250 kept"
    toolbox.now.pass_by(hours=2)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 1}


def test_later_is_tried_again_after_a_pause_and_nobody_else_is(toolbox, mail_server):
    seen = Counter()

    def answer(to):
        seen.update(to)
        return "450 busy" if to == ["family1@home.in"] and seen[to[0]] == 1 else "250 kept"

    mail_server.answer = answer
    school = queue_letters(toolbox, 3)
    deliver(toolbox)
    deliver(toolbox)
    assert results(toolbox, school)["family1@home.in"] is QUEUED
    assert reasons(toolbox, school)["family1@home.in"] == "The mail server said: 450 busy"
    assert seen["family1@home.in"] == 1
    toolbox.now.pass_by(minutes=1)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 3}
    assert seen == {"family0@home.in": 1, "family1@home.in": 2, "family2@home.in": 1}


def test_the_pauses_grow_and_end_after_a_day(toolbox, mail_server):
    tries = []
    mail_server.answer = lambda to: tries.append(toolbox.now.moment) or "451 later"
    school = queue_letters(toolbox, 1)
    begin = toolbox.now.moment
    for _minute in range(26 * 60):
        deliver(toolbox)
        toolbox.now.pass_by(minutes=1)
        if counted(toolbox, school) == {REFUSED: 1}:
            break
    minutes = [round((at - begin).total_seconds() / 60) for at in tries]
    assert minutes[:6] == [0, 1, 3, 8, 23, 53]
    assert len(minutes) < 32
    assert reasons(toolbox, school)["family0@home.in"].startswith("Given up after a day.")


def test_a_server_that_hangs_up_with_421_is_spared_the_rest(toolbox, mail_server):
    tries = []
    mail_server.answer = lambda to: tries.append(to) or "421 too busy"
    school = queue_letters(toolbox, 20)
    deliver(toolbox)
    assert len(tries) == 1
    assert counted(toolbox, school) == {QUEUED: 20}
    mail_server.answer = lambda to: "250 kept"
    toolbox.now.pass_by(minutes=1)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 20}
    assert len(mail_server.messages) == 20


def test_a_server_that_takes_five_letters_per_connection_gets_all(toolbox, mail_server):
    taken = Counter()

    def answer(to):
        taken["all"] += 1
        return "421 enough for now" if taken["all"] % 6 == 0 else "250 kept"

    mail_server.answer = answer
    school = queue_letters(toolbox, 20)
    deliver(toolbox)
    toolbox.now.pass_by(minutes=1)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENT: 20}
    assert len({message["To"] for message in mail_server.messages}) == len(mail_server.messages) == 20


def test_a_closed_port_puts_all_letters_off_until_it_opens(make_toolbox, mail_server):
    clock = Clock()
    closed = make_toolbox(clock, MAIL_PORT=str(find_free_port()))
    school = queue_letters(closed, 5)
    deliver(closed)
    assert counted(closed, school) == {QUEUED: 5}
    assert reasons(closed, school)["family0@home.in"] == "The mail server cannot be reached."
    clock.pass_by(minutes=1)
    deliver(make_toolbox(clock))
    assert len(mail_server.messages) == 5


def test_a_black_hole_costs_one_time_out_not_one_per_letter(make_toolbox, monkeypatch):
    monkeypatch.setattr(mailer, "SMTP_TIMEOUT_S", 0.5)
    hole = SilentServer(lambda connection: None)
    toolbox = make_toolbox(MAIL_PORT=str(hole.port))
    school = queue_letters(toolbox, 20)
    begin = time.monotonic()
    deliver(toolbox)
    assert time.monotonic() - begin < 5
    assert counted(toolbox, school) == {QUEUED: 20}
    assert reasons(toolbox, school)["family0@home.in"] == "The mail server does not answer."
    hole.close()


@pytest.mark.parametrize("end", [lambda connection: connection.shutdown(socket.SHUT_RDWR), lambda _: None])
def test_a_letter_whose_answer_is_lost_is_perhaps_sent_and_waits_for_a_person(
    make_toolbox, mail_server, monkeypatch, end
):
    monkeypatch.setattr(mailer, "SMTP_TIMEOUT_S", 0.5)
    clock, heard = Clock(), []
    server = SilentServer(lambda connection: speak(connection, end=end, heard=heard))
    school = queue_letters(toolbox := make_toolbox(clock, MAIL_PORT=str(server.port)), 4)
    deliver(toolbox)
    server.close()
    assert counted(toolbox, school) == {PERHAPS_SENT: 1, QUEUED: 3}
    mended = make_toolbox(clock)
    clock.pass_by(hours=2)
    deliver(mended)
    assert counted(mended, school) == {PERHAPS_SENT: 1, SENT: 3}
    assert len(mail_server.messages) == 3
    with mended.reading() as session:
        (doubtful,) = [
            letter
            for letter in outbox.letters_of(session, school.ids["lecture"])
            if letter.state is PERHAPS_SENT
        ]
    assert family_mail.retry_refused(mended, school.actor, school.ids["lecture"]) == 0
    assert family_mail.retry_perhaps_sent(mended, school.actor, school.ids["lecture"], doubtful.id) == 1
    deliver(mended)
    assert counted(mended, school) == {SENT: 4}
    assert len(mail_server.messages) == 4
    # A mail system that got it twice shows it once.
    assert f"Message-ID: {mail_server.messages[-1]['Message-ID']}\r\n" in heard
    assert len({message["Message-ID"] for message in mail_server.messages}) == 4


def test_encryption_that_the_server_does_not_offer_is_never_done_without(make_toolbox, mail_server):
    school = queue_letters(toolbox := make_toolbox(MAIL_USE_TLS="1"), 2)
    deliver(toolbox)
    assert mail_server.messages == []
    assert counted(toolbox, school) == {REFUSED: 2}
    assert "STARTTLS" in reasons(toolbox, school)["family0@home.in"]


def test_a_certificate_nobody_vouches_for_gets_no_letter(make_toolbox, tmp_path):
    from launcher.certificates import ensure_certificate

    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def offer(connection):
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250-fine\r\n250 STARTTLS\r\n")
        connection.recv(1000)
        connection.sendall(b"220 go on\r\n")
        try:
            context.wrap_socket(connection, server_side=True)
        except (ssl.SSLError, OSError):
            connection.close()

    server = SilentServer(offer)
    school = queue_letters(toolbox := make_toolbox(MAIL_USE_TLS="1", MAIL_PORT=str(server.port)), 1)
    deliver(toolbox)
    server.close()
    assert counted(toolbox, school) == {REFUSED: 1}
    assert "certificate is not trusted" in reasons(toolbox, school)["family0@home.in"]


def test_a_wrong_password_is_not_tried_five_hundred_times(make_toolbox):
    logins = []

    def refuse(connection):
        connection.sendall(b"220 hello\r\n")
        for line in connection.makefile("rb"):
            if line.startswith(b"AUTH"):
                logins.append(line)
                connection.sendall(b"535 5.7.8 bad credentials\r\n")
            else:
                connection.sendall(b"250-fine\r\n250 AUTH PLAIN\r\n")

    server = SilentServer(refuse)
    toolbox = make_toolbox(MAIL_PORT=str(server.port), MAIL_USERNAME="school", MAIL_PASSWORD="wrong")
    school = queue_letters(toolbox, 10)
    deliver(toolbox)
    server.close()
    assert len(logins) == 1
    assert counted(toolbox, school) == {REFUSED: 10}
    assert reasons(toolbox, school)["family0@home.in"] == "The mail server said: 535 5.7.8 bad credentials"


def test_a_slow_server_gives_the_thread_back_and_the_rest_is_handed_on(toolbox, mail_server, monkeypatch):
    monkeypatch.setattr(mail_delivery, "SLICE_S", 0.5)
    mail_server.answer = lambda to: time.sleep(0.2) or "250 kept"
    started = []
    monkeypatch.setattr(toolbox.queue, "start", started.append)
    school = queue_letters(toolbox, 10)
    started.clear()
    begin = time.monotonic()
    deliver(toolbox)
    assert time.monotonic() - begin < 5
    assert len(started) == 1
    assert 0 < counted(toolbox, school)[SENT] < 10
    while counted(toolbox, school)[SENT] < 10:
        deliver(toolbox)
    assert len(mail_server.messages) == 10


def claim_one(toolbox):
    """What a worker that dies leaves behind."""
    with toolbox.sessions.begin() as session:
        (mail_id,) = outbox.due_ids(session, Channel.LETTER, toolbox.now(), limit=1)
        return outbox.claim(session, mail_id, toolbox.now())


def test_a_letter_in_a_dead_workers_hands_becomes_perhaps_sent(toolbox, mail_server):
    school = queue_letters(toolbox, 3)
    claim_one(toolbox)
    deliver(toolbox)
    assert counted(toolbox, school) == {SENDING: 1, SENT: 2}
    toolbox.now.pass_by(seconds=CLAIM_LASTS.total_seconds() + 1)
    sweep(toolbox)
    assert counted(toolbox, school) == {PERHAPS_SENT: 1, SENT: 2}
    deliver(toolbox)
    assert len(mail_server.messages) == 2


def test_a_worker_thought_dead_may_still_say_that_it_sent(toolbox):
    school = queue_letters(toolbox, 1)
    letter = claim_one(toolbox)
    toolbox.now.pass_by(hours=1)
    sweep(toolbox)
    with toolbox.sessions.begin() as session:
        outbox.settle(session, letter, SENT, "", now=toolbox.now(), try_at=toolbox.now())
    assert counted(toolbox, school) == {SENT: 1}


def test_a_persons_decision_stands_against_a_worker_thought_dead(toolbox):
    school = queue_letters(toolbox, 1)
    letter = claim_one(toolbox)
    toolbox.now.pass_by(hours=1)
    sweep(toolbox)
    family_mail.retry_perhaps_sent(toolbox, school.actor, school.ids["lecture"], letter.id)
    with toolbox.sessions.begin() as session:
        outbox.settle(session, letter, REFUSED, "", now=toolbox.now(), try_at=toolbox.now())
    assert counted(toolbox, school) == {QUEUED: 1}


def test_the_sweep_wakes_somebody_only_where_nobody_is_at_work(toolbox, monkeypatch):
    started = []
    school = queue_letters(toolbox, 2)
    monkeypatch.setattr(toolbox.queue, "start", started.append)
    sweep(toolbox)
    assert len(started) == 1
    claim_one(toolbox)
    sweep(toolbox)
    assert len(started) == 1
    sweep(toolbox, at_start=True)
    assert len(started) == 2
    with toolbox.sessions.begin() as session:
        for letter in session.query(OutgoingMail):
            letter.state = SENT
    sweep(toolbox, at_start=True)
    assert len(started) == 2
    assert counted(toolbox, school) == {SENT: 2}
