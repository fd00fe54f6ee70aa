"""Reads a photo: is there one usable face, and what are its numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from shared.domain.photo_verdict import PhotoVerdict
from shared.vision.face_cohort import FaceCohort
from shared.vision.face_detector import FaceDetector
from shared.vision.face_encoder import CHIP_PADDING, FaceEncoder, cut_chip
from shared.vision.faces import Face, FaceReading
from shared.vision.model_files import MODELS_DIR

# The percentages are photos refused of LFW's 1,503 (press photos, many turned) and Caltech-101's 199 (scenes
# as a webcam sees them, a few against the light) in which a face was found; November 2026.
MIN_FACE_HEIGHT = 80  # pixels of the photo: LFW 0.1 %, Caltech 0 %
# A face behind in the queue, at more than 1.7 times the distance, does not make the photo one of two people.
SECOND_FACE_HEIGHT = 0.6  # times the largest face's height
MIN_BRIGHTNESS = 25.0  # mean gray of 0…255 over the face: LFW 0 %, Caltech 0 %
# Variance of the Laplacian over the face, divided by the variance of its grays so dim light is not taken
# for blur. A Gaussian blur of 3 chip pixels leaves a median of 0.003, of 2 pixels 0.004. LFW 0.1 %.
MIN_SHARPNESS = 0.005
# The nose's base, in eye distances from the point between the eyes: sideways about 0.25 at 30 degrees; below
# the eyes 0.6…0.9 in nine photos of ten. Together LFW 3.7 %, Caltech 0.
MAX_SIDEWAYS = 0.25
NOSE_DROP = (0.5, 1.1)
# From here on a sharper photo is not a better one: the median of LFW.
FULL_SHARPNESS = 0.03

# The margins of the chips that a careful look averages, in face widths; a glance takes the middle one. Over
# FMRs of 5e-5 to 5e-3 that refuses a tenth fewer right people, for twice 15 ms (LFW, 5 enrolled).
CAREFUL_PADDINGS = (0.2, CHIP_PADDING, 0.3)


class FaceMatcher:
    """Finds, judges and describes the face in a photo, from any number of threads at once."""

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raises ModelUnavailable if a file of `models/faces/` is missing, altered or damaged."""
        self.detector = FaceDetector(models_dir=models_dir)
        self.encoder = FaceEncoder(models_dir=models_dir)
        self._quick_encoder = FaceEncoder("faces/glance", models_dir=models_dir)
        self._cohort = FaceCohort(models_dir=models_dir)

    def warm_up(self, at_once: int = 1) -> None:
        """Make networks for so many threads now, before somebody waits. Raises ModelUnavailable."""
        self.detector.find_faces(np.zeros((240, 320, 3), np.uint8))
        for encoder in (self.encoder, self._quick_encoder):
            encoder.prepare(at_once)
            encoder.describe(np.zeros((150, 150, 3), np.uint8))

    def read(self, rgb: np.ndarray) -> FaceReading:
        """Read an upright RGB uint8 photo of shape (height, width, 3), carefully. Raises ModelUnavailable."""
        return self._read(rgb, lambda face: self.describe_accurate(rgb, face))

    def describe_fast(self, rgb: np.ndarray) -> FaceReading:
        """The same in 40 ms less, for the kiosk's queue; a doubtful match deserves `describe_accurate`.

        One chip and 8-bit weights shift the descriptor by 0.02; of 4,056 right and 311,332 wrong tries none
        was decided otherwise than with 16 bits (LFW, cross-fitted), because the doubtful are looked at again.
        """
        return self._read(rgb, lambda face: self._describe(self._quick_encoder, rgb, face, (CHIP_PADDING,)))

    def describe_accurate(self, rgb: np.ndarray, face: Face) -> np.ndarray:
        """The careful descriptor of a face that `glance` found in this photo, (129,) float32."""
        return self._describe(self.encoder, rgb, face, CAREFUL_PADDINGS)

    def _read(self, rgb: np.ndarray, describe: Callable[[Face], np.ndarray]) -> FaceReading:
        boxes = self.detector.find_boxes(rgb)
        if not boxes:
            return FaceReading(PhotoVerdict.NO_FACE)
        heights = [bottom - top for _, top, _, bottom in boxes]
        if len(boxes) > 1 and heights[1] >= SECOND_FACE_HEIGHT * heights[0]:
            return FaceReading(PhotoVerdict.SEVERAL_FACES)
        face = self.detector.locate_landmarks(rgb, boxes[0])
        if face.height < MIN_FACE_HEIGHT:
            return FaceReading(PhotoVerdict.TOO_SMALL)
        look = _look(face, cut_chip(rgb, face))
        return FaceReading(look.verdict, face, describe(face), look.quality)

    def _describe(
        self, encoder: FaceEncoder, rgb: np.ndarray, face: Face, paddings: tuple[float, ...]
    ) -> np.ndarray:
        chips = [cut_chip(rgb, face, padding=padding) for padding in paddings]
        mean = np.mean([encoder.describe(chip) for chip in chips], axis=0)
        unit = mean / np.linalg.norm(mean)
        return np.append(unit, np.float32(self._cohort.commonness(unit)))


@dataclass(frozen=True)
class _Look:
    """How a face looks; the units are those of the constants above."""

    brightness: float
    sharpness: float
    sideways: float
    nose_drop: float

    @property
    def verdict(self) -> PhotoVerdict:
        if self.brightness < MIN_BRIGHTNESS:
            return PhotoVerdict.TOO_DARK
        if self.sharpness < MIN_SHARPNESS:
            return PhotoVerdict.BLURRED
        if self.sideways > MAX_SIDEWAYS or not NOSE_DROP[0] <= self.nose_drop <= NOSE_DROP[1]:
            return PhotoVerdict.TURNED_AWAY
        return PhotoVerdict.GOOD

    @property
    def quality(self) -> float:
        frontal = max(0.0, 1 - self.sideways / (2 * MAX_SIDEWAYS))
        return frontal * min(1.0, self.sharpness / FULL_SHARPNESS)


def _look(face: Face, chip: np.ndarray) -> _Look:
    gray = np.asarray(Image.fromarray(chip).convert("L"), np.float32)[20:130, 20:130]
    laplacian = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:] - 4 * gray[1:-1, 1:-1]
    points = np.array(face.landmarks, float)
    right, left, nose = points[:2].mean(axis=0), points[2:4].mean(axis=0), points[4]
    across = right - left
    down = np.array([-across[1], across[0]])
    offset = (nose - (left + right) / 2) / max(float(across @ across), 1.0)
    return _Look(
        brightness=float(gray.mean()),
        sharpness=float(laplacian.var() / max(float(gray.var()), 1.0)),
        sideways=abs(float(offset @ across)),
        nose_drop=float(offset @ down),
    )
