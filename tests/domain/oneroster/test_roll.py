"""Who is in which class after a package, whose the parents' addresses are, and what is asked."""

from datetime import date

import pytest

from shared.domain.class_lists.questions import LEAVE_OUT
from shared.domain.languages import Sentence
from shared.domain.oneroster.families import Parent
from shared.domain.oneroster.package import read_package
from shared.domain.oneroster.roll import Known, KnownStudent, call_roll
from tests.support.oneroster import changes_of, enrol, find, small_school, tables

TODAY = date(2026, 11, 26)
SUNITA, ANIL = Parent("p1", "sunita@family.example"), Parent("p2", "anil@family.example")
AFTER_FIRST = Known(
    {
        "s1": KnownStudent("c7a", (SUNITA, ANIL)),
        "s2": KnownStudent("c7a", (SUNITA,)),
        "s3": KnownStudent("c7b"),
    },
    frozenset({"k1", "k2"}),
    {"c7a": "7A", "c7b": "7B"},
)


def roll(rows, *, known=AFTER_FIRST, answers=None, mode="bulk"):
    package = read_package(tables(rows, mode=mode), today=TODAY)
    assert package.problems == ()
    return call_roll(package, known, answers or {})


def classes(found):
    return {entry.person.sourced_id: entry.class_id for entry in found.students}


def parents(found):
    return {entry.person.sourced_id: entry.parents for entry in found.students}


def test_a_students_class_is_the_homeroom():
    found = roll(small_school(), known=Known())
    assert classes(found) == {"s1": "c7a", "s2": "c7a", "s3": "c7b"}
    assert [each.sourced_id for each in found.classes] == ["c7a", "c7b"]
    assert (found.questions, found.gone) == ((), frozenset())


def test_parents_are_tied_from_either_side():
    found = parents(roll(small_school()))
    assert found["s1"] == (SUNITA, ANIL)
    assert found["s3"] == (Parent("p3", "gita@family.example"),)


def test_two_parents_are_written_to_and_nobody_twice():
    rows = small_school()
    find(rows, "users", "p2")["email"] = "SUNITA@family.example"
    find(rows, "users", "s1")["agentSourcedIds"] = "p1,p2,p3,nobody"
    found = roll(rows)
    assert parents(found)["s1"] == (SUNITA, Parent("p3", "gita@family.example"))
    assert any("nobody, who is not in users.csv" in notice.sentence for notice in found.notices)
    find(rows, "users", "p2")["email"] = "anil@family.example"
    notices = roll(rows).notices
    assert any("Asha Rao has 3 parents with addresses" in notice.sentence for notice in notices)
    assert all(isinstance(notice.sentence, Sentence) for notice in notices)  # said in each language


def test_a_teacher_has_the_classes_that_their_students_are_in():
    found = {entry.person.sourced_id: entry.class_ids for entry in roll(small_school()).teachers}
    assert found == {"k1": {"c7a"}, "k2": {"c7a", "c7b"}}


def test_without_homeroom_the_only_class_counts_and_several_are_asked_once():
    rows = small_school()
    for row in rows["classes"]:
        row["classType"] = "scheduled"
    enrol(rows, "c7b", "s1")
    enrol(rows, "c7b", "s2")
    enrol(rows, "phy", "s2")
    found = roll(rows)
    assert [question.key for question in found.questions] == ["class/c7a+c7b+phy", "class/c7b+phy"]
    assert found.questions[0].sentence.startswith("2 students are in 3 classes")
    assert classes(found) == {}
    answers = {"class/c7a+c7b+phy": "c7b", "class/c7b+phy": LEAVE_OUT}
    found = roll(rows, answers=answers)
    assert classes(found) == {"s1": "c7b", "s2": "c7b"}
    assert found.gone == frozenset()  # who is left out stays


