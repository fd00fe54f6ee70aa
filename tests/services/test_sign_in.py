"""Accounts, sign-ins and slowed tries on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import InvalidInput, TooManyTries
from shared.persistence.tables import AuditEntry
from shared.services import sign_in
from shared.services.accounts import create_admin, create_first_admin, create_teacher
from shared.services.audit import Actor
from shared.toolbox import Toolbox
from tests.families import Clock

OFFICE = Actor(site="command", email="tests")
ASHA = {"site": "classroom", "email": "asha@school.example", "address": "192.0.2.7"}


def later(toolbox, **gone):
    """The same toolbox, with its clock put forward."""
    return replace(toolbox, now=lambda: toolbox.now() + timedelta(**gone))


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


def test_the_seventh_try_waits_and_then_may_go_on(toolbox):
    for _ in range(6):
        sign_in.refuse_hasty_try(toolbox, **ASHA)
        sign_in.note_try(toolbox, **ASHA, right=False)
    with pytest.raises(TooManyTries) as refused:
        sign_in.refuse_hasty_try(toolbox, **ASHA)
    assert 25 <= refused.value.retry_after <= 31
    sign_in.refuse_hasty_try(later(toolbox, seconds=31), **ASHA)


def test_wrong_tries_slow_their_account_and_their_address_and_nobody_else(toolbox):
    for _ in range(6):
        sign_in.note_try(toolbox, **ASHA, right=False)
    elsewhere, colleague = {**ASHA, "address": "192.0.2.99"}, {**ASHA, "email": "ravi@school.example"}
    with pytest.raises(TooManyTries):
        sign_in.refuse_hasty_try(toolbox, **elsewhere)
    sign_in.refuse_hasty_try(toolbox, **colleague)
    for _ in range(25):
        sign_in.note_try(toolbox, **ASHA, right=False)
    with pytest.raises(TooManyTries):
        sign_in.refuse_hasty_try(toolbox, **colleague)
    sign_in.refuse_hasty_try(toolbox, **{**colleague, "address": "192.0.2.99"})


def test_a_right_password_clears_the_account(toolbox):
    for _ in range(6):
        sign_in.note_try(toolbox, **ASHA, right=False)
    sign_in.note_try(toolbox, **ASHA, right=True)
    sign_in.refuse_hasty_try(toolbox, **{**ASHA, "address": "192.0.2.99"})


def test_of_a_hundred_wrong_tries_in_a_hundred_seconds_two_workers_look_at_eight(toolbox):
    clock = Clock()
    workers = [Toolbox(toolbox.settings, now=clock) for _ in range(2)]
    looked_at = 0
    for number in range(100):
        clock.pass_by(seconds=1)
        worker = workers[number % 2]
        try:
            sign_in.refuse_hasty_try(worker, **ASHA)
        except TooManyTries:
            continue
        sign_in.note_try(worker, **ASHA, right=False)
        looked_at += 1
    for worker in workers:
        worker.engine.dispose()
    # Six at once; one after 30 s, one after 60 s more.
    assert looked_at == 8


def test_the_trail_tells_once_that_tries_are_slowed(toolbox):
    create_teacher(toolbox, OFFICE, email=ASHA["email"], name="Asha")
    for _ in range(9):
        sign_in.note_try(toolbox, **ASHA, right=False)
    with toolbox.reading() as session:
        told = [entry.subject for entry in session.query(AuditEntry).filter_by(act="slow down tries")]
    assert told == [ASHA["email"]]
