"""What the office sees and does: the page of what to register, turning it on, and undoing a tie."""

import pytest

from admin_site import create_app
from shared.persistence.tables import SchoolAccount
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.school_sign_in.conftest import SITES
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD, open_office


def test_the_page_says_what_to_register(sites):
    browser = sites.browser("office").type_password(ADMIN_PASSWORD)
    page = browser.open("/integrations/school-sign-in").main.get_text(" ", strip=True)
    for site in SITES.values():
        assert f"{site}/school-sign-in/back" in page
    assert "openid email profile" in page
    assert "It is on." in page
    assert "Google does not take" not in page


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("https://192.168.1.20:4555", False),
        ("https://[fd00::1]", False),
        ("http://attendance.school.example", False),
        ("https://attendance", False),
        ("https://attendance.school.example", True),
        ("https://localhost:4555", True),
    ],
)
def test_the_page_says_where_google_needs_a_real_host_name(sqlite_url, tmp_path, address, is_taken):
    google = {
        "SCHOOL_SIGN_IN": "google",
        "SCHOOL_SIGN_IN_DOMAIN": "school.example",
        "SCHOOL_SIGN_IN_CLIENT_ID": "attendance",
        "SCHOOL_SIGN_IN_CLIENT_SECRET": "a secret of the tests",
        "TEACHER_SITE_URL": address,
    }
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url, **google))
    open_office(toolbox)
    client = create_app(toolbox=toolbox).test_client()
    _sign_in(client)
    page = client.get("/integrations/school-sign-in", base_url=SITES["office"]).text
    assert (f"Google does not take {address}" in page) is not is_taken
    assert "a secret of the tests" not in page
    toolbox.engine.dispose()


def test_it_cannot_be_turned_on_without_a_provider(sqlite_url, tmp_path):
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url))
    open_office(toolbox)
    client = create_app(toolbox=toolbox).test_client()
    _sign_in(client)
    assert "Turn on School sign-in" not in client.get("/integrations", base_url=SITES["office"]).text
    answer = _post(client, "/integrations/school-sign-in/turn/1")
    assert answer.location == "/integrations/school-sign-in"
    page = client.get("/integrations/school-sign-in", base_url=SITES["office"]).text
    assert "Please set SCHOOL_SIGN_IN first" in page
    assert "It is on." not in page
    toolbox.engine.dispose()


@pytest.mark.parametrize("site", SITES)
def test_a_tie_is_seen_and_undone_on_the_page_of_its_account(sites, site):
    sites.browser(site).sign_in()
    office = sites.browser("office").type_password(ADMIN_PASSWORD)
    pages = {
        "classroom": f"/teachers/{sites.ids['teacher']}/edit",
        "office": f"/admins/{sites.actor.account_id}",
    }
    page = office.open(pages[site])
    form = page.find("button", string="Undo the tie").find_parent("form")
    answer = office.post(form["action"])
    assert answer.location == pages[site]
    assert "Undo the tie" not in office.open(pages[site]).get_text()
    with sites.toolbox.reading() as session:
        assert session.query(SchoolAccount).count() == 0


def test_undoing_a_tie_asks_for_the_password(sites):
    browser = sites.browser("office")
    browser.sign_in()
    answer = browser.post(f"/admins/{sites.actor.account_id}/untie")
    assert answer.location.startswith("/password-again")
    assert browser.is_in()


def _sign_in(client) -> None:
    answer = _post(client, "/sign-in", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    assert answer.location == "/"


def _post(client, path, **fields):
    page = client.get("/sign-in", base_url=SITES["office"], follow_redirects=True).text
    fields["csrf_token"] = page.split('name="csrf-token" content="')[1].split('"')[0]
    headers = {"Referer": SITES["office"] + "/"}
    return client.post(path, base_url=SITES["office"], data=fields, headers=headers)
