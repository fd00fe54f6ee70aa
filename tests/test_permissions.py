"""Who may ask for what: every route of both sites, for everybody who may stand before it.

A route without a line in the tables below fails the tests, and so does a line without a route.
"""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from shared.persistence.tables import (
    AuditEntry,
)
from shared.services.people.registration import set_teacher_active
from shared.toolbox import Toolbox
from teacher_site.kiosk import OPEN_TO_THE_PASS
from tests.conftest import settings_for
from tests.support.browsers import Browser
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.school import TEACHER_EMAIL
from tests.support.town import OTHER_EMAIL, address, open_town, routes

# What each kind of route answers to whom. "kiosk": the phone stays in the kiosk. "nothing": 404, as if
# there were no such thing. "no pass": nothing, or the start page.
STATIC = dict.fromkeys(("anonymous", "kiosk", "teacher", "other teacher"), "served")
OPEN = {**STATIC, "kiosk": "kiosk"}
SIGNED_IN = {**OPEN, "anonymous": "sign-in"}
OWN = {**SIGNED_IN, "other teacher": "nothing"}  # the address names a lecture of the teacher's
LINK = {**dict.fromkeys(STATIC, "nothing"), "kiosk": "kiosk"}  # open, to whoever has the token
# Open to whoever comes, but off in this town; on: tests/school_sign_in.
OFF = LINK
LEAVES = {**SIGNED_IN, "teacher": "sign-in", "other teacher": "sign-in"}
PASS = {**STATIC, "anonymous": "no pass", "teacher": "no pass", "other teacher": "no pass"}

CLASSROOM = {
    "attendance.close": OWN,
    "attendance.count_all_on_time": OWN,
    "attendance.decide": OWN,
    "attendance.end_phone": OWN,
    "attendance.mark": OWN,
    "attendance.mark_the_rest": OWN,
    "attendance.picture": OWN,
    "attendance.reopen": OWN,
    "attendance.report": SIGNED_IN,
    "attendance.set_clock": OWN,
    "attendance.show": OWN,
    "attendance.undo": OWN,
    "attendance.undo_press": OWN,
    "bootstrap.static": STATIC,
    "covers.end": OWN,
    "covers.read": OWN,
    "covers.show": SIGNED_IN,
    "families.announce": LINK,
    "families.ask": LINK,
    "families.show": LINK,
    "families.withdraw": LINK,
    "family_mail.choose": OWN,
    "family_mail.correct": OWN,
    "family_mail.progress": OWN,
    "family_mail.retry": OWN,
    "family_mail.retry_one": OWN,
    "family_mail.send": OWN,
    "family_mail.show": OWN,
    "kiosk.call": PASS,
    "kiosk.hand_over": OWN,
    "kiosk.key": PASS,
    "kiosk.leave": PASS,
    "kiosk.page": PASS,
    "kiosk.send": PASS,
    "kiosk.status": PASS,
    "kiosk.ticket": PASS,
    "kiosk.turn": PASS,
    "kiosk.yes": PASS,
    "lectures.open_one": SIGNED_IN,
    "lectures.settle_question": OWN,
    "lectures.show_list": SIGNED_IN,
    "lectures.today": SIGNED_IN,
    "live.follow": OWN,
    "live.name": OWN,
    "live.screen": OWN,
    "live.unname": OWN,
    "moodle.marks": OWN,
    "moodle.sessions": SIGNED_IN,
    "password_links.ask": OPEN,
    "password_links.choose": OPEN,
    "school_sign_in.again": {**OFF, "anonymous": "sign-in"},
    "school_sign_in.back": OFF,
    "school_sign_in.start": OFF,
    "security.change_password": SIGNED_IN,
    "security.login": OPEN,
    "security.logout": LEAVES,
    "security.static": SIGNED_IN,
    "security.verify": SIGNED_IN,
    "shared.authority": OPEN,
    "shared.certificate": OPEN,
    "shared.is_alive": OPEN,
    "shared.is_ready": OPEN,
    "shared.is_signed_in": SIGNED_IN,
    "shared.choose_language": OPEN,
    "shared.notice": OPEN,
    "shared.static": STATIC,
    "plan.calendar": LINK,
    "plan.end_link": SIGNED_IN,
    "plan.lecture_not_held": OWN,
    "plan.make_link": SIGNED_IN,
    "plan.not_held": OWN,
    "plan.show": SIGNED_IN,
    "plan.start": OWN,
    "sheets.apply": {**OWN, "other teacher": "served"},  # a 400: the list is sealed for its teacher
    "sheets.download": OWN,
    "sheets.show": OWN,
    "sheets.undo": OWN,
    "static": STATIC,
    "term_sheet.apply": {**OWN, "other teacher": "served"},  # a 400: the list is sealed for its teacher
    "term_sheet.download": SIGNED_IN,  # with the asker's own lectures in it
    "term_sheet.show": SIGNED_IN,
    "term_sheet.undo": OWN,
    "totals.download": SIGNED_IN,
    "totals.show": SIGNED_IN,
    "totals.student": SIGNED_IN,
}

