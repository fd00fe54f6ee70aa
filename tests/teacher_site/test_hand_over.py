"""Handing a phone round ends everything on it: every name, site and tab; what takes it back is typed."""

import pytest

from admin_site import create_app as create_office
from shared.persistence.tables import KioskPass, Lecture, SignIn
from shared.services.accounts.lifecycle import create_admin
from shared.services.audit import Actor
from shared.services.kiosk.passes import forget_pins
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.families import Clock
from tests.support.school import TEACHER_EMAIL
from tests.teacher_site.conftest import Phone

OFFICE = "https://localhost:4555"
PIN = "408 213"
STAY = "Keep this device signed in while phones go round"
OTHER_NAMES = ("localhost", "127.0.0.1", "192.0.2.11", "attendance.local", "[::1]", "evil.example")
POOR_PINS = ("12345", "1234567", "abcdef", "123456", "000000", "987654", "121212", "123123", "१२३४५६")


class OfficeTab(Phone):
    """The office in a browser whose classroom tab is `phone`: they share their cookies."""

    def __init__(self, office, phone: Phone) -> None:
        super().__init__(office)
        self.client._cookies = phone.client._cookies

    def get(self, path: str, **how):
        return self.client.get(path, base_url=OFFICE, **how)

    def sign_in(self, password: str, email: str = TEACHER_EMAIL):
        token = self.page("/sign-in").select_one("meta[name=csrf-token]")["content"]
        fields = {"email": email, "password": password, "csrf_token": token}
        return self.client.post("/sign-in", base_url=OFFICE, data=fields, headers={"Referer": f"{OFFICE}/"})


@pytest.fixture
def office(toolbox, quick_sign_in):
    return create_office(toolbox=toolbox)


@pytest.fixture
def office_password(toolbox) -> str:
    """The teacher is an admin too, under the same address."""
    return create_admin(toolbox, Actor("command", "tests"), email=TEACHER_EMAIL, name="Asha Rao")


def hand_round(phone: Phone, school, pin: str = ""):
    return phone.post(f"/lectures/{school.ids['lecture']}/kiosk", {"pin": pin})


def screen_of(school) -> str:
    return f"/lectures/{school.ids['lecture']}/screen"


def is_in(phone: Phone) -> bool:
    return phone.get("/signed-in").status_code == 204


def test_handing_over_ends_all_sign_ins_of_the_teacher_and_the_offices_of_the_same_address(
    app, office, teacher, school, office_password
):
    laptop = Phone(app, "192.0.2.20")
    laptop.sign_in(school.password)
    desk = OfficeTab(office, Phone(app))
    assert desk.sign_in(office_password).status_code == 302
    assert is_in(laptop)
    assert is_in(desk) or desk.get("/").location == "/password"
    hand_round(teacher, school)
    assert not is_in(laptop)
    assert desk.get("/").location.startswith("/sign-in")


def test_a_sign_in_from_before_devices_were_known_ends_too(app, teacher, school, toolbox):
    screen, laptop = Phone(app, "192.0.2.21"), Phone(app, "192.0.2.20")
    screen.sign_in(school.password)
    screen.press(screen_of(school), STAY)  # beside a second screen SQL compares with more than nothing
    laptop.sign_in(school.password)
    with toolbox.sessions.begin() as session:
        newest = session.query(SignIn).order_by(SignIn.id.desc()).first()
        newest.device_digest = None
    hand_round(teacher, school)
    assert (is_in(screen), is_in(laptop)) == (True, False)


def test_other_teachers_and_admins_stay_signed_in(app, office, teacher, school, toolbox):
    other = create_admin(toolbox, Actor("command", "tests"), email="head@school.example", name="Head")
    desk = OfficeTab(office, Phone(app))
    desk.sign_in(other, "head@school.example")
    hand_round(teacher, school)
    assert is_in(desk)


def test_whoever_else_was_signed_in_on_that_phone_is_not_any_more(app, office, teacher, school, toolbox):
    other = create_admin(toolbox, Actor("command", "tests"), email="head@school.example", name="Head")
    tab = OfficeTab(office, teacher)
    tab.sign_in(other, "head@school.example")
    assert is_in(tab)
    hand_round(teacher, school)
    with toolbox.reading() as session:
        assert session.query(SignIn).count() == 0


def test_the_pass_closes_the_office_in_the_same_browser(office, teacher, school, office_password):
    tab = OfficeTab(office, teacher)
    tab.sign_in(office_password)
    hand_round(teacher, school)
    for path in (
        "/",
        "/sign-in",
        "/students",
        "/forgotten-password",
        "/certificate",
        "/notice",
        "/signed-in",
    ):
        answer = tab.get(path)
        assert answer.status_code == 403, path
        assert "Only the teacher can end that" in answer.text
        assert "Asha" not in answer.text
    assert tab.client.post("/sign-in", base_url=OFFICE).status_code == 403


def test_a_second_screen_stays_signed_in(app, teacher, school):
    laptop = Phone(app, "192.0.2.20")
    laptop.sign_in(school.password)
    laptop.press(screen_of(school), STAY)
    hand_round(teacher, school)
    assert is_in(laptop)
    assert laptop.get(screen_of(school)).status_code == 200


