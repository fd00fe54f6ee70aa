"""The lecture page's list of what waits for the teacher: its words, its pictures, accepting and refusing."""

import pytest

from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.persistence.tables import Mark, Teacher, ToConfirm
from shared.services.accounts.lifecycle import create_teacher
from shared.services.audit import Actor
from shared.services.kiosk.confirmations import Question, ask_teacher
from tests.support.school import hand_round
from tests.teacher_site.conftest import Phone


@pytest.fixture
def asked(toolbox, school, photo):
    """Meera called the teacher after a picture was seen; Ravi, without a face model, called as well."""
    kiosk = hand_round(toolbox, school)
    seen = Question(
        ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.PICTURE_SEEN, score=0.9314, picture=photo
    )
    unknown = Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.NOT_ENROLLED)
    with toolbox.sessions.begin() as session:
        ask_teacher(session, toolbox, kiosk, school.ids["meera"], seen)
        ask_teacher(session, toolbox, kiosk, school.ids["ravi"], unknown)
    with toolbox.reading() as session:
        return {entry.student_id: entry.id for entry in session.query(ToConfirm)}


@pytest.fixture
def lecture(school):
    return f"/lectures/{school.ids['lecture']}"


def test_each_entry_says_who_why_and_how_sure(teacher, school, asked, lecture):
    page = teacher.page(lecture)
    assert page.select_one("#to-confirm .badge").get_text() == "2"
    meera, ravi = page.select(".asked")
    words = " ".join(meera.get_text(" ", strip=True).split())
    for said in (
        "Meera Iyer",
        "15203A0042",
        "Called the teacher",
        "A phone or picture was seen",
        "Match (0.931; 0.485 needed)",
    ):
        assert said in words
    assert meera.img["alt"].startswith("The photo taken at")
    assert ravi.img is None
    assert "not compared" in ravi.get_text()


def test_the_picture_is_the_teachers_alone_and_is_not_stored(teacher, school, asked, lecture, app, toolbox):
    address = teacher.page(lecture).select_one(".asked img")["src"]
    answer = teacher.get(address)
    assert answer.mimetype == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8")
    assert answer.headers["Cache-Control"] == "no-store"

    command = Actor(site="command", email="tests")
    password = create_teacher(toolbox, command, email="other@school.example", name="Other")
    with toolbox.sessions.begin() as session:
        session.query(Teacher).filter_by(email="other@school.example").one().must_change_password = False
    other = Phone(app, "192.0.2.9")
    other.sign_in(password, "other@school.example")
    assert other.get(address).status_code == 404
    teacher.press(f"{lecture}/kiosk", "Start the check-in")
    assert teacher.get(address).location == "/kiosk"


def test_accepting_marks_and_refusing_does_not(teacher, school, asked, lecture, toolbox):
    teacher.press(lecture, "Accept Meera Iyer")
    assert "Meera Iyer is present." in teacher.told(lecture)
    teacher.press(lecture, "Refuse Ravi Patil")
    with toolbox.reading() as session:
        assert session.query(Mark).one().student_id == school.ids["meera"]
    page = teacher.page(lecture)
    assert page.select_one("#to-confirm") is None
    assert "confirmed by the teacher" in page.select_one(f"#student-{school.ids['meera']}").get_text()


@pytest.mark.parametrize("decision", ["", "yes", "ACCEPT", "<b>"])
def test_what_is_no_decision_changes_nothing(teacher, school, asked, lecture, toolbox, decision):
    address = f"{lecture}/to-confirm/{asked[school.ids['meera']]}"
    assert teacher.post(address, {"decision": decision}).status_code == 400
    with toolbox.reading() as session:
        assert session.query(ToConfirm).filter_by(waiting=True).count() == 2


def test_closing_says_how_many_wait(teacher, asked, lecture):
    teacher.post(f"{lecture}/close")
    assert "2 check-ins wait" in teacher.told(lecture)
    teacher.press(lecture, "Close, although 2 wait")
    assert "closed" in teacher.page(lecture).select_one("h1").find_parent("div").get_text()
    assert len(teacher.page(lecture).select(".asked")) == 2


def test_a_call_with_a_roll_id_of_nobody_is_shown_and_seen(teacher, school, lecture, toolbox):
    kiosk = hand_round(toolbox, school)
    called = Question(
        ConfirmReason.CALLED_THE_TEACHER,
        CheckInOutcome.NO_FACE,
        before_a_face=True,
        typed_roll_id="15203A9999",
    )
    with toolbox.sessions.begin() as session:
        ask_teacher(session, toolbox, kiosk, None, called)
    page = teacher.page(lecture)
    words = " ".join(page.select_one(".asked").get_text(" ", strip=True).split())
    assert "Somebody with 15203A9999" in words
    assert "no student of this lecture has this roll id, or more than one" in words
    assert [button["value"] for button in page.select(".asked button")] == ["refuse"]
    assert page.select_one("[data-count=waiting]").get_text() == "0"  # of the register's rows
    told = teacher.get(f"{lecture}/live?rows=1").get_json()
    assert (told["waiting"], told["asked"]) == (1, [])
    teacher.press(lecture, "Seen 15203A9999")
    assert "The call with 15203A9999 is settled." in teacher.told(lecture)
    assert not teacher.page(lecture).select(".asked")
