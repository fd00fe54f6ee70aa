"""One student's visit at the kiosk, down to the tap: nothing is sent twice, mirrored or left behind."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from shared.persistence.tables import Mark
from tests.browser.conftest import wait_for_the_camera
from tests.support.eyes import MEERA_LOOKS, Eyes, give_eyes
from tests.support.pictures import jpeg

ROLL_ID = "15203A0042"


@pytest.fixture
def kiosk(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.get_by_label("Roll id").fill(ROLL_ID)
    return page


@pytest.mark.parametrize("status", [408, 502, 503, 504])
def test_what_the_server_could_not_answer_yet_is_sent_again(kiosk, toolbox, status):
    give_eyes(toolbox, Eyes(MEERA_LOOKS))
    sent = []

    def be_busy_once(route):
        sent.append(route.request)
        if len(sent) == 1:
            route.fulfill(status=status, json={"error": "Please wait a moment."})
        else:
            route.continue_()

    kiosk.route("**/kiosk/check-in", be_busy_once)
    kiosk.get_by_label("Roll id").press("Enter")
    expect(kiosk.locator("#answer")).to_contain_text("Present")
    with toolbox.reading() as session:
        assert session.query(Mark).count() == 1


def test_pressed_again_while_it_is_looked_at_it_is_sent_once(kiosk):
    sent = []
    kiosk.route("**/kiosk/check-in", lambda route: sent.append(route))  # noqa: PLW0108 Playwright looks at its name
    for _ in range(2):
        kiosk.evaluate("document.querySelector('form').requestSubmit()")
        kiosk.wait_for_timeout(1000)
    assert len(sent) == 1
    sent[0].continue_()
    expect(kiosk.locator("#answer")).to_contain_text("No face seen")


def test_the_tap_that_sent_cannot_clear_the_answer(kiosk):
    kiosk.evaluate(
        """() => new Promise((done) => {
            const answer = document.querySelector("#answer");
            new MutationObserver((_, observer) => {
                if (answer.hidden) return;
                observer.disconnect();
                answer.click();
                setTimeout(done, 100);
            }).observe(answer, { attributes: true });
            document.querySelector("form").requestSubmit();
        })"""
    )
    expect(kiosk.locator("#answer")).to_be_visible()
    kiosk.wait_for_timeout(500)
    kiosk.locator("#answer").click()
    expect(kiosk.locator("#answer")).to_be_hidden(timeout=500)


def test_a_page_that_is_put_away_keeps_nothing_and_comes_back_with_its_camera(kiosk):
    kiosk.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(kiosk.get_by_label("Roll id")).to_have_value("")
    assert kiosk.evaluate("document.querySelector('video').srcObject === null")
    kiosk.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    wait_for_the_camera(kiosk)


HALVES = Image.new("RGB", (640, 480), "white")
HALVES.paste("black", (0, 0, 320, 480))


@pytest.mark.parametrize("shown", [[jpeg(HALVES)] * 2], ids=["black and white"])
def test_the_photo_is_what_the_camera_saw_and_not_its_mirror_image(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("#shot")).to_be_visible()
    left, right = page.evaluate(
        """async () => {
            const shot = document.querySelector("#shot");
            await shot.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [shot.naturalWidth, shot.naturalHeight];
            const paint = canvas.getContext("2d");
            paint.drawImage(shot, 0, 0);
            return [0.2, 0.8].map((at) => paint.getImageData(canvas.width * at, 200, 1, 1).data[0]);
        }"""
    )
    assert left < 60 < 200 < right
