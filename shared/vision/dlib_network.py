"""Describes a face with dlib's network, for the face models that were enrolled with it.

Nothing here is loaded before such a model is met, and the last of them renewed, a restart is without it.
"""

from pathlib import Path

import numpy as np

from shared.vision.dlib_cohort import DlibCohort
from shared.vision.dlib_detector import DlibDetector
from shared.vision.dlib_encoder import CHIP_PADDING, DlibEncoder, cut_chip
from shared.vision.face_finder import DetectedFace
from shared.vision.model_files import MODELS_DIR

# The margins of the chips whose descriptors are averaged, in face widths. Over FMRs of 5e-5 to 5e-3 three
# chips refuse a tenth fewer right people than one (LFW, 5 enrolled, November 2026).
PADDINGS = (0.2, CHIP_PADDING, 0.3)


class DlibNetwork:
    """dlib's detector, landmarks and recognition network, for any number of threads."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if one of its files is missing, altered or damaged."""
        self._detector = DlibDetector(models_dir=models_dir)
        self._encoder = DlibEncoder(models_dir=models_dir)
        self._cohort = DlibCohort(models_dir=models_dir)

    def describe(self, rgb: np.ndarray, face: DetectedFace) -> np.ndarray:
        """Describe a face of this photo: (129,) float32, 128 of length 1 and a commonness.

        The face is cut out where dlib's detector finds it, as it was at the enrolment; where dlib's finds
        none, at the square it would draw. Raise ModelUnavailable.
        """
        middle_x, middle_y = face.middle
        boxes = [
            (left, top, right, bottom)
            for left, top, right, bottom in self._detector.find_boxes(rgb)
            if left < middle_x < right and top < middle_y < bottom
        ]
        found = self._detector.locate_landmarks(rgb, boxes[0] if boxes else face.dlib_square)
        chips = [cut_chip(rgb, found, padding=padding) for padding in PADDINGS]
        mean = np.mean([self._encoder.describe(chip) for chip in chips], axis=0)
        unit = mean / np.linalg.norm(mean)
        return np.append(unit, np.float32(self._cohort.commonness(unit)))
