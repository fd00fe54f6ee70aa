"""The kiosk's lock and the teacher's eye in real browsers: key, tickets, calling, and the second screen."""

import pytest
from playwright.sync_api import expect

from shared.persistence.tables import CheckIn, Mark
from tests.browser.conftest import wait_for_the_camera
from tests.support.browsing import refuse_barriers
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, give_eyes

ROLL_ID = "15203A0042"
COMPUTER = (1280, 800)


@pytest.fixture
def school(school, toolbox):
    """The camera sees a stranger, on a real face's terms."""
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    return school


def enter(page, words, roll_id=ROLL_ID):
    """One turn: type, Enter, and the answer."""
    page.get_by_label("Roll id").fill(roll_id)
    page.get_by_label("Roll id").press("Enter")
    expect(page.locator("#answer")).to_contain_text(words)


def next_turn(page):
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_be_hidden()


def test_the_third_refusal_calls_the_teacher_who_accepts_on_another_screen(
    hand_round, open_page, school, toolbox
):
    phone, lecture = hand_round(), f"/lectures/{school.ids['lecture']}"
    desk = open_page(COMPUTER, camera=False)
    desk.goto(lecture)
    wait_for_the_camera(phone)
    for _ in range(2):
        enter(phone, "Not recognised")
        expect(phone.get_by_role("button", name="Call the teacher")).to_be_hidden()
        next_turn(phone)
    enter(phone, "Not recognised")
    call = phone.get_by_role("button", name="Call the teacher")
    expect(call).to_be_in_viewport(ratio=1)
    expect(call).to_be_focused()
    refuse_barriers(phone)
    phone.wait_for_timeout(500)
    phone.keyboard.press("Enter")
    expect(phone.locator("#answer")).to_contain_text("The teacher will look at it")
    expect(phone.locator("#answer")).to_be_hidden(timeout=4_000)
    expect(phone.get_by_label("Roll id")).to_have_value("")

    desk.get_by_role("button", name="More check-ins wait for you").click()
    entry = desk.locator(".asked")
    expect(entry).to_contain_text("Meera Iyer")
    expect(entry.locator("img")).to_have_js_property("complete", True)
    expect(entry.locator("img")).not_to_have_js_property("naturalWidth", 0)
    desk.get_by_role("button", name="Accept Meera Iyer").press("Enter")
    expect(desk.locator("#to-confirm")).to_be_hidden()
    desk.goto(f"/report?lecture_id={school.ids['lecture']}")
    expect(desk.locator("tr", has_text=ROLL_ID)).to_contain_text("confirmed by the teacher")


def test_a_cut_network_says_not_sent_yet_and_marks_once(hand_round, toolbox, school):
    give_eyes(toolbox, Eyes(MEERA_LOOKS))
    page = hand_round()
    wait_for_the_camera(page)
    page.get_by_label("Roll id").fill(ROLL_ID)
    page.context.set_offline(True)
    page.get_by_label("Roll id").press("Enter")
    expect(page.locator("#waiting")).to_contain_text("Not sent yet, trying again")
    page.wait_for_timeout(2_000)
    page.context.set_offline(False)
    expect(page.locator("#answer")).to_contain_text("Present")
    with toolbox.reading() as session:
        assert session.query(Mark).count() == 1


def test_a_lost_answer_is_asked_for_again_with_a_new_ticket_and_marks_once(hand_round, toolbox, school):
    eyes = give_eyes(toolbox, Eyes(MEERA_LOOKS))
    page = hand_round()
    wait_for_the_camera(page)
    tickets = []

    def lose_the_first_answer(route):
        tickets.append(route.request.post_data_buffer.split(b'name="ticket"\r\n\r\n')[1].split(b"\r\n")[0])
        if len(tickets) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/kiosk/check-in", lose_the_first_answer)
    enter(page, "Present")
    assert len(set(tickets)) == 2
    assert eyes.asked == 1
    with toolbox.reading() as session:
        assert (session.query(Mark).count(), session.query(CheckIn).count()) == (1, 1)


def test_a_copied_cookie_without_the_key_is_refused_and_sends_nothing(
    hand_round, open_chromium, address, toolbox
):
    phone = hand_round()
    wait_for_the_camera(phone)
    thief = open_chromium().new_context(base_url=address)
    thief.add_cookies(phone.context.cookies())
    page = thief.new_page()
    page.goto("/kiosk")
    expect(page.locator("#over")).to_contain_text("This is not the phone that was handed round")
    expect(page.locator(".counter")).to_have_text("– / –")
    assert page.request.get("/kiosk/status").status == 403
    enter(phone, "Not recognised")  # the phone itself goes on
    with toolbox.reading() as session:
        assert session.query(CheckIn).count() == 1


def test_a_captured_request_sent_again_marks_nobody(hand_round, toolbox, school):
    give_eyes(toolbox, Eyes(MEERA_LOOKS))
    page = hand_round()
    wait_for_the_camera(page)
    page.evaluate(
        """() => {
            const send = window.fetch;
            window.fetch = (...request) => {
                if (request[0] === "/kiosk/check-in") window.captured = request;
                return send(...request);
            };
        }"""
    )
    enter(page, "Present")
    with toolbox.sessions.begin() as session:
        session.query(Mark).delete()
    answer = page.evaluate("fetch(...window.captured).then((answer) => answer.json())")
    assert answer["outcome"] == "too_late"
    with toolbox.reading() as session:
        assert session.query(Mark).count() == 0


