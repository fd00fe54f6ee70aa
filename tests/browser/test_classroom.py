"""The classroom in a real browser: the kiosk's comfort, its bad network, its keyboard, every page's looks.

What the camera sees does not matter here: the face matcher finds nobody, and students are marked beside it.
"""

import pytest
from playwright.sync_api import Page, expect

from shared.domain.attendance import MarkStatus
from shared.persistence.tables import CheckIn, Lecture, Mark, SchoolClass, Student
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark
from tests.browser.conftest import wait_for_the_camera
from tests.support.browsing import refuse_barriers
from tests.support.eyes import RAVI_LOOKS, Eyes, give_eyes

SIZES = [(360, 640), (640, 360), (1280, 800)]


def is_within_the_screen(page: Page) -> bool:
    """Nothing has to be scrolled to, in either direction."""
    inside = "document.documentElement.scroll{0} <= inner{0}"
    return all(page.evaluate(inside.format(way)) for way in ("Width", "Height"))


def test_a_check_in_with_the_keyboard_alone_clears_itself_within_three_seconds(hand_round):
    page = hand_round(SIZES[2])
    wait_for_the_camera(page)
    roll_id = page.get_by_label("Roll id")
    expect(roll_id).to_be_focused()
    page.keyboard.type("15203a0042")
    page.keyboard.press("Enter")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("No face seen")
    expect(answer).to_be_hidden(timeout=3_500)
    expect(roll_id).to_have_value("15203a0042")  # a refused student need not type it again
    expect(roll_id).to_be_focused()
    expect(page.locator("#shot")).to_be_hidden()
    assert page.locator("#shot").get_attribute("src") is None
    assert "".join(answer.locator("p").all_text_contents()) == ""


def test_the_next_student_may_type_before_the_answer_has_gone(hand_round):
    page = hand_round(SIZES[2])
    wait_for_the_camera(page)
    page.keyboard.type("15203A0042")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    page.wait_for_timeout(600)
    page.keyboard.type("15203A0043")
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.get_by_label("Roll id")).to_have_value("15203A0043")


@pytest.mark.parametrize("size", SIZES)
def test_the_kiosk_fits_the_screen(hand_round, size):
    page = hand_round(size)
    wait_for_the_camera(page)
    assert is_within_the_screen(page)
    for part in ("#shutter", "#roll-id", "#enter", "header a"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("#shot")).to_be_visible()
    page.get_by_label("Roll id").fill("15203A0042")
    page.get_by_label("Roll id").press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    assert is_within_the_screen(page)


def test_without_a_network_it_tries_again_with_the_same_key_and_is_answered_once(hand_round, toolbox):
    page = hand_round()
    wait_for_the_camera(page)
    sent = []

    def cut_twice(route):
        sent.append(route.request.post_data_buffer)
        if len(sent) == 1:
            route.abort("internetdisconnected")
        elif len(sent) == 2:  # arrives, but its answer gets lost
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/kiosk/check-in", cut_twice)
    page.get_by_label("Roll id").fill("15203A0042")
    page.get_by_label("Roll id").press("Enter")
    expect(page.locator("#waiting")).to_contain_text("Not sent yet, trying again")
    expect(page.locator("#answer")).to_contain_text("No face seen")
    assert len(sent) == 3
    keys = {body.split(b'name="idempotency_key"\r\n\r\n')[1][:36] for body in sent}
    assert len(keys) == 1
    with toolbox.reading() as session:
        assert session.query(CheckIn).count() == 1


def test_who_gives_up_leaves_an_empty_kiosk(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.route("**/kiosk/check-in", lambda route: route.abort("internetdisconnected"))
    page.get_by_label("Roll id").fill("15203A0042")
    page.get_by_label("Roll id").press("Enter")
    page.get_by_role("button", name="Give up").click()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.get_by_label("Roll id")).to_have_value("")
    expect(page.locator("#answer")).to_be_hidden()


