"""All that may come back wrong: each is a sentence, nobody is in, nothing is tied, passwords still do."""

import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import RSAKey

from shared.domain.school_account import ProviderKind
from shared.persistence.tables import SchoolAccount, SignIn
from shared.security.throttling import FREE_TRIES_OF_AN_ADDRESS
from shared.web.school_sign_in import client, pages
from tests.school_sign_in.conftest import entries
from tests.support import openid_provider
from tests.support.openid_provider import DOMAIN, TENANT

NOT_OURS = "What came back from the school’s sign-in does not prove who you are."
AWAY = "The school’s sign-in does not answer now."
ANOTHER_SCHOOL = "The account you chose is not one of this school’s."
LOST = "This sign-in was begun in another window, or too long ago."
GIVEN_UP = "You came back from the school’s sign-in without being signed in there."


def refuse(browser, sites, words):
    """Nobody is in, and the page says so; the password still opens."""
    assert words in browser.told()
    assert not browser.is_in()
    with sites.toolbox.reading() as session:
        assert session.query(SignIn).count() == 0
        assert session.query(SchoolAccount).count() == 0
    assert browser.type_password(sites.password).is_in()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://login.other.example"},
        {"aud": "another client"},
        {"aud": ["attendance", "another client"]},
        {"azp": "another client"},
        {"nonce": "of another sign-in"},
        {"exp": 1_700_000_000},
        {"iat": 4_000_000_000},
        {"sub": ""},
    ],
)
def test_a_token_with_one_wrong_claim(sites, provider, claims):
    provider.claims = claims
    browser = sites.browser()
    assert browser.sign_in().location == "/sign-in"
    refuse(browser, sites, NOT_OURS)


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat", "nonce"])
def test_a_token_without_a_claim(sites, provider, claim):
    provider.left_out = {claim}
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, NOT_OURS)


@pytest.mark.parametrize(
    "wrong", ["unsigned", "public key as secret", "client secret", "another key", "changed"]
)
def test_a_token_that_the_provider_did_not_sign(sites, provider, wrong):
    provider.wrong = wrong
    browser = sites.browser()
    browser.sign_in()
    assert "/token" in provider.asked
    refuse(browser, sites, NOT_OURS)


@pytest.mark.parametrize("said", [["none"], ["HS256"], []])
def test_a_provider_that_says_it_signs_by_nothing_or_a_shared_secret(sites, provider, said):
    provider.description = {"id_token_signing_alg_values_supported": said}
    provider.wrong = "unsigned" if said != ["HS256"] else "public key as secret"
    browser = sites.browser()
    back = browser.get("/school-sign-in").location
    if back != "/sign-in":  # an empty list is RS256 by default
        browser.get(provider.visit(back, "asha at the provider"))
    refuse(browser, sites, NOT_OURS if said == [] else AWAY)


@pytest.mark.parametrize(
    ("kind", "claims"),
    [
        (ProviderKind.GOOGLE, {"hd": None}),
        (ProviderKind.GOOGLE, {"hd": "other.example"}),
        (ProviderKind.MICROSOFT, {"tid": None}),
        (ProviderKind.MICROSOFT, {"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}),
    ],
)
def test_an_account_of_another_school(open_sites, provider, kind, claims):
    provider.look_like(kind)
    provider.claims |= claims
    sites = open_sites(kind)
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, ANOTHER_SCHOOL)


def test_the_address_alone_makes_nobody_one_of_the_school(open_sites, provider):
    provider.claims = {"tid": TENANT, "oid": "o7", "email_verified": None, "hd": DOMAIN}
    sites = open_sites(ProviderKind.MICROSOFT)  # who may write any address into their own account
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, "does not confirm that the address")


def test_a_state_that_is_not_this_browsers(sites, provider):
    browser, other = sites.browser(), sites.browser()
    browser.leave()
    assert browser.get(other.go_there()).location == "/sign-in"
    assert "/token" not in provider.asked
    refuse(browser, sites, LOST)


