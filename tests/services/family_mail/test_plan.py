"""Letters to families, read where a real SMTP server received them; on both databases."""

import threading
from datetime import timedelta

import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.family_mail import Channel, MailState, Recipients
from shared.errors import Conflict, InvalidInput, NotFound, QueueUnavailable
from shared.persistence import outbox
from shared.persistence.tables import AuditEntry, Lecture, OutgoingMail, Student, Teacher
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from shared.services.family_mail import plan as family_mail
from shared.services.family_mail.delivery import deliver_mail
from shared.services.family_mail.plan import choose_recipients, send_mail
from shared.toolbox import Toolbox
from tests.support.families import Clock, give_addresses, mail_variables, mark_and_close, plan, results
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus


@pytest.fixture
def toolbox(database_url, make_settings, mail_server):
    variables = mail_variables(mail_server) | {
        "SCHOOL_NAME": "St. Mary's, Pune",
        "SCHOOL_CONTACT": "020 2567 1234",
    }
    toolbox = Toolbox(make_settings(database_url, **variables), now=Clock())
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    give_addresses(toolbox, school.ids["meera"], "meera@students.in", "iyer@home.in")
    give_addresses(toolbox, school.ids["ravi"], None, "patil@home.in", language="hi")
    return school


def press(toolbox, school):
    seen = plan(toolbox, school).fingerprint
    return send_mail(toolbox, school.actor, school.ids["lecture"], seen=seen)


def deliver(toolbox):
    deliver_mail(toolbox, 0, 0)


def letter_to(mail_server, address):
    (found,) = [message for message in mail_server.messages if message["To"] == address]
    return found


def text_of(message):
    return " ".join(message.get_body(("plain",)).get_content().split())


def test_every_family_gets_its_own_letter_and_sees_no_other_address(toolbox, school, mail_server):
    mark_and_close(toolbox, school, meera=PRESENT)
    assert press(toolbox, school) == 3
    deliver(toolbox)
    received = mail_server.messages
    assert {message["To"] for message in received} == {"meera@students.in", "iyer@home.in", "patil@home.in"}
    assert all(message["X-Envelope-To"] == message["To"] for message in received)
    for message in received:
        others = {"meera@students.in", "iyer@home.in", "patil@home.in"} - {message["To"]}
        assert not any(address in message.as_string() for address in others)
    assert set(results(toolbox, school).values()) == {MailState.SENT}


def test_a_letter_says_who_where_when_in_the_schools_name_and_time(toolbox, school, mail_server):
    mark_and_close(toolbox, school, meera=PRESENT)
    press(toolbox, school)
    deliver(toolbox)
    message = letter_to(mail_server, "iyer@home.in")
    assert message["Subject"] == "Meera Iyer was present: Databases, 23 November 2026"
    assert message["From"].addresses[0].display_name == "St. Mary's, Pune"
    assert message["From"].addresses[0].addr_spec == "attendance@school.in"
    assert message["Auto-Submitted"] == "auto-generated"
    assert (
        "Meera Iyer (roll id 15203A0042, class CO6GA) was present at the lecture “Databases” on Monday, "
        "23 November 2026, from 09:55 to 10:55." in text_of(message)
    )
    assert "India Time" in text_of(message)
    assert "Questions? Ask here: 020 2567 1234" in text_of(message)
    html = message.get_body(("html",)).get_content()
    assert "St. Mary&#39;s, Pune" in html
    assert "was present at the lecture" in html
    assert "Questions? Ask here: 020 2567 1234" in html


@pytest.mark.parametrize(
    ("status", "subject", "sentence"),
    [
        (PRESENT, "was present", "was present at the lecture"),
        (LATE, "came late", "came late to the lecture"),
        (EXCUSED, "was excused", "was excused from the lecture"),
        (ABSENT, "was absent", "was absent from the lecture"),
    ],
)
def test_each_status_is_worded_differently(toolbox, school, mail_server, status, subject, sentence):
    mark_and_close(toolbox, school, meera=status)
    press(toolbox, school)
    deliver(toolbox)
    message = letter_to(mail_server, "iyer@home.in")
    assert subject in message["Subject"]
    assert sentence in text_of(message)
    assert ("please tell Asha Rao" in text_of(message)) == (status in (LATE, ABSENT))


