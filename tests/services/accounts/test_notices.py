"""Who has another address is signed out everywhere, and the former one is told."""

import pytest

from shared.persistence.tables import AccountNotice, Teacher
from shared.services.accounts import sign_in
from shared.services.accounts.notices import sweep
from shared.services.people import registration
from shared.toolbox import Toolbox
from tests.support.families import Clock, mail_variables
from tests.support.school import TEACHER_EMAIL, found_school

NEW_EMAIL = "asha.new@school.example"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def toolbox(database_url, make_settings, mail_server, clock):
    toolbox = Toolbox(make_settings(database_url, **mail_variables(mail_server)), now=clock)
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def change(toolbox, school, *, name: str = "Asha Rao", email: str = NEW_EMAIL) -> None:
    registration.change_teacher(
        toolbox, school.actor, school.ids["teacher"], name=name, email=email, class_ids=[school.ids["class"]]
    )


def test_another_address_ends_the_sign_ins_and_tells_the_former_one(toolbox, school, mail_server):
    token = sign_in.begin_sign_in(
        toolbox, site="classroom", account_id=school.ids["teacher"], device="a phone"
    )
    with toolbox.reading() as session:
        before = session.get(Teacher, school.ids["teacher"]).fs_uniquifier
    change(toolbox, school)
    assert sign_in.find_sign_in(toolbox, site="classroom", token=token) is None
    with toolbox.reading() as session:
        assert session.get(Teacher, school.ids["teacher"]).fs_uniquifier != before
    sweep(toolbox)
    sweep(toolbox)
    (letter,) = mail_server.messages
    assert letter["X-Envelope-To"] == TEACHER_EMAIL
    assert "tell the office at once" in letter.get_content()
    assert NEW_EMAIL not in letter.get_content()


def test_another_name_alone_ends_and_tells_nothing(toolbox, school, mail_server):
    token = sign_in.begin_sign_in(
        toolbox, site="classroom", account_id=school.ids["teacher"], device="a phone"
    )
    change(toolbox, school, name="Asha Rao-Iyer", email=TEACHER_EMAIL)
    sweep(toolbox)
    assert sign_in.find_sign_in(toolbox, site="classroom", token=token)
    assert mail_server.messages == []


def test_a_mail_server_that_says_later_is_asked_again_for_a_day(toolbox, school, mail_server, clock):
    mail_server.answer = lambda _recipients: "451 later"
    change(toolbox, school)
    sweep(toolbox)
    assert mail_server.messages == []
    mail_server.answer = lambda _recipients: "250 kept"
    clock.pass_by(minutes=2)
    sweep(toolbox)
    assert len(mail_server.messages) == 1
    with toolbox.reading() as session:
        assert session.query(AccountNotice).count() == 0
