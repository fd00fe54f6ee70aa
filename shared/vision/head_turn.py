"""Reads frames of a head that turns: where the nose is, and how far it left the plane of the face."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shared.domain.head_turn import TurnFrame
from shared.vision.face_finder import DetectedFace, FaceFinder
from shared.vision.face_mesh import LEFT_EYE, RIGHT_EYE, FaceMesh
from shared.vision.model_files import MODELS_DIR

# Points of the mesh by their numbers: the tip of the nose and its neighbours above and below; the middle of
# the forehead's edge and of the chin.
NOSE_TIP = (1, 4, 5)
FOREHEAD, CHIN = 10, 152


@dataclass(frozen=True)
class SeenFrame:
    """What was found in one frame: the largest face, its points (468, 2), how many could be the person."""

    faces: int
    face: DetectedFace | None = None
    points: np.ndarray | None = None


class HeadTurnReader:
    """Finds and follows the face through the frames of a turn, from any number of threads at once."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if a file of `models/faces/` is missing, altered or damaged."""
        self._finder = FaceFinder(models_dir=models_dir)
        self._mesh = FaceMesh(models_dir=models_dir)

    def warm_up(self, at_once: int = 1) -> None:
        """Make networks for so many threads now, before somebody waits. Raise ModelUnavailable."""
        self._finder.prepare(at_once)
        self._mesh.prepare(at_once)

    def look(self, rgb: np.ndarray) -> SeenFrame:
        """Look at one RGB uint8 frame of shape (height, width, 3).

        The face is found anew in each frame: followed from frame to frame by the mesh alone, points of a
        still picture that moves fast drift by up to 0.28 eye distances. Raise ModelUnavailable.
        """
        faces = self._finder.find_faces(rgb)
        if not faces:
            return SeenFrame(0)
        people = 1 + sum(other.is_second_to(faces[0]) for other in faces[1:])
        return SeenFrame(people, faces[0], self._mesh.place(rgb, faces[0]))

    def compare(self, seen: Sequence[SeenFrame]) -> list[TurnFrame]:
        """Tell how the head stands in each frame, compared with the first."""
        straight = seen[0].points if seen else None
        return [
            TurnFrame(each.faces)
            if each.points is None or straight is None
            else TurnFrame(each.faces, measure_sideways(each.points), measure_parallax(straight, each.points))
            for each in seen
        ]


def measure_sideways(points: np.ndarray) -> float:
    """Return how far the tip of the nose lies beside the middle of the eyes, along their line, in eye
    distances."""
    left, right = _eyes(points)
    across = right - left
    return float((points[NOSE_TIP[0]] - (left + right) / 2) @ across / max(float(across @ across), 1.0))


def measure_parallax(straight: np.ndarray, turned: np.ndarray) -> float:
    """Return how far the tip of the nose left the plane of the face between two frames, along the line of the
    eyes.

    The plane is the homography that takes all points of the first frame as near as possible to those of the
    second. The unit is the first frame's distance between the eyes, at the size of the second: that of a
    turned head is foreshortened.
    """
    left, right = _eyes(turned)
    across = (right - left) / max(float(np.linalg.norm(right - left)), 1.0)
    unit = _length(*_eyes(straight)) * _length(turned[FOREHEAD], turned[CHIN])
    unit /= max(_length(straight[FOREHEAD], straight[CHIN]), 1.0)
    off_plane = (turned - _as_a_plane(straight, turned))[list(NOSE_TIP)].mean(axis=0)
    return float(off_plane @ across / max(unit, 1.0))


def _eyes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return points[list(LEFT_EYE)].mean(axis=0), points[list(RIGHT_EYE)].mean(axis=0)


def _length(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one - other))


def _as_a_plane(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return where a homography takes points if it takes them as near to `target` as one can.

    Least squares of the cross products (the direct linear transform), each set first moved to its middle and
    scaled to a spread of the root of 2, as Hartley showed to be needed for the numbers to stay sound.
    """
    (source, _), (aim, back) = _normalised(points), _normalised(target)
    ones, zeros = np.ones((len(source), 1)), np.zeros((len(source), 3))
    flat = np.hstack([source, ones])
    rows = np.vstack(
        [np.hstack([flat, zeros, -aim[:, :1] * flat]), np.hstack([zeros, flat, -aim[:, 1:] * flat])]
    )
    _, vectors = np.linalg.eigh(rows.T @ rows)
    moved = flat @ (back @ vectors[:, 0].reshape(3, 3)).T
    plane: np.ndarray = moved[:, :2] / moved[:, 2:]
    return plane


def _normalised(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points round 0 with a spread of the root of 2, and the 3x3 matrix that takes them back."""
    middle = points.mean(axis=0)
    scale = np.sqrt(2) / max(float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean())), 1e-9)
    back = np.array([[1 / scale, 0, middle[0]], [0, 1 / scale, middle[1]], [0, 0, 1]])
    return (points - middle) * scale, back
