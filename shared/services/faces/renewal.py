"""Trains face models of an earlier network anew, where the school kept the photos.

The others go on being recognised by the network they were enrolled with; readiness lists them.
"""

import logging
from dataclasses import dataclass

from shared.domain.face_model import CURRENT, FaceModel, odd_ones_out
from shared.errors import Conflict
from shared.persistence import faces
from shared.persistence.people import get_student
from shared.persistence.tables import EnrolmentPhoto
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.near_matches import save_model
from shared.services.faces.sealed_faces import describe_photo, open_model, seal_descriptor
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Renewal:
    """How many models were trained anew, and how many wait for the student to be enrolled again."""

    renewed: int
    waiting: int


def renew_models(toolbox: Toolbox, actor: Actor) -> Renewal:
    """Train every model of an earlier network anew that has photos. Raise ModelUnavailable."""
    with toolbox.reading() as session:
        student_ids = faces.list_of_earlier_networks(session, CURRENT)
    renewed = sum(_renew(toolbox, actor, student_id) for student_id in student_ids)
    return Renewal(renewed, len(student_ids) - renewed)


def _renew(toolbox: Toolbox, actor: Actor, student_id: int) -> bool:
    """Train one student's model on the kept photos; False if the earlier one stays."""
    with toolbox.reading() as session:
        photos = faces.list_kept(session, student_id)
        # No transaction is open while the networks look.
        described = [(photo, numbers) for photo in photos if (numbers := _describe(toolbox, photo))]
    with toolbox.sessions.begin() as session:
        faces.lock_models(session)
        student = get_student(session, student_id, lock=True)
        sealed = faces.find_sealed_model(session, student_id)
        before = open_model(toolbox, student_id, sealed) if sealed else None
        if student.face_model is None or before is None or student.consent is None:
            return False
        if before.network is CURRENT:
            student.face_model.network = CURRENT
            return True
        odd = odd_ones_out([numbers for _, numbers in described])
        kept = [each for at, each in enumerate(described) if at not in odd]
        # Never a weaker model than the one at hand.
        if not kept or 2 * len(kept) < len(before.descriptors):
            return False
        model = FaceModel.train([numbers for _, numbers in kept], [photo.quality for photo, _ in kept])
        if model.is_weak and not before.is_weak:
            return False
        for photo, numbers in kept:
            faces.save_descriptor(session, photo.id, seal_descriptor(toolbox, student_id, numbers))
        # Photos that wait for a training of their own go on waiting.
        used, trained_at = [photo for photo, _ in kept], student.face_model.trained_at
        save_model(session, toolbox, student, model, used, trained_at=trained_at)
        audit.record(
            session,
            toolbox,
            actor,
            "renew face model",
            student.roll_id,
            student_id=student_id,
            before={"photos": len(before.descriptors)},
            after={"photos": len(model.descriptors)},
        )
    return True


def _describe(toolbox: Toolbox, photo: EnrolmentPhoto) -> tuple[float, ...] | None:
    try:
        return describe_photo(toolbox, photo, CURRENT)
    except (BrokenSeal, Conflict) as failure:
        log.warning("enrolment photo %s is left out: %s", photo.id, failure)
        return None
