"""The office registers classes, teachers and students; what is wrong is said at its field."""

import pytest
from sqlalchemy import select

from shared.errors import InvalidInput, NotFound
from shared.persistence import people
from shared.persistence.tables import AuditEntry, KioskPass, SignIn, Student, Teacher
from shared.services.accounts.sign_in import begin_sign_in
from shared.services.people import registration
from shared.services.people.registration import StudentDetails
from tests.support.office import add_student, open_office
from tests.support.school import TEACHER_EMAIL, found_school, hand_round


@pytest.fixture
def office(toolbox):
    return open_office(toolbox)


def student(toolbox, student_id):
    with toolbox.reading() as session:
        return people.get_student(session, student_id)


def actions(toolbox):
    with toolbox.reading() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


def details(office, **changed):
    typed = {"name": "Asha Rao", "roll_id": "15203A0050", "class_id": office.class_id}
    return StudentDetails(**{**typed, **changed})


def test_a_roll_id_is_stored_in_one_form_however_it_is_typed(toolbox, office):
    student_id = registration.add_student(toolbox, office.actor, details(office, roll_id=" 15203a 0050 "))
    assert student(toolbox, student_id).roll_id == "15203A0050"


def test_a_roll_id_is_unique_within_its_class_only(toolbox, office):
    with pytest.raises(InvalidInput, match="already taken") as refused:
        registration.add_student(toolbox, office.actor, details(office, roll_id="15203a0042"))
    assert refused.value.field == "roll_id"
    other = registration.add_class(toolbox, office.actor, class_code="ME4", name="")
    registration.add_student(toolbox, office.actor, details(office, roll_id="15203A0042", class_id=other))


def test_two_students_may_share_a_name(toolbox, office):
    first = add_student(toolbox, office, "Asha Rao", "1")
    second = add_student(toolbox, office, "Asha Rao", "2")
    assert student(toolbox, first).name == student(toolbox, second).name


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "Asha\x00Rao"),
        ("name", "Asha\r\nBcc: all@school.example"),
        ("name", "Asha \u202eoaR"),
        ("name", "x" * 201),
        ("roll_id", ""),
        ("roll_id", "1" * 65),
        ("roll_id", "15\x00"),
        ("email", "nobody"),
        ("email", "a@b.example\r\nBcc: all@school.example"),
        ("email", "evil\r\nBcc: all@school.example\r\n x@localhost"),
        ("parent1_email", "a b@home.example"),
        ("parent2_email", "x" * 1_000_000),
        ("phones", "12345"),
        ("phones", "9876543210, 12"),
        ("phones", "9" * 1_000_000),
        ("language", "xx"),
        ("class_id", 0),
        ("class_id", 2**31 - 1),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_nothing_is_saved(toolbox, office, field, typed):
    with pytest.raises(InvalidInput) as refused:
        registration.add_student(toolbox, office.actor, details(office, **{field: typed}))
    assert refused.value.field == field
    with toolbox.reading() as session:
        assert session.query(Student).filter_by(roll_id="15203A0050").count() == 0


@pytest.mark.parametrize(
    "name", ["Ömer Şahin", "मीरा अय्यर", "O'Neill", "<b>x</b>", "{{7*7}}", "x'; drop table student"]
)
def test_names_are_kept_as_they_are_written(toolbox, office, name):
    student_id = add_student(toolbox, office, name, "77")
    assert student(toolbox, student_id).name == name


def test_both_parents_cannot_have_the_same_address(toolbox, office):
    twice = {"parent1_email": "a@home.example", "parent2_email": "A@home.example"}
    with pytest.raises(InvalidInput) as refused:
        registration.add_student(toolbox, office.actor, details(office, **twice))
    assert refused.value.field == "parent2_email"


def test_a_change_is_recorded_with_what_was_and_what_becomes(toolbox, office):
    registration.change_student(
        toolbox,
        office.actor,
        office.meera,
        StudentDetails("Meera R. Iyer", "15203A0042", office.class_id, parent1_email="p@home.example"),
    )
    last = actions(toolbox)[-1]
    assert (last.action, last.actor, last.subject) == ("change student", office.actor.email, "15203A0042")
    assert last.address == "192.0.2.7"
    assert last.before == {"name": "Meera Iyer", "parent1_email": None}
    assert last.after == {"name": "Meera R. Iyer", "parent1_email": "p@home.example"}


def test_saving_without_a_change_records_nothing(toolbox, office):
    before = len(actions(toolbox))
    same = StudentDetails("Meera Iyer", "15203A0042", office.class_id)
    registration.change_student(toolbox, office.actor, office.meera, same)
    assert len(actions(toolbox)) == before


def test_a_class_code_is_unique(toolbox, office):
    with pytest.raises(InvalidInput) as refused:
        registration.add_class(toolbox, office.actor, class_code="co6 ga", name="")
    assert refused.value.field == "class_code"


def test_nobody_joins_a_deactivated_class_and_its_students_stay(toolbox, office):
    registration.set_class_active(toolbox, office.actor, office.class_id, active=False)
    with pytest.raises(InvalidInput):
        registration.add_student(toolbox, office.actor, details(office))
    same_class = StudentDetails("Meera", "15203A0042", office.class_id)
    registration.change_student(toolbox, office.actor, office.meera, same_class)
    assert student(toolbox, office.meera).active


def test_a_teacher_gets_a_first_time_password_and_their_classes(toolbox, office):
    password = registration.add_teacher(
        toolbox, office.actor, name="Ravi Kumar", email="Ravi@School.example", class_ids=[office.class_id]
    )
    with toolbox.reading() as session:
        (teacher,) = people.search_teachers(session, "ravi@", active=True, page=1).rows
        assert [school_class.class_code for school_class in teacher.classes] == ["CO6GA"]
    assert teacher.must_change_password
    assert password not in teacher.password
    registration.change_teacher(
        toolbox, office.actor, teacher.id, name="Ravi Kumar", email="ravi@school.example", class_ids=[]
    )
    assert actions(toolbox)[-1].before == {"classes": ["CO6GA"]}
    with pytest.raises(InvalidInput):
        registration.add_teacher(
            toolbox, office.actor, name="Another", email="ravi@school.example", class_ids=[]
        )


def test_a_deactivated_teacher_is_signed_out_and_their_kiosks_end(toolbox):
    school = found_school(toolbox)
    begin_sign_in(toolbox, site="classroom", account_id=school.ids["teacher"], device="a phone")
    hand_round(toolbox, school)
    registration.set_teacher_active(toolbox, school.actor, school.ids["teacher"], active=False)
    with toolbox.reading() as session:
        assert session.query(SignIn).filter_by(account_id=school.ids["teacher"]).count() == 0
        assert session.query(KioskPass).one().ended_at is not None
        assert not session.query(Teacher).filter_by(email=TEACHER_EMAIL).one().active


def test_what_does_not_exist_is_not_found(toolbox, office):
    with pytest.raises(NotFound):
        registration.set_student_active(toolbox, office.actor, 999_999, active=False)
    with pytest.raises(NotFound):
        registration.set_class_active(toolbox, office.actor, 999_999, active=False)
    with pytest.raises(NotFound):
        registration.set_teacher_active(toolbox, office.actor, 999_999, active=False)
