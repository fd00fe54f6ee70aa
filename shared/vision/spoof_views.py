"""The crops of one photo that the spoof check looks at, in serving and in training alike."""

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from shared.vision.face_finder import Box

CLOSE_SIZE = 80  # pixels, square: what the network of texture reads
SCENE_SIZE = 224  # pixels, square: what the network of the whole frame reads

# Sides of the crop in faces: the face with its surroundings, and with what it is held in. The enlargements
# are those of the two public networks the texture network learned from.
CLOSE_VIEWS = {"near": 2.7, "wide": 4.0}
VIEWS = (*CLOSE_VIEWS, "frame")

# A photo with less room round the face than LEAST_ROOM times its size is continued by its mirror image, until
# there is CONTINUED_ROOM. Of 177 living people cut so narrow (LFW, Caltech-101, our frames) 70 % were refused
# before and none since; of 33 attacks cut likewise 3 passed before and 11 since (AUC 0.66 to 0.74, now 0.96
# to 0.99). Continued to 1.8 only, 3 % are refused and 10 attacks pass. November 2026, with an earlier network
# of texture; models/README.md has the present one's figures.
LEAST_ROOM = 1.6
CONTINUED_ROOM = 2.0

# Of a longer photo the whole frame's view keeps this much round the face: squashed to a square, living people
# in portraits of 2.3 to 1 look like a held device in 40 % (Caltech-101), of 16 to 9 in 1 %. November 2026.
LONGEST_ASPECT = 16 / 9

# dlib's boxes are square; the head between the ears is narrower, and so is a crop of it.
FACE_ASPECT = 0.82

# The head from the forehead's top to the chin, as YuNet boxes it, in sides of dlib's square: its height, and
# how far its middle lies below the square's (medians of 560 frames).
HEAD_HEIGHT, HEAD_SHIFT = 1.23, -0.08


def cut_close(photo: Image.Image, face: "Box", enlarged: float, *, size: int = CLOSE_SIZE) -> np.ndarray:
    """Return a (size, size, 3) float32 RGB crop in 0…255, `enlarged` times the face, kept inside the photo.

    It takes single pixels instead of averaging areas, because the aliasing shows pixel grids and print dots:
    averaged, the public networks' AUC on our pictures falls from 0.986 to 0.961 (November 2026).
    """
    height = float(face.height)
    width = (face.right - face.left) * FACE_ASPECT
    beside = above = 0
    if min((photo.height - 1) / height, (photo.width - 1) / width) < LEAST_ROOM:
        beside = max(0, ceil((width * CONTINUED_ROOM - photo.width) / 2 + 1))
        above = max(0, ceil((height * CONTINUED_ROOM - photo.height) / 2 + 1))
        sides = ((above, above), (beside, beside), (0, 0))
        photo = Image.fromarray(np.pad(np.asarray(photo), sides, mode="reflect"))
    middle = ((face.left + face.right) / 2 + beside, (face.top + face.bottom) / 2 + above)
    enlarged = min(enlarged, (photo.height - 1) / height, (photo.width - 1) / width)
    width, height = width * enlarged, height * enlarged
    left = min(max(middle[0] - width / 2, 0.0), photo.width - width)
    top = min(max(middle[1] - height / 2, 0.0), photo.height - height)
    part = (width / size, 0.0, left, 0.0, height / size, top)
    crop = photo.transform((size, size), Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
    return np.asarray(crop, np.float32)


def cut_skin(photo: Image.Image, face: "Box", enlarged: float, *, size: int = CLOSE_SIZE) -> np.ndarray:
    """Return a (size, size, 3) float32 RGB square in 0…255 round the whole head, `enlarged` times its height,
    kept inside the photo.

    The public networks' AUC on 560 frames is 0.964 with such squares, and 0.958 with crops as narrow as a
    face (November 2026). Single pixels are taken, as in `cut_close`."""
    head = face.height * HEAD_HEIGHT
    across = (face.left + face.right) / 2
    down = (face.top + face.bottom) / 2 + face.height * HEAD_SHIFT
    if (min(photo.size) - 1) / head < LEAST_ROOM:
        beside, above = (max(0, ceil((head * CONTINUED_ROOM - length) / 2 + 1)) for length in photo.size)
        sides = ((above, above), (beside, beside), (0, 0))
        photo = Image.fromarray(np.pad(np.asarray(photo), sides, mode="reflect"))
        across, down = across + beside, down + above
    side = min(head * enlarged, photo.height - 1.0, photo.width - 1.0)
    left = min(max(across - side / 2, 0.0), photo.width - side)
    top = min(max(down - side / 2, 0.0), photo.height - side)
    part = (side / size, 0.0, left, 0.0, side / size, top)
    crop = photo.transform((size, size), Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
    return np.asarray(crop, np.float32)


def cut_frame(photo: Image.Image, face: "Box | None" = None) -> np.ndarray:
    """Return the whole photo, or with a face at most LONGEST_ASPECT of it, squashed to (224, 224, 3) float32
    RGB in 0…255."""
    left, top, width, height = 0.0, 0.0, float(photo.width), float(photo.height)
    if face is not None:
        width, height = min(width, height * LONGEST_ASPECT), min(height, width * LONGEST_ASPECT)
        left = min(max((face.left + face.right - width) / 2, 0.0), photo.width - width)
        top = min(max((face.top + face.bottom - height) / 2, 0.0), photo.height - height)
    box = (left, top, left + width, top + height)
    view = photo.resize((SCENE_SIZE, SCENE_SIZE), Image.Resampling.BILINEAR, box)
    return np.asarray(view, np.float32)
