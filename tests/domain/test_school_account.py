"""What an ID token proves, and what it does not: each of its claims changed alone."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.school_account import Doubt, Identity, Provider, ProviderKind, read_identity

NOW = datetime(2026, 11, 26, 4, 30, tzinfo=UTC)
ISSUER = "https://login.school.example"
TENANT = "3f1d0a52-7f7b-4c8e-9d5e-0b7a1c2d3e4f"
STANDARD = Provider(ProviderKind.OPENID, ISSUER, "attendance", "secret")
GOOGLE = Provider(ProviderKind.GOOGLE, ISSUER, "attendance", "secret", "school.example")
MICROSOFT = Provider(ProviderKind.MICROSOFT, ISSUER, "attendance", "secret", TENANT)

RIGHT = {
    "iss": ISSUER,
    "aud": "attendance",
    "sub": "a7",
    "oid": "o7",
    "nonce": "n",
    "exp": NOW.timestamp() + 300,
    "iat": NOW.timestamp(),
    "hd": "school.example",
    "tid": TENANT,
    "email": "Asha.Rao@school.example",
    "email_verified": True,
}


def read(provider=STANDARD, drawn="n", without=(), **claims):
    told = {name: value for name, value in {**RIGHT, **claims}.items() if name not in without}
    return read_identity(told, provider, nonce=drawn, now=NOW)


@pytest.mark.parametrize(("provider", "subject"), [(STANDARD, "a7"), (GOOGLE, "a7"), (MICROSOFT, "o7")])
def test_each_provider_names_its_people_in_its_own_way(provider, subject):
    address = "asha.rao@school.example"
    assert read(provider) == Identity(ISSUER, subject, address, address, None)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://login.other.example"},
        {"iss": ISSUER + "/"},
        {"aud": "another client"},
        {"aud": ["attendance", "another client"]},
        {"aud": []},
        {"aud": None},
        {"azp": "another client"},
        {"nonce": "another"},
        {"nonce": ""},
        {"exp": NOW.timestamp() - 61},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e300},
        {"iat": NOW.timestamp() + 61},
        {"iat": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "7" * 256},
    ],
)
def test_a_token_that_is_not_for_us_or_not_of_now_proves_nothing(claims):
    assert read(**claims) is Doubt.NOT_FOR_US


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "nonce", "exp", "iat"])
def test_none_of_the_claims_may_be_missing(claim):
    assert read(without=(claim,)) is Doubt.NOT_FOR_US


def test_without_a_nonce_of_ours_nothing_is_proved():
    assert read(drawn="", nonce="") is Doubt.NOT_FOR_US


@pytest.mark.parametrize("hd", ["other.example", "", None, ["school.example"], "school.example.evil.example"])
def test_google_names_the_school_by_its_domain_in_the_token(hd):
    assert read(GOOGLE, hd=hd) is Doubt.ANOTHER_SCHOOL
    assert read(GOOGLE, without=("hd",)) is Doubt.ANOTHER_SCHOOL  # an address at the domain is not enough
    assert isinstance(read(GOOGLE, hd="School.Example"), Identity)


def test_google_alone_may_leave_https_away():
    bare = ISSUER.removeprefix("https://")
    assert read(GOOGLE, iss=bare) == read(GOOGLE)
    assert read(STANDARD, iss=bare) is read(MICROSOFT, iss=bare) is Doubt.NOT_FOR_US


@pytest.mark.parametrize("tid", ["9188040d-6c67-4c5b-b112-36a304b66dad", "", None])
def test_microsoft_names_the_school_by_its_tenant(tid):
    assert read(MICROSOFT, tid=tid) is Doubt.ANOTHER_SCHOOL


def test_microsofts_people_are_known_by_oid_alone():
    assert read(MICROSOFT, without=("oid",)) is Doubt.NOT_FOR_US


@pytest.mark.parametrize("said", [False, None, "true", "yes", 1, [True]])
def test_an_address_is_vouched_for_by_true_alone(said):
    found = read(email_verified=said)
    assert (found.email, found.stated_email) == ("", "asha.rao@school.example")


@pytest.mark.parametrize(
    ("said", "is_vouched"),
    [(True, True), (1, True), ("1", True), ("true", True)]
    + [(each, False) for each in (False, 0, "0", "", None, "no", [1])],
)
def test_microsoft_vouches_by_a_claim_of_its_own(said, is_vouched):
    assert bool(read(MICROSOFT, email_verified=None, xms_edov=said).email) == is_vouched
    assert read(STANDARD, email_verified=None, xms_edov=said).email == ""


def test_when_the_password_was_typed_there_is_taken_over():
    typed = NOW - timedelta(minutes=3)
    assert read(auth_time=typed.timestamp()).authenticated_at == typed
    assert read(auth_time="now").authenticated_at is None
