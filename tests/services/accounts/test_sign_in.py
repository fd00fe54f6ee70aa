"""Accounts, sign-ins and slowed tries on both databases."""

from datetime import timedelta

import pytest

from shared.errors import InvalidInput
from shared.services.accounts import sign_in
from shared.services.accounts.lifecycle import create_admin, create_first_admin, create_teacher
from shared.services.audit import Actor

OFFICE = Actor(site="command", email="tests")
ASHA = {"site": "classroom", "email": "asha@school.example", "address": "192.0.2.7"}


def later(toolbox, **gone):
    """The same toolbox, with its clock put forward."""
    return toolbox.with_(now=lambda: toolbox.now() + timedelta(**gone))


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


def test_a_sign_in_ends_on_the_server(toolbox):
    token = sign_in.begin_sign_in(toolbox, site="office", account_id=1, device="a browser")
    assert sign_in.find_sign_in(toolbox, site="office", token=token)
    assert sign_in.find_sign_in(toolbox, site="classroom", token=token) is None
    sign_in.end_sign_in(toolbox, site="office", token=token)
    assert sign_in.find_sign_in(toolbox, site="office", token=token) is None


def test_other_browsers_can_be_signed_out(toolbox):
    here, there = (
        sign_in.begin_sign_in(toolbox, site="office", account_id=1, device=device)
        for device in ("here", "there")
    )
    sign_in.end_other_sign_ins(toolbox, site="office", account_id=1, token=here)
    assert sign_in.find_sign_in(toolbox, site="office", token=here)
    assert sign_in.find_sign_in(toolbox, site="office", token=there) is None
