"""Finds faces as dlib does, coarse copy first, and their five landmarks at full size.

For face models that were enrolled with dlib's network, and as a reference; photos are read by `face_finder`.
"""

from dataclasses import dataclass
from pathlib import Path

import dlib
import numpy as np
from PIL import Image

from shared.domain.languages import phrase
from shared.errors import ModelUnavailable
from shared.vision.model_files import MODELS_DIR, open_model_file
from shared.vision.pool import Pool

# dlib's window is 80 pixels, so each copy finds faces from a quarter to a third, then from an eighth, of
# its longer side. Of 1,712 photos (LFW, Caltech-101) the first found 1,700 in 8.5 ms, the second one more
# and the third none: it is there to tell "come closer" from "no face". One thread, November 2026.
COPY_SIDES = (320, 640, 1280)
# Beyond twice its size a photo holds nothing new.
MAX_ENLARGEMENT = 2.0
# A copy whose largest face is at its lower limit may miss the face beside it, so the next one decides.
SURE_HEIGHT = 80  # pixels of the copy

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class DlibFace:
    """One face in full-size pixels of the photo.

    `landmarks` are dlib's five points as (x, y): outer and inner corner of the eye on the picture's right,
    the same on its left, base of the nose.
    """

    left: int
    top: int
    right: int
    bottom: int
    landmarks: tuple[tuple[int, int], ...]

    @property
    def height(self) -> int:
        return self.bottom - self.top


class DlibDetector:
    """dlib's frontal face detector and five-point landmarks, for any number of threads.

    No two threads use one detector at once: they would get wrong boxes and, with photos of different
    sizes, end the process.
    """

    def __init__(self, *, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if the landmark file is missing or altered."""
        file = open_model_file("faces/dlib_landmarks", models_dir=models_dir)
        try:
            # dlib reads from a path only; the line above has just checked what is there.
            self._predictor = dlib.shape_predictor(str(models_dir / file.card["file"]))
        except RuntimeError as cause:
            raise ModelUnavailable(
                phrase("The camera check is not available: a model file is damaged.")
            ) from cause
        self._detectors = Pool(dlib.get_frontal_face_detector)

    def find_faces(self, rgb: np.ndarray) -> list[DlibFace]:
        """Find the faces in an RGB uint8 photo of shape (height, width, 3), the largest first."""
        return [self.locate_landmarks(rgb, box) for box in self.find_boxes(rgb)]

    def find_boxes(self, rgb: np.ndarray) -> list[Box]:
        """Find (left, top, right, bottom) of each face in pixels of the photo, the largest first.

        The first copy that shows a face clearly decides; smaller faces in the background stay unseen.
        """
        gray = Image.fromarray(rgb).convert("L")
        longest = max(gray.size)
        boxes: list[Box] = []
        for side in COPY_SIDES:
            scale = min(side / longest, MAX_ENLARGEMENT)
            size = (round(gray.width * scale), round(gray.height * scale))
            copy = np.asarray(gray.resize(size, Image.Resampling.BILINEAR))
            with self._detectors.acquire() as detect:
                found = detect(copy, 0)
            if found:
                boxes = sorted((_scaled(each, 1 / scale) for each in found), key=lambda box: box[1] - box[3])
            if max((each.height() for each in found), default=0) >= SURE_HEIGHT or scale == MAX_ENLARGEMENT:
                break
        return boxes

    def locate_landmarks(self, rgb: np.ndarray, box: Box) -> DlibFace:
        """Place the five landmarks of the face in `box`, at the photo's full size."""
        shape = self._predictor(rgb, dlib.rectangle(*box))
        return DlibFace(*box, landmarks=tuple((point.x, point.y) for point in shape.parts()))


def _scaled(rectangle: dlib.rectangle, factor: float) -> Box:
    sides = (rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom())
    left, top, right, bottom = (round(side * factor) for side in sides)
    return left, top, right, bottom
