"""Pages of the lectures: a teacher sees and opens their own."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from shared.persistence.tables import KioskPass, Lecture, SchoolClass, Student, Teacher
from shared.services.accounts.lifecycle import create_teacher
from shared.services.audit import Actor
from tests.teacher_site.conftest import Phone


def open_form(phone, **changes):
    """The form as the page gives it, with what a teacher types."""
    page = phone.page("/lectures/open")
    key = page.select_one("input[name=opening_key]")["value"]
    chosen = [each["value"] for each in page.select("input[name=class_ids]") if each.has_attr("checked")]
    form = {"subject": "Algebra", "class_ids": chosen, "minutes": "50", "opening_key": key}
    return form | {"starts_on": "", "starts_at": ""} | changes


@pytest.fixture
def colleague(app, toolbox):
    """Another teacher of the same school, signed in."""
    command = Actor(site="command", email="tests")
    password = create_teacher(toolbox, command, email="vikram@school.example", name="Vikram Joshi")
    with toolbox.sessions.begin() as session:
        session.query(Teacher).filter_by(email="vikram@school.example").one().must_change_password = False
    phone = Phone(app, "192.0.2.3")
    phone.sign_in(password, "vikram@school.example")
    return phone


def test_today_shows_the_lecture_its_counter_and_my_classes(teacher):
    text = teacher.page("/").get_text(" ", strip=True)
    for words in ("Databases", "open", "0 of 2", "CO6GA", "2 students", "Attendance by face"):
        assert words in text


def test_a_teacher_without_a_class_is_told_where_to_ask(colleague):
    assert "office has not given you a class" in colleague.page("/").get_text()


def test_a_lecture_begins_now_for_the_only_class_with_one_press(teacher, toolbox):
    answer = teacher.post("/lectures/open", open_form(teacher))
    with toolbox.reading() as session:
        lecture = session.query(Lecture).filter_by(subject="Algebra").one()
        assert answer.location == f"/lectures/{lecture.id}"
        assert [each.class_code for each in lecture.classes] == ["CO6GA"]
        assert (lecture.ends_at - lecture.starts_at).seconds == 50 * 60


@pytest.mark.parametrize("ticked", [True, False])
def test_roll_id_by_face_is_the_lectures_choice(teacher, school, toolbox, ticked):
    form = {"subject": "Networks", "class_ids": school.ids["class"], "minutes": 60, "opening_key": "a form"}
    page = teacher.post("/lectures/open", form | ({"roll_id_by_face": "y"} if ticked else {}))
    assert ("Roll id by face" in teacher.page(page.location).get_text()) is ticked
    with toolbox.reading() as session:
        opened = session.query(Lecture).order_by(Lecture.id.desc()).first()
        assert (opened.subject, opened.roll_id_by_face) == ("Networks", ticked)


def test_the_form_sent_twice_opens_one_lecture(teacher, toolbox):
    form = open_form(teacher)
    first, second = (teacher.post("/lectures/open", form).location for _ in range(2))
    assert first == second
    with toolbox.reading() as session:
        assert session.query(Lecture).count() == 2


def test_a_date_and_time_are_the_schools(teacher, toolbox):
    tomorrow = toolbox.settings.clock.day_of(toolbox.now()) + timedelta(days=1)
    form = open_form(teacher, starts_on=tomorrow.isoformat(), starts_at="23:30")
    page = teacher.get(teacher.post("/lectures/open", form).location).text
    assert "23:30–00:20" in page
    assert "scheduled" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subject": ""}, "Say what the lecture is about."),
        ({"subject": "x" * 5000}, "A subject has at most 100 characters."),
        ({"class_ids": []}, "Choose at least one class."),
        ({"minutes": "-3"}, "A lecture lasts 1 to 720 minutes."),
        ({"minutes": "9" * 400}, "A lecture lasts 1 to 720 minutes."),
        ({"starts_on": "2020-01-01", "starts_at": "09:00"}, "more than a year away"),
        ({"starts_on": "9999-12-31", "starts_at": "09:00"}, "too far away"),
        ({"starts_on": "2026-12-01", "starts_at": ""}, "Type the time as well"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_nothing_typed_is_lost(
    teacher, toolbox, changes, sentence
):
    form = open_form(teacher) | {"subject": "Algebra & <b>"} | changes
    answer = teacher.post("/lectures/open", form)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert "<b>" not in answer.text
    if "subject" not in changes:
        assert "Algebra &amp; &lt;b&gt;" in answer.text
    with toolbox.reading() as session:
        assert session.query(Lecture).count() == 1


def test_a_class_that_is_not_mine_cannot_be_chosen(teacher, toolbox):
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="ME2")
        session.add(other)
    for class_id in (other.id, 10**30, "x"):
        answer = teacher.post("/lectures/open", open_form(teacher, class_ids=[class_id]))
        assert answer.status_code == 200
    with toolbox.reading() as session:
        assert session.query(Lecture).count() == 1


def test_another_teachers_lecture_is_not_there_for_me(colleague, school):
    lecture = school.ids["lecture"]
    assert "Databases" not in colleague.page("/").get_text() + colleague.page("/lectures").get_text()
    for address in (f"/lectures/{lecture}", f"/lectures/{lecture}/kiosk", f"/report?lecture_id={lecture}"):
        assert colleague.get(address).status_code == 404
    of_class = f"/report?class_id={school.ids['class']}"
    assert "Meera" not in colleague.page(of_class).get_text()
    for action in (
        f"marks/{school.ids['meera']}",
        "close",
        "reopen",
        "kiosk",
        "changes/1/undo",
        "phones/1/end",
    ):
        fields = {"status": "present", "expected": ""}
        assert colleague.post(f"/lectures/{lecture}/{action}", fields).status_code == 404, action


@pytest.mark.parametrize("lecture_id", ["0", "-1", "99999999999999999999", "1.5", "abc", "1%00"])
def test_no_such_lecture_is_no_such_page(teacher, lecture_id):
    assert teacher.get(f"/lectures/{lecture_id}").status_code == 404


@pytest.mark.parametrize(
    "asked",
    ["page=0", "page=-1", "page=99999999999999999999", "page=x", "class_id=-1", "since=x&until=2026-13-40"],
)
def test_the_list_answers_odd_addresses_with_a_list(teacher, asked):
    assert teacher.get(f"/lectures?{asked}").status_code == 200


def test_the_list_can_be_filtered_by_class_and_date(teacher, school):
    assert "Databases" in teacher.page(f"/lectures?class_id={school.ids['class']}").main.get_text()
    assert "No matches." in teacher.page("/lectures?until=1+Jan+2001").main.get_text()
    assert teacher.get("/lectures?since=9999-12-31").status_code == 400


def test_what_is_no_date_stays_in_its_field_with_a_sentence(teacher):
    for path, name in (("/lectures", "since"), ("/totals", "until"), ("/report", "on")):
        page = teacher.page(f"{path}?{name}=next+tuesday")
        assert page.find(id=name)["value"] == "next tuesday"
        assert page.find(id=f"{name}-errors").get_text() == "Please give a date like 23 Nov 2026."


def test_a_date_is_shown_alike_however_it_was_typed(teacher):
    for typed in ("2026-11-03", "3/11/2026", "3.11.26", "Tue 3 Nov 2026"):
        page = teacher.page("/lectures?" + urlencode({"since": typed}))
        assert page.find(id="since")["value"] == "3 Nov 2026"


def test_a_name_with_html_in_it_is_shown_as_typed(teacher, school, toolbox):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["meera"]).name = "<img src=x onerror=alert(1)> {{7*7}}"
    text = teacher.get(f"/lectures/{school.ids['lecture']}").text
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt; {{7*7}}" in text


def test_a_first_time_password_changes_nothing_before_it_is_ones_own(teacher, school, toolbox):
    with toolbox.sessions.begin() as session:
        session.query(Teacher).one().must_change_password = True
    for act in ("close", "kiosk"):
        answer = teacher.post(f"/lectures/{school.ids['lecture']}/{act}")
        assert (answer.status_code, answer.location) == (302, "/password")
    with toolbox.reading() as session:
        assert session.query(Lecture).one().closed_at is None
        assert session.query(KioskPass).count() == 0
