"""The office with the keyboard alone, and as a screen reader tells it."""

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from admin_site import create_app
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.browsing import find_small_targets, served
from tests.support.office import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    add_photo,
    add_student,
    agree,
    enrol_face,
    open_office,
    photo_of,
)

MOST_TABS = 60
LONG_NAME = "Government Polytechnic and Junior College of Commerce, Kolhapur"


@pytest.fixture
def office(sqlite_url, tmp_path) -> Iterator[SimpleNamespace]:
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url, SCHOOL_NAME=LONG_NAME))
    office = open_office(toolbox)
    office.toolbox = toolbox
    with served(create_app(toolbox=toolbox)) as office.base:
        yield office
    toolbox.engine.dispose()


@pytest.fixture
def page(office, open_chromium) -> Page:
    """Signed in without a mouse."""
    page: Page = open_chromium().new_context(base_url=office.base).new_page()
    page.goto("/sign-in")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(ADMIN_EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(ADMIN_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Readiness")).to_be_visible()
    return page


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until what has this role and name has the focus, which can be seen there."""
    wanted = page.get_by_role(role, name=name)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
            assert outline != "none" or shadow != "none", name
            return
    raise AssertionError(f"No Tab leads to the {role} {name}.")


def test_the_first_tab_skips_the_menu(page):
    page.reload()
    tab_to(page, "link", "Skip to the page")
    page.keyboard.press("Enter")
    tab_to(page, "link", "2 not enrolled")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_consents_are_recorded_and_taken_back_with_the_keyboard_alone(page, office):
    tab_to(page, "link", "Record consents of CO6GA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Consents of CO6GA")).to_be_visible()
    tab_to(page, "checkbox", "Ravi Patil 15203A0043")
    page.keyboard.press("Space")
    tab_to(page, "button", "Record 1 consent")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 consent was recorded.")
    tab_to(page, "button", "Take back the consent just recorded")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 consent was taken back.")


def test_a_date_is_typed_and_its_calendar_has_a_name(page, office):
    page.goto(f"/classes/{office.class_id}/consents")
    day = page.get_by_role("textbox", name="Signed on")
    day.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("3/11/2026")
    tab_to(page, "button", "Signed on: choose from a calendar")


def test_a_refused_date_is_read_whole_beside_its_calendar_on_a_phone(page):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/audit-trail?since=23/45/2026")
    day = page.get_by_role("textbox", name="From")
    expect(day).to_have_value("23/45/2026")
    expect(day).to_have_css("background-image", "none")


def test_the_focus_goes_to_the_first_field_that_was_refused(page):
    page.goto("/students/new")
    page.get_by_label("Name").fill("Kiran More")
    page.get_by_label("Roll id").fill("15203A0044")
    page.get_by_label("First parent's e-mail").fill("kiran at home")
    page.keyboard.press("Enter")
    refused = page.get_by_label("First parent's e-mail")
    expect(refused).to_have_attribute("aria-invalid", "true")
    expect(refused).to_be_focused()
    expect(refused).to_have_value("kiran at home")


@pytest.fixture
def asked(page) -> list[str]:
    """What kind of question the browser asked before it left a page; whoever is asked stays."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    return asked


def test_what_is_typed_is_not_left_behind_without_a_question(page, asked):
    page.goto("/students/new")
    page.get_by_role("button", name="हिन्दी").click()
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert asked == []  # nothing was typed
    page.wait_for_load_state()  # the page is there before its scripts are
    page.get_by_label("Name").fill("Kiran More")
    page.get_by_role("button", name="हिन्दी").click()
    page.get_by_role("link", name="Teachers").click()
    expect(page.get_by_label("Name")).to_have_value("Kiran More")
    assert asked == ["beforeunload"] * 2
    page.get_by_label("Roll id").fill("15203A0044")
    page.get_by_label("First parent's e-mail").fill("kiran at home")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("First parent's e-mail")).to_have_attribute("aria-invalid", "true")
    page.wait_for_load_state()
    assert asked == ["beforeunload"] * 2  # not on sending it
    page.get_by_role("button", name="हिन्दी").click()
    expect(page.get_by_label("Name")).to_have_value("Kiran More")
    assert asked == ["beforeunload"] * 3  # what was refused is nowhere but on the page
    page.get_by_label("First parent's e-mail").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Kiran More")).to_be_visible()
    assert asked == ["beforeunload"] * 3


def test_a_grid_that_got_more_rows_is_not_left_behind_without_a_question(page, asked):
    page.goto("/timetable/grid")
    subject = page.get_by_label("Subject").first
    subject.fill("Physics")
    page.get_by_role("button", name="Add rows").click()
    expect(page.get_by_label("Subject")).to_have_count(10)
    page.wait_for_load_state()
    page.get_by_role("button", name="हिन्दी").click()
    expect(subject).to_have_value("Physics")
    assert asked == ["beforeunload"]


def test_looking_for_something_and_opening_a_calendar_are_nothing_to_send(page, asked, office):
    page.goto("/students")
    page.locator("main input[name=q]").fill("meera")
    page.get_by_role("link", name="Teachers").click()
    expect(page.get_by_role("heading", level=1, name="Teachers")).to_be_visible()
    page.goto(f"/classes/{office.class_id}/consents")
    page.get_by_role("button", name="Signed on: choose from a calendar").click()
    page.get_by_role("link", name="Teachers").click()
    expect(page.get_by_role("heading", level=1, name="Teachers")).to_be_visible()
    assert asked == []


def test_a_laptop_with_a_touch_screen_has_rows_for_fingers(page, open_chromium):
    signed_in = page.context.storage_state()
    base = page.url
    touched = open_chromium().new_context(storage_state=signed_in, has_touch=True, base_url=base).new_page()
    touched.goto("/students")
    expect(touched.get_by_role("link", name="Meera Iyer")).to_be_visible()
    assert find_small_targets(touched) == []


def test_a_class_moves_on_with_the_keyboard_alone(page, office):
    page.goto(f"/classes/{office.class_id}/year-end")
    tab_to(page, "combobox", "Class to move to")
    page.keyboard.type("CO7GA")
    tab_to(page, "combobox", "Ravi Patil 15203A0043")
    page.keyboard.type("leaves")
    tab_to(page, "button", "Preview")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Preview: nothing is done yet")).to_be_visible()
    tab_to(page, "button", "Apply these changes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 moved to CO7GA, 1 left and was deactivated.")


@pytest.mark.parametrize("width", [360, 1366])
def test_the_menu_of_the_school_opens_by_the_keyboard_and_leads_to_its_pages(page, width):
    page.set_viewport_size({"width": width, "height": 740})
    page.reload()
    if width == 360:
        tab_to(page, "button", "Menu")
        page.keyboard.press("Enter")
    tab_to(page, "button", "School")
    page.keyboard.press("Enter")
    for name in ("Timetable", "Calendar and holidays", "Cover teachers", "Statuses of a mark"):
        tab_to(page, "link", name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Statuses")).to_be_visible()
    expect(page.get_by_role("link", name="Statuses of a mark", include_hidden=True)).to_have_attribute(
        "aria-current", "page"
    )


@pytest.mark.parametrize("width", [390, 1200, 1366])
def test_the_schools_name_stands_at_the_head_of_every_page_and_pushes_nothing_out(page, open_chromium, width):
    outside = open_chromium().new_context(base_url=page.url).new_page()
    outside.goto("/sign-in")
    for each in (page, outside):
        each.set_viewport_size({"width": width, "height": 740})
        each.reload()
        name = each.locator("header small")
        expect(name).to_be_in_viewport(ratio=1)
        expect(name).to_have_text(LONG_NAME)
        assert name.bounding_box()["width"] > 100
        assert each.evaluate("document.documentElement.scrollWidth") <= width


def test_a_screen_reader_hears_what_each_part_of_the_consents_is(page, office):
    page.goto(f"/classes/{office.class_id}/consents")
    told = page.locator("body").aria_snapshot()
    for part in (
        "banner",
        'navigation "Main"',
        "main",
        'heading "Consents of CO6GA" [level=1]',
        'textbox "Signed on"',
        'group "Whose form is signed"',
        'checkbox "Meera Iyer 15203A0042"',
        '"Who signed for Meera Iyer"',
        'button "Record the consents"',
        'button "Tick all 2"',
        "contentinfo",
    ):
        assert part in told, part


def test_every_list_has_one_heading_of_the_first_level_and_a_title_of_its_own(page):
    for path in ("/", "/students", "/teachers", "/admins", "/audit-trail"):
        page.goto(path)
        assert page.locator("h1").count() == 1
        assert page.title().startswith(page.locator("h1").inner_text().strip())


def test_who_asks_for_less_motion_or_a_dark_scheme_gets_a_still_and_readable_page(page):
    page.emulate_media(reduced_motion="reduce", color_scheme="dark")
    page.goto("/students")
    style = "getComputedStyle(document.querySelector('main .btn')).transitionDuration"
    assert max(float(each.strip(" s")) for each in page.evaluate(style).split(",")) <= 0.001
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light only"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_field_and_button_of_a_consent_are_seen_at_once_on_a_laptop_and_a_phone(page, office):
    for width, height in ((1366, 768), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/students/{office.meera}/consent")
        expect(page.get_by_label("Who signed")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="Record the consent and go on")).to_be_in_viewport(ratio=1)
        page.goto(f"/classes/{office.class_id}/consents")
        expect(page.get_by_role("button", name="Record the consents")).to_be_in_viewport(ratio=1)


def test_a_face_in_doubt_is_seen_whole_and_above_the_first_answer(page, office):
    toolbox = office.toolbox
    agree(toolbox, office, office.meera, office.ravi)
    enrol_face(toolbox, office, office.meera, "meera")
    for number in range(3):
        add_photo(toolbox, office, office.ravi, photo_of("twin of meera", number))
    for width, height in ((1366, 768), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/students/{office.ravi}/decision")
        pictures = page.get_by_role("img", name="of Ravi Patil")
        expect(pictures).to_have_count(3)
        assert {each.evaluate("img => getComputedStyle(img).objectFit") for each in pictures.all()} == {
            "contain"
        }
        expect(page.get_by_role("button", name="The photos show Meera Iyer.")).to_be_in_viewport(ratio=1)


def test_a_failed_test_of_a_face_proposes_what_mends_it_and_not_the_next_student(page, office):
    agree(office.toolbox, office, office.meera)
    enrol_face(office.toolbox, office, office.meera, "meera")
    page.goto(f"/students/{office.meera}/enrolment")
    page.get_by_text("Photos from files").click()
    verdict, next_student = page.locator("#verdict"), page.get_by_role("link", name="Enrol next student")
    again = page.get_by_role("button", name="Take new photos and train again")
    for person, told, first, other in (
        ("ravi", "does not recognise this student", again, next_student),
        ("meera", "Test passed", next_student, again),
    ):
        page.set_input_files(
            "#files", {"name": "a.png", "mimeType": "image/png", "buffer": photo_of(person, 9)}
        )
        expect(verdict).to_contain_text(told)
        expect(first).to_be_focused()
        expect(first).to_have_class(re.compile(r"\bbtn-primary\b"))
        expect(other).not_to_have_class(re.compile(r"\bbtn-primary\b"))


def test_several_files_for_an_enrolled_face_are_new_photos_and_photos_unlike_it_are_asked_about(page, office):
    agree(office.toolbox, office, office.meera)
    enrol_face(office.toolbox, office, office.meera, "meera")
    page.goto(f"/students/{office.meera}/enrolment")
    page.get_by_text("Photos from files").click()
    files = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": photo_of("ravi", number)}
        for number in range(5)
    ]
    page.set_input_files("#files", files)
    expect(page.locator("#verdict")).to_contain_text("These photos may show another student.")
    expect(page.locator("#unlike")).to_be_visible()
    expect(page.locator("#look-alikes")).to_be_hidden()
    expect(page.get_by_role("list", name="Photos").get_by_role("listitem")).to_have_count(5)
    page.get_by_role("button", name="This is Meera Iyer: enrol anyway").click()
    expect(page.locator("#verdict")).to_have_text(re.compile("Waiting for the worker"))


def test_who_signed_is_typed_or_chosen_and_a_bare_enter_records_nobody(page, office):
    neha = add_student(office.toolbox, office, "Neha Shah", "15203A0044", parent1_email="shah@home.example")
    page.goto(f"/students/{neha}/consent")
    field = page.get_by_label("Who signed")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    expect(page.locator("#signers option").first).to_have_attribute("value", "parent, shah@home.example")
    page.get_by_label("The family has read this notice and agrees.").check()
    field.press("Enter")
    expect(page.get_by_text("Please type who signed.")).to_be_visible()
    field.fill("Leela Shah (mother)")
    field.press("Enter")
    expect(page).to_have_url(re.compile(f"/students/{neha}/enrolment"))


def test_a_page_that_failed_leaves_what_is_typed_in_another_tab(page, office):
    page.goto("/students/new")
    page.get_by_label("Name").fill("Sita Rao")
    tab = page.context.new_page()
    with office.toolbox.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry RENAME TO away"))
    tab.goto("/audit-trail")
    expect(tab.get_by_role("heading", name="That did not work")).to_be_visible()
    tab.wait_for_timeout(300)  # nothing tells when another tab was not told anything
    expect(page.get_by_label("Name")).to_have_value("Sita Rao")
