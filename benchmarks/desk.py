"""How long the office's queue waits: the consents of a class, and one enrolment from "next" to "next".

    python -m benchmarks.desk

drives a real Chromium over a small school with the product's own networks. Presses are those of a person who
knows the page; a second is waited before each photo, for the student to stand as the page asks. The camera
shows a still portrait, so that each of the two turns is asked for once more: turning saves two presses.
"""

import threading
import time
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect, sync_playwright

from admin_site import create_app
from shared.jobs.worker import run_job
from shared.persistence.database import migrate
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.browsing import served
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD, add_student, open_office
from tests.support.pictures import jpeg, person
from tests.support.servers import find_program
from tests.support.stand_ins import stand_in, use_own

STUDENTS = 30
POSE_S = 1.0
PORTRAITS = ("obama.jpg", "astronaut.png")
SIZE: ViewportSize = {"width": 1366, "height": 768}


class Worker:
    """Runs each job at once beside the site, as an idle worker does."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    def start(self, job_id: int) -> None:
        """Begin a job."""
        threading.Thread(target=run_job, args=(self._toolbox, job_id)).start()

    def last_beat(self) -> datetime:
        """Return the present moment: this worker is always there."""
        return self._toolbox.now()


def main() -> None:
    """Measure both and print them."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        url = f"sqlite:///{home / 'desk.sqlite3'}"
        migrate(url)
        toolbox = Toolbox(settings_for(home, url))
        office = open_office(toolbox)
        use_own(toolbox, "face_matcher", "spoof_detector")
        stand_in(toolbox, queue=Worker(toolbox))  # type: ignore[arg-type]
        for number in range(STUDENTS - 2):
            add_student(toolbox, office, f"Student {number}", f"15203A{100 + number:04}")
        toolbox.face_matcher.warm_up()
        with served(create_app(toolbox=toolbox)) as base:
            _measure(playwright, base, home)
        toolbox.engine.dispose()


def _measure(playwright: Playwright, base: str, home: Path) -> None:
    browser = _open(playwright, home, PORTRAITS[0])
    page = _sign_in(browser, base)
    presses, seconds = _record_consents(page)
    print(f"consents of {STUDENTS}: {presses} presses, {seconds:.1f} s from the start page to all recorded")
    browser.close()
    for portrait in PORTRAITS:
        browser = _open(playwright, home, portrait)
        page = _sign_in(browser, base)
        presses, seconds, waited = _enrol_next(page)
        print(f"{portrait}: next to next in {presses} presses, {seconds:.1f} s, {waited:.0f} s of it posing")
        browser.close()


def _open(playwright: Playwright, home: Path, portrait: str) -> Browser:
    video = home / f"{portrait}.mjpeg"
    video.write_bytes(jpeg(person(portrait)) * 2)
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
    flags += ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={video}"]
    return playwright.chromium.launch(
        executable_path=find_program("chromium", package="chromium"), args=flags
    )


def _sign_in(browser: Browser, base: str) -> Page:
    page = browser.new_context(base_url=base, viewport=SIZE).new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Readiness")).to_be_visible()
    return page


def _record_consents(page: Page) -> tuple[int, float]:
    began = time.perf_counter()
    page.get_by_role("link", name="Record consents").click()
    page.get_by_role("button", name=f"Tick all {STUDENTS}").click()
    page.get_by_role("button", name=f"Record {STUDENTS} consents").click()
    expect(page.get_by_text(f"{STUDENTS} consents were recorded.")).to_be_visible()
    return 3, time.perf_counter() - began


def _enrol_next(page: Page) -> tuple[int, float, float]:
    """Call the next student, take the photos with the space bar, and wait until another can be called."""
    began, presses, waited = time.perf_counter(), 1, 0.0
    page.get_by_role("link", name="Enrol next student").click()
    following, verdict = page.locator("#next"), page.locator("#verdict")
    expect(page.locator("#snap")).to_be_focused()
    while not following.is_visible():
        page.wait_for_timeout(POSE_S * 1000)
        waited += POSE_S
        verdict.evaluate("line => line.textContent = ''")
        page.keyboard.press("Space")
        presses += 1
        page.wait_for_function("() => !document.querySelector('#enrolment').ariaBusy")
    expect(following).to_be_focused()
    return presses, time.perf_counter() - began, waited


if __name__ == "__main__":
    main()