def test_coming_back_with_a_made_up_state_asks_nobody(sites, provider):
    browser = sites.browser()
    for query in ("", "?state=x", "?state=x&code=y", "?code=y", "?state=x&error=access_denied"):
        assert browser.get(f"/school-sign-in/back{query}").location == "/sign-in"
    assert provider.asked == []
    refuse(browser, sites, LOST)


def test_a_code_of_another_sign_in_is_not_taken(sites, provider):
    """Whether somebody hands a victim their own code or uses a stolen one: PKCE and nonce forbid it."""
    victim, attacker = sites.browser(), sites.browser()
    code = parse_qs(urlsplit(attacker.go_there("anita at the provider")).query)["code"][0]
    own = parse_qs(urlsplit(victim.leave()).query)["state"][0]
    victim.get(f"/school-sign-in/back?{urlencode({'state': own, 'code': code})}")
    refuse(victim, sites, NOT_OURS)


def test_a_way_back_works_once(sites, provider):
    browser = sites.browser()
    back = browser.go_there()
    browser.get(back)
    browser.post("/sign-out")
    assert browser.get(back).location == "/sign-in"
    assert LOST in browser.told()
    assert not browser.is_in()


def test_a_copied_cookie_with_the_same_way_back_is_refused_even_if_the_provider_is_careless(sites, provider):
    browser, thief = sites.browser(), sites.browser()
    back = browser.go_there()
    code = next(iter(provider.codes))
    known = provider.codes[code]
    copy = browser.client.get_cookie("__Host-classroom_session", "localhost").value
    browser.get(back)
    assert browser.is_in()
    provider.codes[code] = known  # as if codes were good twice
    thief.client.set_cookie("__Host-classroom_session", copy, domain="localhost")
    thief.get(back)
    assert not thief.is_in()
    assert "This sign-in was used already." in thief.told()


def test_fifteen_minutes_are_enough(sites, provider, monkeypatch):
    browser = sites.browser()
    back = browser.go_there()
    monkeypatch.setattr(pages, "WITHIN", timedelta(seconds=-1))
    browser.get(back)
    refuse(browser, sites, LOST)


def test_another_providers_answer_is_not_taken_for_ours(sites, provider):
    browser = sites.browser()
    browser.get(browser.go_there() + "&iss=https%3A%2F%2Flogin.other.example")
    assert "/token" not in provider.asked
    refuse(browser, sites, GIVEN_UP)


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>alert(1)</script>"])
def test_who_gives_up_at_the_provider(sites, provider, error):
    browser = sites.browser()
    state = parse_qs(urlsplit(browser.leave()).query)["state"][0]
    browser.get(f"/school-sign-in/back?{urlencode({'state': state, 'error': error})}")
    refuse(browser, sites, GIVEN_UP)
    assert "<script>alert" not in browser.get("/sign-in").text


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://login.other.example"},
        {"authorization_endpoint": None, "token_endpoint": 7},
        {"jwks_uri": "http://localhost/keys"},
        {"token_endpoint": "http://localhost/token"},
        {"token_endpoint": "file:///etc/passwd"},
    ],
)
def test_a_provider_that_describes_itself_wrongly(sites, provider, description):
    provider.description = description
    browser = sites.browser()
    address = browser.get("/school-sign-in").location
    if address.startswith("https://"):
        browser.get(provider.visit(address, "asha at the provider"))
    told = browser.told()
    assert AWAY in told or NOT_OURS in told
    assert not browser.is_in()


def test_a_secret_that_is_not_good_any_more_is_the_offices_to_renew(open_sites, provider, monkeypatch):
    sites = open_sites()
    browser = sites.browser()
    back = browser.go_there()
    monkeypatch.setattr(openid_provider, "CLIENT_SECRET", "a new secret")
    browser.get(back)
    refuse(browser, sites, "The school’s sign-in does not know this site any more.")


