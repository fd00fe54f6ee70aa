"""The index answers as the face models would, for many at once, and forgets who is gone."""

import threading

import numpy as np
import pytest

from shared.domain.face_model import MATCH_THRESHOLD, FaceModel, Network
from shared.vision.face_index import FaceIndex


def face(seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    numbers = np.r_[3.0, np.zeros(127)] + chance.normal(size=128)
    return numbers / np.linalg.norm(numbers)


def face_by_dlib(seed: int) -> np.ndarray:
    return np.append(face(seed), np.random.default_rng(seed + 5000).uniform(-0.05, 0.05))


def model(seed: int) -> FaceModel:
    return FaceModel.train([face(seed).tolist()], [1.0])


def template(seed: int) -> bytes:
    return FaceModel.template_bytes(model(seed).to_bytes())


def fill(index: FaceIndex, version: int, templates: dict[int, bytes], *, removed_at: int = 0) -> list[int]:
    """Refresh; gives the versions that were asked for."""
    asked = []

    def changed_since(known: int):
        asked.append(known)
        return iter(templates.items())

    index.refresh(version, removed_at, changed_since=changed_since, list_enrolled=lambda: list(templates))
    return asked


@pytest.fixture
def index():
    index = FaceIndex()
    fill(index, 1, {student_id: template(student_id) for student_id in range(1, 1301)})
    return index


@pytest.mark.parametrize("length", [0.5, 0.95, 1, 1.05, 2])
def test_a_score_is_the_face_models_own(index, length):
    probe = length * face(7777)
    scores = index.score(probe, range(1, 1301))
    expected = {student_id: model(student_id).score(probe) for student_id in range(1, 1301)}
    assert scores == pytest.approx(expected, abs=2e-6)


def test_who_is_not_enrolled_has_no_score(index):
    assert set(index.score(face(3), [3, 4000])) == {3}
    assert FaceIndex().score(face(3), [3]) == {}


def test_a_face_is_found_among_all_by_the_median_of_its_photos(index):
    photos = [face(11), face(11), face(99)]
    assert index.find_matches(photos, 0.95) == {
        11: pytest.approx(sorted(model(11).score(each) for each in photos)[1], abs=2e-6)
    }
    assert index.find_matches([face(11), face(99)], 0.95) == {}  # the mean of two is below
    assert index.find_matches([], 0.95) == {}
    assert FaceIndex().find_matches(photos, 0.95) == {}


def test_only_what_changed_is_read_again(index):
    assert fill(index, 1, {}) == []
    assert fill(index, 3, {5: template(99_999)}) == [1]
    assert len(index) == 1300
    assert index.score(face(99_999), [5])[5] > 0.98
    assert fill(index, 2, {5: template(5)}) == []  # an older snapshot, seen by a slower thread


def test_who_was_deleted_is_found_no_more(index):
    kept = {student_id: template(student_id) for student_id in range(1, 1301) if student_id % 3}
    fill(index, 2, kept, removed_at=2)
    assert len(index) == len(kept) == 867
    assert index.score(face(3), [3]) == {}
    assert all(index.find_matches([face(student_id)], 0.97) for student_id in kept)
    assert not index.find_matches([face(300)], 0.999)


@pytest.mark.parametrize(
    "content",
    [b"", bytes(512), bytes(516), np.full(128, np.nan, "<f4").tobytes(), np.full(128, 2, "<f4").tobytes()],
    ids=["nothing", "zeros", "zeros of dlib's", "NaN", "too long"],
)
def test_a_template_that_is_none_takes_its_student_out(index, content):
    fill(index, 2, {8: content, 5000: content})
    assert index.score(face(8), [8, 5000]) == {}
    assert len(index) == 1299


def test_a_refresh_that_breaks_off_is_done_again(index):
    def broken(_known: int):
        yield 1, template(1)
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="gone"):
        index.refresh(2, 0, changed_since=broken, list_enrolled=list)
    assert fill(index, 2, {1: template(1)}) == [1]


def test_threads_that_ask_while_others_refresh_get_whole_answers(index):
    wrong = []

    def ask() -> None:
        for _ in range(200):
            scores = index.score(face(42), [42, 43])
            if abs(scores[42] - model(42).score(face(42))) > 1e-5:
                wrong.append(scores)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for thread in askers:
        thread.start()
    for version in range(2, 40):
        gone = {} if version % 2 else {student_id: template(student_id) for student_id in range(1, 60)}
        fill(
            index,
            version,
            gone or {student_id: template(student_id) for student_id in range(30, 90)},
            removed_at=version,
        )
    for thread in askers:
        thread.join()
    assert wrong == []


def test_each_face_is_compared_with_those_of_its_own_network(index):
    by_dlib = {student_id: FaceModel.train([face_by_dlib(student_id)], [1.0]) for student_id in (1, 2, 7000)}
    fill(index, 2, {each: FaceModel.template_bytes(model.to_bytes()) for each, model in by_dlib.items()})
    assert index.enrolled_with(Network.DLIB) == {1, 2, 7000}
    assert index.enrolled_with(Network.SFACE, [1, 3, 7000, 9000]) == {3}
    assert len(index) == 1301
    assert set(index.score(face(1), [1, 2, 3])) == {3}
    scores = index.score(face_by_dlib(1), [1, 2, 3, 7000])
    expected = {each: model.score(face_by_dlib(1)) for each, model in by_dlib.items()}
    assert scores == pytest.approx(expected, abs=2e-5)
    assert set(index.find_matches([face_by_dlib(1)], MATCH_THRESHOLD)) == {1}


def test_a_student_enrolled_anew_is_on_the_new_networks_side_alone(index):
    old = FaceModel.template_bytes(FaceModel.train([face_by_dlib(7)], [1.0]).to_bytes())
    fill(index, 2, {7: old})
    fill(index, 3, {7: template(7)})
    assert index.enrolled_with(Network.DLIB) == set()
    assert index.score(face(7), [7])[7] == pytest.approx(1, abs=1e-5)
    assert index.score(face_by_dlib(7), [7]) == {}
