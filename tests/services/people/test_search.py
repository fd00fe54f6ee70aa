"""A name is found however it is typed, and roll ids are counted, on SQLite and on MariaDB alike."""

import pytest

from shared.persistence import people
from shared.persistence.tables import SchoolClass, Student, Teacher
from shared.services.people import registration
from shared.services.people.registration import StudentDetails
from tests.support.office import add_student, open_office

NAMES = {
    "1": "Élodie Dupont",
    "2": "José Núñez",
    "3": "Asha\u00a0Rao",
    "4": "Bela  Roy",
    "5": "Иван Петров",
    "24-CS-011": "Łukasz Żółć",
    "7": "मीरा फ़ातिमा",
}


@pytest.fixture
def office(toolbox):
    office = open_office(toolbox)
    for roll_id, name in NAMES.items():
        add_student(toolbox, office, name, roll_id)
    return office


def found(toolbox, text):
    with toolbox.reading() as session:
        return [student.roll_id for student in people.search_students(session, text).rows]


@pytest.mark.parametrize(
    ("typed", "roll_id"),
    [
        *(("élodie", "1"), ("elodie", "1"), ("ELODIE  dupont", "1"), ("jose", "2"), ("nunez", "2")),
        *(
            ("Núñez José", "2"),
            ("asha rao", "3"),
            ("bela roy", "4"),
            ("иван", "5"),
            ("lukasz zolc", "24-CS-011"),
        ),
        *(("24cs11", "24-CS-011"), ("24–CS–011", "24-CS-011"), ("मीरा फातिमा", "7")),
    ],
)
def test_a_student_is_found_however_the_name_is_typed(toolbox, office, typed, roll_id):
    assert found(toolbox, typed) == [roll_id]


def test_a_changed_name_is_found_by_the_new_one_only(toolbox, office):
    registration.change_student(
        toolbox, office.actor, office.ravi, StudentDetails("Zoë Patil", "15203A0043", office.class_id)
    )
    assert found(toolbox, "zoe") == ["15203A0043"]
    assert found(toolbox, "ravi") == []


def test_roll_ids_and_classes_are_listed_as_people_count(toolbox, office):
    for code in ("10B", "9A", "CO6-2", "CO10-1"):
        registration.add_class(toolbox, office.actor, class_code=code, name="")
    class_id = registration.add_class(toolbox, office.actor, class_code="7A", name="")
    for roll_id in ("10", "9", "A10", "A9", "007", "100"):
        details = StudentDetails(f"Student {roll_id}", roll_id, class_id)
        registration.add_student(toolbox, office.actor, details)
    with toolbox.reading() as session:
        listed = people.search_students(session, class_id=class_id).rows
        assert [student.roll_id for student in listed] == ["007", "9", "10", "100", "A9", "A10"]
        codes = [each.class_code for each in people.list_classes(session)]
        assert codes == ["7A", "9A", "10B", "CO6-2", "CO6GA", "CO10-1"]
        following, after = [], ""
        while (student := people.find_next_to_enrol(session, class_id, after=after)) is not None:
            following.append(student.roll_id)
            after = student.roll_id
        assert following == ["007", "9", "10", "100", "A9", "A10"]


def test_classes_and_teachers_are_found_the_same_way(toolbox, office):
    registration.add_class(toolbox, office.actor, class_code="7-É", name="Élèves de José")
    registration.add_teacher(
        toolbox, office.actor, name="Zoë Müller", email="zoe@school.example", class_ids=[]
    )
    with toolbox.reading() as session:
        classes = people.search_classes(session, "eleves jose", active=True, page=1).rows
        teachers = people.search_teachers(session, "muller", active=True, page=1).rows
    assert [each.class_code for each in classes] == ["7-É"]
    assert [each.name for each in teachers] == ["Zoë Müller"]


def test_rows_that_are_written_without_the_mapper_can_be_searched_too(toolbox, office):
    with toolbox.sessions.begin() as session:
        session.bulk_insert_mappings(
            Student, [{"class_id": office.class_id, "roll_id": "B10", "name": "Chloé", "active": True}]
        )
    assert found(toolbox, "chloe") == ["B10"]
    with toolbox.reading() as session:
        for table in (Student, SchoolClass, Teacher):
            assert all(row.search_text for row in session.query(table))
