"""Offers a face that a teacher confirmed for the student's face model; an admin takes it or not.

Nothing is learnt silently, and no picture is kept for it: only the sealed descriptor, until somebody decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import CURRENT, MATCH_THRESHOLD, FaceModel, network_of, odd_ones_out
from shared.domain.languages import phrase
from shared.errors import Conflict, NotFound
from shared.persistence import faces, model_offers
from shared.persistence.database import Session
from shared.persistence.people import get_student
from shared.persistence.tables import ModelOffer, Student, ToConfirm
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.enrolment import require_consent
from shared.services.faces.near_matches import save_model
from shared.services.faces.sealed_faces import open_model, pack_descriptor, unpack_descriptor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Effect:
    """What taking an offer would change: the confirmed face's score less the threshold, today and then."""

    offer: ModelOffer
    margin_before: float
    margin_after: float


def offer(
    session: Session,
    toolbox: Toolbox,
    actor: Actor,
    student: Student,
    entry: ToConfirm,
    descriptor: Sequence[float],
) -> None:
    """Offer the face of a check-in that a teacher accepts, inside the transaction that accepts it.

    Not offered is what the camera check took for a picture, what may be a classmate's face, and what differs
    from the photos of the model: those would teach it somebody else.
    """
    doubtful = entry.last_outcome is CheckInOutcome.PICTURE_SEEN or entry.near_match_id is not None
    model = _open_present(session, toolbox, student)
    if doubtful or model is None or student.consent is None or _learn(model, descriptor, 0) is None:
        return
    row = ModelOffer(
        student_id=student.id,
        lecture_id=entry.lecture_id,
        teacher_id=actor.account_id,
        quality=entry.quality or 0.0,
        offered_at=toolbox.now(),
    )
    row.sealed_descriptor = b""
    session.add(row)
    session.flush()  # the seal names the row
    row.sealed_descriptor = toolbox.sealer.seal(
        pack_descriptor(descriptor), purpose=purposes.model_offer(row.id)
    )


def list_effects(session: Session, toolbox: Toolbox, student: Student) -> list[Effect]:
    """Return the offers for a student, oldest first, with what each would change; none that does not open."""
    model = _open_present(session, toolbox, student)
    effects = []
    for row in model_offers.list_offers(session, student.id) if model else ():
        descriptor = _open(toolbox, row)
        learnt = None if descriptor is None or model is None else _learn(model, descriptor, row.quality)
        if model is not None and descriptor is not None and learnt is not None:
            before, after = model.score(descriptor), learnt.score(descriptor)
            effects.append(Effect(row, before - MATCH_THRESHOLD, after - MATCH_THRESHOLD))
    return effects


def accept(toolbox: Toolbox, actor: Actor, student_id: int, offer_id: int) -> None:
    """Train the student's model on its photos and the offered face.

    Raise NotFound, and Conflict without consent or model, or if the face differs from the photos meanwhile.
    """
    with toolbox.sessions.begin() as session:
        faces.lock_models(session)
        student = require_consent(get_student(session, student_id, lock=True))
        row = _find(session, student_id, offer_id)
        model, descriptor = _open_present(session, toolbox, student), _open(toolbox, row)
        learnt = _learn(model, descriptor, row.quality) if model and descriptor else None
        if learnt is None or student.face_model is None:
            raise Conflict(
                phrase("This face no longer fits the photos of the face model. Please decline it.")
            )
        before = student.face_model.photo_count
        # Photos that wait for a training of their own go on waiting.
        save_model(session, toolbox, student, learnt, trained_at=student.face_model.trained_at)
        session.delete(row)
        audit.record(
            session,
            toolbox,
            actor,
            "learn confirmed face",
            student.roll_id,
            student_id=student.id,
            before={"photos": before},
            after={"photos": len(learnt.descriptors)},
        )


def decline(toolbox: Toolbox, actor: Actor, student_id: int, offer_id: int) -> None:
    """Erase an offered face without learning from it. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        student = get_student(session, student_id, lock=True)
        session.delete(_find(session, student_id, offer_id))
        audit.record(
            session, toolbox, actor, "decline confirmed face", student.roll_id, student_id=student.id
        )


def _learn(model: FaceModel, descriptor: Sequence[float], quality: float) -> FaceModel | None:
    """Return the model with one more face; None if that face is not of the same person.

    A model of an earlier network learns nothing more: its student is to be enrolled anew.
    """
    if model.network is not CURRENT or network_of(descriptor) is not CURRENT:
        return None
    faces_of_model = [*model.descriptors, descriptor]
    if len(model.descriptors) in odd_ones_out(faces_of_model):
        return None
    return FaceModel.train(faces_of_model, [*model.qualities, quality])


def _find(session: Session, student_id: int, offer_id: int) -> ModelOffer:
    row = model_offers.find_offer(session, student_id, offer_id)
    if row is None:
        raise NotFound(phrase("This offer was decided already."))
    return row


def _open_present(session: Session, toolbox: Toolbox, student: Student) -> FaceModel | None:
    sealed = faces.find_sealed_model(session, student.id)
    return open_model(toolbox, student.id, sealed) if sealed else None


def _open(toolbox: Toolbox, row: ModelOffer) -> tuple[float, ...] | None:
    try:
        return unpack_descriptor(
            toolbox.sealer.open(row.sealed_descriptor, purpose=purposes.model_offer(row.id))
        )
    except BrokenSeal:
        return None
