"""Measures a teacher's two commonest jobs in a real browser, in seconds and taps: `make bench-classroom`.

Ten students one after the other at the kiosk on a phone, and closing a lecture in which two wait for the
teacher. One process serves the site over SQLite, and Chromium's camera shows a wall; eyes of the tests see
whose turn it is instead of the networks, whose time `flask --app teacher_site bench check-in` tells. So the
seconds are those of the pages and of a person who needs no time to think.
"""

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from shared.persistence.database import migrate
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.conftest import settings_for
from tests.support.browsing import served
from tests.support.draws import Drawn
from tests.support.eyes import Eyes, give_eyes
from tests.support.full_class import ask_to_confirm, fill_class
from tests.support.pictures import jpeg, wall
from tests.support.school import TEACHER_EMAIL, enrol, found_school, hand_round

STUDENTS = 39
ROUND = 10
PHONE: ViewportSize = {"width": 360, "height": 740}


@dataclass
class Finger:
    """Taps and types on a page, and counts: each character is a tap."""

    page: Page
    taps: int = 0
    began: float = field(default_factory=time.monotonic)

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1

    def type(self, field_: Locator, words: str) -> None:
        field_.press_sequentially(words)
        self.taps += len(words)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def main() -> int:
    """Measure and print both."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with _served_school() as (toolbox, school, address), _phone(address) as open_phone:
        teacher = open_phone()
        _sign_in(teacher, school.password)
        _tell(f"round of {ROUND} at the kiosk", _round_at_the_kiosk(teacher, toolbox, school))
        desk = open_phone()
        _sign_in(desk, school.password)
        waiting = hand_round(toolbox, school)
        for student_id in school.added[ROUND : ROUND + 2]:
            ask_to_confirm(toolbox, waiting, student_id)
        _tell("closing with two waiting", _close(desk, school))
    return 0


def _round_at_the_kiosk(page: Page, toolbox: Toolbox, school: SimpleNamespace) -> Finger:
    """Check ten students in by shutter, last digits and Enter; the answer clears itself for the next."""
    page.goto(f"/lectures/{school.ids['lecture']}/kiosk")
    page.get_by_role("button", name="Start the check-in").tap()
    expect(page.locator("#camera")).to_have_js_property("readyState", 4)
    finger, answer = Finger(page), page.locator("#answer")
    for number in range(ROUND):
        _show(toolbox, number)
        finger.tap(page.get_by_role("button", name="Take the photo"))
        finger.type(page.get_by_label("Roll id"), str(44 + number))
        finger.tap(page.get_by_role("button", name="Enter"))
        expect(answer).to_contain_text("Present")
        if number < ROUND - 1:
            expect(answer).to_be_hidden()
    return finger


def _close(page: Page, school: SimpleNamespace) -> Finger:
    """Close a lecture from its page: one accepted, one refused, the rest absent."""
    page.goto(f"/lectures/{school.ids['lecture']}")
    finger = Finger(page)
    finger.tap(page.get_by_role("button", name="Accept").first)
    expect(page.locator(".asked")).to_have_count(1)
    finger.tap(page.get_by_role("button", name="Refuse").first)
    expect(page.locator("#to-confirm")).to_be_hidden()
    finger.tap(page.get_by_role("button", name="Close and mark the rest absent"))
    expect(page.locator(".alert-success").first).to_contain_text("The lecture is closed.")
    return finger


def _tell(what: str, finger: Finger) -> None:
    print(f"{what:26} {finger.seconds:6.1f} s {finger.taps:4} taps", flush=True)


def _show(toolbox: Toolbox, number: int) -> None:
    """Let the camera see the student with this number."""
    see, eyes = cast("Callable[..., None]", give_eyes), cast("Callable[..., object]", Eyes)
    see(toolbox, eyes(_looks(number)))


def _looks(number: int) -> np.ndarray:
    looks: np.ndarray = np.eye(128, dtype=np.float32)[number]
    return looks


@contextmanager
def _served_school() -> Iterator[tuple[Toolbox, SimpleNamespace, str]]:
    """Serve a class of forty of whom ten are enrolled, from a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        url, instance = f"sqlite:///{folder}/attendance.sqlite3", Path(folder) / "instance"
        instance.mkdir()
        migrate(url)
        toolbox = Toolbox(settings_for(instance, url)).with_(draws=Drawn())
        school = found_school(toolbox, must_change_password=False)
        school.added = fill_class(toolbox, school, size=STUDENTS)
        for number, student_id in enumerate(school.added[:ROUND]):
            enrol(toolbox, student_id, [_looks(number).tolist()] * 3)
        _show(toolbox, 0)
        with served(create_app(toolbox=toolbox)) as address:
            yield toolbox, school, address
        toolbox.engine.dispose()


@contextmanager
def _phone(address: str) -> Iterator[Callable[[], Page]]:
    """Return what opens browsers of a phone's size, each with cookies of its own."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        video = Path(folder) / "camera.mjpeg"
        video.write_bytes(jpeg(wall()) * 2)
        flags = ["--no-sandbox", "--disable-gpu", f"--use-file-for-fake-video-capture={video}"]
        flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield lambda: browser.new_context(base_url=address, viewport=PHONE, has_touch=True).new_page()
        browser.close()


def _sign_in(page: Page, password: str) -> None:
    page.goto("/sign-in")
    page.locator("[name=email]").fill(TEACHER_EMAIL)
    page.locator("[name=password]").fill(password)
    page.locator("main button").tap()
    expect(page.get_by_role("heading", name="My classes")).to_be_visible()


if __name__ == "__main__":
    raise SystemExit(main())
