"""Every process notices a changed, new or deleted face model by the version row, on both databases."""

import threading

import numpy as np
import pytest

from shared.persistence import erasure, faces
from shared.persistence.tables import FaceModelRow
from shared.services.faces.sealed_faces import refresh_index
from shared.toolbox import Toolbox
from tests.support.school import enrol, found_school

MEERA = np.eye(128)[0]
RAVI = np.eye(128)[1]


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def scores(toolbox, school, face) -> dict[str, float]:
    with toolbox.reading() as session:
        refresh_index(toolbox, session)
    names = {school.ids[name]: name for name in ("meera", "ravi")}
    return {names[student_id]: score for student_id, score in toolbox.face_index.score(face, names).items()}


def count_changes(toolbox) -> int:
    with toolbox.reading() as session:
        return faces.find_version(session)[0]


def test_another_process_notices_each_change(toolbox, school):
    other = Toolbox(toolbox.settings)
    assert scores(other, school, MEERA) == {}
    enrol(toolbox, school.ids["meera"], [MEERA.tolist()])
    assert scores(other, school, MEERA) == {"meera": 1}
    enrol(toolbox, school.ids["meera"], [RAVI.tolist()])
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()])
    assert scores(other, school, MEERA) == {"meera": 0, "ravi": 0}
    with toolbox.sessions.begin() as session:
        erasure.forget_face(session, school.ids["meera"])
    assert scores(other, school, RAVI) == {"ravi": 1}
    other.engine.dispose()


def test_only_changed_models_are_opened(toolbox, school):
    enrol(toolbox, school.ids["meera"], [MEERA.tolist()])
    scores(toolbox, school, MEERA)
    opened = []
    real = toolbox.sealer

    class Counting:
        def open(self, sealed, *, purpose):
            opened.append(purpose)
            return real.open(sealed, purpose=purpose)

        seal = real.seal

    toolbox = toolbox.with_(sealer=Counting())
    scores(toolbox, school, MEERA)
    assert opened == []
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()])
    scores(toolbox, school, MEERA)
    assert opened == [f"face-model:{school.ids['ravi']}"]


def test_a_change_that_is_undone_is_no_change(toolbox, school):
    enrol(toolbox, school.ids["meera"], [MEERA.tolist()])
    with toolbox.sessions() as session:
        erasure.forget_face(session, school.ids["meera"])
        session.rollback()
    assert scores(toolbox, school, MEERA) == {"meera": 1}


def test_a_model_that_cannot_be_opened_is_left_out(toolbox, school):
    enrol(toolbox, school.ids["meera"], [MEERA.tolist()])
    enrol(toolbox, school.ids["ravi"], [RAVI.tolist()])
    with toolbox.sessions.begin() as session:
        session.query(FaceModelRow).filter_by(student_id=school.ids["ravi"]).one().sealed_model = bytes(60)
    assert scores(toolbox, school, MEERA) == {"meera": 1}


def test_two_enrolments_at_once_are_both_noticed(toolbox, school):
    """A change with a lower count must never be committed after a higher one was already read."""
    watching, faces_of = Toolbox(toolbox.settings), {"meera": MEERA, "ravi": RAVI}
    failures, before = [], count_changes(toolbox)

    def enrol_often(name: str) -> None:
        try:
            for _ in range(15):
                enrol(toolbox, school.ids[name], [faces_of[name].tolist()])
        except Exception as failure:  # noqa: BLE001 told by the assertion below
            failures.append(failure)

    threads = [threading.Thread(target=enrol_often, args=(name,)) for name in faces_of]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        scores(watching, school, MEERA)
    for thread in threads:
        thread.join()
    assert failures == []
    assert scores(watching, school, MEERA) == {"meera": 1, "ravi": 0}
    assert count_changes(toolbox) - before == 30
    watching.engine.dispose()
