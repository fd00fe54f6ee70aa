"""The register of a class of forty in a real browser: rows that follow the round, its bar, keys and bell."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from shared.domain.attendance import MarkStatus
from shared.services.attendance.marks import set_mark
from tests.browser.conftest import PHONE
from tests.support.browsing import refuse_barriers
from tests.support.full_class import ask_to_confirm, begin_round, fill_class
from tests.support.school import hand_round as open_phone

COMPUTER = (1366, 768)
# The sounds that a page makes, in the order it makes them, and how often it shook the phone.
NOTE_SOUNDS = """
window.heard = []; window.shaken = 0;
AudioContext.prototype.createOscillator = function () {
  window.heard.push("tone");
  return { frequency: {}, connect: (next) => next, start() {}, stop() {} };
};
AudioContext.prototype.createGain = () =>
  ({ gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} });
Object.defineProperty(Navigator.prototype, "vibrate", { value: () => { window.shaken += 1; return true; } });
"""


@pytest.fixture
def school(school, toolbox):
    """A class of 39: six are here, two wait, four faces tried other roll ids."""
    school.added = fill_class(toolbox, school)
    begin_round(toolbox, school, school.added)
    return school


@pytest.fixture
def open_register(open_page, school):
    def open_one(size=PHONE):
        page = open_page(size, camera=False)
        page.add_init_script(NOTE_SOUNDS)
        page.goto(f"/lectures/{school.ids['lecture']}")
        return page

    return open_one


def mark_by_face(toolbox, school, student, status=MarkStatus.PRESENT):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids[student], status, expected=None)


def control(page, name):
    return page.get_by_role("toolbar", name=f"Mark {name}", exact=True)


def shown(page):
    return page.locator("[data-line]:visible").count()


def choose(page, words):
    page.locator("#find label.btn", has_text=words).click()


def test_forty_students_are_a_few_screens_of_a_phone(open_register):
    page = open_register()
    assert page.locator("[data-line]").count() == 39
    assert page.evaluate("document.documentElement.scrollHeight") < 4300
    refuse_barriers(page)


def test_rows_follow_the_round_and_stay_where_they_are(open_register, school, toolbox):
    page = open_register()
    choose(page, "Not marked")
    assert shown(page) == 33
    mark_by_face(toolbox, school, "meera")
    present = control(page, "Meera Iyer").get_by_role("button", name="Present")
    expect(present).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#register [role=status]").first).to_contain_text("7 of 39")
    expect(page.locator("[data-count=unmarked]")).to_have_text("32")
    assert shown(page) == 33  # nothing moved under a finger
    choose(page, "All")
    choose(page, "Not marked")
    assert shown(page) == 32
    choose(page, "Waiting")
    assert shown(page) == 2
    # What the page holds is what the register says now, or the press would be refused.
    choose(page, "All")
    control(page, "Meera Iyer").get_by_role("button", name="Late").click()
    expect(control(page, "Meera Iyer").get_by_role("button", name="Late")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("#refused")).to_be_hidden()


def test_a_mark_made_meanwhile_is_told_and_shown(open_register, school, toolbox):
    page = open_register()
    page.route("**/live?rows=1", lambda route: route.abort())  # the round is not heard of
    page.reload()  # nor is what was asked before
    mark_by_face(toolbox, school, "meera")
    control(page, "Meera Iyer").get_by_role("button", name="Absent").click()
    expect(page.locator("#refused")).to_contain_text("changed meanwhile")
    page.unroute("**/live?rows=1")
    present = control(page, "Meera Iyer").get_by_role("button", name="Present")
    expect(present).to_have_attribute("aria-pressed", "true")


def test_the_search_says_when_nobody_fits_and_leads_back(open_register):
    page = open_register()
    page.get_by_label("Name or roll id").fill("patil ravi")
    assert shown(page) == 1
    page.get_by_label("Name or roll id").fill("nobody of this name")
    page.get_by_role("button", name="Show everybody").click()
    assert shown(page) == 39


def test_a_note_is_written_in_place(open_register):
    page = open_register()
    page.locator(".name", has_text="Ravi Patil").click()
    page.get_by_label("Note for Ravi Patil").fill("at the dentist")
    page.get_by_role("button", name="Excused, with this note").click()
    row = page.locator("[data-line]", has_text="Ravi Patil")
    expect(row.locator("[data-note]")).to_have_text("at the dentist")
    expect(page.get_by_label("Note for Ravi Patil")).to_be_hidden()
    expect(row.locator("summary")).to_be_focused()
    page.locator("#history > summary").click()
    expect(page.locator("#history")).to_contain_text("at the dentist")


def test_a_note_goes_with_whichever_button_is_pressed_and_stays_typed_until_then(open_register):
    page = open_register()
    note, row = page.get_by_label("Note for Ravi Patil"), page.locator("[data-line]", has_text="Ravi Patil")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator(".name", has_text="Ravi Patil").click()
    note.fill("bus broke down")
    control(page, "Ravi Patil").get_by_role("button", name="Late").click()
    expect(row.locator("[data-note]")).to_have_text("bus broke down")
    page.reload()
    expect(row.locator("[data-note]")).to_have_text("bus broke down")
    page.locator(".name", has_text="Ravi Patil").click()
    assert asked == []  # what was saved is no longer to send
    note.fill("and the train too")
    page.get_by_role("button", name="हिन्दी").click()
    expect(note).to_have_value("and the train too")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Mark the rest present").click()
    expect(page.locator("#undo")).to_be_visible()
    expect(note).to_have_value("and the train too")
    expect(row.locator("[data-note]")).to_have_text("bus broke down")
    control(page, "Ravi Patil").get_by_role("button", name="Absent").click()
    expect(row.locator("[data-note]")).to_have_text("and the train too")
    page.locator("#history > summary").click()
    expect(page.locator("#history")).to_contain_text("late → absent, Asha Rao, by hand: and the train too")


def test_the_rest_is_marked_and_taken_back(open_register):
    page = open_register()
    page.get_by_role("button", name="Mark the rest present").click()
    expect(page.locator("#register")).to_contain_text("31 marked present.")
    expect(page.locator("#register [role=status]").first).to_contain_text("37 of 39")
    page.get_by_role("button", name="Undo this").click()
    expect(page.locator("#register [role=status]").first).to_contain_text("6 of 39")


def test_two_taps_are_one_press_of_a_mark_and_of_the_rest(open_register):
    page = open_register()
    answers = count(1)
    with page.expect_response(lambda answer: "/marks/" in answer.url and next(answers) == 2):
        control(page, "Meera Iyer").get_by_role("button", name="Absent").dblclick()
    expect(page.locator("#rest button")).to_have_text("Mark the rest present (30)")
    expect(page.locator("#refused")).to_be_hidden()
    asked = []
    page.on("request", lambda request: asked.append(request.method))
    page.locator("#rest button").dblclick()
    expect(page.locator("#register")).to_contain_text("30 marked present.")
    assert asked.count("POST") == 1


def test_the_press_says_whom_it_marks_and_marks_those_shown_while_somebody_looks_for_a_few(open_register):
    page = open_register()
    rest = page.locator("#rest button")
    expect(rest).to_have_text("Mark the rest present (31)")
    choose(page, "Not marked")
    expect(rest).to_have_text("Mark the rest present (31)")
    page.get_by_label("Name or roll id").fill("patil")
    expect(rest).to_have_text(f"Mark the shown present ({shown(page)})")
    marked = shown(page)
    rest.click()
    expect(page.locator("#register")).to_contain_text(f"{marked} marked present.")
    expect(page.locator("#undo button")).to_be_focused()
    expect(page.get_by_label("Name or roll id")).to_have_value("patil")
    expect(page.locator("#register [role=status]").first).to_contain_text(f"{6 + marked} of 39")
    choose(page, "Waiting")
    page.get_by_label("Name or roll id").fill("")
    expect(rest).to_be_disabled()


def test_the_first_rows_are_on_a_phones_first_screen_even_while_some_wait(open_register):
    page = open_register((360, 740))
    assert page.locator("[data-line]").nth(0).bounding_box()["y"] < 700
    page.locator("#also-waiting > summary").click()
    expect(page.locator(".asked").nth(1).get_by_role("button", name="Accept")).to_be_visible()
    refuse_barriers(page)
    for name in page.locator(".asked strong").all_inner_texts():
        page.get_by_role("button", name=f"Refuse {name}").click()
    expect(page.locator("#to-confirm")).to_be_hidden()
    page.reload()
    page.evaluate("scrollTo(0, 0)")
    assert page.locator("[data-line]").nth(3).bounding_box()["y"] < 740


def test_what_is_marked_is_seen_where_the_system_chooses_the_colours(open_register, school):
    page = open_register()
    page.emulate_media(forced_colors="active", color_scheme="dark")
    row = page.locator(f"#student-{school.added[0]}")
    fills = row.locator(".marks button").evaluate_all(
        "all => all.map(each => [each.getAttribute('aria-pressed'), getComputedStyle(each).backgroundColor])"
    )
    pressed = {fill for is_pressed, fill in fills if is_pressed == "true"}
    assert len(pressed) == 1
    assert not pressed & {fill for is_pressed, fill in fills if is_pressed == "false"}
    chosen, other = (
        page.locator(f"label[for=show-{name}]").evaluate("label => getComputedStyle(label).backgroundColor")
        for name in ("all", "waiting")
    )
    assert chosen != other


def test_one_stop_of_the_keyboard_for_each_students_control(open_register):
    page = open_register(COMPUTER)
    page.locator("#student-1 summary").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#mark-1-present")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#mark-1-late")).to_be_focused()
    expect(page.locator("#mark-1-late")).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page.locator("#mark-1-late")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#mark-1-late")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#student-2 summary")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#mark-1-late")).to_be_focused()


def test_a_call_sounds_shakes_and_is_shown_in_place_and_one_press_silences_it(open_register, school, toolbox):
    page, phone = open_register(), open_phone(toolbox, school)
    sound = page.locator("#sound")
    expect(sound).to_have_text("Sound when called: tap once")
    page.locator("#more").evaluate("more => more.open = true")  # as a touch would also allow the sound
    before = page.locator("#register").bounding_box()
    page.locator("h1").click()
    expect(sound).to_have_text("Sound when called: on")
    assert page.locator("#register").bounding_box() == before  # nothing moves under the finger
    expect(page.locator("#sound")).to_have_text("Sound when called: on")
    ask_to_confirm(toolbox, phone, school.added[30])
    news = page.get_by_role("button", name="More check-ins wait for you")
    expect(news).to_be_visible()
    assert page.evaluate("[window.heard.length, window.shaken]") == [4, 1]
    news.click()
    expect(page.locator(".asked")).to_have_count(3)
    expect(news).to_be_hidden()
    page.locator("#more").evaluate("more => more.open = true")  # a fresh page is folded
    page.locator("#sound").click()
    page.reload()
    expect(page.locator("#sound")).to_have_text("Sound when called: off")
    page.locator("h1").click()
    ask_to_confirm(toolbox, phone, school.added[31])
    expect(page.get_by_role("button", name="More check-ins wait for you")).to_be_visible()
    assert page.evaluate("[window.heard.length, window.shaken]") == [0, 0]


def test_the_open_menu_hides_no_call_and_folds_when_one_goes_on_elsewhere(open_register, school, toolbox):
    page, phone = open_register(), open_phone(toolbox, school)
    summary, report = page.locator("#more > summary"), page.locator("#more a").first
    summary.click()
    page.locator("h1").click()
    expect(report).to_be_hidden()
    summary.click()
    page.keyboard.press("Tab")
    expect(report).to_be_focused()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(report).to_be_hidden()
    summary.click()
    page.keyboard.press("Shift+Tab")
    expect(report).to_be_hidden()
    summary.click()
    ask_to_confirm(toolbox, phone, school.added[30])
    news = page.get_by_role("button", name="More check-ins wait for you")
    expect(news).to_be_visible()
    expect(report).to_be_visible()
    news.click(timeout=5_000)
    expect(page.locator(".asked")).to_have_count(3)


def test_the_menu_lies_within_the_page_of_open_and_closed_lectures(open_register):
    page = open_register()
    menu = page.locator("#more > div")
    for state in ("open", "closed"):
        expect(page.locator("h1 + div")).to_have_text(re.compile(state, re.IGNORECASE))
        for width in (360, 480, 768, 991, 1366):
            page.set_viewport_size({"width": width, "height": 740})
            page.locator("#more > summary").click()
            box = menu.bounding_box()
            assert box["x"] >= 0, (state, width)
            assert box["x"] + box["width"] <= width, (state, width)
            page.locator("#more > summary").click()
        if state == "open":
            page.get_by_role("button", name=re.compile("^Close")).click()


@pytest.mark.parametrize("size", [PHONE, COMPUTER])
def test_the_second_screen_is_for_the_back_row_and_has_no_menu(open_page, school, size):
    page = open_page(size, camera=False)
    page.goto(f"/lectures/{school.ids['lecture']}/screen")
    count = page.locator(".present")
    expect(count).to_have_text("6 of 39 present")
    assert page.get_by_role("navigation").count() == 0
    assert page.get_by_role("button", name="Sign out").count() == 0
    height = page.locator(".numbers strong").bounding_box()["height"]
    assert height > size[0] / 7
    refuse_barriers(page)
    for here, expected in ((19, 24), (119, 180)):
        page.evaluate(
            """([here, expected]) => {
                document.querySelector("[data-fill=here]").textContent = here;
                document.querySelector("[data-fill=expected]").textContent = expected;
                if (document.documentElement.scrollWidth > innerWidth) throw new Error("cut off");
            }""",
            [here, expected],
        )


def test_the_report_tells_how_on_a_phone_without_sideways_scrolling(open_page, school):
    page = open_page(PHONE, camera=False)
    page.goto(f"/report?lecture_id={school.ids['lecture']}")
    table = page.get_by_role("region", name="Attendance")
    expect(table.get_by_role("columnheader", name="How")).to_be_visible()
    assert table.evaluate("region => region.scrollWidth <= region.clientWidth")
    refuse_barriers(page)
