"""Describes one face as 128 numbers, with SFace served by LiteRT."""

from pathlib import Path

import numpy as np
from PIL import Image

from shared.domain.face_model import PHOTO_LENGTHS
from shared.domain.languages import phrase
from shared.vision.face_finder import DetectedFace
from shared.vision.model_files import MODELS_DIR
from shared.vision.served_network import ServedNetwork

CHIP_SIZE = 112
# Where a chip has the eyes, the tip of the nose and the corners of the mouth: the network was trained on
# faces aligned so, as ArcFace's are.
CHIP_POINTS = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)

# How long the network's own numbers are in the median of 1,415 photos of LFW, and the power by which a
# photo's descriptor is made longer where they are shorter (models/README.md).
TYPICAL_LENGTH, LENGTH_COUNTS = 12.6, 0.4


def cut_chip(rgb: np.ndarray, face: DetectedFace) -> np.ndarray:
    """Cut the face out upright, its landmarks as near CHIP_POINTS as turning and scaling allow: RGB uint8 of
    (112, 112, 3)."""
    photo, points = Image.fromarray(rgb), np.array(face.landmarks)
    turn, shift = _similarity(CHIP_POINTS, points)
    shrink = int(np.hypot(*turn[0]))
    if shrink > 1:  # whole pixels are averaged first, so that none is passed over
        photo, points = photo.reduce(shrink), (points - (shrink - 1) / 2) / shrink
        turn, shift = _similarity(CHIP_POINTS, points)
    # Pillow counts from a pixel's corner, landmarks from its middle.
    shift = shift + 0.5 - turn @ (0.5, 0.5)
    part = (*turn[0], shift[0], *turn[1], shift[1])
    chip = photo.transform((CHIP_SIZE, CHIP_SIZE), Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
    return np.asarray(chip)


def _similarity(points: np.ndarray, onto: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the (2, 2) turn and the (2,) shift that bring `points` nearest `onto`, by least squares."""
    own, other = points - points.mean(axis=0), onto - onto.mean(axis=0)
    along = (own * other).sum() / (own**2).sum()
    across = (own[:, 0] * other[:, 1] - own[:, 1] * other[:, 0]).sum() / (own**2).sum()
    turn = np.array([[along, -across], [across, along]])
    return turn, onto.mean(axis=0) - turn @ points.mean(axis=0)


class FaceEncoder:
    """SFace, for any number of threads."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if the network's file is missing, altered or not a network."""
        self._network = ServedNetwork(
            "faces/recogniser", called=phrase("face network"), models_dir=models_dir
        )

    def prepare(self, at_once: int) -> None:
        """Make an interpreter for each of so many threads. Raise ModelUnavailable."""
        self._network.prepare(at_once)

    def describe(self, chip: np.ndarray, *, with_mirror: bool = False) -> np.ndarray:
        """Describe a chip, or it and its mirror image together: (128,) float32, their length within
        PHOTO_LENGTHS and greater the worse the face is seen.

        Raise ModelUnavailable if the network gives anything but numbers.
        """
        looks = [self._run(chip)]
        if with_mirror:
            looks.append(self._run(chip[:, ::-1]))
        lengths = np.linalg.norm(looks, axis=1)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise self._network.failure()
        face = sum(look / length for look, length in zip(looks, lengths, strict=True))
        length = np.clip((TYPICAL_LENGTH / lengths.mean()) ** LENGTH_COUNTS, *PHOTO_LENGTHS)
        descriptor: np.ndarray = (face * (length / np.linalg.norm(face))).astype(np.float32)
        return descriptor

    def _run(self, chip: np.ndarray) -> np.ndarray:
        (numbers,) = self._network.run(chip[np.newaxis].astype(np.float32))
        own: np.ndarray = numbers[0]
        return own
