"""The teacher lets a colleague cover on “My plan”; the colleague starts it, and the teacher reads it."""

from datetime import timedelta

import pytest

from shared.persistence.tables import Cover, PlannedLecture, SchoolClass, Teacher
from shared.security.tokens import digest
from shared.services.accounts.lifecycle import create_teacher
from tests.teacher_site.conftest import Phone

COVERS = "/plan/covers"


@pytest.fixture
def planned(toolbox, school):
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        row = PlannedLecture(
            subject="Physics", teacher_id=school.ids["teacher"], room="3", identity=digest("physics"),
            starts_at=now, ends_at=now + timedelta(minutes=50),
            classes=[session.get(SchoolClass, school.ids["class"])],
        )  # fmt: skip
        session.add(row)
    return row.id


@pytest.fixture
def colleague(app, toolbox, school):
    """Bina Shah's phone; she teaches no class."""
    password = create_teacher(toolbox, school.actor, email="bina@school.example", name="Bina Shah")
    with toolbox.sessions.begin() as session:
        bina = session.query(Teacher).filter_by(name="Bina Shah").one()
        bina.must_change_password = False
        school.ids["bina"] = bina.id
    phone = Phone(app, "192.0.2.2")
    assert phone.sign_in(password, "bina@school.example").location == "/"
    return phone


def today_of(phone):
    return phone.page("/").select_one("[aria-labelledby=planned-title]").get_text(" ", strip=True)


def test_a_lecture_is_granted_started_and_read(teacher, colleague, planned, school):
    assert "Let somebody cover" in teacher.page("/plan").get_text()
    answer = teacher.post(COVERS, {"colleague_id": school.ids["bina"], "planned_id": planned})
    assert answer.location == COVERS
    assert "Bina Shah covers 1 planned lecture." in teacher.told(COVERS)
    shown = today_of(teacher)
    assert "Physics, room 3 Bina Shah covers" in shown
    assert "Start" not in shown
    assert "Physics, room 3, for Asha Rao" in today_of(colleague)
    assert "Start Physics" in today_of(colleague)
    assert "Asha Rao" in colleague.page(COVERS).get_text()
    assert ", for Asha Rao" in colleague.page("/plan").get_text()
    lecture = colleague.post(f"/plan/{planned}/start").location
    assert "for Asha Rao" in colleague.page(lecture).get_text()
    assert "for Asha Rao" in colleague.page("/lectures").get_text()
    read = teacher.get(lecture).location
    assert read == f"{lecture}/covered"
    page = teacher.page(read)
    assert "Bina Shah, for Asha Rao" in page.get_text()
    assert "Meera Iyer" in page.get_text()
    assert page.select("main form") == []
    assert read in str(teacher.page(COVERS))
    assert colleague.get(read).status_code == 404
    assert teacher.post(f"{lecture}/close").status_code == 404


def test_a_cover_is_taken_back_by_its_teacher_alone(teacher, colleague, planned, school, toolbox):
    teacher.post(COVERS, {"colleague_id": school.ids["bina"], "first": "tomorrow", "planned_id": "0"})
    assert "Please give a date like" in teacher.post(
        COVERS, {"colleague_id": school.ids["bina"], "first": "soon", "planned_id": "0"}
    ).get_data(as_text=True)
    day = f"{toolbox.settings.clock.day_of(toolbox.now()):%d %b %Y}"
    teacher.post(COVERS, {"colleague_id": school.ids["bina"], "planned_id": "0", "first": day})
    assert colleague.post(f"{COVERS}/1/take-back").status_code == 404
    teacher.press(COVERS, "Take back")
    assert "Nobody at the moment." in teacher.page(COVERS).get_text()
    assert "Start" in today_of(teacher)
    assert colleague.page("/").select_one("[aria-labelledby=planned-title]") is None


def test_what_is_refused_stands_at_its_field_and_what_was_typed_stays(teacher, colleague, school, toolbox):
    answer = teacher.post(
        COVERS, {"colleague_id": school.ids["bina"], "planned_id": "0", "first": "1 Jan 2020"}
    )
    assert answer.status_code == 400
    assert "This day is over." in answer.text
    assert 'value="1 Jan 2020"' in answer.text
    answer = teacher.post(COVERS, {"colleague_id": school.ids["teacher"], "first": "1 Jan 2099"})
    assert "nobody covers for themselves" in answer.text
    with toolbox.reading() as session:
        assert session.query(Cover).count() == 0


def test_the_colleague_sees_no_student_through_a_cover_alone(teacher, colleague, planned, school):
    teacher.post(COVERS, {"colleague_id": school.ids["bina"], "planned_id": planned})
    for path in ("/", "/plan", COVERS):
        assert "Meera" not in colleague.page(path).get_text()
    assert colleague.get(f"/lectures/{school.ids['lecture']}").status_code == 404
