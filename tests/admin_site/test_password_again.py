"""Acts of weight ask for the password again, five minutes after it was last typed."""

import pytest

from shared.persistence.tables import Teacher
from tests.admin_site.conftest import SITE
from tests.office import ADMIN_PASSWORD


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
