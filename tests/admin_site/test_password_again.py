"""Acts of weight ask for the password again, five minutes after it was last typed."""

import pytest

from shared.persistence.tables import Teacher
from tests.admin_site.conftest import SITE
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD


@pytest.fixture
def late_desk(desk):
    """The admin's browser six minutes after the sign-in, on a teacher's page."""
    desk.open("/teachers/new")
    desk.fill("Save", name="Asha Rao", email="asha@school.example")
    _let_time_pass(desk)
    desk.open("/teachers/1/edit")
    return desk


def _let_time_pass(desk) -> None:
    with desk.client.session_transaction(base_url=SITE) as session:
        session["fs_paa"] -= 6 * 60


def _is_active(office) -> bool:
    with office.toolbox.reading() as session:
        return session.get(Teacher, 1).active


def test_a_fresh_sign_in_is_enough(desk, office):
    desk.open("/teachers/new")
    desk.fill("Save", name="Asha Rao", email="asha@school.example")
    desk.open("/teachers/1/edit")
    desk.fill("Deactivate this teacher")
    assert not _is_active(office)


def test_a_late_press_asks_first_and_leads_back_to_the_button(late_desk, office):
    late_desk.fill("Deactivate this teacher")
    assert late_desk.path == "/password-again"
    assert "press the button once more" in late_desk.told()
    assert _is_active(office)

    late_desk.fill("Go on", password="a wrong password")
    assert "This is not your password." in late_desk.error_at("password")
    late_desk.fill("Go on", password=ADMIN_PASSWORD)
    assert late_desk.path == "/teachers/1/edit"
    late_desk.fill("Deactivate this teacher")
    assert not _is_active(office)


def test_wrong_tries_are_slowed_like_those_at_the_sign_in(late_desk):
    late_desk.open("/password-again?next=/teachers")
    for _ in range(6):
        late_desk.fill("Go on", password="a wrong password")
    late_desk.fill("Go on", password=ADMIN_PASSWORD)
    assert "Please wait" in late_desk.told()
    assert late_desk.path == "/password-again"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_the_way_back_never_leads_to_another_site(late_desk, elsewhere):
    late_desk.open("/password-again")
    fields = {
        "csrf_token": late_desk.page.select_one("[name=csrf_token]")["value"],
        "password": ADMIN_PASSWORD,
    }
    answer = late_desk.client.post(
        "/password-again",
        query_string={"next": elsewhere},
        data=fields,
        base_url=SITE,
        headers={"Referer": SITE},
    )
    location = answer.headers.get("Location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_our_scripts_are_told_in_a_sentence(late_desk):
    answer = late_desk.ask("/teachers/1/deactivate")
    assert answer.status_code == 403
    assert "password once more" in answer.json["error"]


def _change(desk, present, new, again=None):
    fields = {"password": present, "new_password": new, "new_password_confirm": again or new}
    return desk.fill("Save the password", **fields)


def test_a_password_of_ones_own_needs_the_present_one_and_guesses_are_slowed(desk):
    desk.open("/password")
    for _ in range(6):
        _change(desk, "a wrong password", "four quiet yellow trams")
        assert "This is not your password." in desk.error_at("password")
    _change(desk, ADMIN_PASSWORD, "four quiet yellow trams")
    assert "Please wait" in desk.told()
    assert desk.path == "/password"


@pytest.mark.parametrize(
    ("new", "again", "field", "sentence"),
    [
        ("too short", None, "new_password", "Please take at least 12 characters."),
        (ADMIN_EMAIL, None, "new_password", "This is too easy to guess."),
        (ADMIN_PASSWORD, None, "password", "This is the password you have already."),
        ("four quiet yellow trams", "four", "new_password_confirm", "The two passwords do not match."),
    ],
)
def test_what_is_wrong_with_a_new_password_stands_at_its_field(desk, new, again, field, sentence):
    desk.open("/password")
    _change(desk, ADMIN_PASSWORD, new, again)
    assert sentence in desk.error_at(field)


def test_a_changed_password_is_told(desk):
    desk.open("/password")
    _change(desk, ADMIN_PASSWORD, "four quiet yellow trams")
    assert "Your password is changed." in desk.told()