def test_keys_are_read_by_https_alone(sites, provider):
    with provider.serve_plainly() as address:
        provider.description = {"jwks_uri": f"{address}/keys"}
        browser = sites.browser()
        browser.sign_in()
    refuse(browser, sites, AWAY)


def test_nobody_sends_us_on_to_another_address(sites, provider):
    provider.description = {"jwks_uri": f"{provider.issuer}/moved"}
    browser = sites.browser()
    browser.sign_in()
    refuse(browser, sites, AWAY)


def test_a_provider_that_is_down(sites, provider, monkeypatch):
    monkeypatch.setattr(client, "CONNECT_WITHIN_S", 0.5)
    browser = sites.browser()
    provider.is_broken_at = "/.well-known/openid-configuration"
    assert browser.get("/school-sign-in").location == "/sign-in"
    refuse(browser, sites, AWAY)


def test_nothing_answers_where_the_provider_was(open_sites, provider, monkeypatch):
    monkeypatch.setattr(provider, "issuer", "https://localhost:9")
    sites = open_sites()
    browser = sites.browser()
    assert browser.get("/school-sign-in?next=/report").location == "/sign-in?next=/report"
    refuse(browser, sites, AWAY)


@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_a_provider_that_breaks_on_the_way_back(sites, provider, path):
    browser = sites.browser()
    back = browser.go_there()
    provider.is_broken_at = path
    browser.get(back)
    refuse(browser, sites, AWAY)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("how", ["hangs_at", "trickles_at"])
def test_a_provider_that_hangs_is_given_up(sites, provider, monkeypatch, path, how):
    monkeypatch.setattr(client, "ANSWER_WITHIN_S", 0.4)
    setattr(provider, how, path)
    browser, began = sites.browser(), time.monotonic()
    address = browser.get("/school-sign-in").location
    if address.startswith("https://"):
        browser.get(provider.visit(address, "asha at the provider"))
    assert time.monotonic() - began < 20  # a byte each 0.1 s would take longer
    refuse(browser, sites, AWAY)


def test_a_provider_that_hangs_holds_a_few_threads_and_no_more(sites, provider, monkeypatch):
    monkeypatch.setattr(client, "ANSWER_WITHIN_S", 20.0)
    provider.hangs_at = "/.well-known/openid-configuration"
    browser, *others = (sites.browser() for _ in range(client.AT_ONCE + 1))
    waiting = [threading.Thread(target=other.get, args=("/school-sign-in",)) for other in others]
    for each in waiting:
        each.start()
    while len(provider.asked) < client.AT_ONCE:
        time.sleep(0.01)
    assert browser.get("/school-sign-in").location == "/sign-in"
    assert all(each.is_alive() for each in waiting)
    provider.hangs_at = ""
    for each in waiting:
        each.join()
    assert AWAY in browser.told()


def test_wrong_answers_make_a_network_address_wait_and_no_account(sites, provider):
    provider.claims = {"nonce": "another"}
    browser = sites.browser()
    for _ in range(FREE_TRIES_OF_AN_ADDRESS + 1):
        browser.sign_in()
    provider.claims = {}
    browser.sign_in()
    assert "Too many wrong tries." in browser.told()
    assert sites.browser().type_password(sites.password).is_in()
    assert [each.subject for each in entries(sites.toolbox, "slow down tries")] == ["127.0.0.1"]


def test_a_provider_that_is_away_makes_nobody_wait(sites, provider):
    browser = sites.browser()
    for _ in range(FREE_TRIES_OF_AN_ADDRESS + 2):
        back = browser.go_there()
        provider.is_broken_at = "/token"
        browser.get(back)
        provider.is_broken_at = ""
    assert AWAY in browser.told()
    browser.sign_in()
    assert browser.is_in()


def test_a_new_key_of_the_provider_is_asked_for(sites, provider):
    sites.browser().sign_in()
    old, provider.key = provider.key, RSAKey.generate_key(2048, parameters={"kid": "second", "use": "sig"})
    try:
        browser = sites.browser()
        browser.sign_in()
        assert browser.is_in()
    finally:
        provider.key = old
