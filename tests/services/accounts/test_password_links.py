"""Links by mail with which somebody chooses a password, on both databases and with a real mail server."""

import re
from types import SimpleNamespace

import pytest

from shared.errors import NotFound
from shared.persistence.password_links import find_first
from shared.persistence.tables import AuditEntry, KioskPass, PasswordLink, SignIn, Teacher
from shared.services.accounts import password_links
from shared.services.accounts.lifecycle import create_admin, create_teacher, renew_password
from shared.services.accounts.sign_in import begin_sign_in
from shared.services.audit import Actor
from shared.services.kiosk.passes import open_kiosk
from shared.services.people import registration
from shared.toolbox import Toolbox
from tests.support.families import Clock, mail_variables
from tests.support.office import QueueInHand
from tests.support.school import TEACHER_EMAIL, found_school

COMMAND = Actor(site="command", email="tests")
NEW_PASSWORD = "four quiet yellow trams"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def toolbox(database_url, make_settings, mail_server, clock):
    variables = mail_variables(mail_server) | {"TEACHER_SITE_URL": "https://classroom.school.in/"}
    toolbox = Toolbox(make_settings(database_url, **variables), now=clock).with_(queue=QueueInHand())
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox) -> SimpleNamespace:
    return found_school(toolbox)


def ask(toolbox, email=TEACHER_EMAIL) -> None:
    password_links.ask_for_link(toolbox, site="classroom", email=email)
    password_links.send_due_links(toolbox)


def token_in(letter) -> str:
    text = letter.get_content()
    return re.search(r"https://classroom\.school\.in/choose-password\?link=(\S+)", text)[1]


def use(toolbox, token, site="classroom") -> None:
    password_links.choose_password(
        toolbox, site=site, token=token, password=NEW_PASSWORD, address="192.0.2.9"
    )


def stored(toolbox, table):
    with toolbox.reading() as session:
        return session.query(table).all()


def test_a_link_comes_by_mail_chooses_the_password_and_ends_all_else(toolbox, school, mail_server):
    before = stored(toolbox, Teacher)[0]
    begin_sign_in(toolbox, site="classroom", account_id=school.ids["teacher"], device="a phone")
    open_kiosk(toolbox, school.actor, lecture_id=school.ids["lecture"], device="a phone")
    ask(toolbox, f" {TEACHER_EMAIL.upper()} ")
    letter = mail_server.messages[0]
    assert letter["To"] == TEACHER_EMAIL
    token = token_in(letter)
    assert token not in str(stored(toolbox, PasswordLink)[0].__dict__)  # only its digest is kept

    assert password_links.get_owner(toolbox, site="classroom", token=token).email == TEACHER_EMAIL
    use(toolbox, token)
    after = stored(toolbox, Teacher)[0]
    assert after.password != before.password
    assert after.fs_uniquifier != before.fs_uniquifier
    assert not after.must_change_password
    assert stored(toolbox, SignIn) == []
    assert stored(toolbox, KioskPass)[0].ended_at is not None
    entry = stored(toolbox, AuditEntry)[-1]
    assert (entry.action, entry.actor, entry.address) == (
        "choose password by link",
        TEACHER_EMAIL,
        "192.0.2.9",
    )

    with pytest.raises(NotFound, match="used already"):
        use(toolbox, token)
    assert stored(toolbox, Teacher)[0].password == after.password


def test_a_link_is_good_for_an_hour_and_a_first_one_for_a_week(toolbox, school, mail_server, clock):
    ask(toolbox)
    password_links.send_first_link(toolbox, COMMAND, site="classroom", email=TEACHER_EMAIL)
    password_links.send_due_links(toolbox)
    forgotten, first = (token_in(letter) for letter in mail_server.messages)
    clock.pass_by(minutes=59)
    assert password_links.get_owner(toolbox, site="classroom", token=forgotten)
    clock.pass_by(minutes=2)
    with pytest.raises(NotFound, match="too old"):
        use(toolbox, forgotten)
    clock.pass_by(days=6)
    assert password_links.get_owner(toolbox, site="classroom", token=first)
    clock.pass_by(days=1)
    with pytest.raises(NotFound, match="too old"):
        use(toolbox, first)
    password_links.sweep(toolbox)
    assert stored(toolbox, PasswordLink) == []


