"""The teacher's start page says what the timetable holds; one tap opens it, and the plan is a calendar."""

from datetime import timedelta

import pytest

from shared.persistence.tables import Lecture, PlannedLecture, SchoolClass
from shared.security.tokens import digest
from tests.teacher_site.conftest import Phone


@pytest.fixture
def database_url(request):
    """SQLite but for the tests that ask for both: a page that locks a row waits on MariaDB alone."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")


ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "mariadb"], indirect=True)


@pytest.fixture
def planned(toolbox, school):
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        row = PlannedLecture(
            subject="Physics", teacher_id=school.ids["teacher"], room="3", identity=digest("physics"),
            starts_at=now - timedelta(seconds=1), ends_at=now + timedelta(minutes=50),
            classes=[session.get(SchoolClass, school.ids["class"])],
        )  # fmt: skip
        session.add(row)
    return row.id


def test_one_tap_opens_what_is_planned(teacher, planned, toolbox):
    line = teacher.page("/").select_one("[aria-labelledby=planned-title] li").get_text(" ", strip=True)
    assert "CO6GA Physics, room 3 Roll id by face" in line
    answer = teacher.press("/", "Start Physics at " + line.split()[0])
    assert answer.location.startswith("/lectures/")
    page = teacher.page(answer.location)
    assert page.select_one(".lecture-actions .btn-primary").get_text(strip=True) == "Attendance by face"
    assert teacher.page("/").select_one("[aria-labelledby=planned-title]") is None
    with toolbox.reading() as session:
        assert session.query(Lecture).count() == 2


def test_the_plan_starts_it_too_and_what_is_over_has_a_register(teacher, planned, toolbox):
    assert "Start" in teacher.page("/plan").select_one("li button").get_text()
    with toolbox.sessions.begin() as session:
        row = session.get_one(PlannedLecture, planned)
        row.ends_at = toolbox.now()
    words = teacher.page("/plan").select_one("li button").get_text()
    assert words.startswith("Take the register Physics at")
    assert teacher.press("/plan", words).location.startswith("/lectures/")


def test_the_roll_id_by_face_is_a_tick_that_stays_ticked_for_the_class(teacher, planned, toolbox):
    assert not teacher.page("/").select_one("[name=roll_id_by_face]").has_attr("checked")
    teacher.post(f"/plan/{planned}/start", {"roll_id_by_face": "y"})
    with toolbox.sessions.begin() as session:
        lecture = session.query(Lecture).order_by(Lecture.id.desc()).first()
        assert lecture.roll_id_by_face
        row = session.get(PlannedLecture, planned)
        row.lecture_id = None
    tick = teacher.page("/").select_one("[name=roll_id_by_face]")
    assert tick.has_attr("checked")
    assert tick["id"] == f"by-face-{planned}"
    with toolbox.sessions.begin() as session:
        session.get(Lecture, lecture.id).roll_id_by_face = False
    assert not teacher.page("/").select_one("[name=roll_id_by_face]").has_attr("checked")


def test_the_calendars_link_is_shown_once_and_needs_no_sign_in(teacher, planned, app):
    page = teacher.press("/plan", "Make a link")
    assert page.status_code == 200
    link = page.text.split('<code id="calendar-link">')[1].split("</code>")[0]
    assert "calendar-link" not in teacher.page("/plan").decode()
    path = link.removeprefix("https://localhost:4545")
    answer = Phone(app, "203.0.113.9").get(path)
    assert answer.mimetype == "text/calendar"
    assert b"Physics" in answer.data
    for name in (b"Meera", b"Ravi", b"15203A"):
        assert name not in answer.data
    teacher.press("/plan", "End the link")
    assert Phone(app, "203.0.113.9").get(path).status_code == 404


@ON_BOTH
def test_a_register_that_was_not_taken_is_noted_down_or_was_not_held(teacher, planned, toolbox):
    with toolbox.sessions.begin() as session:
        row = session.get(PlannedLecture, planned)
        row.starts_at, row.ends_at = (each - timedelta(days=1) for each in (row.starts_at, row.ends_at))
    shown = teacher.page("/").select_one("[aria-labelledby=untaken-title]")
    assert "Physics" in shown.get_text()
    assert "Say why" in teacher.post(f"/plan/{planned}/not-held", {"reason": ""}).text
    assert teacher.post(f"/plan/{planned}/not-held", {"reason": "ill"}).location == "/"
    assert teacher.page("/").select_one("[aria-labelledby=untaken-title]") is None


def test_a_lecture_is_closed_as_not_held_on_its_own_page(teacher, school):
    lecture = f"/lectures/{school.ids['lecture']}"
    assert "Say why" in teacher.post(f"{lecture}/not-held", {"reason": ""}).text
    teacher.post(f"{lecture}/not-held", {"reason": "the power failed"})
    page = teacher.page(lecture)
    assert "This lecture was not held: the power failed." in page.get_text()
    assert page.find("a", string="Mail the families") is None
    mail = teacher.page(f"{lecture}/mail")
    assert "This lecture was not held, so nobody is written to." in mail.get_text()
    assert mail.find(id="plan-title") is None
    teacher.press(lecture, "Reopen")
    assert "not held:" not in teacher.page(lecture).get_text()
