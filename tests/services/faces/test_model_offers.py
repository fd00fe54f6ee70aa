"""What a teacher confirmed is offered, learnt only by an admin's word, and erased when refused."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.domain.face_model import MATCH_THRESHOLD
from shared.errors import Conflict, NotFound
from shared.persistence import faces
from shared.persistence.people import get_student
from shared.persistence.tables import AuditEntry, FaceModelRow, Lecture, ModelOffer
from shared.services.attendance import lectures
from shared.services.faces import enrolment, model_offers
from shared.services.kiosk import confirmations as to_confirm
from shared.services.kiosk.confirmations import Question, ask_teacher
from shared.services.kiosk.passes import find_pass, open_kiosk
from shared.services.upkeep import nightly
from tests.support.office import add_photo, photo_of
from tests.support.whole_school import fill_school


def near_meera(cosine: float) -> list[float]:
    """A face at this cosine to Meera's photos, leaning where nobody else is."""
    numbers = np.zeros(128)
    numbers[0], numbers[100] = cosine, np.sqrt(1 - cosine**2)
    return numbers.tolist()


@pytest.fixture
def office(toolbox):
    """The whole school, in a new lecture, without an offer."""
    office = fill_school(toolbox)
    with toolbox.sessions.begin() as session:
        for offer in session.scalars(select(ModelOffer)):
            session.delete(offer)
    office.lecture = lectures.open_lecture(
        toolbox,
        office.teacher,
        subject="Networks",
        class_ids=[office.class_id],
        minutes=60,
        opening_key="offers",
    )
    token = open_kiosk(toolbox, office.teacher, lecture_id=office.lecture, device="a phone")
    office.kiosk = find_pass(toolbox, token)
    return office


def confirm(toolbox, office, descriptor, *, accepted=True, **question):
    """Ask the teacher about Meera, and let the teacher decide."""
    question = {"last_outcome": CheckInOutcome.NO_MATCH, "score": 0.95, "quality": 0.75} | question
    asked = Question(ConfirmReason.CALLED_THE_TEACHER, picture=b"jpeg", descriptor=descriptor, **question)
    with toolbox.sessions.begin() as session:
        ask_teacher(session, toolbox, office.kiosk, office.meera, asked)
        (entry,) = to_confirm.list_waiting(session, office.lecture)
    to_confirm.decide(toolbox, office.teacher, office.lecture, entry.id, accepted=accepted)


def effects(toolbox, student_id):
    with toolbox.reading() as session:
        return model_offers.list_effects(session, toolbox, get_student(session, student_id))


def count_offers(toolbox):
    with toolbox.reading() as session:
        return len(session.scalars(select(ModelOffer.id)).all())


def model_of(toolbox, student_id):
    with toolbox.reading() as session:
        return enrolment.open_model(toolbox, student_id, faces.find_sealed_model(session, student_id))


def test_a_confirmed_face_is_offered_with_what_it_would_change_and_not_learnt(toolbox, office):
    before = model_of(toolbox, office.meera)
    confirm(toolbox, office, near_meera(0.47))
    (effect,) = effects(toolbox, office.meera)
    assert effect.offer.teacher.name == "Asha Rao"
    assert (effect.offer.lecture.subject, effect.offer.quality) == ("Networks", 0.75)
    assert effect.margin_before == pytest.approx(before.score(near_meera(0.47)) - MATCH_THRESHOLD)
    assert effect.margin_before < 0 < effect.margin_after
    assert model_of(toolbox, office.meera) == before


@pytest.mark.parametrize(
    ("descriptor", "question"),
    [
        (near_meera(0.47), {"last_outcome": CheckInOutcome.PICTURE_SEEN}),
        (near_meera(0.47), {"near_match_id": 2}),
        (near_meera(0.47), {"accepted": False}),
        (near_meera(0.1), {}),
        (None, {}),
    ],
    ids=["a picture", "maybe a classmate", "refused", "another person", "no face"],
)
def test_what_could_teach_the_model_somebody_else_is_not_offered(toolbox, office, descriptor, question):
    confirm(toolbox, office, descriptor, **question)
    assert count_offers(toolbox) == 0


def test_an_accepted_face_is_learnt_within_the_size_and_written_down(toolbox, office):
    confirm(toolbox, office, near_meera(0.47))
    (effect,) = effects(toolbox, office.meera)
    model_offers.accept(toolbox, office.actor, office.meera, effect.offer.id)
    learnt = model_of(toolbox, office.meera)
    assert len(learnt.descriptors) == 4
    assert learnt.score(near_meera(0.47)) - MATCH_THRESHOLD == pytest.approx(effect.margin_after, abs=1e-3)
    assert count_offers(toolbox) == 0
    with toolbox.reading() as session:
        row = session.scalars(select(FaceModelRow).where(FaceModelRow.student_id == office.meera)).one()
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (row.photo_count, row.version) == (4, max_version(toolbox))
    assert (entry.action, entry.before, entry.after) == ("learn confirmed face", {"photos": 3}, {"photos": 4})
    with pytest.raises(NotFound):
        model_offers.accept(toolbox, office.actor, office.meera, effect.offer.id)


def max_version(toolbox):
    with toolbox.reading() as session:
        return faces.find_version(session)[0]


def test_photos_that_wait_for_a_training_go_on_waiting(toolbox, office):
    confirm(toolbox, office, near_meera(0.47))
    (effect,) = effects(toolbox, office.meera)
    assert add_photo(toolbox, office, office.meera, photo_of("meera", 9)).is_kept
    model_offers.accept(toolbox, office.actor, office.meera, effect.offer.id)
    with toolbox.reading() as session:
        assert len(faces.list_waiting(session, get_student(session, office.meera))) == 2


def test_a_declined_face_is_erased_and_teaches_nothing(toolbox, office):
    before = model_of(toolbox, office.meera)
    confirm(toolbox, office, near_meera(0.47))
    (effect,) = effects(toolbox, office.meera)
    with pytest.raises(NotFound):
        model_offers.decline(toolbox, office.actor, office.ravi, effect.offer.id)
    model_offers.decline(toolbox, office.actor, office.meera, effect.offer.id)
    assert count_offers(toolbox) == 0
    assert model_of(toolbox, office.meera) == before


def test_a_face_that_no_longer_fits_is_not_learnt(toolbox, office):
    confirm(toolbox, office, near_meera(0.47))
    (effect,) = effects(toolbox, office.meera)
    with toolbox.sessions.begin() as session:
        offer = session.get(ModelOffer, effect.offer.id)
        offer.sealed_descriptor = bytes(len(offer.sealed_descriptor))
    assert effects(toolbox, office.meera) == []
    with pytest.raises(Conflict, match="no longer fits"):
        model_offers.accept(toolbox, office.actor, office.meera, effect.offer.id)


def test_an_offer_nobody_decides_about_is_erased_in_the_night_after_its_days(toolbox, office):
    confirm(toolbox, office, near_meera(0.47))
    with toolbox.sessions.begin() as session:
        session.scalars(select(ModelOffer)).one().offered_at -= timedelta(
            days=toolbox.settings.keep_offers_days, minutes=1
        )
        assert session.get(Lecture, office.lecture)
    nightly.work_if_due(toolbox)
    assert count_offers(toolbox) == 0
