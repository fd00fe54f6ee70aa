"""The year's end: who moves keeps face and marks, who leaves is deactivated, all of it or nothing."""

import pytest
from sqlalchemy import select

from shared.domain.languages import Sentence
from shared.errors import Conflict, InvalidInput
from shared.persistence import people
from shared.persistence.tables import AuditEntry, FaceModelRow, Mark, SchoolClass, Student
from shared.services.people import registration
from shared.services.people.year_end import NextYear, carry_out_year_end, plan_year_end
from tests.support.office import add_student
from tests.support.whole_school import fill_school


@pytest.fixture
def school(toolbox):
    """Meera and Ravi, both with a face and a mark in CO6GA."""
    return fill_school(toolbox)


def carry_out(toolbox, school, choices, code="CO7GA", **how):
    return carry_out_year_end(
        toolbox, school.actor, school.class_id, code, choices, **{"keep_faces": False, **how}
    )


def rows(toolbox, table):
    with toolbox.reading() as session:
        return {row.student_id: row for row in session.scalars(select(table))}


def test_who_moves_keeps_the_face_and_the_marks_stay_where_they_were_made(toolbox, school):
    plan = carry_out(toolbox, school, {school.meera: NextYear.MOVES, school.ravi: NextYear.STAYS})
    assert plan.target is None  # it was added
    with toolbox.reading() as session:
        meera = people.get_student(session, school.meera)
        assert (meera.school_class.class_code, meera.active) == ("CO7GA", True)
        assert people.get_student(session, school.ravi).class_id == school.class_id
    assert rows(toolbox, FaceModelRow).keys() == {school.meera, school.ravi}
    assert {mark.class_id for mark in rows(toolbox, Mark).values()} == {school.class_id}


def test_who_leaves_is_deactivated_and_the_face_goes_with_the_consent(toolbox, school):
    carry_out(toolbox, school, {school.meera: NextYear.LEAVES, school.ravi: NextYear.LEAVES}, code="")
    with toolbox.reading() as session:
        for student_id in (school.meera, school.ravi):
            student = people.get_student(session, student_id)
            assert (student.active, student.consent, student.face_model) == (False, None, None)
        actions = session.scalars(select(AuditEntry.action)).all()
    assert {"end consent", "deactivate student", "end year"} <= set(actions)
    assert len(rows(toolbox, Mark)) == 2


def test_faces_of_leavers_are_kept_where_the_school_says_so(toolbox, school):
    carry_out(toolbox, school, {school.meera: NextYear.LEAVES}, code="", keep_faces=True)
    with toolbox.reading() as session:
        meera = people.get_student(session, school.meera)
        assert not meera.active
        assert meera.consent is not None
        assert meera.face_model is not None
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "end year"))
        assert entry.after["faces of leavers"] == "kept"


def test_a_roll_id_that_is_taken_there_stops_everything_and_is_named(toolbox, school):
    other = registration.add_class(toolbox, school.actor, class_code="CO7GA", name="")
    school.class_id, own = other, school.class_id
    add_student(toolbox, school, "Asha Rao", "15203A0042")
    school.class_id = own
    choices = {school.meera: NextYear.MOVES, school.ravi: NextYear.LEAVES}
    with toolbox.reading() as session:
        plan = plan_year_end(session, own, "co 7 ga", choices)
        assert plan.problems == ["15203A0042 is already a roll id of CO7GA (Asha Rao)."]
        assert (plan.already_there, plan.faces_of_leavers) == (1, 1)
    with pytest.raises(Conflict, match="already a roll id of CO7GA") as refused:
        carry_out(toolbox, school, choices)
    assert isinstance(refused.value.sentence, Sentence)
    with toolbox.reading() as session:
        assert people.get_student(session, school.ravi).active
        assert session.scalar(select(Student.class_id).where(Student.id == school.meera)) == own


def test_a_class_that_changed_meanwhile_is_looked_at_again(toolbox, school):
    registration.set_student_active(toolbox, school.actor, school.ravi, active=False)
    with pytest.raises(Conflict, match="changed meanwhile"):
        carry_out(toolbox, school, {school.meera: NextYear.MOVES, school.ravi: NextYear.MOVES})
    with toolbox.reading() as session:
        assert session.scalar(select(SchoolClass.id).where(SchoolClass.class_code == "CO7GA")) is None


@pytest.mark.parametrize(
    ("code", "said"), [("CO6GA", "the class they are in"), (" ", "the class to move to")]
)
def test_there_must_be_somewhere_to_move_to(toolbox, school, code, said):
    with pytest.raises(InvalidInput, match=said):
        carry_out(toolbox, school, {school.meera: NextYear.MOVES}, code=code)


def test_a_deactivated_class_takes_nobody(toolbox, school):
    other = registration.add_class(toolbox, school.actor, class_code="CO7GA", name="")
    registration.set_class_active(toolbox, school.actor, other, active=False)
    with pytest.raises(InvalidInput, match="is deactivated"):
        carry_out(toolbox, school, {school.meera: NextYear.MOVES})
