"""The values that seeing produces: where a face is, and what one photo gives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.photo_verdict import PhotoVerdict

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Face:
    """One detected face in full-size pixels of the upright photo.

    `landmarks` are dlib's five points as (x, y): outer and inner corner of the eye on the
    picture's right, the same on its left, base of the nose.
    """

    left: int
    top: int
    right: int
    bottom: int
    landmarks: tuple[tuple[int, int], ...]

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class FaceReading:
    """What one photo gives.

    `verdict` is GOOD or the first thing wrong with the photo as an enrolment photo. `face` and
    `descriptor` (129 float32: 128 of the network, mirror-averaged, of length 1, then how common such
    a face is) are there whenever exactly one face of sufficient size was found, even if the verdict
    is DARK, BLURRED or TURNED_AWAY.
    `quality` is 0…1, for weighting.
    """

    verdict: PhotoVerdict
    face: Face | None = None
    descriptor: "np.ndarray | None" = None
    quality: float = 0.0
