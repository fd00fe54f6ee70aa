"""The past stays: marks count in the class they were made in, wherever the student is now."""

import io
from datetime import timedelta

import openpyxl
import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import NotFound
from shared.mail.attendance_email import compose
from shared.persistence import attendance, outbox
from shared.persistence.tables import Lecture, Mark, OutgoingMail, SchoolClass, Student
from shared.security.tokens import digest
from shared.services.attendance.lectures import close_lecture, reopen_lecture
from shared.services.attendance.marks import set_mark
from shared.services.attendance.sheet_correction import download_sheet
from shared.services.attendance.totals import SeriesAsked, class_totals
from shared.services.family_mail import delivery
from shared.services.family_mail.plan import plan_mail, show_sample
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus


@pytest.fixture
def school(toolbox):
    """Two classes of one teacher; Meera was present and Ravi absent in both lectures of the first."""
    school = found_school(toolbox)
    with toolbox.sessions.begin() as session:
        first = session.get_one(SchoolClass, school.ids["class"])
        teacher = session.get_one(Lecture, school.ids["lecture"]).teacher
        other = SchoolClass(class_code="CO6GB", name="", active=True)
        teacher.classes.append(other)
        session.add(other)
        session.flush()
        school.ids["other"] = other.id
        school.ids["closed"] = hold(session, toolbox, school, [first], days_ago=2)
        school.ids["unclosed"] = hold(session, toolbox, school, [first], days_ago=1, is_closed=False)
        school.ids["of_other"] = hold(session, toolbox, school, [other], days_ago=3, marks={})
    return school


def hold(session, toolbox, school, classes, *, days_ago, is_closed=True, marks=None):
    began = toolbox.now() - timedelta(days=days_ago)
    ended = began + timedelta(hours=1)
    lecture = Lecture(
        subject="Algebra",
        teacher_id=school.ids["teacher"],
        classes=classes,
        starts_at=began,
        ends_at=ended,
        closed_at=ended if is_closed else None,
        opening_key=digest(f"{days_ago}"),
    )
    session.add(lecture)
    session.flush()
    for name, status in ({"meera": PRESENT, "ravi": ABSENT} if marks is None else marks).items():
        mark = {"status": status, "source": MarkSource.CLOSING, "marked_at": began}
        session.add(Mark(lecture_id=lecture.id, student_id=school.ids[name], **mark))
    return lecture.id


def move(toolbox, school, name):
    with toolbox.sessions.begin() as session:
        session.get_one(Student, school.ids[name]).class_id = school.ids["other"]


def totals(toolbox, school, which):
    found = class_totals(toolbox, school.actor, SeriesAsked(school.ids[which]))
    lectures = [(lecture.here, lecture.expected) for lecture in found.lectures]
    students = {each.name: (each.attended, each.held, each.unmarked) for each in found.students}
    return lectures, students


def test_who_moved_between_two_classes_of_an_unclosed_lecture_is_counted_once(toolbox, school):
    with toolbox.sessions.begin() as session:
        both = [session.get_one(SchoolClass, school.ids[each]) for each in ("class", "other")]
        hold(session, toolbox, school, both, days_ago=4, is_closed=False)
    move(toolbox, school, "meera")
    assert totals(toolbox, school, "class")[1]["Meera Iyer"] == (3, 3, 0)
    assert totals(toolbox, school, "other") == ([(0, 0), (0, 0)], {"Meera Iyer": (0, 0, 0)})


@pytest.mark.parametrize("name", ["meera", "ravi"])
def test_the_old_classs_totals_stay_and_the_new_ones_count_from_now(toolbox, school, name):
    before = totals(toolbox, school, "class")
    assert before == ([(1, 2), (1, 2)], {"Meera Iyer": (2, 2, 0), "Ravi Patil": (0, 2, 0)})
    move(toolbox, school, name)
    assert totals(toolbox, school, "class") == before
    lectures, students = totals(toolbox, school, "other")
    assert lectures == [(0, 0)]
    assert list(students.values()) == [(0, 0, 0)]


def test_a_mark_made_after_the_move_counts_in_the_new_class(toolbox, school):
    move(toolbox, school, "meera")
    with toolbox.sessions.begin() as session:
        other = session.get_one(SchoolClass, school.ids["other"])
        hold(session, toolbox, school, [other], days_ago=0.5, marks={"meera": LATE})
    assert totals(toolbox, school, "other")[0] == [(0, 0), (1, 1)]
    assert totals(toolbox, school, "class")[0] == [(1, 2), (1, 2)]


def test_the_register_and_the_sheet_of_the_past_name_the_class_of_then(toolbox, school):
    move(toolbox, school, "meera")
    with toolbox.reading() as session:
        lines = attendance.register(session, school.ids["closed"], class_id=school.ids["class"])
        assert {line.school_class.class_code for line in lines} == {"CO6GA"}
        assert len(lines) == 2
    content = download_sheet(toolbox, school.actor, school.ids["closed"])[1]
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Attendance"]
    assert [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["CO6GA", "CO6GA"]


def test_reopening_keeps_the_absence_of_who_has_left_the_class(toolbox, school):
    move(toolbox, school, "ravi")
    reopen_lecture(toolbox, school.actor, school.ids["closed"])
    close_lecture(toolbox, school.actor, school.ids["closed"])
    assert totals(toolbox, school, "class")[0][0][1] == 2


def test_who_moves_during_a_lecture_stays_on_its_register_with_a_mark_and_leaves_it_without(toolbox, school):
    lecture_id = school.ids["lecture"]
    set_mark(toolbox, school.actor, lecture_id, school.ids["meera"], PRESENT, expected=None)
    move(toolbox, school, "meera")
    move(toolbox, school, "ravi")
    with toolbox.reading() as session:
        (line,) = attendance.register(session, lecture_id)
        assert (line.student.id, line.school_class.class_code) == (school.ids["meera"], "CO6GA")
        assert attendance.count_here(session, [lecture_id])[lecture_id] == attendance.Count(1, 1)
    with pytest.raises(NotFound, match="not on the register"):
        set_mark(toolbox, school.actor, lecture_id, school.ids["ravi"], PRESENT, expected=None)
    assert close_lecture(toolbox, school.actor, lecture_id) == 0  # nobody becomes absent in a class they left


def test_a_letter_names_the_class_of_the_mark(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get_one(Student, school.ids["meera"]).parent1_email = "latha@school.example"
    move(toolbox, school, "meera")
    with toolbox.reading() as session:
        lecture = session.get_one(Lecture, school.ids["closed"])
        plan = plan_mail(session, lecture)
        (letter,) = [each for each in plan.letters if each.student.id == school.ids["meera"]]
        shown = show_sample(toolbox, lecture, letter)
    assert "class CO6GA)" in shown.sentence
    with toolbox.sessions.begin() as session:
        queued = OutgoingMail(lecture_id=lecture.id, student_id=school.ids["meera"], address="a@b.example")
        queued.status, queued.queued_at, queued.try_at = PRESENT, toolbox.now(), toolbox.now()
        session.add(queued)
    with toolbox.sessions.begin() as session:
        claimed = outbox.claim(session, queued.id, toolbox.now())
    assert "class CO6GA)" in compose(toolbox.mailer, delivery._describe(toolbox, claimed)).body
