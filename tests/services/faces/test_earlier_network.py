"""Faces enrolled with dlib's network are recognised by it, beside the others, until they are renewed."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import CURRENT, FaceModel, Network
from shared.errors import ModelUnavailable
from shared.persistence.database import migrate
from shared.persistence.people import Lack, count_readiness
from shared.persistence.tables import EnrolmentPhoto, FaceModelRow
from shared.services.faces import enrolment, model_offers, renewal
from shared.services.faces.sealed_faces import open_model
from shared.toolbox import Toolbox
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, give_eyes, send
from tests.support.office import agree, enrol_face, open_office
from tests.support.school import enrol, found_school, hand_round

MEERA_BY_DLIB = np.eye(129, dtype=np.float32)[5]
RAVI_BY_DLIB = np.eye(129, dtype=np.float32)[6]


class BothEyes(Eyes):
    """Sees a face by both networks."""

    def __init__(self, descriptor, by_dlib, **kwargs):
        super().__init__(descriptor, **kwargs)
        self.by_dlib, self.asked_dlib = by_dlib, 0

    def describe_by(self, network, _rgb, _face):
        assert network is Network.DLIB
        self.asked_dlib += 1
        if isinstance(self.by_dlib, Exception):
            raise self.by_dlib
        return self.by_dlib


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_BY_DLIB.tolist()] * 5)
    enrol(toolbox, school.ids["ravi"], [RAVI_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    return school


def test_who_was_enrolled_with_dlibs_network_is_marked_by_it(toolbox, school):
    eyes = give_eyes(toolbox, BothEyes(MEERA_LOOKS, MEERA_BY_DLIB))
    assert send(toolbox, school).outcome is CheckInOutcome.PRESENT
    assert eyes.asked_dlib == 1


def test_a_wrong_face_is_refused_by_it(toolbox, school):
    give_eyes(toolbox, BothEyes(MEERA_LOOKS, RAVI_BY_DLIB))
    assert send(toolbox, school).outcome is CheckInOutcome.NO_MATCH


def test_a_classmate_of_either_network_is_told_apart(toolbox, school):
    """The face is Ravi's as well, by the other network: the teacher is asked."""
    give_eyes(toolbox, BothEyes(RAVI_LOOKS, MEERA_BY_DLIB))
    assert send(toolbox, school).outcome is CheckInOutcome.ASKED_TEACHER


def test_who_is_enrolled_anew_is_compared_with_those_who_are_not(toolbox, school):
    nearly_ravi = np.float32([0, 0.75, *[0] * 125, (1 - 0.75**2) ** 0.5])
    give_eyes(toolbox, BothEyes(nearly_ravi, MEERA_BY_DLIB))
    assert send(toolbox, school, "15203A0043").outcome is CheckInOutcome.ASKED_TEACHER


def test_without_dlibs_files_nobody_passes_for_an_earlier_model(toolbox, school):
    give_eyes(toolbox, BothEyes(MEERA_LOOKS, ModelUnavailable("gone")))
    assert send(toolbox, school).outcome is CheckInOutcome.UNAVAILABLE


def test_where_every_model_is_new_dlibs_network_is_not_asked(toolbox, school):
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    eyes = give_eyes(toolbox, BothEyes(MEERA_LOOKS, ModelUnavailable("gone")))
    assert send(toolbox, school).outcome is CheckInOutcome.PRESENT
    assert eyes.asked_dlib == 0


def test_an_earlier_model_learns_no_face_of_the_new_network(toolbox, school):
    before = FaceModel.train([MEERA_BY_DLIB.tolist()], [1.0])
    assert model_offers._learn(before, MEERA_LOOKS.tolist(), 1.0) is None


@pytest.fixture
def keeping(toolbox):
    """An office that keeps its photos, with two students enrolled, Meera's model turned to an earlier one."""
    office = open_office(toolbox)
    agree(toolbox, office, office.meera, office.ravi)
    settings = replace(toolbox.settings, keep_enrolment_photos=True)
    keeping = toolbox.with_(settings=settings)
    enrol_face(keeping, office, office.meera, "meera")
    with keeping.reading() as session:
        trained_at = session.scalar(select(FaceModelRow.trained_at))
    enrol(keeping, office.meera, [MEERA_BY_DLIB.tolist()] * 5)
    with keeping.sessions.begin() as session:
        session.scalars(select(FaceModelRow)).one().trained_at = trained_at
    office.toolbox = keeping
    return office


def stored(toolbox, student_id) -> tuple[int, FaceModel]:
    with toolbox.reading() as session:
        query = select(FaceModelRow.network, FaceModelRow.sealed_model)
        network, sealed = session.execute(query.where(FaceModelRow.student_id == student_id)).one()
    return network, open_model(toolbox, student_id, sealed)


def test_kept_photos_renew_a_model_by_themselves(keeping):
    toolbox = keeping.toolbox
    assert stored(toolbox, keeping.meera)[1].network is Network.DLIB
    assert renewal.renew_models(toolbox, keeping.actor) == renewal.Renewal(renewed=1, waiting=0)
    network, model = stored(toolbox, keeping.meera)
    assert (network, model.network, len(model.descriptors)) == (CURRENT, CURRENT, 5)
    assert renewal.renew_models(toolbox, keeping.actor) == renewal.Renewal(renewed=0, waiting=0)


def test_without_photos_the_earlier_model_stays_and_readiness_tells(keeping):
    toolbox = keeping.toolbox
    with toolbox.sessions.begin() as session:
        for photo in session.scalars(select(EnrolmentPhoto)):
            session.delete(photo)
    assert renewal.renew_models(toolbox, keeping.actor) == renewal.Renewal(renewed=0, waiting=1)
    assert stored(toolbox, keeping.meera)[1].network is Network.DLIB
    with toolbox.reading() as session:
        (row,) = count_readiness(session)
    assert (row.with_face, row.earlier, row.weak) == (1, 1, 0)
    assert Lack.CURRENT_MODEL == "current_model"


def test_photos_that_waited_over_the_upgrade_are_described_anew(keeping):
    """They were described by dlib's network; the training reads them again."""
    toolbox = keeping.toolbox
    with toolbox.sessions.begin() as session:
        for photo in session.scalars(select(EnrolmentPhoto)):
            plain = MEERA_BY_DLIB.astype("<f4").tobytes()
            photo.sealed_descriptor = toolbox.sealer.seal(plain, purpose=f"descriptor:{keeping.meera}")
            photo.added_at = toolbox.now()
        session.delete(session.scalars(select(FaceModelRow)).one())
    answer = enrolment.start_training(toolbox, keeping.actor, keeping.meera)
    assert isinstance(answer, int)
    enrolment.train_face_model(toolbox, answer, keeping.meera)
    assert stored(toolbox, keeping.meera)[1].network is CURRENT


def test_models_of_both_networks_survive_the_way_down_and_up(toolbox, bare_database_url):
    migrate(bare_database_url)
    settings = replace(toolbox.settings, database_url=bare_database_url)
    before = Toolbox(settings, toolbox.now)
    school = found_school(before)
    enrol(before, school.ids["meera"], [MEERA_BY_DLIB.tolist()] * 5)
    enrol(before, school.ids["ravi"], [RAVI_LOOKS.tolist()] * 3)
    before.engine.dispose()
    migrate(bare_database_url, "0015")
    migrate(bare_database_url)
    after = Toolbox(settings, toolbox.now)
    for name, expected in (("meera", Network.DLIB), ("ravi", Network.SFACE)):
        network, model = stored(after, school.ids[name])
        assert (network, model.network) == (expected, expected)
    after.engine.dispose()
