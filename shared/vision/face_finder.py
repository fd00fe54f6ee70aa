"""Finds faces and their five landmarks in a photo, with YuNet served by LiteRT."""

from cmath import phase
from dataclasses import dataclass
from functools import lru_cache
from math import degrees
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from shared.domain.languages import phrase
from shared.vision.model_files import MODELS_DIR
from shared.vision.served_network import ServedNetwork

# What the network looks at has this longer side; a photo is shrunk to it.
SIDE = 320
# The network asks for faces at every eighth, sixteenth and thirty-second pixel.
STRIDES = (8, 16, 32)
# For each place: two probabilities, then where a face is and how large, then five points.
NUMBERS = 16

# Of 244 living people before webcams a face is found in all, of 202 of Caltech-101 and 1,510 of LFW too; 9 of
# 458 photos of phones show one. At 0.9 it misses 11 of the 244 (November 2026).
MIN_SCORE = 0.7
# Of two boxes that share more than this part of their area the less certain one is the same face.
MAX_OVERLAP = 0.3

# A face behind in the queue, at more than 1.4 times the distance, does not make a photo one of two people,
# nor does what is hardly a face.
SECOND_FACE_HEIGHT = 0.7  # times the largest face's height
SECOND_FACE_SCORE = 0.8

DLIB_SIDE = 0.94


class Box(NamedTuple):
    """A box in full-size pixels of a photo."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class DetectedFace:
    """One face in full-size pixels of the photo.

    `landmarks` are five points as (x, y): the eye on the picture's left, the eye on its right, the tip of the
    nose, the corner of the mouth on the picture's left, the one on its right, while the head is upright.
    `score` is 0…1, how certain the detector is.
    """

    left: float
    top: float
    right: float
    bottom: float
    landmarks: tuple[tuple[float, float], ...]
    score: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def dlib_square(self) -> Box:
        """The box as dlib's detector draws it round the same face.

        Of 1,080 faces that both find, the square's side is DLIB_SIDE times the mean of this box's sides in
        the middle and 9 % off it, its middle 4 % of the side off the landmarks' (November 2026).
        """
        middle_x, middle_y = (sum(values) / len(values) for values in zip(*self.landmarks, strict=True))
        half = DLIB_SIDE * (self.width * self.height) ** 0.5 / 2
        sides = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
        return Box(*map(round, sides))

    @property
    def lean(self) -> float:
        """By how many degrees its points are turned with the clock against an upright face's."""
        left, right, _, *mouth = (complex(*point) for point in self.landmarks)
        # From eye to eye, and from the eyes' middle to the mouth's, turned a quarter back: both point so.
        across = right - left - 1j * (sum(mouth) / 2 - (left + right) / 2)
        return degrees(phase(across))

    @property
    def is_upright(self) -> bool:
        """Whether the eyes lie more beside than above each other, and above the mouth."""
        (left_x, left_y), (right_x, right_y), _, *mouth = self.landmarks
        beside, above = right_x - left_x, abs(right_y - left_y)
        return beside > above and sum(y for _, y in mouth) > left_y + right_y

    def is_second_to(self, largest: "DetectedFace") -> bool:
        """Whether this face and a photo's largest make it one of two people."""
        return self.score >= SECOND_FACE_SCORE and self.height >= SECOND_FACE_HEIGHT * largest.height


class FaceFinder:
    """YuNet, for any number of threads: no two use one interpreter at once."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if the file is missing, altered or not a network."""
        self._network = ServedNetwork(
            "faces/detector", called=phrase("face detector"), models_dir=models_dir, any_size=True
        )

    def prepare(self, at_once: int) -> None:
        """Make an interpreter for each of so many threads. Raise ModelUnavailable."""
        self._network.prepare(at_once)

    def find_faces(
        self, rgb: np.ndarray, *, min_score: float = MIN_SCORE, side: int = SIDE
    ) -> list[DetectedFace]:
        """Find the faces in an RGB uint8 photo of shape (height, width, 3), the tallest first.

        Faces are found from about a thirtieth of the photo's longer side on, if `side`, the pixels it is
        shrunk to, is as it is; and tilted by up to some 45 degrees. Raise ModelUnavailable if the network
        fails.
        """
        small, scale = _shrink(rgb, side)
        (table,) = self._network.run(small[np.newaxis])
        if not np.isfinite(table).all():
            raise self._network.failure()
        found = _candidates(table, _places(*small.shape[:2]), min_score)
        faces = [_scaled(row, 1 / scale) for row in _without_doubles(found)]
        return sorted(faces, key=lambda face: -face.height)


def _shrink(rgb: np.ndarray, side: int) -> tuple[np.ndarray, float]:
    """Return the photo as float32, its shorter side filled up with black to whole steps of the coarsest grid,
    and how much smaller it is.

    A square filled up with black gives the same faces; a photo of 4 to 3 costs four fifths of its time, one
    of 16 to 9 three fifths.
    """
    rows, columns = rgb.shape[:2]
    scale = side / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    # Whole pixels are averaged first, which takes a seventh of the time.
    small = Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
    step = STRIDES[-1]
    filled = np.zeros((-size[1] // step * -step, -size[0] // step * -step, 3), np.float32)
    filled[: size[1], : size[0]] = np.asarray(small)
    return filled, scale


@lru_cache(maxsize=2 * SIDE // STRIDES[-1])
def _places(rows: int, columns: int) -> np.ndarray:
    """Return (column, row, stride) of each row of the network's table, in pixels of what it looked at."""
    grids = []
    for stride in STRIDES:
        down, across = np.indices((rows // stride, columns // stride)).reshape(2, -1) * stride
        grids.append(np.stack([across, down, np.full_like(down, stride)], axis=1))
    return np.concatenate(grids).astype(np.float32)


def _candidates(table: np.ndarray, places: np.ndarray, min_score: float) -> np.ndarray:
    """Read the table: rows of score, left, top, right, bottom and ten coordinates in pixels of what the
    network looked at."""
    scores = np.sqrt(np.clip(table[:, 0], 0, 1) * np.clip(table[:, 1], 0, 1))
    chosen = scores >= min_score
    table, scores, at, stride = table[chosen], scores[chosen], places[chosen, :2], places[chosen, 2:]
    middle = at + table[:, 2:4] * stride
    half = np.exp(np.minimum(table[:, 4:6], 10)) * stride / 2
    points = (table[:, 6:].reshape(-1, 5, 2) * stride[:, np.newaxis] + at[:, np.newaxis]).reshape(-1, 10)
    return np.concatenate([scores[:, np.newaxis], middle - half, middle + half, points], axis=1)


def _without_doubles(candidates: np.ndarray) -> list[np.ndarray]:
    """Keep the most certain of boxes that overlap."""
    kept: list[np.ndarray] = []
    for row in candidates[np.argsort(-candidates[:, 0], kind="stable")]:
        if all(_overlap(row[1:5], other[1:5]) <= MAX_OVERLAP for other in kept):
            kept.append(row)
    return kept


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the part of both boxes' area that they share."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    return shared / (float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - shared)


def _scaled(row: np.ndarray, factor: float) -> DetectedFace:
    score, *numbers = (float(number) for number in row)
    left, top, right, bottom, *points = (number * factor for number in numbers)
    return DetectedFace(left, top, right, bottom, tuple(zip(points[::2], points[1::2], strict=True)), score)
