"""A student over time: every class they were in, what is to come, and only for their teachers."""

from datetime import timedelta

import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import NotFound
from shared.persistence.tables import (
    Integration,
    Lecture,
    Mark,
    PlannedLecture,
    SchoolClass,
    Student,
    Teacher,
)
from shared.security.tokens import digest
from shared.services.attendance.student_history import student_history_of
from shared.services.attendance.totals import SeriesAsked, class_totals
from shared.services.audit import Actor
from shared.services.families.links import make_link
from shared.services.families.page import look
from shared.services.integrations.choices import set_on
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def school(toolbox):
    """Meera was in CO6GB, taught by a colleague, and is in CO6GA now."""
    school = found_school(toolbox)
    with toolbox.sessions.begin() as session:
        former = SchoolClass(class_code="CO6GB", name="", active=True)
        colleague = Teacher(
            name="A colleague", email="colleague@school.example", password="x", active=True,
            must_change_password=False, fs_uniquifier="c", created_at=toolbox.now(), classes=[former],
        )  # fmt: skip
        session.add_all([former, colleague])
        session.flush()
        school.former, school.colleague = former.id, colleague.id
        session.get(Lecture, school.ids["lecture"]).ends_at = toolbox.now() + timedelta(hours=1)
    school.other = Actor(site="classroom", email="colleague@school.example", account_id=school.colleague)
    return school


def hold(toolbox, school, days_ago, status, *, class_id=None, teacher_id=None, closed=True, note=""):
    began = toolbox.now() - timedelta(days=days_ago)
    class_id = class_id or school.ids["class"]
    with toolbox.sessions.begin() as session:
        lecture = Lecture(
            subject="Algebra", teacher_id=teacher_id or school.ids["teacher"], starts_at=began,
            ends_at=began + timedelta(hours=1), closed_at=began + timedelta(hours=1) if closed else None,
            opening_key=digest(f"{days_ago}"), classes=[session.get(SchoolClass, class_id)],
        )  # fmt: skip
        session.add(lecture)
        session.flush()
        if status:
            session.add(
                Mark(
                    lecture_id=lecture.id, student_id=school.ids["meera"], class_id=class_id, status=status,
                    source=MarkSource.BY_HAND, marked_at=began, note=note,
                )
            )  # fmt: skip


def plan(toolbox, school, count, *, subject="Algebra"):
    with toolbox.sessions.begin() as session:
        for number in range(count):
            begins = toolbox.now() + timedelta(days=1 + number)
            session.add(
                PlannedLecture(
                    subject=subject, teacher_id=school.ids["teacher"], room="", identity=digest(str(number)),
                    starts_at=begins, ends_at=begins + timedelta(hours=1),
                    classes=[session.get(SchoolClass, school.ids["class"])],
                )
            )  # fmt: skip


def test_every_class_the_student_was_in_is_there_with_its_total(toolbox, school):
    hold(toolbox, school, 9, ABSENT, class_id=school.former, teacher_id=school.colleague, note="said why")
    hold(toolbox, school, 8, PRESENT)
    hold(toolbox, school, 7, None, closed=False)
    found = student_history_of(toolbox, school.actor, school.ids["meera"])
    assert [(line.class_code, line.status, line.percent) for line in found.lines] == [
        ("CO6GB", "absent", 0.0),
        ("CO6GA", "present", 50.0),
        ("CO6GA", None, pytest.approx(100 / 3)),
    ]
    assert [(code, each.attended, each.held) for code, each in found.by_class] == [
        ("CO6GA", 1, 2),
        ("CO6GB", 0, 1),
    ]
    assert found.below_since.class_code == "CO6GB"
    assert found.lines[0].note == ""  # another teacher's
    assert student_history_of(toolbox, school.other, school.ids["meera"]).lines[0].note == "said why"


def test_only_a_teacher_of_one_of_the_classes_sees_it(toolbox, school):
    with pytest.raises(NotFound):
        student_history_of(toolbox, school.other, school.ids["meera"])
    hold(toolbox, school, 9, ABSENT, class_id=school.former, teacher_id=school.colleague)
    student_history_of(toolbox, school.other, school.ids["meera"])
    with pytest.raises(NotFound):
        student_history_of(toolbox, school.other, school.ids["ravi"])


def test_family_and_teacher_see_the_same_percentage_of_the_same_lectures(toolbox, school):
    """Closed, ended and never closed with a mark and without, not held, running: the same count."""
    hold(toolbox, school, 9, PRESENT)
    hold(toolbox, school, 8, ABSENT)
    hold(toolbox, school, 7, LATE, closed=False)
    hold(toolbox, school, 6, None, closed=False)
    hold(toolbox, school, 5, ABSENT)
    hold(toolbox, school, 4, None, closed=False)
    hold(toolbox, school, 3, ABSENT, closed=False)
    with toolbox.sessions.begin() as session:
        keys = [digest(f"{days_ago}") for days_ago in (5, 4, 3)]
        for lecture in session.query(Lecture).filter(Lecture.opening_key.in_(keys)):
            lecture.not_held_reason = "The hall was flooded"
    set_on(toolbox, school.actor, Integration.FAMILIES, on=True)
    address = make_link(toolbox, school.ids["meera"])
    family = look(toolbox, address.partition("link=")[2])
    teacher = student_history_of(toolbox, school.actor, school.ids["meera"]).total
    (in_class,) = [
        each
        for each in class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"])).students
        if each.student_id == school.ids["meera"]
    ]
    assert (family.attended, family.held) == (2, 4)
    assert (teacher.attended, teacher.held, teacher.percent) == (2, 4, family.percent)
    assert (in_class.attended, in_class.held) == (2, 4)
    # What takes from the percentage is in the list: without a mark, or in a register that was closed.
    assert [seen.status and seen.status.key for seen in family.missed] == [None, "absent"]


def test_what_may_still_be_missed_comes_from_the_plan_and_what_was_opened(toolbox, school):
    for days_ago in (5, 4, 3):
        hold(toolbox, school, days_ago, PRESENT)
    plan(toolbox, school, 4)
    found = student_history_of(toolbox, school.actor, school.ids["meera"])
    assert found.total.outlook.sentence == "may miss 2 more of 5 to come"  # the fifth runs now
    totals = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert {each.name: each.outlook.remaining for each in totals.students}["Meera Iyer"] == 5
    other = class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"], subject="Databases"))
    assert other.students[0].outlook.remaining == 1


def test_who_has_left_the_class_has_nothing_to_come(toolbox, school):
    hold(toolbox, school, 5, PRESENT)
    plan(toolbox, school, 4)
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["meera"]).active = False
    assert student_history_of(toolbox, school.actor, school.ids["meera"]).total.outlook is None
