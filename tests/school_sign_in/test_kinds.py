"""Providers as they are: what Google and Microsoft write otherwise, and clocks that do not agree."""

import time

import pytest

from shared.domain.school_account import ProviderKind
from shared.persistence.tables import SchoolAccount
from tests.school_sign_in.test_bad_answers import ANOTHER_SCHOOL, AWAY, NOT_OURS, refuse
from tests.support.openid_provider import TENANT

OTHER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"


def test_google_names_itself_with_https_and_without(open_sites, provider):
    provider.look_like(ProviderKind.GOOGLE)
    sites = open_sites(ProviderKind.GOOGLE)
    for issuer in (provider.issuer, provider.issuer.removeprefix("https://")):
        provider.claims["iss"] = issuer
        browser = sites.browser()
        browser.sign_in()
        assert browser.is_in(), issuer
    with sites.toolbox.reading() as session:
        assert session.query(SchoolAccount).count() == 1  # the same person both times


def test_only_google_may_leave_https_away(open_sites, provider):
    provider.look_like(ProviderKind.MICROSOFT)
    provider.claims["iss"] = provider.issuer.removeprefix("https://")
    sites = open_sites(ProviderKind.MICROSOFT)
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, NOT_OURS)


def test_microsoft_without_the_optional_claims_ties_nobody(open_sites, provider):
    """`preferred_username` looks like an address, and somebody else may have it tomorrow."""
    provider.look_like(ProviderKind.MICROSOFT)
    provider.left_out |= {"email", "xms_edov"}
    provider.claims["preferred_username"] = provider.people["asha at the provider"]["email"]
    sites = open_sites(ProviderKind.MICROSOFT)
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, "does not tell your e-mail address. Please tell the office.")


def test_microsofts_optional_claims_are_needed_until_the_account_is_tied(open_sites, provider):
    provider.look_like(ProviderKind.MICROSOFT)
    sites = open_sites(ProviderKind.MICROSOFT)
    sites.browser().sign_in()
    provider.left_out |= {"email", "xms_edov"}
    browser = sites.browser()
    browser.sign_in()
    assert browser.is_in()


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"tid": OTHER_TENANT}, ANOTHER_SCHOOL),
        ({"iss": f"/{OTHER_TENANT}/v2.0"}, NOT_OURS),
        ({"iss": f"/{OTHER_TENANT}/v2.0", "tid": OTHER_TENANT}, NOT_OURS),
        ({"iss": f"/{TENANT}/"}, NOT_OURS),  # as version 1.0 signs
        ({"iss": "/{tenantid}/v2.0"}, NOT_OURS),
    ],
)
def test_another_directory_of_microsoft(open_sites, provider, claims, words):
    """All directories are signed for with the same keys, so the signature alone says nothing."""
    provider.look_like(ProviderKind.MICROSOFT)
    if "iss" in claims:
        claims = {**claims, "iss": provider.root + claims["iss"]}
    provider.claims |= claims
    sites = open_sites(ProviderKind.MICROSOFT)
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, words)


def test_microsofts_description_for_all_directories_is_not_taken(open_sites, provider):
    provider.look_like(ProviderKind.MICROSOFT)
    provider.description["issuer"] = f"{provider.root}/{{tenantid}}/v2.0"
    sites = open_sites(ProviderKind.MICROSOFT)
    browser = sites.browser()
    assert browser.get("/school-sign-in").location == "/sign-in"
    refuse(browser, sites, AWAY)


@pytest.mark.parametrize("kind", ProviderKind)
@pytest.mark.parametrize(
    ("ahead", "is_taken"), [({"iat": 40, "nbf": 40}, True), ({"iat": 120}, False), ({"nbf": 120}, False)]
)
def test_a_providers_clock_that_is_ahead(open_sites, provider, kind, ahead, is_taken):
    provider.look_like(kind)
    sites = open_sites(kind)
    provider.claims |= {name: int(time.time()) + seconds for name, seconds in ahead.items()}
    browser = sites.browser()
    browser.sign_in()
    assert browser.is_in() is is_taken
    if not is_taken:
        refuse(browser, sites, NOT_OURS)


@pytest.mark.parametrize(("ended_before", "is_taken"), [(40, True), (70, False)])
def test_a_token_that_has_ended_by_a_clock_that_is_ahead(sites, provider, ended_before, is_taken):
    now = int(time.time())
    provider.claims = {"iat": now - 300, "exp": now - ended_before}
    browser = sites.browser()
    browser.sign_in()
    assert browser.is_in() is is_taken
