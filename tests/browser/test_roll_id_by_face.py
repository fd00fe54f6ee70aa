"""Roll id by face in a real browser: the name, its Yes, its three seconds, and the roll id where it fails.

What the camera sees does not matter here: eyes of our own see whom a test tells them.
"""

import pytest
from PIL import Image
from playwright.sync_api import expect

from shared.domain.second_lock import Zone
from shared.persistence.tables import Lecture, Mark
from tests.browser.conftest import wait_for_the_camera
from tests.services.kiosk.test_turns import Film, give_film
from tests.support.browsing import refuse_barriers
from tests.support.eyes import MEERA_LOOKS, NEW_LOOKS, Eyes, give_eyes
from tests.support.pictures import jpeg

SIZES = [(360, 740), (1366, 768)]
NAME = "Meera Iyer · 15203A0042"


@pytest.fixture
def shown():
    """Pictures that differ, as a film's do: the server counts equal ones once."""
    return [jpeg(Image.new("RGB", (320, 240), (60 + shade,) * 3)) for shade in range(97)]


@pytest.fixture
def hand_round(hand_round, toolbox, school):
    """Hands a phone round whose lecture finds the roll id by the face; the eyes see Meera."""
    give_eyes(toolbox, Eyes(MEERA_LOOKS))
    with toolbox.sessions.begin() as session:
        session.get_one(Lecture, school.ids["lecture"]).roll_id_by_face = True

    def open_one(size=SIZES[0]):
        page = hand_round(size)
        wait_for_the_camera(page)
        return page

    return open_one


def marks(toolbox):
    with toolbox.reading() as session:
        return session.query(Mark).count()


def snap(page):
    page.get_by_role("button", name="Take the photo", exact=True).click()


def test_by_touch_one_tap_takes_the_photo_and_one_says_yes(hand_round, toolbox):
    page = hand_round()
    expect(page.locator("#hint")).to_have_text("Take the photo: your name comes by itself.")
    snap(page)
    expect(page.locator("#name-words")).to_have_text(NAME)
    assert marks(toolbox) == 0
    page.wait_for_timeout(500)  # the tap that took the photo must not say Yes too
    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#answer")).to_contain_text("Meera Iyer")
    expect(page.locator("#here")).to_have_text("1")
    expect(page.locator("#answer")).to_be_hidden(timeout=3_000)
    expect(page.locator("body")).not_to_contain_text("Meera")
    assert marks(toolbox) == 1


def test_by_keyboard_enter_takes_the_photo_and_says_yes_but_not_when_held(hand_round, toolbox):
    page = hand_round(SIZES[1])
    expect(page.locator("#shutter")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes")).to_be_focused()
    page.wait_for_timeout(500)
    page.keyboard.down("Enter")  # held since before: only its repeats arrive here
    page.keyboard.up("Enter")
    expect(page.locator("#answer")).to_contain_text("Present")
    assert marks(toolbox) == 1


def test_three_seconds_of_nothing_mark_nobody(hand_round, toolbox):
    page = hand_round()
    snap(page)
    expect(page.locator("#name")).to_be_visible()
    expect(page.locator("#name")).to_be_hidden(timeout=4_000)
    expect(page.locator("#hint")).to_contain_text("Nobody was marked")
    expect(page.locator("body")).not_to_contain_text("Meera")
    assert page.locator("#shot").get_attribute("src") is None
    assert marks(toolbox) == 0


def test_not_me_keeps_the_photo_and_asks_for_the_roll_id(hand_round, toolbox, school):
    page = hand_round()
    snap(page)
    expect(page.locator("#name")).to_be_visible()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Not me").click()
    expect(page.get_by_label("Roll id")).to_be_focused()
    expect(page.locator("#shot")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Meera")
    page.keyboard.type("15203a0042")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Present")
    assert marks(toolbox) == 1


def test_a_stranger_types_the_roll_id(hand_round, toolbox):
    give_eyes(toolbox, Eyes(NEW_LOOKS))
    page = hand_round()
    snap(page)
    expect(page.locator("#hint")).to_contain_text("Please type your roll id")
    expect(page.locator("#name")).to_be_hidden()
    expect(page.locator("#shot")).to_be_visible()
    assert marks(toolbox) == 0


def test_the_doubtful_turn_the_head_before_their_name_is_told(hand_round, toolbox):
    give_film(toolbox, Film(zone=Zone.DOUBTFUL))
    page = hand_round()
    snap(page)
    expect(page.locator("#turn")).to_be_visible()
    expect(page.get_by_role("button", name="Type the roll id instead")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Meera")
    expect(page.locator("#name-words")).to_have_text(NAME)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#answer")).to_contain_text("Present")


def test_who_would_rather_type_leaves_the_turn(hand_round, toolbox):
    give_film(toolbox, Film(zone=Zone.DOUBTFUL))
    page = hand_round()
    snap(page)
    page.get_by_role("button", name="Type the roll id instead").click()
    expect(page.get_by_label("Roll id")).to_be_focused()
    expect(page.locator("#turn")).to_be_hidden()
    page.keyboard.type("15203a0042")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Call the teacher")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_name_fits_the_screen_and_has_no_barriers(hand_round, size):
    page = hand_round(size)
    snap(page)
    expect(page.locator("#name")).to_be_visible()
    for name in ("Yes", "Not me"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_in_viewport(ratio=1)
        assert button.bounding_box()["height"] >= 44
    refuse_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
