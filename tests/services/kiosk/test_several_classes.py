"""A lecture of several classes: the class is asked for only where more than one has the roll id."""

import pytest

from shared.domain.check_in import CheckInOutcome
from shared.domain.photo_verdict import PhotoVerdict
from shared.persistence.tables import Lecture, Mark, SchoolClass, Student
from tests.support.eyes import MEERA_LOOKS, NEW_LOOKS, RAVI_LOOKS, Eyes, count, give_eyes, send
from tests.support.school import enrol, found_school, hand_round

SHARED = "15203A0042"  # Meera's in CO6GA, and Uma's in CO6GB


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="CO6GB", name="", active=True)
        uma = Student(school_class=other, roll_id=SHARED, name="Uma Bhat", language="en", active=True)
        omar = Student(school_class=other, roll_id="7", name="Omar Khan", language="en", active=True)
        lecture = session.get_one(Lecture, school.ids["lecture"])
        lecture.classes.append(other)
        session.add_all((uma, omar))
        session.flush()
        school.ids |= {"uma": uma.id, "omar": omar.id}
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    enrol(toolbox, school.ids["uma"], [NEW_LOOKS.tolist()] * 5)
    enrol(toolbox, school.ids["omar"], [RAVI_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes(NEW_LOOKS))
    return school


def test_a_roll_id_of_one_class_needs_no_class(toolbox, school):
    give_eyes(toolbox, Eyes(RAVI_LOOKS))
    answer = send(toolbox, school, "7", class_code="")
    assert (answer.outcome, answer.student_name) == (CheckInOutcome.PRESENT, "Omar Khan")


def test_a_roll_id_of_two_classes_is_asked_about_and_marks_nobody(toolbox, school):
    answer = send(toolbox, school, SHARED, class_code="")
    assert (answer.outcome, answer.student_name) == (CheckInOutcome.CHOOSE_CLASS, None)
    assert count(toolbox, Mark) == 0
    chosen = send(toolbox, school, SHARED, class_code="CO6GB", key="k2")
    assert (chosen.outcome, chosen.student_name) == (CheckInOutcome.PRESENT, "Uma Bhat")


def test_one_of_them_who_is_here_already_is_not_told_to_who_has_not_said_the_class(toolbox, school):
    assert send(toolbox, school, SHARED, class_code="CO6GB").outcome is CheckInOutcome.PRESENT
    assert send(toolbox, school, SHARED, class_code="", key="k2").outcome is CheckInOutcome.CHOOSE_CLASS


def test_short_roll_ids_that_fit_one_in_each_class_are_asked_about_too(toolbox, school):
    assert send(toolbox, school, "42", class_code="").outcome is CheckInOutcome.CHOOSE_CLASS


@pytest.mark.parametrize("typed", [SHARED, "7", "nobody", "42"])
def test_a_photo_of_the_wall_tells_nothing_of_any_roll_id(toolbox, school, typed):
    give_eyes(toolbox, Eyes(verdict=PhotoVerdict.NO_FACE))
    assert send(toolbox, school, typed, class_code="").outcome is CheckInOutcome.NO_FACE


def test_a_roll_id_of_nobody_is_told_as_before(toolbox, school):
    assert send(toolbox, school, "nobody", class_code="").outcome is CheckInOutcome.NOT_IN_CLASS


def test_many_who_are_asked_for_their_class_do_not_make_the_phone_wait(toolbox, school):
    for number in range(35):
        assert (
            send(toolbox, school, SHARED, class_code="", key=f"a{number}").outcome
            is CheckInOutcome.CHOOSE_CLASS
        )
    assert send(toolbox, school, "nobody", class_code="", key="b").outcome is CheckInOutcome.NOT_IN_CLASS
