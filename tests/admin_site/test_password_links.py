"""The office sends links for first passwords when it has a mail server."""

from collections.abc import Iterator

import pytest

from shared.persistence.tables import Teacher
from shared.services.accounts.password_links import send_due_links
from shared.toolbox import Toolbox
from tests.support.families import mail_variables


@pytest.fixture
def office_toolbox(sqlite_url, make_settings, mail_server) -> Iterator[Toolbox]:
    toolbox = Toolbox(make_settings(sqlite_url, **mail_variables(mail_server)))
    yield toolbox
    toolbox.engine.dispose()


def test_a_new_teacher_gets_a_link_and_no_password_is_shown(desk, office, mail_server):
    desk.open("/teachers/new")
    desk.fill("Save and send a link", name="Asha Rao", email="Asha@school.example")
    assert "on its way to asha@school.example" in desk.told()
    assert desk.page.select_one("#password") is None
    send_due_links(office.toolbox)
    letter = mail_server.messages[0]
    assert letter["To"] == "asha@school.example"
    assert "https://localhost:4545/choose-password?link=" in letter.get_content()


def test_a_password_can_be_shown_instead(desk, mail_server):
    desk.open("/teachers/new")
    desk.fill("Save and show a first-time password", name="Asha Rao", email="asha@school.example")
    assert len(desk.page.select_one("#password").get_text()) == 23
    assert mail_server.messages == []


def test_the_teachers_page_tells_what_became_of_the_link(desk, office, mail_server):
    desk.open("/teachers/new")
    desk.fill("Save and show a first-time password", name="Asha Rao", email="asha@school.example")
    desk.open("/teachers/1/edit")
    desk.fill("Send a link")
    desk.open("/teachers/1/edit")
    assert "waits for the mail server" in desk.told()
    send_due_links(office.toolbox)
    desk.open("/teachers/1/edit")
    assert "it is good until" in desk.told()
    mail_server.answer = lambda _to: "550 no such user"
    desk.fill("Send a link")
    send_due_links(office.toolbox)
    desk.open("/teachers/1/edit")
    assert "550 no such user" in desk.told()
    with office.toolbox.reading() as session:
        assert session.get(Teacher, 1).must_change_password  # the old one still opens
