"""One tap at the kiosk changes the language of this student's turn, without loading anything."""

from playwright.sync_api import expect

from shared.persistence.tables import Lecture
from tests.browser.conftest import wait_for_the_camera
from tests.support.eyes import MEERA_LOOKS, Eyes, give_eyes
from tests.support.translated import said

ROLL_ID = "15203A0042"


def test_a_turn_in_marathi_and_the_next_one_in_the_schools_language(hand_round, toolbox, school):
    give_eyes(toolbox, Eyes(MEERA_LOOKS))
    with toolbox.sessions.begin() as session:
        session.get(Lecture, school.ids["lecture"]).late_after_minutes = 0
    page = hand_round()
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/face-finder.bin")):
        page.reload()  # what the hints' worker loads last, whatever the language
    wait_for_the_camera(page)
    loads = []
    page.on("request", lambda request: loads.append(request.url))
    marathi = page.get_by_role("button", name="मराठी")
    box = marathi.bounding_box()
    assert min(box["width"], box["height"]) >= 44

    page.locator("#enter").click()
    expect(page.locator("#hint")).to_have_text("Type your roll id, then Enter.")
    marathi.click()
    expect(page.locator("#hint")).to_have_text(said("Type your roll id, then Enter."))
    expect(page.locator("html")).to_have_attribute("lang", "mr")
    expect(marathi).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name=said("Take the photo"))).to_be_visible()
    assert [url for url in loads if "/kiosk/" not in url] == []

    page.get_by_label(said("Roll id")).fill(ROLL_ID)
    page.get_by_role("button", name=said("Enter"), exact=True).click()
    expect(page.locator("#answer .big")).to_contain_text(said("Late, %(time)s").split(",")[0])
    page.wait_for_timeout(500)
    page.locator("#answer").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_label("Roll id")).to_have_value("")
    expect(page.get_by_role("button", name="Enter", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
