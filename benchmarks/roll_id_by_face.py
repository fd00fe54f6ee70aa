"""How long a class takes with roll id by face, from "next" to "next" in a real browser.

    python -m benchmarks.roll_id_by_face DIR

DIR holds a folder of photos for each person. Five photos of each are enrolled and another one is shown to the
kiosk's camera. Every student takes half a second to press the shutter and 0.8 s to read the name and say Yes.
The product's own networks run, but the spoof check's word on these photos, which are photos, is not used.
"""

import base64
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks.school import Shot, frame
from shared.domain.second_lock import Zone
from shared.persistence.database import migrate
from shared.persistence.tables import Lecture, SchoolClass, Student
from shared.toolbox import Toolbox
from shared.vision.images import PICTURES, open_photo
from teacher_site import create_app
from tests.conftest import settings_for
from tests.support.browsing import served
from tests.support.school import TEACHER_EMAIL, enrol, found_school
from tests.support.servers import find_program
from tests.support.stand_ins import stand_in

STUDENTS, ENROLLED = 60, 5
REACH_MS, READ_MS = 500, 800
SIZE: ViewportSize = {"width": 360, "height": 740}
# The camera is a canvas that shows the next student's photo.
_CAMERA = """
const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
const drawing = canvas.getContext("2d");
window.showPhoto = async (source) => {
  const image = Object.assign(new Image(), { src: source });
  await image.decode();
  drawing.drawImage(image, 0, 0, 640, 480);
};
setInterval(() => drawing.fillRect(0, 0, 1, 1), 40);
const stream = () => canvas.captureStream(25);
Object.defineProperty(navigator.mediaDevices, "getUserMedia", { value: async () => stream() });
"""


class Believing:
    """The product's spoof check, whose networks run for their time; every face counts as living."""

    def __init__(self, detector: Any) -> None:
        self._detector = detector

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)

    def judge(self, rgb: np.ndarray, face: Any) -> Any:
        """Judge, and call it living."""
        return replace(self._detector.judge(rgb, face), zone=Zone.LIVING)


def main(folder: Path) -> None:
    """Let a class check in, and print how long each student took."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with TemporaryDirectory() as scratch:
        url = f"sqlite:///{Path(scratch) / 'school.sqlite3'}"
        migrate(url)
        toolbox = Toolbox(settings_for(Path(scratch), url))
        school = found_school(toolbox, must_change_password=False)
        shots = _enrol_class(toolbox, school, folder)
        stand_in(toolbox, spoof_detector=Believing(toolbox.spoof_detector))  # type: ignore[arg-type]
        with served(create_app(toolbox=toolbox)) as base:
            _check_in(base, school, shots)
        toolbox.engine.dispose()


def _enrol_class(toolbox: Toolbox, school: Any, folder: Path) -> list[Shot]:
    shots: list[Shot] = []
    for person in sorted(each for each in folder.iterdir() if each.is_dir()):
        files = (path for path in sorted(person.iterdir()) if path.suffix.lower() in PICTURES)
        jpegs = [jpeg for path in files if (jpeg := frame(toolbox, path.read_bytes()))]
        readings = [toolbox.face_matcher.read(open_photo(jpeg)) for jpeg in jpegs[: ENROLLED + 1]]
        known = [reading.descriptor.tolist() for reading in readings if reading.descriptor is not None]
        if len(known) <= ENROLLED:
            continue
        number = len(shots)
        with toolbox.sessions.begin() as session:
            student = Student(
                school_class=session.get_one(SchoolClass, school.ids["class"]),
                roll_id=f"{number + 1:03}",
                name=f"Student Number {number + 1}",
                language="en",
                active=True,
            )
            session.add(student)
            session.flush()
            student_id = student.id
        enrol(toolbox, student_id, known[:ENROLLED])
        shots.append(Shot(person.name, jpegs[ENROLLED]))
        if len(shots) == STUDENTS:
            break
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = True
    return shots


def _check_in(base: str, school: Any, shots: list[Shot]) -> None:
    took: list[float] = []
    typed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium", package="chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        # Our own policy forbids the scripts by which the driver waits.
        page = browser.new_context(base_url=base, viewport=SIZE, bypass_csp=True).new_page()
        page.add_init_script(_CAMERA)
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(TEACHER_EMAIL)
        page.get_by_label("Password").fill(school.password)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"/lectures/{school.ids['lecture']}/kiosk")
        page.get_by_role("button", name="Start the check-in").click()
        page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
        for shot in shots:
            page.evaluate("showPhoto", f"data:image/jpeg;base64,{base64.b64encode(shot.jpeg).decode()}")
            page.wait_for_timeout(200)
            began = time.perf_counter()
            if _one_student(page):
                took.append(time.perf_counter() - began)
            else:
                typed += 1
                page.reload()
                page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
        browser.close()
    within = quantiles(took, n=20, method="inclusive")[-1]
    print(
        f"{len(took)} of {len(shots)} students were named and said Yes, {typed} were not; from next to next "
        f"{median(took):.1f} s, 95 % within {within:.1f} s, the slowest {max(took):.1f} s"
    )


def _one_student(page: Page) -> bool:
    page.wait_for_timeout(REACH_MS)
    page.locator("#shutter").click()
    page.wait_for_function(
        "() => !document.querySelector('#name').hidden || !document.querySelector('#answer').hidden ||"
        " document.querySelector('#hint').textContent.includes('type your roll id')"
    )
    if page.locator("#name").is_hidden():
        return False
    page.wait_for_timeout(READ_MS)
    page.locator("#yes").click()
    page.wait_for_selector("#answer[data-mood=good]:not([hidden])")
    page.wait_for_selector("#answer", state="hidden")
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