ANYBODY = {"anonymous": "served", "admin": "served"}
ADMINS = {"anonymous": "sign-in", "admin": "served"}
OFF_AT_THE_OFFICE = {"anonymous": "nothing", "admin": "nothing"}

OFFICE = {
    "admins.add": ADMINS,
    "admins.deactivate": ADMINS,
    "admins.reactivate": ADMINS,
    "admins.renew": ADMINS,
    "admins.reset_second_factor": ADMINS,
    "admins.send_link": ADMINS,
    "admins.show": ADMINS,
    "admins.show_list": ADMINS,
    "audit_trail.export": ADMINS,
    "audit_trail.show": ADMINS,
    "bootstrap.static": ANYBODY,
    "class_photos.answer": ADMINS,
    "class_photos.show": ADMINS,
    "class_photos.show_picture": ADMINS,
    "classes.add": ADMINS,
    "classes.deactivate": ADMINS,
    "classes.edit": ADMINS,
    "classes.reactivate": ADMINS,
    "classes.show_list": ADMINS,
    "consents.for_class": ADMINS,
    "consents.take_back": ADMINS,
    "covers.end": ADMINS,
    "covers.show": ADMINS,
    "decisions.decide": ADMINS,
    "decisions.picture": ADMINS,
    "decisions.show": ADMINS,
    "days_off.add": ADMINS,
    "days_off.look": ADMINS,
    "days_off.remove": ADMINS,
    "days_off.say_not_held": ADMINS,
    "days_off.show": ADMINS,
    "enrolment.add_photos": ADMINS,
    "enrolment.discard_photos": ADMINS,
    "enrolment.self_test": ADMINS,
    "enrolment.show": ADMINS,
    "enrolment.show_job": ADMINS,
    "enrolment.train": ADMINS,
    "integrations.choose_moodle": ADMINS,
    "integrations.import_oneroster": ADMINS,
    "integrations.oneroster": ADMINS,
    "integrations.show_list": ADMINS,
    "integrations.turn": ADMINS,
    "messages.choose": ADMINS,
    "messages.show": ADMINS,
    "messages.test": ADMINS,
    "password_links.ask": ANYBODY,
    "password_links.choose": ANYBODY,
    "privacy.ask_to_erase": ADMINS,
    "privacy.ask_to_export": ADMINS,
    "privacy.erase": ADMINS,
    "privacy.export": ADMINS,
    "readiness.board": ADMINS,
    "readiness.enrol_next": ADMINS,
    "roster.apply": ADMINS,
    "roster.show": ADMINS,
    "roster.template": ADMINS,
    "school_accounts.show": ADMINS,
    "school_accounts.untie_admin": ADMINS,
    "school_accounts.untie_teacher": ADMINS,
    "school_sign_in.again": {**OFF_AT_THE_OFFICE, "anonymous": "sign-in"},
    "school_sign_in.back": OFF_AT_THE_OFFICE,
    "school_sign_in.code": OFF_AT_THE_OFFICE,
    "school_sign_in.start": OFF_AT_THE_OFFICE,
    "second_factor.renew_codes": ADMINS,
    "second_factor.show": ADMINS,
    "second_factor.turn_off": ADMINS,
    "security.change_password": ADMINS,
    "security.login": ANYBODY,
    "security.logout": {**ADMINS, "admin": "sign-in"},
    "security.static": ADMINS,
    "security.verify": ADMINS,
    "shared.authority": ANYBODY,
    "shared.certificate": ANYBODY,
    "shared.is_alive": ANYBODY,
    "shared.is_ready": ANYBODY,
    "shared.is_signed_in": ADMINS,
    "shared.choose_language": ANYBODY,
    "shared.notice": ANYBODY,
    "shared.static": ANYBODY,
    "spoof_check.activate": ADMINS,
    "spoof_check.activate_shipped": ADMINS,
    "spoof_check.choose_strictness": ADMINS,
    "spoof_check.decline": ADMINS,
    "spoof_check.discard_pictures": ADMINS,
    "spoof_check.send_archive": ADMINS,
    "spoof_check.send_pictures": ADMINS,
    "spoof_check.show": ADMINS,
    "spoof_check.show_mistake": ADMINS,
    "spoof_check.train": ADMINS,
    "static": ANYBODY,
    "statuses.add": ADMINS,
    "statuses.edit": ADMINS,
    "statuses.retire": ADMINS,
    "statuses.show_list": ADMINS,
    "statuses.use_again": ADMINS,
    "students.add": ADMINS,
    "students.consent": ADMINS,
    "students.deactivate": ADMINS,
    "students.decide_offer": ADMINS,
    "students.edit": ADMINS,
    "students.reactivate": ADMINS,
    "students.revoke_links": ADMINS,
    "students.show": ADMINS,
    "students.show_list": ADMINS,
    "students.withdraw": ADMINS,
    "year_end.apply": ADMINS,
    "year_end.show": ADMINS,
    "teachers.add": ADMINS,
    "teachers.deactivate": ADMINS,
    "teachers.edit": ADMINS,
    "teachers.reactivate": ADMINS,
    "teachers.renew": ADMINS,
    "teachers.send_link": ADMINS,
    "teachers.show_list": ADMINS,
    "timetable.apply": ADMINS,
    "timetable.show": ADMINS,
    "timetable.template": ADMINS,
    "weekly_grid.change": ADMINS,
    "weekly_grid.remove": ADMINS,
    "weekly_grid.start": ADMINS,
}
TABLES = {"office": OFFICE, "classroom": CLASSROOM}