def test_a_family_that_reads_hindi_gets_hindi(toolbox, school, mail_server):
    mark_and_close(toolbox, school, meera=PRESENT)
    press(toolbox, school)
    deliver(toolbox)
    message = letter_to(mail_server, "patil@home.in")
    assert message["Subject"] == "Ravi Patil की अनुपस्थिति: Databases, 23 नवंबर 2026"
    assert "सोमवार, 23 नवंबर 2026 को 09:55 से 10:55 तक" in text_of(message)
    assert "भारत समय" in text_of(message)
    assert "यहाँ पूछें: 020 2567 1234" in text_of(message)
    assert 'lang="hi"' in message.get_body(("html",)).get_content()


def test_a_second_press_sends_nothing_twice(toolbox, school, mail_server):
    mark_and_close(toolbox, school)
    assert press(toolbox, school) == 3
    assert press(toolbox, school) == 0
    deliver(toolbox)
    assert press(toolbox, school) == 0
    deliver(toolbox)
    assert len(mail_server.messages) == 3


def test_two_presses_at_once_queue_every_letter_once(toolbox, school, mail_server):
    mark_and_close(toolbox, school)
    seen, together, counts = plan(toolbox, school).fingerprint, threading.Barrier(2), []

    def press_together():
        together.wait()
        counts.append(send_mail(toolbox, school.actor, school.ids["lecture"], seen=seen))

    threads = [threading.Thread(target=press_together) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 3]
    deliver(toolbox)
    assert len(mail_server.messages) == 3


