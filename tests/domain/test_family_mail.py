"""Which addresses a family has, which of them are none, and which look like a slip."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.family_mail import (
    BACK_OFF,
    MailState,
    Recipients,
    back_off,
    count_states,
    family_addresses,
    find_doubt,
    is_writable,
)
from shared.domain.statuses import Colour, CountsAs, Status, Statuses


def test_a_family_has_each_address_once_whatever_its_letters():
    assert family_addresses("A@home.in", None, " a@HOME.in ") == ["a@home.in"]
    assert family_addresses(None, "", "  ") == []
    assert family_addresses("c@x.in", "b@x.in", "a@x.in") == ["c@x.in", "b@x.in", "a@x.in"]


@pytest.mark.parametrize(
    "address",
    [
        "a@home.in",
        "first.last+school@some-mail.co.in",
        "o'neil@home.ie",
        "x" * 64 + "@home.in",
        "1@xn--p1b.in",
    ],
)
def test_these_are_addresses(address):
    assert is_writable(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "a@b", "@home.in", "a@", "a@@home.in", "a b@home.in", "a@home..in", ".a@home.in"),
        *("a@home.in, b@home.in", "a@home.in;b@home.in", "<a@home.in>", "Asha <a@home.in>", "a@-home.in"),
        *("a@home.in\r\nBcc: b@evil.in", "a@home.in\n", "a\x00@home.in", "आशा@home.in", "a@घर.in"),
        *("x" * 65 + "@home.in", "a@" + "x" * 250 + ".in", "a@192.0.2.1", "a@localhost"),
    ],
)
def test_these_are_not(address):
    assert not is_writable(address)
    assert find_doubt(address) == "This is not an address that mail can be sent to; nothing is sent."


@given(st.text())
def test_what_can_be_written_to_is_one_plain_line(address):
    if is_writable(address):
        assert address.isascii()
        assert address.isprintable()
        assert not set(address) & set(' ,;<>()"\\')


@pytest.mark.parametrize(
    ("address", "doubt"),
    [
        ("a@gmial.com", "Perhaps gmail.com is meant."),
        ("a@gmai.com", "Perhaps gmail.com is meant."),
        ("a@yahoo.con", "Perhaps yahoo.com is meant."),
        ("a@hotmial.com", "Perhaps hotmail.com is meant."),
        ("a@redifmail.com", "Perhaps rediffmail.com is meant."),
        ("a@school.example", "This address leads nowhere; it is an example."),
        ("a@example.com", "This address leads nowhere; it is an example."),
        ("noreply@home.in", "Nobody seems to read this address."),
        ("a@gmail.com", None),
        ("a@ymail.com", None),
        ("a@mail.com", None),
        ("a@myexample.com", None),
        ("a@vppcoe.ac.in", None),
        ("a@tata.com", None),
    ],
)
def test_slips_are_seen_and_real_domains_are_left_alone(address, doubt):
    assert find_doubt(address) == doubt


def test_one_address_for_many_students_is_doubtful_for_two_it_is_not():
    assert find_doubt("a@home.in", children=2) is None
    assert find_doubt("a@home.in", children=3) == "The same address stands for 3 students."


def test_the_pauses_grow_to_an_hour():
    assert back_off(1) == timedelta(minutes=1)
    assert list(BACK_OFF) == sorted(BACK_OFF)
    assert back_off(100) == timedelta(hours=1)


def test_every_state_is_counted_and_has_words():
    counts = count_states([MailState.SENT, MailState.SENT, MailState.PERHAPS_SENT])
    assert counts[MailState.SENT] == 2
    assert counts[MailState.REFUSED] == 0
    assert MailState.PERHAPS_SENT.label == "perhaps sent"


def test_whose_families_are_written_to():
    own = {
        "clinic": (CountsAs.PRESENT, False),
        "half": (CountsAs.HALF, False),
        "truant": (CountsAs.ABSENT, False),
        "trip": (CountsAs.ABSENT, True),
    }
    school = Statuses.of_school(
        CountsAs.PRESENT,
        [Status(key, key, key[:2], Colour.GREY, counts, out) for key, (counts, out) in own.items()],
    )
    chosen = {choice: {each.key for each in school if choice.has(each)} for choice in Recipients}
    assert chosen[Recipients.ALL] == {each.key for each in school}
    assert chosen[Recipients.ABSENT] == {"absent", "truant"}
    assert chosen[Recipients.ABSENT_AND_LATE] == {"absent", "truant", "late", "half"}
