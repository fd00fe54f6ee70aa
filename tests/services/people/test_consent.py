"""Consent comes before a face, and its withdrawal removes the face everywhere at once."""

import pytest
from sqlalchemy import func, select

from shared.errors import Conflict, InvalidInput
from shared.jobs.worker import run_job
from shared.persistence.people import get_student
from shared.persistence.tables import Consent, EnrolmentPhoto, FaceModelRow
from shared.services.faces import enrolment
from shared.services.people import consent
from tests.support.office import agree, open_office, photo_of


@pytest.fixture
def office(toolbox):
    return open_office(toolbox)


def count(toolbox, table):
    with toolbox.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_consent_keeps_the_text_who_agreed_who_recorded_it_and_when(toolbox, office):
    agree(toolbox, office, office.meera)
    with toolbox.reading() as session:
        given = get_student(session, office.meera).consent
        assert given.text == consent.NOTICE
        assert given.given_by == "Latha Iyer (mother)"
        assert given.recorded_by.email == office.actor.email
        assert (toolbox.now() - given.given_at).total_seconds() < 60


def test_a_second_press_records_one_consent(toolbox, office):
    agree(toolbox, office, office.meera, office.meera)
    assert count(toolbox, Consent) == 1


def test_nobody_agrees_without_a_name(toolbox, office):
    with pytest.raises(InvalidInput) as refused:
        consent.record_consent(toolbox, office.actor, office.meera, given_by=" ")
    assert refused.value.field == "given_by"


def test_withdrawal_removes_photos_and_model_and_keeps_the_history(toolbox, office):
    agree(toolbox, office, office.meera, office.ravi)
    for student_id, person in ((office.meera, "meera"), (office.ravi, "ravi")):
        enrolment.add_photo(toolbox, office.actor, student_id, file_name="a", content=photo_of(person))
        run_job(toolbox, enrolment.start_training(toolbox, office.actor, student_id))
        enrolment.add_photo(toolbox, office.actor, student_id, file_name="b", content=photo_of(person, 1))
    consent.withdraw_consent(toolbox, office.actor, office.meera)
    with toolbox.reading() as session:
        assert session.scalars(select(EnrolmentPhoto.student_id)).all() == [office.ravi]
        assert session.scalars(select(FaceModelRow.student_id)).all() == [office.ravi]
        student = get_student(session, office.meera)
        assert student.consent is None
        assert student.consents[0].withdrawn_at is not None


def test_a_withdrawn_consent_enrols_nobody(toolbox, office):
    agree(toolbox, office, office.meera)
    consent.withdraw_consent(toolbox, office.actor, office.meera)
    with pytest.raises(Conflict, match="not agreed"):
        enrolment.add_photo(toolbox, office.actor, office.meera, file_name="a", content=photo_of("meera"))
    with pytest.raises(Conflict):
        consent.withdraw_consent(toolbox, office.actor, office.meera)


def test_a_withdrawal_between_the_press_and_the_training_leaves_no_model(toolbox, office):
    agree(toolbox, office, office.meera)
    enrolment.add_photo(toolbox, office.actor, office.meera, file_name="a", content=photo_of("meera"))
    job_id = enrolment.start_training(toolbox, office.actor, office.meera)
    consent.withdraw_consent(toolbox, office.actor, office.meera)
    run_job(toolbox, job_id)
    assert count(toolbox, FaceModelRow) == 0
