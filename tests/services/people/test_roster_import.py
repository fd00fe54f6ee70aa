"""A class list: every row's result first, then all of it or nothing; twice is once."""

import time

import pytest

from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence.tables import AuditEntry, Student
from shared.services.audit import Actor
from shared.services.people import registration
from shared.services.people.roster_import import RowAction, apply_roster, review_roster
from tests.support.office import add_student, open_office

HEAD = ("Roll id", "Name", "Parent", "Language")


@pytest.fixture
def office(toolbox):
    return open_office(toolbox)


def review(toolbox, office, *rows, head=HEAD):
    return review_roster(toolbox, office.actor, office.class_id, [head, *rows])


def apply(toolbox, office, found):
    return apply_roster(toolbox, office.actor, office.class_id, found.sealed)


def students(toolbox):
    with toolbox.reading() as session:
        return {student.roll_id: student for student in session.query(Student)}


def the_problem(found):
    (problem,) = found.problems
    return problem


def test_every_row_has_a_fate_and_nothing_is_saved_before_the_press(toolbox, office):
    registration.set_student_active(toolbox, office.actor, office.ravi, active=False)
    found = review(
        toolbox,
        office,
        ("15203a0042", "Meera Iyer", "", ""),
        ("15203A0043", "Ravi Patil", "", ""),
        ("15203A0044", "Sana Khan", "khan@family.example", "हिन्दी"),
    )
    assert [row.action for row in found.rows] == [RowAction.SAME, RowAction.REACTIVATE, RowAction.ADD]
    assert len(students(toolbox)) == 2
    assert apply(toolbox, office, found) == 2
    sana = students(toolbox)["15203A0044"]
    assert (sana.name, sana.parent1_email, sana.email, sana.language) == (
        "Sana Khan",
        "khan@family.example",
        None,
        "hi",
    )
    assert students(toolbox)["15203A0043"].active


def test_a_change_says_what_was_and_what_becomes_and_an_empty_cell_leaves_it(toolbox, office):
    add_student(toolbox, office, "Sana Khan", "7", parent1_email="old@family.example")
    found = review(toolbox, office, ("7", "Sana Khan", "new@family.example", ""))
    (row,) = found.rows
    assert (row.was, row.becomes) == (
        {"parent1_email": "old@family.example"},
        {"parent1_email": "new@family.example"},
    )
    assert found.unlisted == 2
    apply(toolbox, office, found)
    assert review(toolbox, office, ("7", "Sana Khan", "", "")).tally == {RowAction.SAME: 1}


def test_an_unchanged_list_offers_nothing(toolbox, office):
    found = review(toolbox, office, ("15203A0042", "Meera Iyer", "", ""))
    assert (found.sealed, found.problems) == ("", ())


def test_applying_twice_is_applying_once(toolbox, office):
    found = review(toolbox, office, ("8", "Sana Khan", "", ""), ("15203A0042", "Meera Iyer-Rao", "", ""))
    apply(toolbox, office, found)
    apply(toolbox, office, found)
    assert len(students(toolbox)) == 3
    with toolbox.reading() as session:
        assert session.query(AuditEntry).filter_by(subject="8").count() == 1


def test_a_list_that_somebody_overtook_saves_nothing(toolbox, office):
    found = review(toolbox, office, ("8", "Sana Khan", "", ""), ("15203A0042", "Meera Iyer-Rao", "", ""))
    with toolbox.sessions.begin() as session:
        session.get(Student, office.meera).name = "Meera Shah"
    with pytest.raises(Conflict, match="Meera Shah"):
        apply(toolbox, office, found)
    assert "8" not in students(toolbox)

    again = review(toolbox, office, ("8", "Sana Khan", "", ""))
    add_student(toolbox, office, "Somebody Else", "8")
    with pytest.raises(Conflict, match="Somebody Else"):
        apply(toolbox, office, again)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("9", "", "", ""), "Name: "),
        (("", "Sana Khan", "", ""), "Roll id: "),
        (("9", "Sana Khan", "no address", ""), "First parent's e-mail: "),
        (("9", "Sana Khan", "a@b.example\r\nBcc: x@y.example", ""), "First parent's e-mail: "),
        (("9", "Sana Khan", "", "Klingon"), "not a language"),
        (("9", None, "", ""), "formula"),
        (("9" * 65, "Sana Khan", "", ""), "Roll id: "),
        (("9", "x" * 201, "", ""), "Name: "),
        (("1.52E+45", "Sana Khan", "", ""), "number"),
    ],
)
def test_what_is_wrong_is_told_by_row(toolbox, office, row, words):
    problem = the_problem(review(toolbox, office, ("7", "Good Row", "", ""), row))
    assert problem.row == 3
    assert words in problem.sentence


def test_a_roll_id_that_lost_its_zeros_makes_no_second_student(toolbox, office):
    add_student(toolbox, office, "Sana Khan", "00123")
    problem = the_problem(review(toolbox, office, ("123", "Sana Khan", "", "")))
    assert "00123 Sana Khan" in problem.suggestion


def test_a_student_twice_and_a_row_of_another_class_are_problems(toolbox, office):
    head = (*HEAD, "Class")
    found = review(
        toolbox,
        office,
        ("9", "A", "", "", "co6ga"),
        ("9", "A", "", "", ""),
        ("8", "B", "", "", "X"),
        head=head,
    )
    assert [problem.row for problem in found.problems] == [3, 4]


@pytest.mark.parametrize(
    "rows", [[], [()], [HEAD], [("Name", "Roll")], [("Student", "Parent"), ("A", "b@c.example")]]
)
def test_a_list_without_rows_or_without_a_needed_column_is_a_problem(toolbox, office, rows):
    assert review_roster(toolbox, office.actor, office.class_id, rows).problems


def test_a_list_longer_than_a_class_is_a_problem(toolbox, office):
    assert (
        "2,000"
        in the_problem(review(toolbox, office, *[(f"{n}", "A", "", "") for n in range(2_001)])).sentence
    )


def test_a_review_belongs_to_its_admin_and_its_class(toolbox, office):
    found = review(toolbox, office, ("9", "Sana Khan", "", ""))
    other = Actor(site="office", email="x@school.example", account_id=999)
    for wrong in (
        lambda: apply_roster(toolbox, other, office.class_id, found.sealed),
        lambda: apply_roster(toolbox, office.actor, 999, found.sealed),
        lambda: apply_roster(toolbox, office.actor, office.class_id, ""),
    ):
        with pytest.raises(InvalidInput):
            wrong()
    with pytest.raises(NotFound):
        review_roster(toolbox, office.actor, 999, [HEAD])


def test_five_hundred_rows_are_read_and_taken_over_within_three_seconds(toolbox, office):
    rows = [(f"R{n:04}", f"Student {n}", f"parent{n}@family.example", "en") for n in range(500)]
    began = time.process_time()
    found = review(toolbox, office, *rows)
    assert apply(toolbox, office, found) == 500
    assert time.process_time() - began < 3
    assert len(students(toolbox)) == 502
