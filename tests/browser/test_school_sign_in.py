"""The whole way to the school's provider and back in a real browser, and the phone that it does not open."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from passlib.totp import TOTP
from playwright.sync_api import expect

from admin_site import create_app as create_office
from shared.domain.school_account import Provider, ProviderKind
from shared.persistence.tables import Integration, KioskPass
from shared.security import one_time_codes
from shared.services.accounts import second_factor
from shared.services.integrations.choices import set_on
from shared.services.kiosk.passes import end_pass
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom
from tests.conftest import settings_for
from tests.support.browsing import find_small_targets, note_refusals, refuse_barriers, served
from tests.support.office import ADMIN_EMAIL, open_office
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.support.school import TEACHER_EMAIL, found_school

PHONE, COMPUTER = (360, 740), (1366, 768)
BUTTON = "Sign in with your school account"


@pytest.fixture
def provider(tmp_path, monkeypatch):
    with OpenIdProvider(tmp_path / "provider").serve() as provider:
        provider.add("asha", TEACHER_EMAIL)
        provider.add("anita", ADMIN_EMAIL)
        provider.add("stranger", "stranger@school.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(provider.authority))
        yield provider


@pytest.fixture
def toolbox(sqlite_url, tmp_path, provider):
    """Both sites' toolbox, at addresses that the provider sends people back to."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        office, classroom = (f"http://localhost:{each.getsockname()[1]}" for each in (one, other))
    settings = settings_for(tmp_path, sqlite_url, ADMIN_SITE_URL=office, TEACHER_SITE_URL=classroom)
    told = Provider(ProviderKind.OPENID, provider.issuer, CLIENT_ID, CLIENT_SECRET)
    toolbox = Toolbox(replace(settings, school_provider=told))
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def open_page(open_chromium):
    """Opens a browser of a size at a site; what its security policy refuses fails the test at its end."""
    refusals = []

    def open_one(address, size=PHONE):
        viewport = {"width": size[0], "height": size[1]}
        context = open_chromium().new_context(
            base_url=address, viewport=viewport, ignore_https_errors=True, bypass_csp=False
        )
        page = context.new_page()
        refusals.append(note_refusals(page))
        page.goto("/sign-in")
        return page

    yield open_one
    assert [refusal for said in refusals for refusal in said] == []


def go_there(page, email):
    page.get_by_role("link", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Who is it?")).to_be_visible()
    page.get_by_role("button", name=email).click()


def test_a_teacher_signs_in_hands_the_phone_round_and_it_stays_closed(toolbox, open_page, provider):
    school = found_school(toolbox)
    set_on(toolbox, school.actor, Integration.SCHOOL_SIGN_IN, on=True)
    address = toolbox.settings.teacher_site_url
    with served(create_classroom(toolbox=toolbox), port=int(address.rsplit(":")[-1])):
        phone = open_page(address)
        assert find_small_targets(phone) == []
        go_there(phone, "stranger@school.example")
        expect(phone.locator(".alert")).to_contain_text("There is no account here with the address stranger@")
        go_there(phone, TEACHER_EMAIL)
        expect(phone.get_by_role("heading", name="My classes")).to_be_visible()

        lecture = f"/lectures/{school.ids['lecture']}/kiosk"
        phone.goto(lecture)
        expect(phone.locator("main")).to_contain_text("does not take the phone back")
        phone.get_by_role("button", name="Start the check-in").click()
        expect(phone).to_have_url("/kiosk")
        phone.goto("/school-sign-in")
        expect(phone).to_have_url("/kiosk")

        with toolbox.reading() as session:
            pass_id = session.query(KioskPass).one().id
        phone.goto("about:blank")  # the kiosk's page, without its pass, would load itself again just then
        end_pass(toolbox, school.actor, pass_id)
        phone.goto("/sign-in")
        phone.goto("/sign-in")
        expect(phone.locator("main")).to_contain_text("it asks for your password once")
        expect(phone.get_by_role("link", name=BUTTON)).to_have_count(0)

        cleared = open_page(address)
        go_there(cleared, TEACHER_EMAIL)
        expect(cleared.locator(".alert")).to_contain_text("A phone of yours was handed round")


def test_an_admin_types_the_apps_code_and_confirms_a_sensitive_action_at_the_provider(
    toolbox, open_page, provider
):
    office = open_office(toolbox)
    set_on(toolbox, office.actor, Integration.SCHOOL_SIGN_IN, on=True)
    secret, before = one_time_codes.new_secret(), toolbox.now() - timedelta(seconds=30)
    code = TOTP(key=secret).generate(before.timestamp()).token
    second_factor.turn_on(toolbox, office.actor, secret=secret, code=code)
    address = toolbox.settings.admin_site_url
    with served(create_office(toolbox=toolbox), port=int(address.rsplit(":")[-1])):
        desk = open_page(address, COMPUTER)
        go_there(desk, ADMIN_EMAIL)
        expect(desk.get_by_label("Code")).to_be_focused()
        desk.get_by_label("Code").fill(TOTP(key=secret).generate(toolbox.now().timestamp()).token)
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("link", name="Anita Desai")).to_be_visible()

        desk.goto("/teachers/new")
        desk.get_by_role("link", name="Confirm with your school account instead").click()
        desk.get_by_role("button", name=ADMIN_EMAIL).click()
        expect(desk).to_have_url("/teachers/new")
        expect(desk.locator(".alert")).to_contain_text("Thank you. You can go on now.")


def test_the_pages_shut_nobody_out(toolbox, open_chromium, provider):
    office = open_office(toolbox)
    set_on(toolbox, office.actor, Integration.SCHOOL_SIGN_IN, on=True)
    address = toolbox.settings.admin_site_url
    with served(create_office(toolbox=toolbox), port=int(address.rsplit(":")[-1])):
        page = (
            open_chromium()
            .new_context(
                base_url=address,
                viewport={"width": PHONE[0], "height": PHONE[1]},
                ignore_https_errors=True,
                bypass_csp=True,
            )
            .new_page()
        )
        page.goto("/sign-in")
        refuse_barriers(page)
        go_there(page, ADMIN_EMAIL)
        expect(page.get_by_role("link", name="Office")).to_be_visible()
        for path in ("/integrations/school-sign-in", "/integrations", "/password-again", "/password"):
            page.goto(path)
            refuse_barriers(page)
