"""Keeps the pairs of classmates whose faces the kiosk could take for each other."""

from shared.domain.face_model import FaceModel
from shared.domain.near_match import NEAR_MATCH_SCORE
from shared.persistence import faces
from shared.persistence.database import Session
from shared.persistence.tables import Student
from shared.services.faces.sealed_faces import open_model, refresh_index
from shared.toolbox import Toolbox


def record_near_matches(session: Session, toolbox: Toolbox, student: Student, model: FaceModel) -> None:
    """Find out anew who of the class looks like a student, inside the transaction that saves the model.

    The transaction holds `faces.lock_models`, which keeps two students who are enrolled at once from missing
    each other.
    """
    with toolbox.reading() as committed:
        # Not with the caller's session: what is rolled back must never stand in the index.
        refresh_index(toolbox, committed)
    scores = toolbox.face_index.score(model.template, faces.list_classmates(session, student))
    alike = {other_id: score for other_id, score in scores.items() if score >= NEAR_MATCH_SCORE}
    faces.save_near_matches(session, student.id, alike)


def move_near_matches(session: Session, toolbox: Toolbox, student: Student) -> None:
    """The same for a student who changes class."""
    sealed = faces.find_sealed_model(session, student.id)
    model = open_model(toolbox, student.id, sealed) if sealed else None
    if model is None:
        faces.save_near_matches(session, student.id, {})
    else:
        record_near_matches(session, toolbox, student, model)
