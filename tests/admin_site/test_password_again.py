"""Sensitive actions ask for the password again, five minutes after it was last typed."""

import re

import pytest

from shared.persistence.tables import Teacher
from tests.admin_site.conftest import SITE
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD


@pytest.fixture
def late_desk(desk):
    """The admin's browser six minutes after the sign-in, on a teacher's page."""
    desk.open("/teachers/new")
    desk.fill("Save", name="Asha Rao", email="asha@school.example")
    desk.open("/teachers/1/edit")
    _let_time_pass(desk)
    return desk


def _let_time_pass(desk, minutes: int = 6) -> None:
    with desk.client.session_transaction(base_url=SITE) as session:
        session["fs_paa"] -= minutes * 60


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

    late_desk.fill("Continue", password="a wrong password")
    assert "This is not your password." in late_desk.error_at("password")
    late_desk.fill("Continue", password=ADMIN_PASSWORD)
    assert late_desk.path == "/teachers/1/edit"
    late_desk.fill("Deactivate this teacher")
    assert not _is_active(office)


def test_wrong_tries_are_slowed_like_those_at_the_sign_in(late_desk):
    late_desk.open("/password-again?next=/teachers")
    for _ in range(6):
        late_desk.fill("Continue", password="a wrong password")
    late_desk.fill("Continue", password=ADMIN_PASSWORD)
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


@pytest.mark.parametrize("came_from", ["https://evil.example/teachers", "https://evil.example//x", ""])
def test_the_way_back_is_no_page_of_another_site_that_sent_the_button(late_desk, came_from):
    late_desk.client.application.config["WTF_CSRF_SSL_STRICT"] = False  # it would be refused before
    token = late_desk.page.select_one("meta[name=csrf-token]")["content"]
    answer = late_desk.client.post(
        "/teachers/1/deactivate", base_url=SITE, data={"csrf_token": token}, headers={"Referer": came_from}
    )
    assert (answer.status_code, answer.location) == (302, "/password-again")


def test_the_way_back_is_a_page_where_the_button_stood_on_an_answer_to_a_form(late_desk, office):
    page = f"/classes/{office.class_id}/year-end"
    late_desk.path = f"{page}/apply"  # which shows the form again where it refuses
    late_desk.fill("Deactivate this teacher")
    late_desk.fill("Continue", password=ADMIN_PASSWORD)
    assert (late_desk.path, late_desk.status) == (page, 200)


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
        ("too short", None, "new_password", "Please use at least 12 characters."),
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


# Pages and sensitive actions, and for how many minutes the password typed last is good for them.
WEIGHTY_PAGES = {
    "/teachers/new": 5,
    "/teachers/1/edit": 5,
    "/admins/new": 5,
    "/authenticator": 5,
    "/students/{meera}/erase": 5,
    "/students/{meera}/export": 5,
    "/students/new": 30,
    "/students/{meera}/edit": 30,
    "/students/{meera}/enrolment": 30,
    "/classes/{class_id}/roster": 30,
    "/classes/{class_id}/photos": 30,
}
WEIGHTY_ACTS = {
    "/teachers/new": 20,
    "/teachers/1/edit": 20,
    "/teachers/1/new-password": 5,
    "/teachers/1/link": 5,
    "/teachers/1/deactivate": 5,
    "/teachers/1/reactivate": 5,
    "/teachers/1/untie": 5,
    "/admins/new": 20,
    "/admins/1/new-password": 5,
    "/admins/1/link": 5,
    "/admins/1/no-second-factor": 5,
    "/admins/1/deactivate": 5,
    "/admins/1/reactivate": 5,
    "/admins/1/untie": 5,
    "/authenticator": 5,
    "/authenticator/recovery-codes": 5,
    "/authenticator/off": 5,
    "/audit-trail/export": 5,
    "/spoof-check/versions/1/activate": 5,
    "/spoof-check/shipped-version/activate": 5,
    "/spoof-check/strictness": 5,
    "/students/{meera}/erase": 5,
    "/students/{meera}/export": 5,
    "/students/{meera}/consent/withdraw": 5,
    "/classes/{class_id}/deactivate": 5,
    "/classes/{class_id}/year-end": 20,
    "/classes/{class_id}/year-end/apply": 20,
    "/classes/{class_id}/photos/answers": 60,
    "/students/new": 60,
    "/students/{meera}/edit": 60,
    "/classes/{class_id}/roster": 60,
    "/classes/{class_id}/roster/apply": 60,
    "/classes/{class_id}/photos": 60,
    "/students/{meera}/enrolment/photos": 60,
    "/students/{meera}/enrolment/photos/discard": 60,
    "/students/{meera}/enrolment/training": 60,
    "/students/{meera}/enrolment/self-test": 60,
    "/students/{meera}/offers/1": 60,
    "/integrations/1/turn/1": 5,
    "/integrations/messages/choose": 5,
    "/integrations/messages/test": 60,
    "/integrations/oneroster": 60,
    "/integrations/oneroster/import": 60,
    "/students/{meera}/decision": 60,
}