def test_a_reload_keeps_the_key_and_shows_an_empty_kiosk(hand_round, toolbox):
    page = hand_round()
    wait_for_the_camera(page)
    page.get_by_label("Roll id").fill(ROLL_ID)
    page.reload()
    wait_for_the_camera(page)
    expect(page.get_by_label("Roll id")).to_have_value("")
    expect(page.locator(".counter")).to_have_text("0 / 2")
    enter(page, "Not recognised")


def test_the_key_cannot_be_read_by_a_script_of_the_page(hand_round):
    page = hand_round()
    wait_for_the_camera(page)
    expect(page.locator(".counter")).to_have_text("0 / 2")
    refusal = page.evaluate(
        """() => new Promise((resolve) => {
            const opening = indexedDB.open("kiosk", 1);
            opening.onsuccess = () => {
                const all = opening.result.transaction("keys").objectStore("keys").getAll();
                all.onsuccess = () => crypto.subtle.exportKey("pkcs8", all.result[0].privateKey)
                    .then(() => resolve("exported"), (error) => resolve(error.name));
            };
        })"""
    )
    assert refusal == "InvalidAccessError"


def test_a_browser_that_keeps_nothing_says_so_and_a_reload_needs_the_teacher(hand_round, school):
    page = hand_round()
    page.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    page.goto("/kiosk/leave")
    page.get_by_label("The teacher's password").fill(school.password)
    page.get_by_role("button", name="End the check-in on this phone").click()
    page.goto(f"/lectures/{school.ids['lecture']}/kiosk")
    page.get_by_role("button", name="Start the check-in").click()
    expect(page.locator("#hint")).to_contain_text("do not load this page again")
    wait_for_the_camera(page)
    enter(page, "Not recognised")
    page.reload()
    expect(page.locator("#over")).to_contain_text("give it back to the teacher")
    page.locator("#over").get_by_role("link", name="Leave").click()
    page.get_by_label("The teacher's password").fill(school.password)
    page.get_by_role("button", name="End the check-in on this phone").click()
    expect(page.get_by_role("heading", name="Databases")).to_be_visible()


def test_a_second_screen_follows_the_round_without_a_reload(hand_round, open_page, school, toolbox):
    give_eyes(toolbox, Eyes(MEERA_LOOKS))
    phone, screen = hand_round(), open_page(COMPUTER, camera=False)
    screen.goto(f"/lectures/{school.ids['lecture']}/screen")
    expect(screen.locator(".present")).to_have_text("0 of 2 present")
    screen.evaluate("window.isTheSamePage = true")
    wait_for_the_camera(phone)
    enter(phone, "Present")
    expect(screen.locator(".present")).to_have_text("1 of 2 present")
    expect(screen.locator("[data-list=newest]")).to_contain_text("Meera Iyer")
    assert screen.evaluate("window.isTheSamePage")
    refuse_barriers(screen)
    screen.context.set_offline(True)
    expect(screen.locator("[data-trouble]")).to_be_visible()
    screen.context.set_offline(False)
    expect(screen.locator("[data-trouble]")).to_be_hidden()
    screen.context.clear_cookies()  # the network of the desk is fine, its sign-in is not
    expect(screen.locator("body")).to_contain_text("You are signed out on this device.")


def test_the_ticket_is_there_before_enter_is_pressed(hand_round, toolbox, school):
    page = hand_round()
    wait_for_the_camera(page)
    with page.expect_response("**/kiosk/ticket"):
        page.get_by_role("button", name="Take the photo").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    enter(page, "Not recognised")
    assert [name for name in asked if name in ("ticket", "key", "check-in")] == ["check-in"]


def test_open_tabs_empty_themselves_when_the_phone_is_handed_round(open_page, school):
    page, lecture = open_page(), f"/lectures/{school.ids['lecture']}"
    tab = page.context.new_page()
    tab.goto(lecture)
    expect(tab.locator("body")).to_contain_text("Meera Iyer")
    page.goto(f"{lecture}/kiosk")
    page.get_by_label("PIN for taking the phone back").fill("408213")
    page.get_by_role("button", name="Start the check-in").click()
    expect(tab.locator("body")).to_contain_text("You are signed out on this device.")
    expect(tab.locator("body")).not_to_contain_text("Meera Iyer")

    page.goto("/kiosk/leave")
    field = page.get_by_label("The PIN of this lecture")
    field.evaluate(
        """field => {
            const clipboardData = new DataTransfer();
            const pasted = new ClipboardEvent("paste", { clipboardData, cancelable: true });
            if (field.dispatchEvent(pasted)) throw new Error("it can be pasted");
        }"""
    )
    field.fill("408213")
    page.get_by_role("button", name="End the check-in on this phone").first.click()
    expect(page.get_by_role("heading", name="Databases")).to_be_visible()