def test_a_second_screen_that_is_handed_round_itself_is_signed_out(teacher, school, toolbox):
    teacher.press(screen_of(school), STAY)
    hand_round(teacher, school)
    assert not is_in(teacher)
    with toolbox.reading() as session:
        assert session.query(SignIn).count() == 0


def test_the_page_says_what_is_signed_out_and_a_second_screen_can_be_too(app, teacher, school):
    laptop = Phone(app, "192.0.2.20")
    laptop.sign_in(school.password)
    page = f"/lectures/{school.ids['lecture']}/kiosk"
    assert "is signed out" in teacher.page(page).get_text()
    laptop.press(screen_of(school), STAY)
    assert "stays signed in, your second screen" in teacher.page(page).get_text()
    teacher.press(page, "Sign it out too")
    hand_round(teacher, school)
    assert not is_in(laptop)


def test_the_page_says_not_to_save_the_password(teacher, school):
    page = teacher.page(f"/lectures/{school.ids['lecture']}/kiosk").get_text()
    assert "Do not let this phone save your password." in page


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_other_names_lead_to_the_one_address(toolbox, school, make_settings, sqlite_url, name):
    settings = make_settings(sqlite_url, TEACHER_SITE_URL="https://192.0.2.10:4545")
    client = create_app(settings, toolbox).test_client()
    answer = client.get("/lectures?q=1", base_url=f"https://{name}:4545")
    assert answer.location == "https://192.0.2.10:4545/lectures?q=1"
    assert "Set-Cookie" not in answer.headers
    assert client.post("/sign-in", base_url=f"https://{name}:4545").status_code == 421
    assert client.get("/healthz", base_url=f"https://{name}:4545").status_code == 200
    assert client.get("/sign-in", base_url="https://192.0.2.10:4999").status_code == 200


def test_a_pin_takes_the_phone_back_but_is_not_the_password(teacher, school, toolbox):
    hand_round(teacher, school, PIN)
    assert "pin" in str(teacher.page("/kiosk/leave"))
    assert teacher.post("/kiosk/leave", {"pin": "111222"}).status_code == 403
    answer = teacher.post("/kiosk/leave", {"pin": "408213"})
    assert answer.location == f"/lectures/{school.ids['lecture']}"
    assert is_in(teacher)
    named = teacher.post(f"/lectures/{school.ids['lecture']}/screen")
    assert named.location.startswith("/password-again")
    with toolbox.reading() as session:
        assert session.query(KioskPass).one().ended_at is not None


@pytest.mark.parametrize("pin", POOR_PINS)
def test_what_is_no_good_pin_is_refused_before_anything_ends(teacher, school, pin):
    answer = hand_round(teacher, school, pin)
    assert answer.status_code == 400
    assert "PIN" in answer.text
    assert is_in(teacher)


def test_guesses_at_the_pin_wait_and_the_password_still_works(teacher, school):
    hand_round(teacher, school, PIN)
    answers = [teacher.post("/kiosk/leave", {"pin": f"55000{number}"}).status_code for number in range(8)]
    assert answers == [403] * 6 + [429] * 2
    assert teacher.post("/kiosk/leave", {"pin": PIN}).status_code == 429
    assert teacher.post("/kiosk/leave", {"secret": school.password}).status_code == 302


def test_an_empty_pin_and_that_of_no_lecture_open_nothing(teacher, school):
    hand_round(teacher, school)
    for pin in ("", "   ", "None"):
        assert teacher.post("/kiosk/leave", {"pin": pin}).status_code == 403
    assert not is_in(teacher)


def test_a_second_phone_keeps_the_pin_of_the_first(app, teacher, school):
    hand_round(teacher, school, PIN)
    second = Phone(app, "192.0.2.21")
    second.sign_in(school.password)
    hand_round(second, school)
    assert second.post("/kiosk/leave", {"pin": PIN}).status_code == 302


def test_nothing_on_the_leaving_page_is_a_password_to_the_browser(kiosk):
    page = kiosk.page("/kiosk/leave")
    assert page.select("input[type=password], input[autocomplete*=password], input[name*=password]") == []
    assert [each["autocomplete"] for each in page.select("input[data-typed]")] == ["one-time-code"]


def test_a_pin_is_forgotten_the_day_after(sqlite_url, make_settings, teacher, school):
    hand_round(teacher, school, PIN)
    clock = Clock()
    toolbox = Toolbox(make_settings(sqlite_url), now=clock)
    with toolbox.reading() as session:
        clock.moment = session.get(Lecture, school.ids["lecture"]).ends_at
    assert forget_pins(toolbox) == 0
    clock.pass_by(days=1, minutes=1)
    assert forget_pins(toolbox) == 1
    toolbox.engine.dispose()


def test_nobody_names_another_teachers_device(teacher, school):
    assert teacher.post(f"/lectures/{school.ids['lecture']}/second-screens/99/end").status_code == 404