def test_a_school_without_any_homeroom_is_told_instead_of_asked_hundreds_of_times():
    rows = small_school()
    for number in range(30):
        rows["classes"].append(
            find(rows, "classes", "phy") | {"sourcedId": f"x{number}", "classCode": f"X{number}"}
        )
        rows["users"].append(find(rows, "users", "s1") | {"sourcedId": f"y{number}"})
        enrol(rows, f"x{number}", f"y{number}")
        enrol(rows, "phy", f"y{number}")
    found = roll(rows)
    assert "30 students are in several classes" in found.problems[0]


def test_of_several_schools_one_is_chosen():
    rows = small_school()
    rows["orgs"].append({"sourcedId": "o2", "name": "Lake School", "type": "school"})
    find(rows, "classes", "c7b")["schoolSourcedId"] = "o2"
    assert roll(rows).questions[0].key == "school"
    assert classes(roll(rows, answers={"school": "o1"})) == {"s1": "c7a", "s2": "c7a", "s3": "phy"}


def test_who_is_missing_from_a_whole_package_has_gone():
    rows = small_school()
    rows["users"] = [row for row in rows["users"] if row["sourcedId"] not in ("s2", "k2")]
    rows["enrollments"] = [row for row in rows["enrollments"] if row["userSourcedId"] not in ("s2", "k2")]
    assert roll(rows).gone == {"s2", "k2"}


def test_who_is_in_no_class_any_more_has_gone_too():
    rows = small_school()
    rows["enrollments"] = [row for row in rows["enrollments"] if row["userSourcedId"] != "s2"]
    found = roll(rows)
    assert found.gone == {"s2"}
    assert "1 student of users.csv is in no class" in found.notices[0].sentence


def taken_back(class_id, person):
    return {
        "sourcedId": f"e-{class_id}-{person}",
        "classSourcedId": class_id,
        "userSourcedId": person,
        "role": "student",
        "status": "tobedeleted",
    }


def test_changes_move_a_student_who_need_not_be_named_again():
    enrollments = [taken_back("c7a", "s2"), taken_back("c7b", "s2") | {"status": "active"}]
    found = roll(changes_of(enrollments=enrollments), mode="delta")
    assert (classes(found), found.gone) == ({"s2": "c7b"}, frozenset())


def test_changes_that_only_take_a_class_away_mean_leaving():
    assert roll(changes_of(enrollments=[taken_back("c7a", "s2")]), mode="delta").gone == {"s2"}
    assert roll(changes_of(enrollments=[taken_back("phy", "s1")]), mode="delta").gone == frozenset()


def test_changes_of_a_person_leave_the_class_and_everybody_else():
    row = find(small_school(), "users", "s1") | {"givenName": "Aasha"}
    found = roll(changes_of(users=[row]), mode="delta")
    assert (classes(found), found.gone) == ({"s1": "c7a"}, frozenset())
    assert parents(found)["s1"] == (SUNITA, ANIL)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"email": "new@family.example"}, (Parent("p1", "new@family.example"), ANIL)),
        ({"status": "tobedeleted"}, (ANIL,)),
    ],
)
def test_a_changed_parent_changes_with_the_students(cells, expected):
    row = find(small_school(), "users", "p1") | cells
    assert parents(roll(changes_of(users=[row]), mode="delta"))["s1"] == expected


def test_an_unknown_parent_in_changes_leaves_what_is_known():
    row = find(small_school(), "users", "s1") | {"agentSourcedIds": "p1,p9"}
    assert parents(roll(changes_of(users=[row]), mode="delta"))["s1"] is None


def test_a_new_student_needs_a_class_that_is_known():
    row = find(small_school(), "users", "s1") | {"sourcedId": "s9"}
    enrollment = taken_back("c9", "s9") | {"status": "active"}
    found = roll(changes_of(users=[row], enrollments=[enrollment]), mode="delta")
    assert "no package had so far" in found.problems[0]


def test_a_deleted_student_has_gone():
    row = find(small_school(), "users", "s1") | {"status": "tobedeleted"}
    assert roll(changes_of(users=[row]), mode="delta").gone == {"s1"}
