"""The crops of one photo that the spoof check looks at, in serving and in training alike."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from shared.vision.faces import Face

CLOSE_SIZE = 80  # pixels, square: what the network of texture reads
SCENE_SIZE = 224  # pixels, square: what the network of the whole frame reads

# Sides of the crop in faces: the face with its surroundings, and with what it is held in. The enlargements
# are those of the two public networks the texture network learned from.
CLOSE_VIEWS = {"near": 2.7, "wide": 4.0}
VIEWS = (*CLOSE_VIEWS, "frame")

# dlib's boxes are square; the head between the ears is narrower, and so is a crop of it.
FACE_ASPECT = 0.82


def cut_close(photo: Image.Image, face: "Face", enlarged: float) -> np.ndarray:
    """A (80, 80, 3) float32 RGB crop in 0…255, `enlarged` times the face, moved and shrunk to stay inside.

    It takes single pixels instead of averaging areas, because the aliasing shows pixel grids and print dots:
    averaged, the public networks' AUC on our pictures falls from 0.986 to 0.961 (November 2026).
    """
    height = float(face.height)
    width = (face.right - face.left) * FACE_ASPECT
    enlarged = min(enlarged, (photo.height - 1) / height, (photo.width - 1) / width)
    width, height = width * enlarged, height * enlarged
    left = min(max((face.left + face.right - width) / 2, 0.0), photo.width - width)
    top = min(max((face.top + face.bottom - height) / 2, 0.0), photo.height - height)
    part = (width / CLOSE_SIZE, 0.0, left, 0.0, height / CLOSE_SIZE, top)
    size = (CLOSE_SIZE, CLOSE_SIZE)
    crop = photo.transform(size, Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
    return np.asarray(crop, np.float32)


def cut_frame(photo: Image.Image) -> np.ndarray:
    """The whole photo squashed to (224, 224, 3) float32 RGB in 0…255."""
    view = photo.resize((SCENE_SIZE, SCENE_SIZE), Image.Resampling.BILINEAR)
    return np.asarray(view, np.float32)