# Nothing to give here, as in an installation whose certificate comes from elsewhere; to everybody the same.
AUTHORITY = {"shared.certificate", "shared.authority"}
# What a form must hold for its page to look at whose the thing is.
FORMS = {
    "family_mail.choose": {"recipients": "absent"},
    "attendance.mark": {"status": "present"},
    "attendance.decide": {"decision": "refuse"},
}
# A page, a step on, a file that is not there, or a sentence about what was typed. Anything else is no
# permission but a surprise.
SERVED = (200, 302, 400, 403, 404, 409)
# The first has nothing to say, and the town's trained version of the spoof check is an empty one.
SERVED_AS = {"shared.is_signed_in": (204,), "spoof_check.activate": (503,)}
# These end the sign-in that sends them.
ENDS_THE_SIGN_IN = {"security.logout", "kiosk.hand_over"}


@pytest.fixture
def town(sqlite_url, tmp_path) -> SimpleNamespace:
    toolbox = Toolbox(settings_for(tmp_path, sqlite_url))
    yield open_town(toolbox)
    toolbox.engine.dispose()


def answer_of(browser: Browser, endpoint: str, method: str, path: str) -> str:
    """What a browser got, in the words of the tables."""
    answer = browser.get(path) if method == "GET" else browser.post(path, **FORMS.get(endpoint, {}))
    location = answer.headers.get("Location", "")
    if location.startswith("/sign-in"):
        return "sign-in"
    if location == "/kiosk" and "__Host-kiosk_pass" not in answer.headers.get("Set-Cookie", ""):
        return "kiosk"
    if answer.status_code == 403 and "Only the teacher can end that" in answer.text:
        return "kiosk"
    if endpoint.startswith("kiosk.") and (location == "/" or "takes no check-ins any more" in answer.text):
        return "no pass"
    if answer.status_code == 404 and not endpoint.endswith("static") and endpoint not in AUTHORITY:
        return "nothing"
    assert answer.status_code in SERVED_AS.get(endpoint, SERVED), (endpoint, answer.status_code)
    return "served"


def check(browser_of, app: Flask, table: dict[str, dict[str, str]], role: str, ids: dict[str, int]) -> None:
    """Ask for every route as one role."""
    wrong, browser = [], browser_of()
    for endpoint, method, rule in routes(app):
        got = answer_of(browser, endpoint, method, address(rule, ids))
        if got != table[endpoint][role]:
            wrong.append(f"{method} {endpoint} as {role}: {got}, not {table[endpoint][role]}")
        if endpoint in ENDS_THE_SIGN_IN and method == "POST":
            browser = browser_of()
    assert wrong == []


