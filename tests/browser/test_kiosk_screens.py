"""Every screen of the kiosk to axe, a keyboard and a screen reader; the server's answers are made up here."""

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from shared.services.attendance.lectures import close_lecture
from tests.browser.conftest import PHONE, wait_for_the_camera
from tests.support.browsing import refuse_barriers
from tests.support.pictures import jpeg

COMPUTER = (1366, 768)
NOTE_SHAKES = """
window.shaken = [];
const shake = (ms) => window.shaken.push(ms) > 0;
Object.defineProperty(Navigator.prototype, "vibrate", { value: shake });
"""
DRAWN = (
    "all => all.filter(each => getComputedStyle(each).display !== 'none').map(each => each.className.baseVal)"
)
TURN = {
    "outcome": "turn_head",
    "headline": "Turn your head a little",
    "sentence": "Follow the arrow, or call the teacher.",
    "turn": {"side": "left"},
    "may_call_teacher": True,
}


def answer(outcome, headline, **more):
    return {
        "outcome": outcome,
        "headline": headline,
        "sentence": "Some words.",
        "here": 1,
        "expected": 2,
    } | more


def answer_with(page, told):
    page.route("**/kiosk/check-in", lambda route: route.fulfill(json=told))


def enter(page):
    page.get_by_label("Roll id").fill("15203A0042")
    page.get_by_label("Roll id").press("Enter")


def backlit():
    picture = np.full((480, 640, 3), 235, np.uint8)
    picture[40:420, 170:470] = 50
    return Image.fromarray(picture)


@pytest.mark.parametrize("size", [PHONE, COMPUTER])
def test_no_screen_shuts_anybody_out(hand_round, size):
    page = hand_round(size)
    wait_for_the_camera(page)
    refuse_barriers(page)

    page.route("**/kiosk/check-in", lambda route: route.abort("internetdisconnected"))
    enter(page)
    waiting = page.locator("#waiting")
    expect(waiting.get_by_role("status")).to_contain_text("Not sent yet, trying again")
    expect(waiting.get_by_role("button", name="Give up")).to_be_focused()
    refuse_barriers(page)
    page.keyboard.press("Enter")
    page.unroute("**/kiosk/check-in")

    for told, mood in (
        (answer("present", "Present", name="Meera Iyer"), "good"),
        (answer("already_marked", "Already marked", marked_at="09:04"), "known"),
        (answer("no_match", "Not recognised", may_call_teacher=True), "refused"),
    ):
        answer_with(page, told)
        enter(page)
        screen = page.get_by_role("alert").filter(has_text=told["headline"])
        expect(screen).to_have_attribute("data-mood", mood)
        drawn = screen.locator("path").evaluate_all(DRAWN)
        assert drawn == [mood]  # each mood has a picture of its own
        refuse_barriers(page)
        page.unroute("**/kiosk/check-in")
        if mood == "refused":
            expect(screen.get_by_role("button", name="Call the teacher")).to_be_focused()
            page.wait_for_timeout(450)
            page.keyboard.press("Escape")
        expect(screen).to_be_hidden()

    answer_with(page, TURN)
    turned = answer("present", "Present", name="Meera Iyer")
    page.route("**/kiosk/turn", lambda route: route.fulfill(json=turned))
    enter(page)
    turn = page.get_by_role("region", name="Turn your head")
    expect(turn.get_by_role("alert")).to_contain_text("left")
    refuse_barriers(page)
    screen = page.get_by_role("alert").filter(has_text="Present")
    expect(screen).to_be_visible()
    expect(screen).to_be_hidden(timeout=10_000)
    expect(page.get_by_role("button", name="Take the photo")).to_be_visible()


def test_a_phone_is_felt_and_a_photo_is_announced(hand_round):
    page = hand_round()
    page.add_init_script(NOTE_SHAKES)
    page.reload()
    wait_for_the_camera(page)
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("#hint")).to_have_text("Photo taken.")
    assert page.locator("#hint").get_attribute("role") == "status"
    page.get_by_role("button", name="Take the photo again").click()
    for outcome in ("present", "already_marked", "no_match"):
        answer_with(page, answer(outcome, outcome))
        enter(page)
        expect(page.locator("#answer")).to_contain_text(outcome)
        expect(page.locator("#answer")).to_be_hidden()
        page.unroute("**/kiosk/check-in")
    felt = page.evaluate("window.shaken.map(String)")
    assert len(felt) == len(set(felt)) == 3


def test_who_lets_enter_take_the_photo_hears_of_it(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.route("**/kiosk/check-in", lambda route: None)  # never answered
    enter(page)
    expect(page.locator("#waiting").get_by_role("status")).to_have_text("Photo taken. Checking…")


@pytest.mark.parametrize("size", [PHONE, COMPUTER])
def test_the_ends_of_a_round_shut_nobody_out(hand_round, school, toolbox, size):
    page = hand_round(size, camera=False)
    expect(page.locator("#camera-problem")).to_contain_text("camera")
    refuse_barriers(page)
    close_lecture(toolbox, school.actor, school.ids["lecture"])
    page.reload()
    over = page.locator("#over")
    expect(over).to_contain_text("The lecture is closed")
    expect(over.get_by_role("link", name="Leave")).to_be_focused()
    refuse_barriers(page)
    page.keyboard.press("Enter")
    expect(page.get_by_label("The teacher's password")).to_be_focused()
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the teacher's password")
    refuse_barriers(page)


def test_leaving_by_the_pin_with_the_keyboard_alone(open_page, school):
    page = open_page(COMPUTER, camera=False)
    page.goto(f"/lectures/{school.ids['lecture']}/kiosk")
    page.get_by_label("PIN for taking the phone back").fill("314159")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/kiosk")
    page.goto("/kiosk/leave")
    pin = page.get_by_label("The PIN of this lecture")
    expect(pin).to_be_focused()
    refuse_barriers(page)
    page.keyboard.type("271828")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the PIN")
    expect(pin).to_have_attribute("aria-describedby", "problem")
    refuse_barriers(page)
    page.keyboard.type("314159")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Databases")).to_be_visible()


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ([jpeg(Image.new("RGB", (640, 480), (12, 12, 14)))] * 2, "It is dark here. Turn towards the light."),
        ([jpeg(backlit())] * 2, "The light is behind you. Turn round a little."),
    ],
)
def test_bad_light_is_told_before_the_snap(hand_round, words):
    page = hand_round()
    wait_for_the_camera(page)
    expect(page.locator("#hint")).to_have_text(words)
    refuse_barriers(page)
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("#hint")).to_have_text("Photo taken.")


def test_good_light_is_no_reason_to_speak(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.wait_for_timeout(1_800)
    expect(page.locator("#hint")).to_have_text("")


def test_a_lecture_that_ends_while_a_head_is_filmed_can_be_gone_on_with(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    answer_with(page, TURN)
    enter(page)
    turn = page.get_by_role("region", name="Turn your head")
    expect(turn.get_by_role("alert")).to_contain_text("left")
    status = {"here": 0, "expected": 2, "over": "The lecture is closed."}
    page.route("**/kiosk/status", lambda route: route.fulfill(json=status))
    ask_again = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(ask_again)
    expect(page.locator("#over")).to_contain_text("closed")
    expect(turn).to_be_hidden(timeout=5_000)
    status["over"] = None
    page.evaluate(ask_again)
    expect(page.locator("#over")).to_be_hidden()
    expect(page.get_by_role("button", name="Take the photo")).to_be_visible()
    wait_for_the_camera(page)
