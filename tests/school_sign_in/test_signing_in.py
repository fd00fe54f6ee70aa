"""The whole way to the provider and back, on both sites: who comes in, how, and what is kept of it."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import update

from shared.domain.school_account import ProviderKind
from shared.persistence.tables import Admin, Integration, SchoolAccount, SignIn, Teacher
from shared.services.accounts import lifecycle
from shared.services.accounts.school_accounts import untie
from shared.services.integrations.choices import set_on
from shared.services.people.registration import set_teacher_active
from tests.school_sign_in.conftest import ADDRESS_OF, SITES, SUBJECT_OF, entries
from tests.support.openid_provider import CLIENT_ID, DOMAIN
from tests.support.school import TEACHER_EMAIL


@pytest.mark.parametrize("kind", ProviderKind)
@pytest.mark.parametrize("site", SITES)
def test_who_has_an_account_comes_in_and_is_tied_to_it(open_sites, provider, site, kind):
    provider.look_like(kind)
    sites = open_sites(kind)
    browser = sites.browser(site)
    assert not browser.is_in()
    assert browser.sign_in().location == "/"
    assert browser.is_in()
    with sites.toolbox.reading() as session:
        tie = session.query(SchoolAccount).one()
        assert session.query(SignIn).one().by_school_account
    subject = "o7" if kind is ProviderKind.MICROSOFT else SUBJECT_OF[site]
    assert (tie.site, tie.subject, tie.email) == (site, subject, ADDRESS_OF[site])
    (tied,), (signed_in,) = (entries(sites.toolbox, action) for action in ("tie school account", "sign in"))
    assert (tied.subject, tied.after["school account"]) == (ADDRESS_OF[site], ADDRESS_OF[site])
    assert tied.after["provider"] == provider.issuer
    assert signed_in.after["by"] == "school account"


def test_the_way_there_carries_state_nonce_and_pkce_and_no_secret(sites, provider):
    asked = parse_qs(urlsplit(sites.browser().leave()).query)
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == [CLIENT_ID]
    assert asked["redirect_uri"] == ["https://localhost:4545/school-sign-in/back"]
    assert asked["scope"] == ["openid email profile"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert "secret" not in str(asked)
    assert sites.browser().leave() != sites.browser().leave()


@pytest.mark.parametrize(
    ("kind", "wishes"),
    [
        (ProviderKind.GOOGLE, {"prompt": ["select_account"], "hd": [DOMAIN]}),
        (ProviderKind.MICROSOFT, {"prompt": ["select_account"]}),
        (ProviderKind.OPENID, {}),
    ],
)
def test_people_may_choose_among_the_accounts_of_a_shared_browser(open_sites, kind, wishes):
    asked = parse_qs(urlsplit(open_sites(kind).browser().leave()).query)
    assert {name: asked[name] for name in ("prompt", "hd") if name in asked} == wishes


def test_passwords_go_on_working_beside_it(sites):
    page = sites.browser().open("/sign-in")
    assert page.find("a", string="Sign in with your school account")["href"] == "/school-sign-in"
    sites.browser().sign_in()
    assert sites.browser().type_password(sites.password).is_in()


def test_where_it_is_off_there_is_no_trace_of_it(sites, provider):
    signed_in = sites.browser()
    signed_in.sign_in()
    set_on(sites.toolbox, sites.actor, Integration.SCHOOL_SIGN_IN, on=False)
    browser = sites.browser()
    assert not signed_in.is_in()  # who came that way is signed out
    assert "school account" not in browser.open("/sign-in").get_text()
    for path in ("/school-sign-in", "/school-sign-in/back?state=x&code=y"):
        assert browser.get(path).status_code == 404


def test_somebody_without_an_account_is_told_and_none_is_made(sites, provider):
    provider.add("a stranger", "stranger@school.example")
    browser = sites.browser()
    assert browser.sign_in("a stranger").location == "/sign-in"
    assert "There is no account here with the address stranger@school.example." in browser.told()
    assert not browser.is_in()
    with sites.toolbox.reading() as session:
        assert session.query(Teacher).count() == 1
        assert session.query(SchoolAccount).count() == 0
    assert "prompt=login" in browser.leave()  # or the provider would bring the same person again
    assert "prompt=login" not in browser.leave()


def test_an_admin_is_nobody_in_the_classroom(sites):
    browser = sites.browser("classroom")
    browser.sign_in(SUBJECT_OF["office"])
    assert "There is no account here" in browser.told()


def test_an_address_that_the_provider_has_not_verified_ties_nothing(sites, provider):
    for said in (False, None, "true"):
        provider.claims = {"email_verified": said}
        browser = sites.browser()
        browser.sign_in()
        assert f"does not confirm that the address {TEACHER_EMAIL} is yours" in browser.told()
        assert not browser.is_in()
    provider.left_out = {"email"}
    provider.claims = {}
    browser = sites.browser()
    browser.sign_in()
    assert "does not tell your e-mail address" in browser.told()


def test_who_is_tied_needs_no_address_any_more(sites, provider):
    sites.browser().sign_in()
    provider.claims = {"email": "married@school.example", "email_verified": False}
    browser = sites.browser()
    browser.sign_in()
    assert browser.is_in()


def test_another_person_with_the_address_of_a_tied_account_is_refused(sites, provider):
    sites.browser().sign_in()
    provider.add("the next one with this address", TEACHER_EMAIL)
    browser = sites.browser()
    browser.sign_in("the next one with this address")
    assert f"The account {TEACHER_EMAIL} is tied to another account of the school." in browser.told()
    assert not browser.is_in()


def test_who_is_tied_never_comes_in_as_somebody_else_whatever_their_address(sites, provider):
    lifecycle.create_teacher(sites.toolbox, sites.actor, email="ravi@school.example", name="Ravi")
    sites.browser().sign_in()
    provider.claims = {"email": "ravi@school.example"}
    browser = sites.browser()
    browser.sign_in()
    assert browser.is_in()
    with sites.toolbox.reading() as session:
        assert session.query(SchoolAccount).count() == 1
        assert {each.account_id for each in session.query(SignIn)} == {sites.ids["teacher"]}


def test_the_office_undoes_a_tie_which_signs_out_and_lets_the_next_one_tie(sites, provider):
    first, by_password = sites.browser(), sites.browser()
    first.sign_in()
    by_password.type_password(sites.password)
    untie(sites.toolbox, sites.actor, site="classroom", account_id=sites.ids["teacher"])
    assert not first.is_in()
    assert by_password.is_in()
    (entry,) = entries(sites.toolbox, "untie school account")
    assert (entry.subject, entry.before) == (TEACHER_EMAIL, {"school account": TEACHER_EMAIL})
    provider.add("the next one with this address", TEACHER_EMAIL)
    browser = sites.browser()
    browser.sign_in("the next one with this address")
    assert browser.is_in()


@pytest.mark.parametrize("is_tied", [True, False])
@pytest.mark.parametrize("site", SITES)
def test_a_deactivated_account_stays_out(sites, site, is_tied):
    if is_tied:
        sites.browser(site).sign_in()
    with sites.toolbox.sessions.begin() as session:
        session.execute(update(Admin if site == "office" else Teacher).values(active=False))
    browser = sites.browser(site)
    browser.sign_in()
    assert "This account is deactivated." in browser.told()
    assert not browser.is_in()
    with sites.toolbox.reading() as session:
        assert session.query(SchoolAccount).count() == is_tied


def test_deactivating_ends_a_sign_in_by_a_school_account(sites):
    browser = sites.browser()
    browser.sign_in()
    set_teacher_active(sites.toolbox, sites.actor, sites.ids["teacher"], active=False)
    assert not browser.is_in()


def test_a_first_time_password_that_nobody_uses_is_not_asked_to_be_changed(sites):
    lifecycle.renew_password(sites.toolbox, sites.actor, Teacher, TEACHER_EMAIL)
    browser = sites.browser()
    browser.sign_in()
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/report", "/report"),
        ("/report?day=2026-11-26", "/report?day=2026-11-26"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_whoever_wanted_a_page_comes_to_it_and_never_to_another_site(sites, asked, led_to):
    browser = sites.browser()
    answer = browser.sign_in(path=f"/school-sign-in?{_query(next=asked)}")
    assert answer.location == led_to


def test_a_page_that_was_asked_for_is_not_lost_by_a_refusal(sites, provider):
    provider.claims = {"email_verified": False}
    answer = sites.browser().sign_in(path="/school-sign-in?next=/report")
    assert answer.location == "/sign-in?next=/report"
    page = sites.browser().open("/report")
    assert page.find("a", string="Sign in with your school account")["href"] == "/school-sign-in?next=/report"


def _query(**fields: str) -> str:
    return urlencode(fields)
