"""Every page of both sites in a real browser: its security policy refuses nothing, and nobody is shut out."""

import shutil
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page

from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.browsing import AXE, REFUSED, find_barriers, find_small_targets, note_complaints, served
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.school import TEACHER_EMAIL
from tests.support.town import address, open_town, routes

# Downloads, pictures, answers for scripts, and what ends or leaves the page that is looked at.
NO_PAGES = {
    *("static", "shared.static", "bootstrap.static", "security.static"),
    *("shared.certificate", "shared.authority", "shared.is_alive", "shared.is_ready", "shared.is_signed_in"),
    *(
        "attendance.picture",
        "spoof_check.show_mistake",
        "enrolment.show_job",
        "class_photos.show_picture",
        "decisions.picture",
    ),
    *("family_mail.progress", "live.follow", "sheets.download", "totals.download", "roster.template"),
    *("timetable.template", "plan.calendar", "moodle.marks", "moodle.sessions"),
    *("kiosk.page", "kiosk.status", "kiosk.leave"),
}
# What the browser itself says when a page is answered with a failure, which some of these are.
ANSWERED = "Failed to load resource: the server responded with a status of"
# Pages that are waited for at once.
TABS = 5


@pytest.fixture(scope="module")
def town(migrated_sqlite, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """The school of all tests here: looking at a page changes nothing on it."""
    folder = tmp_path_factory.mktemp("town")
    database = shutil.copyfile(migrated_sqlite, folder / "attendance.sqlite3")
    toolbox = Toolbox(settings_for(folder, f"sqlite:///{database}"))
    yield open_town(toolbox)
    toolbox.engine.dispose()


def open_page(browser: Browser, town: SimpleNamespace, site: str, base: str, width: int, **how: bool) -> Page:
    """A signed-in page of a browser with a window of its own."""
    page = browser.new_context(viewport={"width": width, "height": 740}, **how).new_page()
    page.goto(f"{base}/sign-in")
    who = (
        (ADMIN_EMAIL, ADMIN_PASSWORD) if site == "office" else (TEACHER_EMAIL, town.passwords[TEACHER_EMAIL])
    )
    page.locator("[name=email]").fill(who[0])
    page.locator("[name=password]").fill(who[1])
    page.locator("main button").click()
    page.wait_for_url(f"{base}/")
    return page


def pages(town: SimpleNamespace, site: str) -> list[str]:
    """The address of every page of a site, and of one that is not there."""
    found = [
        address(rule, town.ids)
        for endpoint, method, rule in routes(town.apps[site])
        if method == "GET" and endpoint not in NO_PAGES
    ]
    assert len(found) > 10
    return [*found, "/no/such/page"]


@pytest.mark.parametrize("site", ["office", "classroom"])
def test_no_page_breaks_its_own_security_policy_or_fails_in_its_script(town, open_chromium, site):
    with served(town.apps[site]) as base:
        first = open_page(open_chromium(), town, site, base, 1280)
        tabs = [first, *(first.context.new_page() for _ in range(TABS - 1))]
        said = [note_complaints(tab) for tab in tabs]
        found, waiting = {}, pages(town, site)
        while waiting:
            opened, waiting = waiting[:TABS], waiting[TABS:]
            for tab, path in zip(tabs, opened, strict=False):
                tab.goto(base + path)
            first.wait_for_timeout(300)  # a page that asks every few seconds is never idle
            for lines, path in zip(said, opened, strict=False):
                found[path] = [line for line in lines if not line.startswith(ANSWERED)]
                lines.clear()
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_breach_of_the_policy_and_a_barrier_would_be_seen(town, open_chromium):
    with served(town.apps["office"]) as base:
        page = open_page(open_chromium(), town, "office", base, 1280)
        said = note_complaints(page)
        page.goto(f"{base}/students")
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"https://evil.example/x.png\">')"
        )
        page.wait_for_timeout(300)
        barriers = find_barriers(page)
    assert any(line.startswith(f"{REFUSED} img-src https://evil.example") for line in said)
    assert [line.split(":")[0] for line in barriers] == ["image-alt"]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("site", ["office", "classroom"])
def test_no_page_sticks_out_is_small_to_the_finger_or_shuts_anybody_out(town, open_chromium, site, width):
    with served(town.apps[site]) as base:
        page = open_page(open_chromium(), town, site, base, width, bypass_csp=True)
        page.add_init_script(AXE)  # a hundred pages have it by themselves
        found = {}
        for path in pages(town, site):
            page.goto(base + path)
            found[path] = find_barriers(page) + (find_small_targets(page) if width == 360 else [])
    assert {path: lines for path, lines in found.items() if lines} == {}
