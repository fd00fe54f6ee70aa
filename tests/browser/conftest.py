"""The classroom's site in a thread, and browsers; the matcher sees nobody until told otherwise."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from shared.domain.photo_verdict import PhotoVerdict
from shared.toolbox import Toolbox
from shared.vision.faces import FaceReading
from teacher_site import create_app
from tests.support.browsing import note_refusals, served
from tests.support.pictures import jpeg, wall
from tests.support.school import TEACHER_EMAIL, enrol, found_school
from tests.support.stand_ins import stand_in

PHONE = (360, 640)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def school(toolbox: Toolbox) -> SimpleNamespace:
    """The school; its matcher sees nobody."""
    school = found_school(toolbox, must_change_password=False)
    enrol(toolbox, school.ids["meera"], [[1.0] + [0.0] * 127] * 3)
    matcher = SimpleNamespace(describe_fast=lambda rgb: FaceReading(PhotoVerdict.NO_FACE))
    stand_in(toolbox, face_matcher=matcher)
    return school


@pytest.fixture
def address(toolbox: Toolbox, school: SimpleNamespace) -> Iterator[str]:
    with served(create_app(toolbox=toolbox)) as address:
        yield address


@pytest.fixture
def shown() -> list[bytes]:
    """What a phone's camera shows, picture after picture."""
    return [jpeg(wall())] * 2


@pytest.fixture
def open_page(
    open_chromium: Callable, address: str, school: SimpleNamespace, shown: list[bytes]
) -> Iterator[Callable[..., Page]]:
    """Opens a browser of a size, signed in; what its security policy refuses fails the test at its end."""
    refusals: list[list[str]] = []

    def open_one(size: tuple[int, int] = PHONE, *, camera: bool = True) -> Page:
        browser = open_chromium(camera=shown if camera else None)
        viewport = {"width": size[0], "height": size[1]}
        page: Page = browser.new_context(base_url=address, viewport=viewport).new_page()
        refusals.append(note_refusals(page))
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(TEACHER_EMAIL)
        page.get_by_label("Password").fill(school.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="My classes")).to_be_visible()
        return page

    yield open_one
    assert [refusal for said in refusals for refusal in said] == []


@pytest.fixture
def hand_round(open_page: Callable, school: SimpleNamespace) -> Callable[..., Page]:
    """Opens a phone and hands it round."""

    def open_one(size: tuple[int, int] = PHONE, **how) -> Page:
        page = open_page(size, **how)
        page.goto(f"/lectures/{school.ids['lecture']}/kiosk")
        page.get_by_role("button", name="Start the check-in").click()
        expect(page).to_have_url("/kiosk")
        page.wait_for_load_state()  # the address is new before anything of the page is there
        return page

    return open_one


def wait_for_the_camera(page: Page) -> None:
    page.evaluate(
        """() => new Promise((seen) => {
            const look = () => (document.querySelector("video").videoWidth ? seen() : setTimeout(look, 20));
            look();
        })"""
    )
