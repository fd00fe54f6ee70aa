"""The mail page in a real browser: it follows the letters by itself and fits a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from shared.domain.attendance import MarkStatus
from shared.services.family_mail.delivery import deliver_mail
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.browsing import find_barriers, note_complaints, served
from tests.support.families import add_families, give_addresses, mail_variables, mark_and_close
from tests.support.school import TEACHER_EMAIL

LONG = f"{'a.very.long.address.' * 3}x@{'long-' * 10}home.co.in"


@pytest.fixture
def toolbox(database_url, make_settings, mail_server) -> Iterator[Toolbox]:
    """With a mail server, and with the real clock, by which the page in the browser goes."""
    toolbox = Toolbox(make_settings(database_url, **mail_variables(mail_server)))
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def address(toolbox, school) -> Iterator[str]:
    """The mail page of a closed lecture, served on this machine."""
    add_families(toolbox, school, 5)
    give_addresses(toolbox, school.ids["meera"], "meera@gmial.com", LONG)
    give_addresses(toolbox, school.ids["ravi"], "nowhere", "patil@home.in", language="hi")
    mark_and_close(toolbox, school, meera=MarkStatus.PRESENT)
    with served(create_app(toolbox=toolbox)) as site:
        yield f"{site}/lectures/{school.ids['lecture']}/mail"


def open_page(browser, address: str, password: str, width: int) -> Page:
    """The signed-in teacher's page. Axe is handed to it as a string, which our own policy forbids."""
    page = browser.new_context(viewport={"width": width, "height": 740}, bypass_csp=True).new_page()
    page.goto(address)
    page.locator("[name=email]").fill(TEACHER_EMAIL)
    page.locator("[name=password]").fill(password)
    page.locator("main button").click()
    page.goto(address)
    return page


def complaints(page: Page) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    return find_barriers(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_follows_the_letters_and_says_what_is_left(
    address,
    toolbox,
    school,
    mail_server,
    open_chromium,
    width,
):
    page = open_page(open_chromium(), address, school.password, width)
    assert complaints(page) == []
    page.get_by_role("button", name="Send 8 letters").click()
    expect(page.get_by_role("status")).to_have_text("8 queued")
    assert complaints(page) == []

    mail_server.answer = lambda to: "550 no such user" if to == ["meera@gmial.com"] else "250 kept"
    deliver_mail(toolbox, 0, 0)
    expect(page.get_by_role("status")).to_have_text("7 sent, 1 refused", timeout=30_000)
    expect(page.get_by_role("button", name="Try the refused ones again")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("The mail server said: 550 no such user")).to_be_visible()
    assert complaints(page) == []


def test_the_page_keeps_its_own_security_policy(address, school, open_chromium):
    page = open_chromium().new_page()
    said = note_complaints(page)
    page.goto(address)
    page.locator("[name=email]").fill(TEACHER_EMAIL)
    page.locator("[name=password]").fill(school.password)
    page.locator("main button").click()
    page.goto(address, wait_until="networkidle")
    page.get_by_role("button", name="Send 8 letters").click()
    with page.expect_response("**/mail/progress"):
        pass
    assert said == []
