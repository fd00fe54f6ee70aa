"""What seeing one photo gives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.domain.photo_verdict import PhotoVerdict

if TYPE_CHECKING:
    from shared.vision.face_finder import DetectedFace


@dataclass(frozen=True)
class FaceReading:
    """What one photo gives.

    `verdict` is GOOD or the first thing wrong with the photo as an enrolment photo. `face` and
    `descriptor` (128 float32) are there whenever exactly one face of sufficient size was found,
    even if the verdict is TOO_DARK, BLURRED or TURNED_AWAY.
    `quality` is 0…1, for weighting. `quarter_turns` says how often the photo had to be turned by 90° against
    the clock for the face to be upright; `face` is where it is in the turned photo, which `turn` gives.
    """

    verdict: PhotoVerdict
    face: "DetectedFace | None" = None
    descriptor: np.ndarray | None = None
    quality: float = 0.0
    quarter_turns: int = 0

    def turn(self, rgb: np.ndarray) -> np.ndarray:
        """Return the photo that was read, upright."""
        return np.ascontiguousarray(np.rot90(rgb, self.quarter_turns))
