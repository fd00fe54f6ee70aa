"""Consent comes before a face, and its withdrawal removes the face everywhere at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shared.errors import Conflict, InvalidInput
from shared.jobs.worker import run_job
from shared.persistence import faces
from shared.persistence.people import get_student
from shared.persistence.tables import Consent, EnrolmentPhoto, FaceModelRow
from shared.services.faces import enrolment
from shared.services.people import consent, erasure
from shared.services.people.consent_texts import consent_text
from tests.support.office import add_student, agree, open_office, photo_of


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
        assert given.text == consent_text("en")
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


@pytest.mark.parametrize("ending", [consent.withdraw_consent, erasure.erase_student])
def test_every_process_is_told_to_forget_a_face_that_was_removed(toolbox, office, ending):
    agree(toolbox, office, office.meera)
    with toolbox.reading() as session:
        before, _ = faces.find_version(session)
    ending(toolbox, office.actor, office.meera)
    with toolbox.reading() as session:
        version, removed_at = faces.find_version(session)
    assert version == removed_at > before


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


def test_a_class_is_recorded_at_once_and_taken_back(toolbox, office):
    signed = {office.meera: "Latha Iyer (mother)", office.ravi: "a parent"}
    day = toolbox.settings.clock.day_of(toolbox.now()) - timedelta(days=3)
    ids = consent.record_consents(toolbox, office.actor, office.class_id, signed, signed_on=day)
    assert len(ids) == 2
    assert consent.record_consents(toolbox, office.actor, office.class_id, signed) == []
    with toolbox.reading() as session:
        given = get_student(session, office.ravi).consent
        assert (given.given_by, toolbox.settings.clock.day_of(given.given_at)) == ("a parent", day)
    assert consent.take_back_consents(toolbox, office.actor, ids) == consent.TakenBack(2, [])
    assert count(toolbox, Consent) == 0
    assert consent.take_back_consents(toolbox, office.actor, ids) == consent.TakenBack(0, [])


def test_one_wrong_name_records_nothing_and_is_named(toolbox, office):
    signed = {office.meera: "Latha", office.ravi: "x" * 300}
    with pytest.raises(InvalidInput) as refused:
        consent.record_consents(toolbox, office.actor, office.class_id, signed)
    assert refused.value.field == f"given_by-{office.ravi}"
    assert count(toolbox, Consent) == 0


def test_a_consent_stays_where_a_face_was_taken_since_and_nobody_takes_back_anothers(toolbox, office):
    signed = {office.meera: "Latha", office.ravi: "a parent"}
    ids = consent.record_consents(toolbox, office.actor, office.class_id, signed)
    other = replace(office.actor, account_id=99)
    assert consent.take_back_consents(toolbox, other, ids).count == 0
    photo = photo_of("meera")
    enrolment.add_photo(toolbox, office.actor, office.meera, file_name="1.jpg", content=photo)
    outcome = consent.take_back_consents(toolbox, office.actor, ids)
    assert outcome == consent.TakenBack(1, ["Meera Iyer"])


@pytest.mark.parametrize("days", [-1, 12 * 366])
def test_a_form_is_not_signed_tomorrow_or_long_ago(toolbox, office, days):
    day = toolbox.settings.clock.day_of(toolbox.now()) - timedelta(days=days)
    with pytest.raises(InvalidInput) as refused:
        consent.record_consent(toolbox, office.actor, office.meera, given_by="Latha", signed_on=day)
    assert refused.value.field == "signed_on"


def test_two_consents_of_one_day_are_told_apart_by_the_ledger(toolbox, office):
    day = toolbox.settings.clock.day_of(toolbox.now()) - timedelta(days=3)
    moments = set()
    for _ in range(2):
        consent.record_consent(toolbox, office.actor, office.meera, given_by="Latha", signed_on=day)
        with toolbox.reading() as session:
            moments.add(get_student(session, office.meera).consent.given_at)
        consent.withdraw_consent(toolbox, office.actor, office.meera)
    assert len(moments) == 2


def test_a_family_agrees_to_the_text_in_its_own_language(toolbox, office):
    hindi = add_student(toolbox, office, "Kavya Joshi", "15203A0044", language="hi")
    agree(toolbox, office, hindi)
    with toolbox.reading() as session:
        assert get_student(session, hindi).consent.text.startswith("स्कूल चेहरे से")
    assert consent_text("fr") == consent_text("en")  # until somebody writes it


@pytest.mark.parametrize(("language", "roll_id"), [("en", "roll id"), ("hi", "रोल आईडी"), ("mr", "रोल आयडी")])
def test_every_language_tells_of_check_ins_with_a_roll_id_and_without_one(language, roll_id):
    assert consent_text(language).count(roll_id) == 2