@pytest.mark.parametrize("site", ["office", "classroom"])
def test_every_route_has_its_line_and_every_line_its_route(town, site):
    assert {rule.endpoint for rule in town.apps[site].url_map.iter_rules()} == set(TABLES[site])


def teacher_browser(town, email=TEACHER_EMAIL) -> Browser:
    return Browser(town.apps["classroom"], "classroom").sign_in(email, town.passwords[email])


def admin_browser(town) -> Browser:
    return Browser(town.apps["office"], "office").sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)


def test_no_change_of_a_signed_in_person_without_the_pages_own_token(town):
    tried = 0
    for site, browser in (("office", admin_browser(town)), ("classroom", teacher_browser(town))):
        for endpoint, method, rule in routes(town.apps[site]):
            if method == "GET" or endpoint in OPEN_TO_THE_PASS:
                continue
            path, fields = address(rule, town.ids), FORMS.get(endpoint, {})
            answer = browser.client.post(
                path, base_url=browser.base, data=fields, headers={"Referer": browser.base + "/"}
            )
            assert answer.status_code == 400, (endpoint, answer.status_code)
            assert "This page was open for too long" in answer.text, endpoint
            tried += 1
    assert tried > 60


def test_a_browser_that_hides_where_a_form_comes_from_is_told_so(town):
    for browser in (admin_browser(town), teacher_browser(town)):
        page = BeautifulSoup(browser.get("/").text, "html.parser")
        token = page.select_one("meta[name=csrf-token]")["content"]
        answer = browser.client.post("/sign-out", base_url=browser.base, data={"csrf_token": token})
        assert answer.status_code == 400
        assert "did not say from which page" in answer.text
        assert browser.get("/").status_code == 200  # and nothing was changed


def test_no_change_of_a_phone_that_was_handed_round_without_the_pages_own_token(town):
    phone = teacher_browser(town)
    phone.post(f"/lectures/{town.ids['lecture_id']}/kiosk")
    for endpoint, method, rule in routes(town.apps["classroom"]):
        if method == "POST" and endpoint in OPEN_TO_THE_PASS:
            answer = phone.client.post(rule, base_url=phone.base, headers={"Referer": phone.base + "/"})
            assert answer.status_code in (400, 403), (endpoint, answer.status_code)
            said = answer.text
            assert "open for too long" in said or "not the phone that was handed round" in said, endpoint
    assert phone.get("/kiosk").status_code == 200  # and it is still a kiosk


def test_what_a_stranger_gets_in_the_classroom(town):
    app = town.apps["classroom"]
    check(lambda: Browser(app, "classroom"), app, CLASSROOM, "anonymous", town.ids)


def test_what_a_phone_in_the_kiosk_gets(town):
    app = town.apps["classroom"]

    def phone() -> Browser:
        browser = teacher_browser(town)
        assert browser.post(f"/lectures/{town.ids['lecture_id']}/kiosk").location == "/kiosk"
        return browser

    check(phone, app, CLASSROOM, "kiosk", town.ids)


def test_what_another_teacher_gets(town):
    app = town.apps["classroom"]
    check(lambda: teacher_browser(town, OTHER_EMAIL), app, CLASSROOM, "other teacher", town.ids)


def test_what_the_teacher_gets(town):
    app = town.apps["classroom"]
    check(lambda: teacher_browser(town), app, CLASSROOM, "teacher", town.ids)


def test_what_a_stranger_gets_at_the_office(town):
    app = town.apps["office"]
    check(lambda: Browser(app, "office"), app, OFFICE, "anonymous", town.ids)


def test_what_an_admin_gets(town):
    app = town.apps["office"]
    check(lambda: admin_browser(town), app, OFFICE, "admin", town.ids)


def test_no_route_of_either_site_changes_or_deletes_an_entry_of_the_audit_trail(town):
    before = trail(town.toolbox)
    assert before
    for site, browser in (("classroom", teacher_browser(town)), ("office", admin_browser(town))):
        for endpoint, method, rule in routes(town.apps[site]):
            if endpoint not in ENDS_THE_SIGN_IN:
                answer_of(browser, endpoint, method, address(rule, town.ids))
    after = trail(town.toolbox)
    assert len(after) > len(before)
    assert after[: len(before)] == before


