"""Looks again at a face that is tilted: its points are placed well only where it is upright.

The detector finds tilted faces, but places their points as if they were nearly upright: so a photo turned by
30 degrees was matched one time in two, one by 45 hardly ever (models/README.md).
"""

from math import cos, radians, sin

import numpy as np
from PIL import Image

from shared.vision.face_finder import DetectedFace, FaceFinder

# A face is looked at again if the detector is less sure, or if it leans by more degrees. Of the living before
# webcams a fifth are, of Caltech-101 9 %, of LFW 4 %; a second look takes a third of the first one's time.
SURE_SCORE, UPRIGHT_WITHIN = 0.92, 8.0
# It is turned by so many degrees either way; then by what is left.
TRIED = (-35.0, 35.0)
# What is looked at is a square of so many faces and pixels; a face in it is the same if its middle moved by
# less than this part of the square.
ROOM, SIDE, MOVED = 3.0, 192, 0.25


def straighten(finder: FaceFinder, rgb: np.ndarray, face: DetectedFace) -> DetectedFace:
    """Return the face with points that were placed on it upright, if the detector is surer of it so.

    Raise ModelUnavailable.
    """
    if face.score >= SURE_SCORE and abs(face.lean) <= UPRIGHT_WITHIN:
        return face
    looks = [(face, face.lean)]
    for turn in TRIED:
        looks += _look_turned(finder, rgb, face, turn)
    best, lean = max(looks, key=lambda look: look[0].score)
    if abs(lean) > UPRIGHT_WITHIN or best is not face:
        looks = [(best, lean), *_look_turned(finder, rgb, face, lean)]
    return max(looks, key=lambda look: look[0].score)[0]


def _look_turned(
    finder: FaceFinder, rgb: np.ndarray, face: DetectedFace, turn: float
) -> list[tuple[DetectedFace, float]]:
    """Look at the face with the photo turned back by `turn` degrees; give it as it lies in the photo, and how
    much it leans there in all. Empty if it is not found."""
    scale = ROOM * max(face.width, face.height) / SIDE
    along, across = cos(radians(turn)) * scale, sin(radians(turn)) * scale
    middle_x, middle_y = face.middle
    to_photo = np.array([[along, -across], [across, along]])
    corner = np.array([middle_x, middle_y]) - to_photo @ (SIDE / 2, SIDE / 2)
    photo, shrink = Image.fromarray(rgb), max(1, int(scale))
    part = np.column_stack([to_photo, corner]) / shrink
    if shrink > 1:  # whole pixels are averaged first, so that none is passed over
        photo = photo.reduce(shrink)
    square = photo.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, tuple(part.ravel()), Image.Resampling.BILINEAR
    )
    for found in finder.find_faces(np.asarray(square), side=SIDE):
        moved = max(abs(place - SIDE / 2) for place in found.middle)
        if found.is_upright and moved < MOVED * SIDE:
            return [(_as_in_photo(found, to_photo, corner, scale), turn + found.lean)]
    return []


def _as_in_photo(found: DetectedFace, to_photo: np.ndarray, corner: np.ndarray, scale: float) -> DetectedFace:
    """Place a face of the turned square in the photo; its box keeps its size and stays upright."""
    middle_x, middle_y = (float(value) for value in to_photo @ found.middle + corner)
    wide, high = found.width * scale / 2, found.height * scale / 2
    points = (to_photo @ np.array(found.landmarks).T).T + corner
    return DetectedFace(
        middle_x - wide,
        middle_y - high,
        middle_x + wide,
        middle_y + high,
        tuple((float(x), float(y)) for x, y in points),
        found.score,
    )