# What needs none: it can be taken back and opens nothing, or asks for a password itself.
LIGHT_ACTS = {
    "/language",
    *(
        "/timetable/covers",
        "/timetable/covers/1/take-back",
        "/timetable/grid",
        "/timetable/grids/1",
        "/timetable/grids/1/remove",
        "/calendar/look",
        "/calendar/days",
        "/calendar/days/1/remove",
        "/calendar/planned/1/not-held",
        "/sign-in",
        "/sign-out",
        "/password",
        "/password-again",
        "/school-sign-in/code",
        "/forgotten-password",
        "/choose-password",
    ),
    *("/classes/new", "/classes/{class_id}/edit", "/classes/{class_id}/reactivate"),
    *("/classes/{class_id}/consents", "/classes/{class_id}/consents/take-back"),
    *("/students/{meera}/consent", "/students/{meera}/deactivate", "/students/{meera}/reactivate"),
    *("/spoof-check/archive", "/spoof-check/pictures", "/spoof-check/pictures/discard"),
    *("/statuses/new", "/statuses/1/edit", "/statuses/1/retire", "/statuses/1/use-again"),
    *("/timetable", "/timetable/drafts/1/apply", "/integrations/moodle/choose"),
    "/students/{meera}/family-links/revoke",
    *("/spoof-check/training", "/spoof-check/versions/1/decline"),
}


def test_every_act_of_the_office_is_of_weight_or_is_known_not_to_be(desk, office):
    gaps = {"student_id": "{meera}", "class_id": "{class_id}"}
    acts = {
        re.sub(r"<(?:\w+:)?(\w+)>", lambda gap: gaps.get(gap[1], "1"), rule.rule)
        for rule in desk.client.application.url_map.iter_rules()
        if "POST" in rule.methods
    }
    assert acts == WEIGHTY_ACTS.keys() | LIGHT_ACTS
    assert not WEIGHTY_ACTS.keys() & LIGHT_ACTS


def _asks(answer) -> bool:
    is_kept = answer.status_code == 200 and 'name="kept_for"' in answer.text
    return is_kept or (answer.status_code == 302 and answer.location.startswith("/password-again"))


def test_what_changes_accounts_families_lists_and_faces_asks_again_and_a_queue_less_often(desk, office):
    ids = {"meera": office.meera, "class_id": office.class_id}
    token = desk.open("/password-again").select_one("[name=csrf_token]")["value"]
    how = {"base_url": SITE, "headers": {"Referer": f"{SITE}/classes"}}
    wrong, passed = [], 0
    for minutes in (4, 6, 19, 21, 29, 31, 59, 61):
        _let_time_pass(desk, minutes - passed)
        passed = minutes
        for path, good_for in WEIGHTY_PAGES.items():
            answer = desk.client.get(path.format(**ids), **how)
            if _asks(answer) != (minutes > good_for):
                wrong.append(f"GET {path} after {minutes} minutes: {answer.status_code}")
        for path, good_for in WEIGHTY_ACTS.items():
            if minutes > good_for:
                answer = desk.client.post(path.format(**ids), data={"csrf_token": token}, **how)
                if not _asks(answer):
                    wrong.append(f"POST {path} after {minutes} minutes: {answer.status_code}")
    assert wrong == []


def test_a_form_may_take_ten_minutes_to_fill_in(desk, office):
    desk.open("/teachers/new")
    _let_time_pass(desk, 10)
    desk.fill("Save", name="Asha Rao", email="asha@school.example")
    with office.toolbox.reading() as session:
        assert session.query(Teacher).count() == 1


def test_a_form_that_comes_too_late_is_kept_while_the_password_is_asked_for(desk, office):
    desk.open(f"/students/{office.meera}/edit")
    _let_time_pass(desk, 61)
    desk.fill("Save", name="Meera  “Mira” Iyer")
    assert "What you filled in is kept" in desk.told()
    desk.fill("Continue", password="a wrong password")
    assert "This is not your password." in desk.error_at("password")
    assert "What you filled in is kept" in desk.told()
    desk.fill("Continue", password=ADMIN_PASSWORD)
    assert "The student was saved." in desk.told()
    assert "Meera  “Mira” Iyer" in desk.page.h1.get_text()


def test_what_is_refused_after_the_password_is_still_there(desk, office):
    desk.open("/teachers/new")
    _let_time_pass(desk, 21)
    desk.fill("Save", name="Asha Rao", email="nobody", class_ids=[office.class_id])
    desk.fill("Continue", password=ADMIN_PASSWORD)
    assert "it has no @-sign" in desk.error_at("email")
    assert desk.page.select_one("[name=name]")["value"] == "Asha Rao"
    assert desk.page.select_one("[name=class_ids]").has_attr("checked")


@pytest.mark.parametrize(
    "kept_for", ["https://evil.example/teachers/new", "//evil.example/", "/\\evil.example", "/teachers", ""]
)
def test_a_kept_form_goes_to_no_other_address_than_one_of_our_forms(late_desk, kept_for):
    late_desk.open("/password-again?next=/teachers")
    late_desk.fill("Continue", password=ADMIN_PASSWORD, kept_for=kept_for)
    assert (late_desk.path, late_desk.status) == ("/teachers", 200)


def test_the_library_hands_out_no_token_of_its_own(desk, office):
    fields = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    answer = desk.client.post(
        "/sign-in?include_auth_token",
        base_url=SITE,
        json=fields,
        headers={"Accept": "application/json", "Referer": SITE},
    )
    assert "authentication_token" not in answer.text
    page = desk.client.get(
        "/password-again?include_auth_token", base_url=SITE, headers={"Accept": "application/json"}
    )
    assert not page.is_json
