"""No phone that was handed round is opened by a school account, whatever its holder does with it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from shared.persistence.tables import KioskPass, Lecture
from shared.services.accounts.lifecycle import create_admin, create_teacher
from shared.services.audit import Actor
from shared.services.kiosk.passes import end_pass
from tests.support.school import TEACHER_EMAIL

ROUTES = ("/school-sign-in", "/school-sign-in/back?state=x&code=y", "/school-sign-in/again")
NOT_HERE = "This device was handed round to students, so your school account does not open it."
PHONE_OUT = "A phone of yours was handed round and you have not signed in on it since."


@pytest.fixture
def teacher(sites):
    """A teacher signed in by the school account."""
    browser = sites.browser()
    browser.sign_in()
    return browser


def hand_round(browser, sites, pin=""):
    answer = browser.post(f"/lectures/{sites.ids['lecture']}/kiosk", pin=pin)
    assert answer.location == "/kiosk"
    return browser


def end_passes(sites):
    """Take the phones back from another screen."""
    actor = Actor(site="classroom", email=TEACHER_EMAIL, account_id=sites.ids["teacher"])
    with sites.toolbox.reading() as session:
        passes = [each.id for each in session.query(KioskPass)]
    for pass_id in passes:
        end_pass(sites.toolbox, actor, pass_id)


def test_every_way_is_closed_while_the_phone_has_a_pass(teacher, sites, provider):
    begun = teacher.provider.visit(teacher.leave("/school-sign-in/again"), "asha at the provider")
    phone = hand_round(teacher, sites)
    for path in (*ROUTES, begun):
        assert phone.get(path).location == "/kiosk"
    assert "school account" not in phone.open("/kiosk/leave").get_text()
    assert not phone.is_in()


def test_a_way_that_was_begun_before_leads_nowhere(sites):
    phone = sites.browser()
    back = phone.go_there()
    phone.sign_in()
    hand_round(phone, sites)
    assert phone.get(back).location == "/kiosk"


def test_the_office_is_closed_to_the_phone_too(teacher, sites):
    hand_round(teacher, sites)
    office = sites.browser("office")
    value = teacher.client.get_cookie("__Host-kiosk_pass", "localhost").value
    office.client.set_cookie("__Host-kiosk_pass", value, domain="localhost")
    for path in ROUTES:
        answer = office.get(path)
        assert answer.status_code == 403
        assert "Only the teacher can end that" in answer.text


def test_handing_round_ends_sign_ins_by_school_accounts_everywhere(teacher, sites):
    desk = sites.browser()
    desk.sign_in()
    hand_round(teacher, sites)
    assert not desk.is_in()
    copy = sites.browser()
    assert not copy.is_in()


def test_a_phone_whose_pass_ended_elsewhere_takes_the_password_alone(teacher, sites):
    phone = hand_round(teacher, sites)
    end_passes(sites)
    phone.open("/kiosk")
    page = phone.open("/sign-in")
    assert page.find("a", href="/school-sign-in") is None
    assert "it asks for your password once" in page.get_text()
    assert phone.get("/school-sign-in").location == "/sign-in"
    assert NOT_HERE in phone.told()
    phone.type_password(sites.password)
    phone.post("/sign-out")
    phone.sign_in()  # it is the teacher's again
    assert phone.is_in()


def test_a_way_begun_before_is_refused_after_the_pass_has_ended_too(sites):
    phone = sites.browser()
    phone.sign_in()
    back = phone.provider.visit(phone.leave("/school-sign-in/again"), "asha at the provider")
    begun = phone.client.get_cookie("__Host-classroom_session", "localhost").value
    hand_round(phone, sites)
    end_passes(sites)
    phone.open("/kiosk")
    phone.client.set_cookie("__Host-classroom_session", begun, domain="localhost")
    phone.get(back)
    assert not phone.is_in()


def test_the_pin_makes_the_phone_the_teachers_again(teacher, sites):
    phone = hand_round(teacher, sites, pin="402817")
    assert phone.post("/kiosk/leave", at="/kiosk/leave", pin="402817").status_code == 302
    phone.post("/sign-out")
    phone.sign_in()
    assert phone.is_in()


@pytest.mark.parametrize("is_ended", [False, True])
def test_clearing_the_browsers_data_does_not_open_the_phone(teacher, sites, is_ended):
    hand_round(teacher, sites)
    if is_ended:
        end_passes(sites)
    cleared = sites.browser()  # the session at the provider lives on
    cleared.sign_in()
    assert PHONE_OUT in cleared.told()
    assert not cleared.is_in()
    assert cleared.type_password(sites.password).is_in()


@pytest.mark.parametrize("how", ["ended elsewhere", "lecture closed", "lecture over"])
def test_where_the_teacher_signed_in_before_the_school_account_does_once_the_round_is_over(
    teacher, sites, how
):
    def end():
        if how == "ended elsewhere":
            end_passes(sites)
        with sites.toolbox.sessions.begin() as session:
            now = sites.toolbox.now()
            over = {"lecture closed": {"closed_at": now}, "lecture over": {"ends_at": now}}
            if how in over:
                session.execute(update(Lecture).values(**over[how]))

    desk = sites.browser()
    desk.sign_in()
    hand_round(teacher, sites)
    assert not desk.is_in()
    desk.sign_in()  # the phone may have a second browser
    assert PHONE_OUT in desk.told()
    assert not desk.is_in()
    end()
    desk.sign_in()
    assert desk.is_in()


def test_another_teacher_is_not_kept_out(teacher, sites, provider):
    create_teacher(sites.toolbox, sites.actor, email="ravi@school.example", name="Ravi")
    provider.add("ravi at the provider", "ravi@school.example")
    hand_round(teacher, sites)
    other = sites.browser()
    other.sign_in("ravi at the provider")
    assert other.is_in()


@pytest.mark.parametrize("address", [TEACHER_EMAIL, "asha@office.example"])
def test_at_the_office_a_teacher_whose_phone_is_out_needs_the_password(teacher, sites, provider, address):
    """By the same address, or by the same account at the provider under another one."""
    create_admin(sites.toolbox, sites.actor, email=address, name="Asha at the office")
    if address != TEACHER_EMAIL:
        provider.claims = {"email": address}
    before = sites.browser("office")
    before.sign_in("asha at the provider")
    assert before.is_in()
    before.post("/sign-out")
    hand_round(teacher, sites)
    before.sign_in("asha at the provider")
    assert PHONE_OUT in before.told()
    assert not before.is_in()


def test_a_day_later_the_phone_counts_as_found(teacher, sites):
    hand_round(teacher, sites)
    end_passes(sites)
    with sites.toolbox.sessions.begin() as session:
        session.execute(update(KioskPass).values(opened_at=sites.toolbox.now() - timedelta(hours=25)))
    elsewhere = sites.browser()
    elsewhere.sign_in()
    assert elsewhere.is_in()


def test_the_page_before_the_hand_over_says_what_takes_the_phone_back(teacher, sites):
    page = teacher.open(f"/lectures/{sites.ids['lecture']}/kiosk").main.get_text(" ", strip=True)
    assert "Signing in with your school account does not take the phone back" in page
