"""Following a round: how many are here, who came last, what waits, which phones, who was refused."""

import pytest
from sqlalchemy import event

from shared.domain.attendance import MarkStatus
from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.persistence.tables import CheckIn, Student
from shared.services.attendance.marks import set_mark
from shared.services.kiosk.confirmations import Question, ask_teacher
from tests.support.school import hand_round
from tests.teacher_site.conftest import Phone


@pytest.fixture
def live(school):
    return f"/lectures/{school.ids['lecture']}/live"


def test_a_round_without_anybody_yet(teacher, live):
    told = teacher.get(live).json
    assert told == {"here": 0, "expected": 2, "waiting": 0, "newest": [], "phones": [], "failures": []}


def test_the_rows_of_the_register_are_told_to_the_page_that_shows_them(teacher, live, school, toolbox):
    kiosk, meera, ravi = hand_round(toolbox, school), school.ids["meera"], school.ids["ravi"]
    set_mark(toolbox, school.actor, school.ids["lecture"], meera, MarkStatus.LATE, expected=None, note="bus")
    with toolbox.sessions.begin() as session:
        ask_teacher(session, toolbox, kiosk, ravi, Question(ConfirmReason.CALLED_THE_TEACHER))
    told = teacher.get(f"{live}?rows=1").json
    assert (told["here"], told["waiting"], told["asked"]) == (1, 1, [ravi])
    assert (told["rows"][str(meera)]["status"], told["rows"][str(meera)]["note"]) == ("late", "bus")
    assert told["rows"][str(ravi)] == {
        "status": "",
        "word": "not marked",
        "tint": "",
        "said": "",
        "note": "",
    }
    assert "rows" not in teacher.get(live).json


def test_the_newest_name_what_waits_and_the_phones_are_told(teacher, live, school, toolbox):
    kiosk = hand_round(toolbox, school)
    lecture_id = school.ids["lecture"]
    for student in ("meera", "ravi"):
        set_mark(toolbox, school.actor, lecture_id, school.ids[student], MarkStatus.PRESENT, expected=None)
    set_mark(
        toolbox,
        school.actor,
        lecture_id,
        school.ids["meera"],
        MarkStatus.ABSENT,
        expected=MarkStatus.PRESENT,
    )
    with toolbox.sessions.begin() as session:
        question = Question(ConfirmReason.CALLED_THE_TEACHER, CheckInOutcome.NO_MATCH)
        ask_teacher(session, toolbox, kiosk, school.ids["meera"], question)
    told = teacher.get(live).json
    assert (told["here"], told["expected"], told["waiting"]) == (1, 2, 1)
    assert [line.split(" ", 1)[1] for line in told["newest"]] == ["Ravi Patil"]
    assert told["phones"][0].startswith("a phone, last seen ")


def test_many_refused_tries_are_told_to_the_teacher(teacher, live, school, toolbox):
    phones = [hand_round(toolbox, school) for _ in range(2)]
    with toolbox.sessions.begin() as session:
        for number in range(7):
            session.add(
                CheckIn(
                    kiosk_pass_id=phones[number % 2].id,
                    idempotency_key=f"key {number}",
                    lecture_id=school.ids["lecture"],
                    student_id=school.ids["meera"],
                    outcome=CheckInOutcome.NO_MATCH,
                    answered_at=toolbox.now(),
                )
            )
    assert teacher.get(live).json["failures"] == ["15203A0042: 7 refused tries on 2 phones"]


def test_a_phone_on_which_many_roll_ids_of_nobody_were_typed_is_told(teacher, live, school, toolbox):
    phone = hand_round(toolbox, school)
    with toolbox.sessions.begin() as session:
        for number in range(31):
            session.add(
                CheckIn(
                    kiosk_pass_id=phone.id,
                    idempotency_key=f"key {number}",
                    lecture_id=school.ids["lecture"],
                    outcome=CheckInOutcome.NOT_IN_CLASS,
                    answered_at=toolbox.now(),
                )
            )
    (told,) = teacher.get(live).json["failures"]
    assert told.startswith("a phone, handed round at ")
    assert told.endswith(": 31 refused tries")


def test_it_takes_as_many_queries_for_200_students_as_for_two(teacher, live, school, toolbox):
    live = f"{live}?rows=1"
    few = count_queries(toolbox, lambda: teacher.get(live))
    with toolbox.sessions.begin() as session:
        school_class = session.get(Student, school.ids["meera"]).school_class
        session.add_all(
            Student(school_class=school_class, roll_id=f"R{n}", name=f"Student {n}", language="en")
            for n in range(198)
        )
    for _ in range(8):
        hand_round(toolbox, school)
    many = count_queries(toolbox, lambda: teacher.get(live))
    assert teacher.get(live).json["expected"] == 200
    assert few == many


def count_queries(toolbox, action) -> int:
    seen = []
    event.listen(toolbox.engine, "before_cursor_execute", listener := lambda *_: seen.append(1))
    action()
    event.remove(toolbox.engine, "before_cursor_execute", listener)
    return len(seen)


def test_the_second_screen_names_no_refusals_and_is_the_teachers(teacher, school, stranger, app):
    screen = f"/lectures/{school.ids['lecture']}/screen"
    page = teacher.page(screen)
    assert page.select_one("[data-live]")["data-live"] == f"/lectures/{school.ids['lecture']}/live"
    assert page.select_one("[data-list=failures]") is None
    for address in (screen, f"/lectures/{school.ids['lecture']}/live"):
        assert stranger.get(address).location.startswith("/sign-in")


def test_the_phone_in_the_class_follows_nothing(kiosk, live, app):
    assert kiosk.get(live).location == "/kiosk"
    assert Phone(app, "192.0.2.8").get(live).status_code == 302
