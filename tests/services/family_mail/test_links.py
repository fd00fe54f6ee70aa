"""The link in a letter: only while families are on, and the one that opens the student's page."""

import re

import pytest

from shared.persistence.tables import FamilyLink, Integration
from shared.services.audit import Actor
from shared.services.families import page
from shared.services.family_mail.delivery import deliver_mail
from shared.services.family_mail.plan import send_mail
from shared.services.integrations.choices import set_on
from shared.toolbox import Toolbox
from tests.support.families import Clock, give_addresses, mail_variables, mark_and_close, plan
from tests.support.school import found_school


@pytest.fixture
def toolbox(sqlite_url, make_settings, mail_server):
    toolbox = Toolbox(make_settings(sqlite_url, **mail_variables(mail_server)), now=Clock())
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    give_addresses(toolbox, school.ids["meera"], "rao@families.in", "rao2@families.in")
    mark_and_close(toolbox, school)
    return school


def letters(toolbox, school, mail_server):
    send_mail(toolbox, school.actor, school.ids["lecture"], seen=plan(toolbox, school).fingerprint)
    deliver_mail(toolbox, 0, 0)
    return mail_server.messages


def body(message, kind):
    return next(part for part in message.walk() if part.get_content_type() == kind).get_content()


def test_each_letter_has_a_link_of_its_own(toolbox, school, mail_server):
    set_on(toolbox, Actor(site="office", email="a@school.example"), Integration.FAMILIES, on=True)
    found = set()
    for message in letters(toolbox, school, mail_server):
        (token,) = re.findall(r"/family\?link=([\w-]+)", body(message, "text/plain"))
        assert f"link={token}" in body(message, "text/html")
        assert page.look(toolbox, token).name == "Meera Iyer"
        found.add(token)
    assert len(found) == 2


def test_none_while_families_are_off(toolbox, school, mail_server):
    assert all("/family" not in body(each, "text/plain") for each in letters(toolbox, school, mail_server))
    with toolbox.reading() as session:
        assert session.query(FamilyLink).count() == 0
