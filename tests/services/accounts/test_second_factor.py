"""An admin's second factor on both databases: no code twice, recovery codes once, the secret sealed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from passlib.totp import TOTP

from shared.errors import InvalidInput
from shared.persistence.tables import Admin, AuditEntry, RecoveryCode
from shared.security import one_time_codes
from shared.security.sealing import Sealer
from shared.services.accounts import second_factor
from shared.toolbox import Toolbox
from tests.support.families import Clock
from tests.support.office import open_office


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def toolbox(database_url, make_settings, clock):
    toolbox = Toolbox(make_settings(database_url), now=clock)
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def admin(toolbox):
    """The acting admin."""
    return open_office(toolbox).actor


def code_at(secret, clock) -> str:
    """What the app shows; the reference is the library itself, held against RFC 6238 below."""
    return TOTP(key=secret).generate(clock()).token


@pytest.fixture
def secret(toolbox, admin, clock) -> str:
    """An app is set up; half a minute has gone by since."""
    secret = one_time_codes.new_secret()
    second_factor.turn_on(toolbox, admin, secret=secret, code=code_at(secret, clock))
    clock.pass_by(seconds=30)
    return secret


def is_right(toolbox, admin, code) -> bool:
    return second_factor.is_right_code(toolbox, admin, code)


def test_the_codes_are_those_of_rfc_6238():
    # Appendix B, SHA-1: at 59 s the last six of 94287082; the key is "12345678901234567890" in base32.
    at = datetime.fromtimestamp(59, UTC)
    assert one_time_codes.find_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", now=at) == 1


def test_without_an_app_no_code_is_needed(toolbox, admin):
    assert is_right(toolbox, admin, "")


def test_a_wrong_first_code_turns_nothing_on(toolbox, admin):
    with pytest.raises(InvalidInput, match="does not fit"):
        second_factor.turn_on(toolbox, admin, secret=one_time_codes.new_secret(), code="000000")
    assert is_right(toolbox, admin, "")


def test_a_code_opens_once(toolbox, admin, secret, clock):
    code = code_at(secret, clock)
    assert is_right(toolbox, admin, code)
    assert not is_right(toolbox, admin, code)
    clock.pass_by(seconds=30)
    assert is_right(toolbox, admin, code_at(secret, clock))


@pytest.mark.parametrize("seconds", [-120, -61, 61, 3600])
def test_a_code_of_another_time_opens_nothing(toolbox, admin, secret, clock, seconds):
    code = TOTP(key=secret).generate(clock().timestamp() + seconds).token
    assert not is_right(toolbox, admin, code)


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "' OR 1=1 --", "x" * 10_000, "\0"]
)
def test_what_is_no_code_opens_nothing(toolbox, admin, secret, typed):
    assert not is_right(toolbox, admin, typed)


def test_the_code_used_to_set_up_opens_nothing(toolbox, admin, clock):
    secret = one_time_codes.new_secret()
    code = code_at(secret, clock)
    second_factor.turn_on(toolbox, admin, secret=secret, code=code)
    assert not is_right(toolbox, admin, code)


def test_two_browsers_with_one_code_at_the_same_time_open_one(toolbox, admin, secret, clock):
    code = code_at(secret, clock)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: is_right(toolbox, admin, code), range(4)))
    assert answers.count(True) == 1


def test_a_recovery_code_opens_once_and_new_ones_end_the_old(toolbox, admin, clock):
    secret = one_time_codes.new_secret()
    codes = second_factor.turn_on(toolbox, admin, secret=secret, code=code_at(secret, clock))
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert is_right(toolbox, admin, codes[0])
    assert not is_right(toolbox, admin, codes[0])
    assert is_right(toolbox, admin, f" {codes[1].upper().replace('-', ' ')} ")
    fresh = second_factor.renew_recovery_codes(toolbox, admin)
    assert not is_right(toolbox, admin, codes[2])
    assert is_right(toolbox, admin, fresh[0])
    with toolbox.reading() as session:
        actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
        assert actions.count("use recovery code") == 3
        stored = [row.code_digest for row in session.query(RecoveryCode)]
    assert not any(code.replace("-", "") in "".join(stored) for code in fresh)


def test_the_secret_is_sealed_and_without_its_key_only_a_recovery_code_opens(toolbox, admin, clock):
    secret = one_time_codes.new_secret()
    codes = second_factor.turn_on(toolbox, admin, secret=secret, code=code_at(secret, clock))
    with toolbox.reading() as session:
        assert secret.encode() not in session.get(Admin, admin.account_id).sealed_totp_secret
    clock.pass_by(seconds=30)
    keyless = toolbox.with_(sealer=Sealer({2: bytes(32)}))
    assert not is_right(keyless, admin, code_at(secret, clock))
    assert is_right(keyless, admin, codes[0])


def test_turned_off_nothing_of_it_is_left(toolbox, admin, secret):
    second_factor.turn_off(toolbox, admin, admin.account_id)
    assert is_right(toolbox, admin, "")
    with toolbox.reading() as session:
        assert session.query(RecoveryCode).count() == 0
        assert session.get(Admin, admin.account_id).sealed_totp_secret is None