def trail(toolbox: Toolbox) -> list[tuple]:
    with toolbox.reading() as session:
        table = AuditEntry.__table__
        return [tuple(row) for row in session.execute(table.select().order_by(table.c.id))]


@pytest.mark.parametrize("named", ["__Host-office_session", "__Host-classroom_session"])
def test_a_teachers_cookie_opens_nothing_at_the_office(town, named):
    value = teacher_browser(town).cookie("__Host-classroom_session")
    app = town.apps["office"]
    check(lambda: Browser(app, "office").take_cookie(named, value), app, OFFICE, "anonymous", town.ids)


@pytest.mark.parametrize("named", ["__Host-office_session", "__Host-classroom_session"])
def test_an_admins_cookie_opens_nothing_in_the_classroom(town, named):
    value = admin_browser(town).cookie("__Host-office_session")
    app = town.apps["classroom"]
    check(lambda: Browser(app, "classroom").take_cookie(named, value), app, CLASSROOM, "anonymous", town.ids)


def test_a_phone_that_was_handed_round_gets_nothing_from_the_office(town):
    phone = teacher_browser(town)
    phone.post(f"/lectures/{town.ids['lecture_id']}/kiosk")
    app, value = town.apps["office"], phone.cookie("__Host-kiosk_pass")
    browser = Browser(app, "office").take_cookie("__Host-kiosk_pass", value)
    still_open = set()
    for endpoint, method, rule in routes(app):
        path = address(rule, town.ids)
        answer = browser.get(path) if method == "GET" else browser.client.post(path, base_url=browser.base)
        if answer.status_code != 403 or "Only the teacher can end that" not in answer.text:
            still_open.add(endpoint)
    assert still_open == {"static", "shared.static", "bootstrap.static", "shared.is_alive", "shared.is_ready"}


def test_a_cookie_copied_before_the_sign_out_opens_nothing_afterwards(town):
    browser = teacher_browser(town)
    copy = browser.cookie("__Host-classroom_session")
    browser.post("/sign-out")
    thief = Browser(town.apps["classroom"], "classroom").take_cookie("__Host-classroom_session", copy)
    assert thief.get("/").location.startswith("/sign-in")


def test_a_cookie_copied_before_the_phone_was_handed_round_opens_nothing_afterwards(town):
    browser = teacher_browser(town)
    copy = browser.cookie("__Host-classroom_session")
    browser.post(f"/lectures/{town.ids['lecture_id']}/kiosk")
    thief = Browser(town.apps["classroom"], "classroom").take_cookie("__Host-classroom_session", copy)
    assert thief.get("/").location.startswith("/sign-in")


def test_a_deactivated_teachers_cookies_open_nothing(town):
    signed_in, kiosk = teacher_browser(town), teacher_browser(town)
    kiosk.post(f"/lectures/{town.ids['lecture_id']}/kiosk")
    set_teacher_active(town.toolbox, town.office.actor, town.ids["teacher_id"], active=False)
    assert signed_in.get("/").location.startswith("/sign-in")
    assert kiosk.get("/kiosk/status").status_code == 404
    assert kiosk.get("/").location.startswith("/sign-in")


def test_a_kiosk_knows_its_own_lecture_alone(town):
    phone = teacher_browser(town, OTHER_EMAIL)
    phone.post(f"/lectures/{town.ids['other_lecture_id']}/kiosk")
    page = phone.get("/kiosk").text
    assert "Subject 1" in page
    assert "Subject 0" not in page
    for path in ("", "/mail", "/sheet.xlsx", "/kiosk"):
        assert phone.get(f"/lectures/{town.ids['lecture_id']}{path}").location == "/kiosk"


def test_every_answer_has_the_headers_and_flags_its_cookies(town):
    for site, app in town.apps.items():
        browser = Browser(app, site)
        answers = [browser.get(path) for path in ("/sign-in", "/no/such/page", "/", "/healthz", "/static/x")]
        answers.append(browser.client.post("/sign-in", base_url=browser.base))  # without a token: 400
        answers.append(browser.client.delete("/sign-in", base_url=browser.base))
        assert {answer.status_code for answer in answers} == {200, 302, 400, 404, 405}
        for answer in answers:
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            for cookie in answer.headers.getlist("Set-Cookie"):
                assert cookie.startswith(f"__Host-{site}_session=")
                assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
