"""Places 468 points on a face, with MediaPipe's face mesh served by LiteRT."""

from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from shared.domain.languages import phrase
from shared.vision.model_files import MODELS_DIR
from shared.vision.served_network import ServedNetwork

SIDE = 192  # pixels, square: what the network looks at
POINTS = 468
# The square is cut so much larger than the face, as in the network's training (MediaPipe's own graph).
MARGIN = 1.5
# Points of the mesh, by their numbers in MediaPipe's drawing of it: both corners of the eye on the picture's
# left and on its right, while the head is upright.
LEFT_EYE = (33, 133)
RIGHT_EYE = (362, 263)
# From here on the network itself says that it sees a face. Of 850 frames of people it said less in 12, all of
# them faces bent far down, moving fast or half covered (November 2026).
MIN_PRESENCE = 0.5


class Box(Protocol):
    """Where a detector saw a face, in pixels."""

    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def bottom(self) -> float: ...


class FaceMesh:
    """The network, for any number of threads: no two use one interpreter at once."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if the file is missing, altered or not a network."""
        self._network = ServedNetwork("faces/mesh", called=phrase("face mesh"), models_dir=models_dir)

    def prepare(self, at_once: int) -> None:
        """Make an interpreter for each of so many threads. Raise ModelUnavailable."""
        self._network.prepare(at_once)

    def place(self, rgb: np.ndarray, box: Box) -> np.ndarray | None:
        """Place the points of the face in `box`, an RGB uint8 photo's pixels: (468, 2) float64 as (x, y).

        None where the network sees no face. It looks twice: detectors draw their boxes differently and do not
        say how far a head leans, its own first answer does. Looking once, the points of a still picture shake
        twice as much. Raise ModelUnavailable if the network fails.
        """
        photo = Image.fromarray(rgb)
        middle = np.array([box.left + box.right, box.top + box.bottom]) / 2
        side = MARGIN * max(box.right - box.left, box.bottom - box.top)
        points, _ = self._look(photo, middle, side, 0.0)
        across = points[list(RIGHT_EYE)].mean(axis=0) - points[list(LEFT_EYE)].mean(axis=0)
        lean = float(np.arctan2(across[1], across[0]))
        upright = points @ _turned(-lean).T
        low, high = upright.min(axis=0), upright.max(axis=0)
        middle, side = (low + high) / 2 @ _turned(lean).T, MARGIN * float((high - low).max())
        points, presence = self._look(photo, middle, side, lean)
        return points if presence >= MIN_PRESENCE else None

    def _look(
        self, photo: Image.Image, middle: np.ndarray, side: float, lean: float
    ) -> tuple[np.ndarray, float]:
        """Look at the square of `side` pixels round `middle` that leans by `lean` radians."""
        if not np.isfinite([*middle, side, lean]).all():
            raise self._network.failure()
        to_photo = _turned(lean) * max(side, 1.0) / SIDE
        corner = middle - to_photo @ np.full(2, SIDE / 2)
        part = (*to_photo[0], corner[0], *to_photo[1], corner[1])
        square = photo.transform((SIDE, SIDE), Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
        points, presence = self._run(np.asarray(square, np.float32) / 255.0)
        return points @ to_photo.T + corner, presence

    def _run(self, square: np.ndarray) -> tuple[np.ndarray, float]:
        found = [output.reshape(-1) for output in self._network.run(square[np.newaxis])]
        coordinates, (logit,) = sorted(found, key=lambda values: -values.size)
        if not np.isfinite([*coordinates, logit]).all():
            raise self._network.failure()
        # The third coordinate is guessed from one picture, and as deep for a photo as for a head.
        points = coordinates.reshape(POINTS, 3)[:, :2].astype(np.float64)
        return points, float(1 / (1 + np.exp(-np.clip(logit, -50, 50))))


def _turned(angle: float) -> np.ndarray:
    """Return the 2x2 matrix that turns by `angle` radians, clockwise where y counts downwards."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])
