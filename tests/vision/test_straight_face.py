"""A tilted face is looked at again, and no neighbour is taken for it."""

from dataclasses import replace

import numpy as np
import pytest

from shared.vision.face_finder import DetectedFace
from shared.vision.straight_face import SIDE, straighten

RGB = np.zeros((600, 600, 3), np.uint8)
POINTS = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75))


def face(middle: tuple[float, float], side: float, score: float) -> DetectedFace:
    left, top = (place - side / 2 for place in middle)
    points = tuple((left + x * side, top + y * side) for x, y in POINTS)
    return DetectedFace(left, top, left + side, top + side, points, score)


class Finder:
    """Finds one upright face at a place of every square that it is shown."""

    def __init__(self, place: tuple[float, float]) -> None:
        self.place = place

    def find_faces(self, _rgb: np.ndarray, *, side: int) -> list[DetectedFace]:
        return [face(self.place, side / 3, 0.99)]


@pytest.mark.parametrize(("away", "is_same"), [(0, True), (0.2, True), (0.3, False)])
def test_what_is_found_beside_the_face_is_another_one(away, is_same):
    doubtful = face((300, 300), 100, 0.6)
    found = straighten(Finder((SIDE * (0.5 + away), SIDE / 2)), RGB, doubtful)
    assert (found.score == 0.99) is is_same
    assert (found == doubtful) is not is_same


def test_a_face_that_leans_is_looked_at_again_however_sure():
    sure = face((300, 300), 100, 0.95)
    turn = np.exp(1j * np.radians(20))
    turned = [(complex(*point) - (300 + 300j)) * turn + (300 + 300j) for point in sure.landmarks]
    leaning = replace(sure, landmarks=tuple((each.real, each.imag) for each in turned))
    assert straighten(Finder((SIDE / 2, SIDE / 2)), RGB, leaning).score == 0.99


def test_a_face_that_is_sure_and_upright_is_not_looked_at_again():
    sure = face((300, 300), 100, 0.95)
    assert straighten(Finder((SIDE / 2, SIDE / 2)), RGB, sure) == sure
