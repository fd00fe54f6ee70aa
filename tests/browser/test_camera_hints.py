"""What the pages say of the camera's picture before the snap; the rules alone: tests/test_snap_hints.py."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from admin_site import create_app
from shared.settings import PROJECT_DIR
from tests.browser.conftest import PHONE
from tests.browser.test_kiosk_screens import COMPUTER, TURN, answer_with, enter
from tests.support.browsing import note_refusals, refuse_barriers, served
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD, agree, open_office
from tests.support.pictures import before_a_wall, jpeg

FAR, READY, ASIDE, NEAR = (0.2, 0.5), (0.7, 0.5), (0.7, 0.25), (1.7, 0.5)


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> list[bytes]:
    """Somebody as far away and as far aside as the test says."""
    scale, across = request.param
    return [jpeg(before_a_wall("obama2.jpg", scale=scale, at=(across, 0.46)))] * 2


@pytest.fixture
def open_page(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a browser as before, whose pages take this machine for quick enough, whatever else it does."""

    def open_one(*args, **how) -> Page:
        page = open_page(*args, **how)
        be_patient(page)
        return page

    return open_one


def be_patient(page: Page) -> None:
    script = (PROJECT_DIR / "shared/web/static/camera-hints.js").read_text(encoding="utf-8")
    patient = re.sub(r"(SLOW|LOST)_MS = [\d_]+", r"\1_MS = 60_000", script)
    assert patient != script
    page.route(
        "**/camera-hints.js",
        lambda route: route.fulfill(body=patient, content_type="text/javascript"),
    )


@pytest.mark.parametrize(
    ("shown", "size", "hint", "words"),
    [
        (FAR, PHONE, "closer", "Come a little closer."),
        (ASIDE, COMPUTER, "left", "Move into the outline, to the left."),
        (NEAR, PHONE, "back", "A little further away, please."),
    ],
    indirect=["shown"],
)
def test_what_a_photo_would_lack_is_told_before_the_snap(hand_round, size, hint, words):
    page = hand_round(size)
    expect(page.locator("#hint")).to_have_text(words)
    expect(page.locator("#outline")).to_have_attribute("data-hint", hint)
    arrow = page.locator("#outline .arrow")
    expect(arrow).to_be_visible() if hint == "left" else expect(arrow).to_be_hidden()
    refuse_barriers(page)
    page.get_by_role("button", name="हिन्दी").click()
    expect(page.locator("#hint")).not_to_have_text(words)
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Take the photo").click()  # nothing is in its way
    expect(page.locator("#hint")).to_have_text("Photo taken.")
    expect(page.locator("#outline")).to_have_attribute("data-hint", "")
    page.get_by_role("button", name="Take the photo again").click()
    expect(page.locator("#hint")).to_have_text(words)


@pytest.mark.parametrize("shown", [READY], indirect=True)
def test_when_all_is_well_the_outline_says_so_and_a_turn_of_the_head_is_left_alone(hand_round):
    page = hand_round()
    outline = page.locator("#outline")
    line = outline.locator("ellipse:not(.shade)")
    expect(page.locator("#hint")).to_have_text("Ready for the photo.")
    expect(outline.locator("path.tick")).to_be_visible()
    expect(line).to_have_css("stroke-dasharray", "none")  # not by its colour alone
    answer_with(page, TURN)
    enter(page)
    expect(page.get_by_role("region", name="Turn your head")).to_be_visible()
    expect(outline).to_have_attribute("data-hint", "")
    expect(line).not_to_have_css("stroke-dasharray", "none")
    expect(page.locator("#hint")).to_be_hidden()


@pytest.mark.parametrize("shown", [READY], indirect=True)
def test_without_the_face_finder_the_page_is_as_it_was(open_page, school):
    page = open_page()
    page.route("**/face-finder.bin", lambda route: route.abort())
    page.goto(f"/lectures/{school.ids['lecture']}/kiosk")
    with page.expect_event("requestfailed", lambda request: "face-finder.bin" in request.url):
        page.get_by_role("button", name="Start the check-in").click()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("#hint")).to_have_text("Photo taken.")
    enter(page)
    expect(page.locator("#answer")).to_contain_text("No face seen")


@pytest.mark.parametrize("shown", [FAR], indirect=True)
def test_the_office_is_told_too(toolbox, open_chromium, shown):
    office = open_office(toolbox)
    agree(toolbox, office, office.meera)
    with served(create_app(toolbox=toolbox)) as base:
        page = open_chromium(camera=shown).new_context(base_url=base).new_page()
        refusals = note_refusals(page)
        be_patient(page)
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(ADMIN_EMAIL)
        page.get_by_label("Password").fill(ADMIN_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"/students/{office.meera}/enrolment")
        expect(page.get_by_role("status").filter(has_text="Come a little closer.")).to_be_visible()
        refuse_barriers(page)
        assert refusals == []