def test_back_and_reload_show_an_empty_kiosk(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    for leave in (page.go_back, page.reload, lambda: page.goto("/report"), page.go_back):
        page.get_by_label("Roll id").fill("15203A0042")
        leave()
        expect(page).to_have_url("/kiosk")
        expect(page.get_by_label("Roll id")).to_have_value("")


def test_a_missing_roll_id_is_asked_for(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#hint")).to_have_text("Type your roll id, then Enter.")


def test_the_class_is_asked_for_where_two_have_the_roll_id_and_one_tap_answers(hand_round, school, toolbox):
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="CO6GB")
        session.add(
            Student(school_class=other, roll_id="15203A0042", name="Uma Bhat", language="en", active=True)
        )
        lecture = session.get(Lecture, school.ids["lecture"])
        lecture.classes.append(other)
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    page = hand_round()
    wait_for_the_camera(page)
    page.get_by_label("Roll id").fill("15203A0043")  # of one class alone
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#answer")).to_contain_text("No face enrolled yet")
    expect(page.locator("#answer")).to_be_hidden(timeout=10_000)
    page.get_by_label("Roll id").fill("15203A0042")
    page.get_by_role("button", name="Enter").click()
    classes = page.get_by_role("alertdialog", name="Which class?")
    expect(classes.get_by_role("button", name="CO6GA")).to_be_focused()
    refuse_barriers(page)
    classes.get_by_role("button", name="Type another roll id").click()
    expect(page.get_by_label("Roll id")).to_have_value("15203A0042")
    page.get_by_role("button", name="Enter").click()
    classes.get_by_role("button", name="CO6GA").click()
    expect(page.locator("#answer")).to_contain_text("Not recognised")
    expect(page.locator("#answer")).to_be_hidden(timeout=5_000)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#answer")).to_contain_text("Not recognised")  # the class is kept for the next try
    expect(page.locator("#answer")).to_be_hidden(timeout=5_000)
    page.get_by_label("Roll id").press_sequentially(
        "15203A0042"
    )  # the next student's own is asked about anew
    page.get_by_role("button", name="Enter").click()
    expect(classes).to_be_visible()


def test_a_missing_camera_is_explained(hand_round):
    page = hand_round(camera=False)
    problem = page.get_by_role("alert").filter(has_text="camera")
    expect(problem).to_be_visible()
    expect(problem.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_role("link", name="Leave")).to_be_visible()


def test_a_camera_that_is_unplugged_is_explained_and_plugged_in_again_it_works(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    page.evaluate(
        """() => {
            const [track] = document.querySelector("video").srcObject.getVideoTracks();
            track.stop();
            track.dispatchEvent(new Event("ended"));  // what a browser does when the plug is pulled
        }"""
    )
    problem = page.get_by_role("alert").filter(has_text="Plug a camera in")
    expect(problem).to_be_visible()
    problem.get_by_role("button").click()
    expect(problem).to_be_hidden()
    wait_for_the_camera(page)


def test_the_counter_and_the_end_of_the_lecture_arrive_by_themselves(hand_round, school, toolbox):
    page = hand_round()
    page.clock.install()
    page.reload()
    lecture, meera = school.ids["lecture"], school.ids["meera"]
    set_mark(toolbox, school.actor, lecture, meera, MarkStatus.PRESENT, expected=None)
    page.clock.fast_forward(11_000)
    expect(page.locator(".counter")).to_have_text("1 / 2")
    close_lecture(toolbox, school.actor, lecture)
    page.clock.fast_forward(11_000)
    expect(page.locator("#over")).to_contain_text("The lecture is closed")
    page.locator("#over").get_by_role("link", name="Leave").click()
    page.get_by_label("The teacher's password").fill(school.password)
    page.get_by_role("button", name="End the check-in on this phone").click()
    expect(page.get_by_role("heading", name="Databases")).to_be_visible()


def test_a_turn_that_was_left_is_forgotten(hand_round):
    page = hand_round()
    page.clock.install()
    page.reload()
    page.get_by_label("Roll id").fill("15203A0042")
    page.clock.fast_forward(46_000)
    expect(page.get_by_label("Roll id")).to_have_value("")


def test_marking_by_hand_stays_where_the_teacher_is(open_page, school, toolbox):
    page = open_page()
    page.goto(f"/lectures/{school.ids['lecture']}")
    page.get_by_label("Name or roll id").fill("ravi")
    expect(page.get_by_text("Meera Iyer").first).to_be_hidden()
    buttons = page.get_by_role("toolbar", name="Mark Ravi Patil")
    buttons.get_by_role("button", name="Late").click()
    expect(buttons.get_by_role("button", name="Late")).to_have_attribute("aria-pressed", "true")
    expect(buttons.get_by_role("button", name="Late")).to_be_focused()
    expect(page.get_by_label("Name or roll id")).to_have_value("ravi")
    expect(page.get_by_text("Meera Iyer").first).to_be_hidden()
    expect(page.locator("#register")).to_contain_text("1 of 2")
    with toolbox.reading() as session:
        assert session.query(Mark).one().status == MarkStatus.LATE


def test_no_page_has_a_serious_barrier_or_is_wider_than_a_phone(open_page, school):
    page, lecture = open_page(), school.ids["lecture"]
    page.goto(f"/lectures/{lecture}")
    page.get_by_role("toolbar", name="Mark Ravi Patil").get_by_role("button", name="Late").click()
    expect(page.locator("#register")).to_contain_text("1 of 2")
    pages = ["/", "/lectures", "/lectures/open", f"/lectures/{lecture}", f"/lectures/{lecture}/kiosk"]
    pages += [f"/report?lecture_id={lecture}", "/report", "/lectures/424242"]
    for where in pages:
        page.goto(where)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, where
        refuse_barriers(page)
    page.goto(f"/lectures/{lecture}/kiosk")
    page.get_by_role("button", name="Start the check-in").click()
    wait_for_the_camera(page)
    refuse_barriers(page)
    page.get_by_label("Roll id").fill("15203A0042")
    page.get_by_label("Roll id").press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    refuse_barriers(page)
    page.goto("/kiosk/leave")
    refuse_barriers(page)


@pytest.mark.parametrize(("path", "field"), [("/lectures/open", "#starts_on"), ("/totals", "#since")])
def test_a_phone_shows_a_whole_day_in_every_language(open_page, path, field):
    page = open_page((360, 740), camera=False)
    page.goto(path)
    day = page.locator(field)
    for typed in ("28 May 2026", "28 अक्टू॰ 2026", "28 ऑक्टो 2026"):
        day.fill(typed)
        assert day.evaluate("field => field.scrollWidth - field.clientWidth") == 0, typed
