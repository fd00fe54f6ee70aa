"""A lecture's marks and a term's sessions for Moodle: nothing while it is off, no other teacher's lecture."""

import csv
import io

import pytest

from shared.persistence.tables import Integration
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from shared.services.integrations import moodle
from shared.services.integrations.choices import set_on
from shared.services.timetable.not_held import say_lecture_not_held

OFFICE = Actor(site="office", email="admin@school.example")


@pytest.fixture
def turned_on(toolbox):
    set_on(toolbox, OFFICE, Integration.MOODLE, on=True)


def rows(answer):
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text)))


def marks_of(school):
    return f"/lectures/{school.ids['lecture']}/moodle.csv"


def test_nothing_is_there_while_it_is_off(teacher, school):
    assert teacher.get(marks_of(school)).status_code == 404
    assert teacher.get(f"/sessions-for-moodle.csv?class_id={school.ids['class']}").status_code == 404
    assert "Moodle" not in teacher.page(f"/lectures/{school.ids['lecture']}/sheet").text
    assert "Moodle" not in teacher.page("/totals").text


@pytest.mark.usefixtures("turned_on")
def test_the_marks_of_a_lecture_download(teacher, school, toolbox):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "late", expected=None)
    page = teacher.page(f"/lectures/{school.ids['lecture']}/sheet")
    assert "Ravi Patil is not marked." in page.text
    assert marks_of(school) in [link["href"] for link in page.select("a[href]")]
    answer = teacher.get(marks_of(school))
    assert rows(answer) == [["idnumber", "status"], ["15203A0042", "L"]]
    assert answer.mimetype == "text/csv"
    assert "for Moodle.csv" in answer.headers["Content-Disposition"]


@pytest.mark.usefixtures("turned_on")
def test_the_office_chooses_what_moodle_calls_them(teacher, school, toolbox):
    set_mark(toolbox, school.actor, school.ids["lecture"], school.ids["meera"], "present", expected=None)
    moodle.choose(toolbox, OFFICE, identifier="username", course="class_code")
    assert rows(teacher.get(marks_of(school)))[0] == ["username", "status"]
    sessions = rows(teacher.get(f"/sessions-for-moodle.csv?class_id={school.ids['class']}"))
    assert [row[:2] for row in sessions] == [["Course", "Groups"], ["CO6GA", ""]]


@pytest.mark.usefixtures("turned_on")
def test_the_sessions_of_a_term_download(teacher, school):
    page = teacher.page(f"/totals?class_id={school.ids['class']}&since=2020-01-01")
    link = next(each["href"] for each in page.select("a[href]") if "sessions-for-moodle" in each["href"])
    assert rows(teacher.get(link))[1][0:2] == ["Databases", "CO6GA"]
    none = rows(teacher.get(f"/sessions-for-moodle.csv?class_id={school.ids['class']}&until=2020-01-01"))
    assert len(none) == 1
    typo = teacher.get(f"/sessions-for-moodle.csv?class_id={school.ids['class']}&since=31.11.2026")
    assert typo.status_code == 400  # and not the whole term
    assert teacher.get("/sessions-for-moodle.csv?class_id=999").status_code == 404
    assert teacher.get("/sessions-for-moodle.csv").status_code == 400


@pytest.mark.usefixtures("turned_on")
def test_a_lecture_that_was_not_held_is_no_session(teacher, school, toolbox):
    say_lecture_not_held(toolbox, school.actor, school.ids["lecture"], "strike")
    assert len(rows(teacher.get(f"/sessions-for-moodle.csv?class_id={school.ids['class']}"))) == 1
