"""Accounts and sign-ins on both databases."""

import re

import pytest

from shared.errors import InvalidInput
from shared.persistence.accounts import find_account
from shared.persistence.tables import Teacher
from shared.services.accounts import sign_in
from shared.services.accounts.lifecycle import (
    create_admin,
    create_first_admin,
    create_teacher,
    note_changed_password,
)
from shared.services.audit import Actor

OFFICE = Actor(site="command", email="tests")
EMAIL = "asha@school.example"


def test_the_first_admin_is_made_once(toolbox):
    assert create_first_admin(toolbox)
    assert create_first_admin(toolbox) is None


def test_one_address_has_one_account_whatever_its_letters(toolbox):
    create_teacher(toolbox, OFFICE, email="Asha@School.example", name="Asha")
    with pytest.raises(InvalidInput, match="already"):
        create_teacher(toolbox, OFFICE, email="asha@school.EXAMPLE", name="Asha again")
    assert create_admin(toolbox, OFFICE, email="asha@school.example", name="Asha at the office")


@pytest.mark.parametrize("typed", ["", "asha", "a@b\r\nBcc: all@x.example", "a b@c.example", "a@@b.example"])
def test_what_is_no_address_is_refused_with_a_sentence(toolbox, typed):
    with pytest.raises(InvalidInput, match="not an e-mail address"):
        create_teacher(toolbox, OFFICE, email=typed, name="Asha")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("asha", "it has no @-sign"),
        ("asha@school.example, ravi@school.example", "one address alone"),
        ("Asha <asha@school.example>", "one address alone"),
        ("asha@school", "no full stop"),
        ("asha@school..example", "such as name@school.example."),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_every_language(toolbox, typed, why):
    with pytest.raises(InvalidInput, match=re.escape(why)) as refused:
        create_teacher(toolbox, OFFICE, email=typed, name="Asha")
    assert refused.value.sentence.values == {"typed": repr(typed)}  # all else comes from the catalogues


def test_a_sign_in_ends_on_the_server(toolbox):
    token = sign_in.begin_sign_in(toolbox, site="office", account_id=1, device="a browser")
    assert sign_in.find_sign_in(toolbox, site="office", token=token)
    assert sign_in.find_sign_in(toolbox, site="classroom", token=token) is None
    sign_in.end_sign_in(toolbox, site="office", token=token)
    assert sign_in.find_sign_in(toolbox, site="office", token=token) is None


def test_a_changed_password_signs_out_every_other_browser(toolbox):
    create_teacher(toolbox, OFFICE, email=EMAIL, name="Asha")
    with toolbox.reading() as session:
        asha = find_account(session, Teacher, EMAIL)
    here, there = (
        sign_in.begin_sign_in(toolbox, site="classroom", account_id=asha.id, device=device)
        for device in ("here", "there")
    )
    note_changed_password(toolbox, OFFICE, asha, token=here)
    assert sign_in.find_sign_in(toolbox, site="classroom", token=here)
    assert sign_in.find_sign_in(toolbox, site="classroom", token=there) is None
