"""Describes one face as 128 numbers, with dlib's network served by LiteRT."""

from pathlib import Path

import dlib
import numpy as np

from shared.domain.languages import phrase
from shared.vision.dlib_detector import DlibFace
from shared.vision.model_files import MODELS_DIR
from shared.vision.served_network import ServedNetwork

# The size and margin that dlib's network was trained with (dlib's face_recognition.py).
CHIP_SIZE = 150
CHIP_PADDING = 0.25
DESCRIPTOR_LENGTH = 128


def cut_chip(rgb: np.ndarray, face: DlibFace, *, padding: float = CHIP_PADDING) -> np.ndarray:
    """Cut the face out upright and centred, with a margin in face widths: RGB uint8 of (150, 150, 3)."""
    box = dlib.rectangle(face.left, face.top, face.right, face.bottom)
    shape = dlib.full_object_detection(box, [dlib.point(x, y) for x, y in face.landmarks])
    chip: np.ndarray = dlib.get_face_chip(rgb, shape, CHIP_SIZE, padding)
    return chip


class DlibEncoder:
    """dlib's face recognition ResNet, for any number of threads."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if its file is missing, altered or not a network."""
        self._network = ServedNetwork("faces/dlib", called=phrase("face network"), models_dir=models_dir)

    def prepare(self, at_once: int) -> None:
        """Make an interpreter for each of so many threads. Raise ModelUnavailable."""
        self._network.prepare(at_once)

    def describe(self, chip: np.ndarray) -> np.ndarray:
        """Describe a chip: the mean of its and its mirror image's descriptors, (128,) float32 of length 1.

        Raise ModelUnavailable if the network gives anything but numbers.
        """
        mean: np.ndarray = self.describe_both(chip).mean(axis=0)
        length = np.linalg.norm(mean)
        if not np.isfinite(length) or length == 0:
            raise self._network.failure()
        descriptor: np.ndarray = mean / length
        return descriptor

    def describe_both(self, chip: np.ndarray) -> np.ndarray:
        """Return dlib's own descriptors of a chip and of its mirror image: (2, 128) float32."""
        pair = np.stack([chip, chip[:, ::-1]]).astype(np.float32)
        (both,) = self._network.run(pair)
        return both
