"""The crops of one photo that the spoof check looks at, in serving and in training alike."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from shared.vision.faces import Face

VIEW_SIZE = 224  # pixels, square

# The crop's side in face heights. The face alone shows texture, its surroundings show bezels, paper edges
# and hands. None is the whole frame.
VIEWS: dict[str, float | None] = {"face": 1.2, "surroundings": 2.7, "frame": None}


def cut_view(photo: Image.Image, face: "Face", enlarged: float | None) -> np.ndarray:
    """A (224, 224, 3) float32 RGB view in 0…255: a square of `enlarged` face heights around the face, moved
    and shrunk to stay inside the photo, or the whole photo, squashed to a square, if that is None."""
    box = (0.0, 0.0, float(photo.width), float(photo.height))
    if enlarged is not None:
        side = min(enlarged * face.height, photo.width, photo.height)
        left = (face.left + face.right - side) / 2
        top = (face.top + face.bottom - side) / 2
        left = min(max(left, 0.0), photo.width - side)
        top = min(max(top, 0.0), photo.height - side)
        box = (left, top, left + side, top + side)
    view = photo.resize((VIEW_SIZE, VIEW_SIZE), Image.Resampling.BILINEAR, box=box)
    return np.asarray(view, np.float32)
