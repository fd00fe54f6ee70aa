"""The pages of school sign-in say nothing past the catalogues, where it is on."""

import calendar

from tests.school_sign_in.conftest import SUBJECT_OF
from tests.support.office import ADMIN_PASSWORD
from tests.test_language import bare_english, made_up_language  # noqa: F401

# What people and settings wrote.
TYPED = {"Anita", "Desai", "Asha", "Rao", "CO", "GA", "Databases", "Our", "School"}
ALIKE = {"Workspace", "Microsoft", *calendar.day_abbr, *calendar.month_abbr}


def bare_on(browser, *paths):
    return [
        f"{path}: {text}"
        for path in paths
        for text in bare_english(browser.get(path, follow_redirects=True).text, TYPED | ALIKE)
    ]


def test_no_page_with_school_sign_in_says_anything_past_the_catalogues(made_up_language, sites):  # noqa: F811
    teacher = sites.browser()
    lecture = f"/lectures/{sites.ids['lecture']}/kiosk"
    bare = bare_on(teacher, "/sign-in")
    teacher.sign_in()
    bare += bare_on(teacher, "/password-again", "/password", lecture)
    teacher.post(lecture)
    teacher.client.delete_cookie("__Host-kiosk_pass", domain="localhost")
    bare += bare_on(teacher, "/sign-in")
    teacher.get("/school-sign-in")  # refused: the page says so
    bare += bare_on(teacher, "/sign-in")
    office = sites.browser("office")
    office.sign_in(SUBJECT_OF["office"])
    office.type_password(ADMIN_PASSWORD)
    own = f"/admins/{sites.actor.account_id}"
    bare += bare_on(office, "/integrations", "/integrations/school-sign-in", own)
    assert bare == []
