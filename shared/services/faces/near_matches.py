"""Keeps the pairs of classmates whose faces the kiosk could take for each other."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.face_model import FaceModel, Network
from shared.domain.near_match import NEAR_MATCH_SCORE
from shared.persistence import faces
from shared.persistence.database import Session
from shared.persistence.tables import EnrolmentPhoto, Student
from shared.services.faces.sealed_faces import describe_photos, open_model, refresh_index, seal_model
from shared.toolbox import Toolbox


def save_model(
    session: Session,
    toolbox: Toolbox,
    student: Student,
    model: FaceModel,
    photos: Sequence[EnrolmentPhoto] = (),
    *,
    trained_at: datetime,
) -> None:
    """Save a student's face model, with whom the kiosk could take for the student.

    Photos newer than `trained_at` wait for the next training; the rest is as for `record_near_matches`.
    """
    faces.save_model(
        session,
        student,
        sealed_model=seal_model(toolbox, student.id, model),
        photo_count=len(model.descriptors),
        is_weak=model.is_weak,
        network=model.network,
        trained_at=trained_at,
    )
    record_near_matches(session, toolbox, student, model, photos)


def record_near_matches(
    session: Session,
    toolbox: Toolbox,
    student: Student,
    model: FaceModel,
    photos: Sequence[EnrolmentPhoto] = (),
) -> None:
    """Find out anew who of the class looks like a student, inside the transaction that saves the model.

    The transaction holds `faces.lock_models`, which keeps two students who are enrolled at once from missing
    each other. Classmates whose model is of another network are compared by it, if there are `photos` to
    describe; else the kiosk alone keeps the two apart.
    """
    with toolbox.reading() as committed:
        # Not with the caller's session: what is rolled back must never stand in the index.
        refresh_index(toolbox, committed)
    classmates = faces.list_classmates(session, student)
    scores = toolbox.face_index.score(model.template, classmates)
    for network in Network:
        if network is not model.network and toolbox.face_index.enrolled_with(network, classmates) and photos:
            likewise = FaceModel.train(describe_photos(toolbox, photos, network), [1.0] * len(photos))
            scores |= toolbox.face_index.score(likewise.template, classmates)
    alike = {other_id: score for other_id, score in scores.items() if score >= NEAR_MATCH_SCORE}
    faces.save_near_matches(session, student.id, alike)


def move_near_matches(session: Session, toolbox: Toolbox, student: Student) -> None:
    """Find them out anew for a student who changes class."""
    sealed = faces.find_sealed_model(session, student.id)
    model = open_model(toolbox, student.id, sealed) if sealed else None
    if model is None:
        faces.save_near_matches(session, student.id, {})
    else:
        record_near_matches(session, toolbox, student, model)