def test_two_workers_at_once_send_every_letter_once(toolbox, school, mail_server):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    workers = [threading.Thread(target=deliver, args=(toolbox,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # Two that met over the last letter may each leave it to the other; a minute later the sweep wakes one.
    deliver(toolbox)
    assert len(mail_server.messages) == 3


def test_an_address_that_came_later_is_written_to_by_the_next_press_alone(toolbox, school, mail_server):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    give_addresses(toolbox, school.ids["ravi"], None, "patil@home.in", "mother@home.in")
    assert [letter.address for letter in plan(toolbox, school).letters] == ["mother@home.in"]
    assert press(toolbox, school) == 1
    deliver(toolbox)
    assert len(mail_server.messages) == 4


def test_the_preview_names_missing_doubtful_and_impossible_addresses(toolbox, school):
    give_addresses(toolbox, school.ids["meera"], "meera@gmial.com", "Iyer@Home.in", "iyer@home.in")
    give_addresses(toolbox, school.ids["ravi"], "ask the office", "x@home.in, y@home.in")
    with toolbox.sessions.begin() as session:
        session.add(
            Student(class_id=school.ids["class"], roll_id="7", name="Sana Khan", language="en", active=True)
        )
    mark_and_close(toolbox, school, meera=PRESENT)
    found = plan(toolbox, school)
    assert [letter.address for letter in found.letters] == ["meera@gmial.com", "iyer@home.in"]
    assert [letter.doubt for letter in found.doubtful] == ["Perhaps gmail.com is meant."]
    assert [letter.address for letter in found.unwritable] == ["ask the office", "x@home.in, y@home.in"]
    assert [student.name for student in found.missing] == ["Sana Khan"]
    assert found.counts == {PRESENT: 2}


def test_nothing_is_sent_before_the_lecture_is_closed(toolbox, school):
    with pytest.raises(Conflict, match="Close the lecture first"):
        press(toolbox, school)


def test_nothing_is_queued_where_mail_is_not_set_up(school, toolbox, make_settings):
    mark_and_close(toolbox, school)
    without = Toolbox(make_settings(toolbox.settings.database_url), now=toolbox.now)
    with pytest.raises(InvalidInput, match="not set up"):
        press(without, school)
    without.engine.dispose()
    assert results(toolbox, school) == {}


def test_nobody_is_written_to_again_when_it_is_no_longer_known_who_was(school, toolbox, mail_server):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    sent = len(mail_server.messages)
    toolbox.now.pass_by(days=toolbox.settings.keep_letters_days + 1)
    with toolbox.sessions.begin() as session:
        session.query(OutgoingMail).delete()  # as the night's work does
    with pytest.raises(Conflict, match="too long ago"):
        press(toolbox, school)
    deliver(toolbox)
    assert len(mail_server.messages) == sent > 0


def test_a_mark_changed_since_the_preview_stops_the_press(toolbox, school):
    mark_and_close(toolbox, school)
    seen = plan(toolbox, school).fingerprint
    lecture_id = school.ids["lecture"]
    set_mark(toolbox, school.actor, lecture_id, school.ids["ravi"], EXCUSED, expected=ABSENT)
    with pytest.raises(Conflict, match="changed since"):
        send_mail(toolbox, school.actor, lecture_id, seen=seen)
    assert results(toolbox, school) == {}


def test_another_teacher_can_neither_send_nor_retry(toolbox, school):
    mark_and_close(toolbox, school)
    other = Actor(site="classroom", email="other@school.in", account_id=school.ids["teacher"] + 1)
    lecture_id = school.ids["lecture"]
    with pytest.raises(NotFound):
        send_mail(toolbox, other, lecture_id, seen=plan(toolbox, school).fingerprint)
    with pytest.raises(NotFound):
        family_mail.retry_refused(toolbox, other, lecture_id)
    with pytest.raises(NotFound):
        family_mail.send_corrections(toolbox, other, lecture_id)


def test_a_teachers_choice_of_recipients_holds_for_the_next_lectures_too(toolbox, school, mail_server):
    mark_and_close(toolbox, school, meera=MarkStatus.PRESENT)  # Ravi is absent
    everybody = plan(toolbox, school)
    choose_recipients(toolbox, school.actor, school.ids["lecture"], Recipients.ABSENT)
    chosen = plan(toolbox, school)
    assert {letter.student.name for letter in chosen.letters} == {"Ravi Patil"}
    assert chosen.not_chosen == len(everybody.letters) - len(chosen.letters) > 0
    with pytest.raises(Conflict):
        send_mail(toolbox, school.actor, school.ids["lecture"], seen=everybody.fingerprint)
    sent = send_mail(toolbox, school.actor, school.ids["lecture"], seen=chosen.fingerprint)
    assert sent == len(chosen.letters)
    with toolbox.reading() as session:
        assert session.get_one(Teacher, school.ids["teacher"]).mail_to is Recipients.ABSENT
    choose_recipients(toolbox, school.actor, school.ids["lecture"], Recipients.ALL)
    assert {letter.student.name for letter in plan(toolbox, school).letters} == {"Meera Iyer"}


def test_a_press_is_on_the_audit_trail_without_an_address(toolbox, school):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    with toolbox.reading() as session:
        entry = session.query(AuditEntry).filter_by(action="mail families").one()
    assert entry.after == {"letters": 3}
    assert entry.actor == school.actor.email


@pytest.mark.parametrize(
    "evil",
    [
        "Meera\r\nBcc: thief@evil.in",
        "Meera\nBcc: thief@evil.in",
        "Meera\u2028Bcc: thief@evil.in",
        "{{7*7}}",
        "<b>x",
    ],
)
def test_names_and_subjects_cannot_add_a_header_or_markup(toolbox, school, mail_server, evil):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["meera"]).name = evil
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    assert len(mail_server.messages) == 3
    message = letter_to(mail_server, "iyer@home.in")
    assert message["Bcc"] is None
    assert message["X-Envelope-To"] == "iyer@home.in"
    assert message["Subject"].startswith(" ".join(evil.split()))
    assert "<b>x" not in message.get_body(("html",)).get_content()


def test_the_longest_names_in_devanagari_keep_the_lines_short_enough_for_smtp(toolbox, school, mail_server):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["ravi"]).name = "अनिरुद्ध " * 20
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    message = letter_to(mail_server, "patil@home.in")
    assert max(len(line) for line in message.as_bytes().splitlines()) <= 998
    for kind in ("plain", "html"):
        lines = message.get_body((kind,)).get_content().encode().splitlines()
        assert max(len(line) for line in lines) <= 998


def test_a_corrected_mark_can_be_told_and_says_that_it_corrects(toolbox, school, mail_server):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    lecture_id = school.ids["lecture"]
    set_mark(toolbox, school.actor, lecture_id, school.ids["meera"], PRESENT, expected=ABSENT)
    assert {letter.address for letter in plan(toolbox, school).corrections} == {
        "meera@students.in",
        "iyer@home.in",
    }
    assert family_mail.send_corrections(toolbox, school.actor, lecture_id) == 2
    assert family_mail.send_corrections(toolbox, school.actor, lecture_id) == 0
    deliver(toolbox)
    first, second = [message for message in mail_server.messages if message["To"] == "iyer@home.in"]
    assert "was absent" in first["Subject"]
    assert "was present" in second["Subject"]
    assert "corrects an earlier letter" in text_of(second)
    assert "corrects an earlier letter" not in text_of(first)
    assert first["Message-ID"] != second["Message-ID"]
    assert plan(toolbox, school).corrections == []


def test_a_letter_that_waited_says_what_the_register_says_when_it_goes_out(toolbox, school, mail_server):
    mail_server.answer = lambda to: "550 full" if "iyer@home.in" in to else "450 later"
    mark_and_close(toolbox, school)
    press(toolbox, school)
    deliver(toolbox)
    lecture_id = school.ids["lecture"]
    set_mark(toolbox, school.actor, lecture_id, school.ids["meera"], PRESENT, expected=ABSENT)
    mail_server.answer = lambda to: "250 kept"
    assert family_mail.retry_refused(toolbox, school.actor, lecture_id) == 1
    toolbox.now.pass_by(minutes=5)
    deliver(toolbox)
    for address in ("meera@students.in", "iyer@home.in"):
        letter = letter_to(mail_server, address)
        assert "was present" in letter["Subject"]
        assert "corrects an earlier letter" not in text_of(letter)  # none had arrived
    assert plan(toolbox, school).corrections == []


def test_a_letter_in_doubt_is_sent_again_as_a_correction_if_it_is_no_longer_true(
    toolbox, school, mail_server
):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    lecture_id = school.ids["lecture"]
    with toolbox.sessions.begin() as session:
        doubtful = outbox.letters_of(session, lecture_id)[0]
        doubtful.state = MailState.PERHAPS_SENT
    set_mark(toolbox, school.actor, lecture_id, school.ids["meera"], PRESENT, expected=ABSENT)
    assert family_mail.retry_perhaps_sent(toolbox, school.actor, lecture_id, doubtful.id) == 1
    deliver(toolbox)
    letter = letter_to(mail_server, doubtful.address)
    assert "was present" in letter["Subject"]
    assert "corrects an earlier letter" in text_of(letter)


def test_an_address_the_family_no_longer_has_gets_no_correction_and_no_second_try(
    toolbox, school, mail_server
):
    mail_server.answer = lambda to: "550 full" if "meera@students.in" in to else "250 kept"
    mark_and_close(toolbox, school, meera=PRESENT)
    press(toolbox, school)
    deliver(toolbox)
    give_addresses(toolbox, school.ids["meera"], None, "new@home.in")
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], LATE, expected=PRESENT)
    assert plan(toolbox, school).corrections == []
    assert family_mail.send_corrections(toolbox, school.actor, school.ids["lecture"]) == 0
    assert family_mail.retry_refused(toolbox, school.actor, school.ids["lecture"]) == 0


