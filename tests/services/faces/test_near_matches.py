"""Who looks like whom in a class is known after each training, move and withdrawal, on both databases."""

import threading

import pytest
from sqlalchemy import select

from shared.persistence import faces
from shared.persistence.tables import NearMatchPair
from shared.services.faces import enrolment
from shared.services.people import registration
from shared.services.people.consent import withdraw_consent
from shared.services.people.registration import StudentDetails
from tests.support.office import add_photo, agree, enrol_face, open_office, photo_of


@pytest.fixture
def office(toolbox):
    office = open_office(toolbox)
    agree(toolbox, office, office.meera, office.ravi)
    return office


def pairs(toolbox) -> list[tuple[int, int]]:
    with toolbox.reading() as session:
        return [(pair.student_id, pair.other_id) for pair in session.scalars(select(NearMatchPair))]


def enrol_twin(toolbox, office, student_id, *, photos=3):
    for number in range(photos):
        add_photo(toolbox, office, student_id, photo_of("twin of meera", number))
    accepted = [office.meera, office.ravi]
    enrolment.train_face_model(
        toolbox,
        enrolment.start_training(toolbox, office.actor, student_id, accepted=accepted),
        student_id,
    )


def move(toolbox, office, student_id, class_id):
    details = StudentDetails("Ravi Patil", "15203A0043", class_id)
    registration.change_student(toolbox, office.actor, student_id, details)


def test_twins_are_noted_when_the_second_is_trained_and_shown_with_names(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    assert pairs(toolbox) == []
    enrol_twin(toolbox, office, office.ravi)
    assert pairs(toolbox) == [(office.meera, office.ravi)]
    with toolbox.reading() as session:
        (pair,) = faces.list_near_match_pairs(session)
        assert {pair.student.name, pair.other.name} == {"Meera Iyer", "Ravi Patil"}
        assert faces.near_matches_of(session, office.meera) == {office.ravi}
        assert faces.near_matches_of(session, office.ravi) == {office.meera}
    registration.set_student_active(toolbox, office.actor, office.meera, active=False)
    with toolbox.reading() as session:
        assert faces.list_near_match_pairs(session) == []


def test_a_new_training_finds_out_anew(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    enrol_twin(toolbox, office, office.ravi)
    enrol_face(toolbox, office, office.ravi, "ravi", accepted=[office.ravi])
    assert pairs(toolbox) == []


def test_who_leaves_the_class_or_withdraws_is_no_look_alike(toolbox, office):
    enrol_face(toolbox, office, office.meera, "meera")
    enrol_twin(toolbox, office, office.ravi)
    other = registration.add_class(toolbox, office.actor, class_code="CO6GB", name="")
    move(toolbox, office, office.ravi, other)
    assert pairs(toolbox) == []
    move(toolbox, office, office.ravi, office.class_id)
    assert pairs(toolbox) == [(office.meera, office.ravi)]
    withdraw_consent(toolbox, office.actor, office.meera)
    assert pairs(toolbox) == []


def test_twins_trained_at_once_do_not_miss_each_other(toolbox, office):
    for student_id in (office.meera, office.ravi):
        for number in range(3):
            add_photo(toolbox, office, student_id, photo_of("twin of meera", number))
    jobs = {
        student_id: enrolment.start_training(toolbox, office.actor, student_id)
        for student_id in (office.meera, office.ravi)
    }
    failures = []

    def train(student_id):
        try:
            enrolment.train_face_model(toolbox, jobs[student_id], student_id)
        except Exception as failure:  # noqa: BLE001 told by the assertion below
            failures.append(failure)

    threads = [threading.Thread(target=train, args=(student_id,)) for student_id in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert pairs(toolbox) == [(office.meera, office.ravi)]
