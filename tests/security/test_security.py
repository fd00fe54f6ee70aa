"""Sealing, throttling and passwords."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.security.passwords import first_time_password, hash_password
from shared.security.sealing import SEAL_OVERHEAD_BYTES, BrokenSeal, Sealer
from shared.security.throttling import wait_until

OLD_KEY, NEW_KEY = bytes(range(32)), bytes(range(32, 64))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_what_is_sealed_opens_only_for_its_purpose():
    sealer = Sealer({1: OLD_KEY})
    sealed = sealer.seal(b"a face", purpose="face-model:1")
    assert b"a face" not in sealed
    assert len(sealed) == len(b"a face") + SEAL_OVERHEAD_BYTES
    assert sealer.open(sealed, purpose="face-model:1") == b"a face"
    with pytest.raises(BrokenSeal):
        sealer.open(sealed, purpose="face-model:2")


def test_a_new_key_seals_and_the_old_one_still_opens():
    old = Sealer({1: OLD_KEY}).seal(b"a face", purpose="p")
    both = Sealer({1: OLD_KEY, 2: NEW_KEY})
    assert both.open(old, purpose="p") == b"a face"
    assert both.seal(b"a face", purpose="p")[1] == 2
    with pytest.raises(BrokenSeal):
        Sealer({2: NEW_KEY}).open(old, purpose="p")


def test_a_changed_byte_anywhere_breaks_the_seal():
    sealer = Sealer({1: OLD_KEY})
    sealed = sealer.seal(b"a face", purpose="p")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(BrokenSeal):
            sealer.open(bytes(changed), purpose="p")
    for length in range(len(sealed)):
        with pytest.raises(BrokenSeal):
            sealer.open(sealed[:length], purpose="p")


def failures(*seconds):
    return [NOON + timedelta(seconds=second) for second in seconds]


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [
        ((), None),
        ((0, 1, 2, 3, 4), None),
        ((0, 1, 2, 3, 4, 5), 30),
        ((0, 1, 2, 3, 4, 5, 36), 60),
        ((0, 1, 2, 3, 4, 5, 36, 97), 120),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), 900),
        ((0, 70, 140, 210, 280, 350), None),
    ],
)
def test_waits_start_at_the_sixth_failure_in_five_minutes_and_double(seconds, wait):
    until = wait_until(failures(*seconds))
    assert until == (None if wait is None else NOON + timedelta(seconds=seconds[-1] + wait))


def test_first_time_passwords_differ_and_have_no_lookalikes():
    passwords = {first_time_password() for _ in range(50)}
    assert len(passwords) == 50
    assert not set("".join(passwords)) & set("01oil")


def test_a_hash_is_argon2id_and_differs_each_time():
    first, second = (hash_password("seven green boats", salt="s") for _ in range(2))
    assert first != second
    assert first.startswith("$argon2id$")