def test_the_press_stands_although_the_queue_is_gone(toolbox, school, mail_server, monkeypatch):
    mark_and_close(toolbox, school)

    def fail(_job_id):
        raise QueueUnavailable("gone")

    monkeypatch.setattr(toolbox.queue, "start", fail)
    assert press(toolbox, school) == 3
    deliver(toolbox)
    assert len(mail_server.messages) == 3


def test_an_erased_student_is_not_written_to(toolbox, school, mail_server):
    mark_and_close(toolbox, school)
    press(toolbox, school)
    with toolbox.sessions.begin() as session:
        session.delete(session.get(Student, school.ids["meera"]))
    deliver(toolbox)
    assert [message["To"] for message in mail_server.messages] == ["patil@home.in"]


def test_letters_of_two_lectures_take_turns(toolbox, school):
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        second = Lecture(
            subject="Networks",
            teacher_id=school.ids["teacher"],
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            opening_key="2" * 64,
        )
        session.add(second)
        session.flush()
        for lecture_id, count in ((school.ids["lecture"], 20), (second.id, 3)):
            session.add_all(
                OutgoingMail(
                    lecture_id=lecture_id,
                    student_id=school.ids["meera"],
                    address=f"a{number}@home.in",
                    status=ABSENT,
                    queued_at=now,
                    try_at=now,
                )
                for number in range(count)
            )
    with toolbox.reading() as session:
        first_six = [
            session.get(OutgoingMail, mail_id)
            for mail_id in outbox.due_ids(session, Channel.LETTER, now, limit=6)
        ]
    assert sum(letter.lecture_id == second.id for letter in first_six) == 3