def test_who_is_unknown_or_deactivated_gets_no_letter_and_leaves_no_trace(toolbox, school, mail_server):
    registration.set_teacher_active(toolbox, COMMAND, school.ids["teacher"], active=False)
    for email in ("nobody@school.example", TEACHER_EMAIL, "x" * 254):
        ask(toolbox, email)
    assert mail_server.messages == []
    assert stored(toolbox, PasswordLink) == []


def test_a_link_of_one_site_is_none_at_the_other(toolbox, school, mail_server):
    create_admin(toolbox, COMMAND, email=TEACHER_EMAIL, name="Asha at the office")
    ask(toolbox)
    with pytest.raises(NotFound):
        use(toolbox, token_in(mail_server.messages[0]), site="office")


@pytest.mark.parametrize("how", ["deactivated", "renewed", "another link used"])
def test_a_link_ends_with_what_makes_it_needless(toolbox, school, mail_server, how):
    ask(toolbox)
    token = token_in(mail_server.messages[0])
    if how == "deactivated":
        registration.set_teacher_active(toolbox, COMMAND, school.ids["teacher"], active=False)
    elif how == "renewed":
        renew_password(toolbox, COMMAND, Teacher, TEACHER_EMAIL)
    else:
        ask(toolbox)
        use(toolbox, token_in(mail_server.messages[1]))
    with pytest.raises(NotFound):
        use(toolbox, token)


def test_a_link_does_not_pass_on_to_whoever_gets_its_address_later(toolbox, school, mail_server):
    ask(toolbox)
    with toolbox.sessions.begin() as session:
        session.get(Teacher, school.ids["teacher"]).email = "asha.kulkarni@school.example"
    create_teacher(toolbox, COMMAND, email=TEACHER_EMAIL, name="Asha Rao, who came later")
    before = [(teacher.id, teacher.password) for teacher in stored(toolbox, Teacher)]
    with pytest.raises(NotFound):
        use(toolbox, token_in(mail_server.messages[0]))
    assert [(teacher.id, teacher.password) for teacher in stored(toolbox, Teacher)] == before


def test_a_mail_server_that_is_away_gets_the_letter_later(toolbox, school, mail_server, clock):
    mail_server.answer = lambda _to: "451 later please"
    ask(toolbox)
    assert stored(toolbox, PasswordLink)[0].try_at is not None
    mail_server.answer = lambda _to: "250 kept"
    password_links.sweep(toolbox)
    assert mail_server.messages == []  # not at once
    clock.pass_by(minutes=2)
    password_links.sweep(toolbox)
    use(toolbox, token_in(mail_server.messages[-1]))


def test_the_office_is_told_why_a_link_was_never_sent(toolbox, school, mail_server, clock):
    mail_server.answer = lambda _to: "550 no such user"
    password_links.send_first_link(toolbox, COMMAND, site="classroom", email=TEACHER_EMAIL)
    password_links.send_due_links(toolbox)
    with toolbox.reading() as session:
        link = find_first(session, "classroom", TEACHER_EMAIL, clock())
    assert link.try_at is None
    assert "550 no such user" in link.reason


def test_a_name_with_line_breaks_stays_one_line(toolbox, school, mail_server):
    with toolbox.sessions.begin() as session:
        session.get(Teacher, school.ids["teacher"]).name = "Asha\r\nBcc: all@school.example"
    ask(toolbox)
    assert mail_server.messages[0]["Bcc"] is None
    assert "Dear Asha Bcc: all@school.example," in mail_server.messages[0].get_content()
