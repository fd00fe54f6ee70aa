"""Pages of a busy office in a real browser: nothing sticks out, nothing is inaccessible."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from admin_site import create_app
from shared.jobs.worker import run_job
from shared.persistence import faces
from shared.services.faces import enrolment
from shared.vision.photo_files import FILE
from tests.support.browsing import find_barriers, served
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD, add_student, agree, give_offer, photo_of

# What looks otherwise in a busy office; tests/browser/test_every_page.py opens every page of both sites.
ADDRESSES = [
    "/",
    "/students",
    "/students?q=nobody",
    "/students/1",
    "/students/1/consent",
    "/students/1/enrolment",
    "/students/2/enrolment",
    "/students/3",
    "/notice?language=hi",
]


@pytest.fixture
def address(office) -> Iterator[str]:
    with served(create_app(toolbox=office.toolbox)) as address:
        yield address


@pytest.fixture
def busy_office(office) -> None:
    """One student is enrolled, one has long names, one has consent."""
    agree(office.toolbox, office, office.meera, office.ravi)
    enrolment.add_photo(office.toolbox, office.actor, office.meera, file_name="a", content=photo_of("meera"))
    run_job(office.toolbox, enrolment.start_training(office.toolbox, office.actor, office.meera))
    with office.toolbox.sessions.begin() as session:
        faces.save_near_matches(session, office.meera, {office.ravi: 0.97})
    give_offer(office)
    long = {"parent1_email": f"{'long' * 15}@{'home' * 12}.example"}
    add_student(office.toolbox, office, "Wolfeschlegelsteinhausenbergerdorff" * 3, "1" * 64, **long)


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.locator("[name=email]").fill(ADMIN_EMAIL)
    page.locator("[name=password]").fill(ADMIN_PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(f"{address}/")


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_sticks_out_and_axe_finds_nothing_serious(address, busy_office, open_chromium, width):
    # Axe is handed to the page as a string, which our own policy forbids.
    context = open_chromium().new_context(viewport={"width": width, "height": 740}, bypass_csp=True)
    page = context.new_page()
    sign_in(page, address)
    found = {}
    for path in ADDRESSES:
        page.goto(address + path, wait_until="networkidle")
        complaints = find_barriers(page)
        if complaints:
            found[path] = complaints
    assert found == {}


def test_a_refused_camera_is_explained_and_the_phones_own_offered(address, busy_office, open_chromium):
    page = open_chromium().new_page()
    sign_in(page, address)
    page.goto(f"{address}/students/2/enrolment")
    expect(page.locator("#refused-title")).to_have_text("No camera was found.")
    expect(page.locator("#own")).to_be_visible()
    page.locator("#files").set_input_files(
        [
            {"name": "1.png", "mimeType": "image/png", "buffer": photo_of("ravi", number)}
            for number in range(2)
        ]
    )
    expect(page.locator("#verdict")).to_have_text("2 of 2 photos are good.")
    expect(page.locator("#photos li[data-mood=good]")).to_have_count(2)
    expect(page.locator("#train")).to_have_text("Train with 2 photos")


def test_a_photo_too_large_for_a_zip_is_refused_on_the_page_in_the_same_words(
    address, busy_office, open_chromium
):
    page = open_chromium().new_page()
    sign_in(page, address)
    page.goto(f"{address}/students/2/enrolment")
    whole = io.BytesIO()
    Image.new("L", (8192, 6145)).save(whole, "JPEG")
    large = {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": whole.getvalue()}
    heavy = {"name": "heavy.jpg", "mimeType": "image/jpeg", "buffer": whole.getvalue() + bytes(20_000_000)}
    good = {"name": "1.png", "mimeType": "image/png", "buffer": photo_of("ravi")}
    page.locator("#files").set_input_files([large, heavy, good])
    expect(page.locator("#verdict")).to_have_text("1 of 3 photos are good.")
    told = page.locator("#photos").inner_text()
    assert f"large.jpg: Not kept: {FILE.too_many_pixels}" in told
    assert f"heavy.jpg: Not kept: {FILE.too_large}" in told
