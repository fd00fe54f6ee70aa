"""The crops of one photo that the spoof check looks at, in serving and in training alike."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from shared.vision.face_finder import Box

CLOSE_SIZE = 80  # pixels, square: what the network of skin reads
SCENE_SIZE = 160  # pixels, square: what the network of the surroundings reads

# Sides of the close crops: of the near one in faces, of the wide one in heads; of two public networks one was
# made for each.
NEAR, WIDE = 2.7, 4.0

# A photo with less room round the face than LEAST_ROOM times its size is continued by its mirror image, until
# there is CONTINUED_ROOM. Of 177 living people cut so narrow (LFW, Caltech-101, our frames) 70 % were refused
# before and none since; of 33 attacks cut likewise 3 passed before and 11 since (AUC 0.66 to 0.74, now 0.96
# to 0.99). Continued to 1.8 only, 3 % are refused and 10 attacks pass. November 2026, with an earlier network
# of texture; models/README.md has the present one's figures.
LEAST_ROOM = 1.6
CONTINUED_ROOM = 2.0

# The surroundings are a square of so many faces round the face, as far as the photo goes. What is held up is
# found in squares of so many faces: the face with what shows it, what borders on that, and all the rest.
SCENE_FACES = 5.0
FACE_REGION, HELD_REGION = 1.2, 2.6

# dlib's boxes are square; the head between the ears is narrower, and so is a crop of it.
FACE_ASPECT = 0.82

# The head from the forehead's top to the chin, as YuNet boxes it, in sides of dlib's square: its height, and
# how far its middle lies below the square's (medians of 560 frames).
HEAD_HEIGHT, HEAD_SHIFT = 1.23, -0.08


@dataclass(frozen=True)
class Place:
    """Where a face lies in a view: its middle and its size, in shares of the view's sides."""

    across: float
    down: float
    wide: float
    high: float

    @property
    def room(self) -> float:
        """How much of the surroundings lies in the photo, 0…1."""
        return 1.0 / (SCENE_FACES**2 * self.wide * self.high)


def cut_near(photo: Image.Image, face: "Box") -> np.ndarray:
    """Return the face with its surroundings, a (80, 80, 3) float32 RGB crop in 0…255, as narrow as the face
    and kept inside the photo.

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
    enlarged = min(NEAR, (photo.height - 1) / height, (photo.width - 1) / width)
    width, height = width * enlarged, height * enlarged
    left = min(max(middle[0] - width / 2, 0.0), photo.width - width)
    top = min(max(middle[1] - height / 2, 0.0), photo.height - height)
    return _cut(photo, left, top, width, height)


def cut_wide(photo: Image.Image, face: "Box") -> np.ndarray:
    """Return the head with what it is held in, a (80, 80, 3) float32 RGB square in 0…255, kept inside the
    photo and of single pixels too."""
    head = face.height * HEAD_HEIGHT
    across = (face.left + face.right) / 2
    down = (face.top + face.bottom) / 2 + face.height * HEAD_SHIFT
    if (min(photo.size) - 1) / head < LEAST_ROOM:
        beside, above = (max(0, ceil((head * CONTINUED_ROOM - length) / 2 + 1)) for length in photo.size)
        sides = ((above, above), (beside, beside), (0, 0))
        photo = Image.fromarray(np.pad(np.asarray(photo), sides, mode="reflect"))
        across, down = across + beside, down + above
    side = min(head * WIDE, photo.height - 1.0, photo.width - 1.0)
    left = min(max(across - side / 2, 0.0), photo.width - side)
    top = min(max(down - side / 2, 0.0), photo.height - side)
    return _cut(photo, left, top, side, side)


def _cut(photo: Image.Image, left: float, top: float, width: float, height: float) -> np.ndarray:
    size, part = (CLOSE_SIZE, CLOSE_SIZE), (width / CLOSE_SIZE, 0.0, left, 0.0, height / CLOSE_SIZE, top)
    crop = photo.transform(size, Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
    return np.asarray(crop, np.float32)


CLOSE_VIEWS = {"near": cut_near, "wide": cut_wide}
VIEWS = (*CLOSE_VIEWS, "frame")


def cut_scene(photo: Image.Image, face: "Box | None" = None) -> tuple[np.ndarray, Place]:
    """Return the surroundings of a face, or a photo without one as if it had one in its middle, squashed to
    (160, 160, 3) float32 RGB in 0…255; and the face's place there."""
    if face is None:
        middle, side = (photo.width / 2, photo.height / 2), max(photo.size) / SCENE_FACES
    else:
        middle, side = ((face.left + face.right) / 2, (face.top + face.bottom) / 2), float(face.height)
    reach = side * SCENE_FACES / 2
    left, top = max(0.0, middle[0] - reach), max(0.0, middle[1] - reach)
    right, bottom = min(float(photo.width), middle[0] + reach), min(float(photo.height), middle[1] + reach)
    size, box = (SCENE_SIZE, SCENE_SIZE), (left, top, right, bottom)
    view = photo.resize(size, Image.Resampling.BILINEAR, box)
    wide, high = right - left, bottom - top
    place = Place((middle[0] - left) / wide, (middle[1] - top) / high, side / wide, side / high)
    return np.asarray(view, np.float32), place


def describe_regions(grid: np.ndarray, place: Place) -> np.ndarray:
    """Describe a (rows, columns, channels) grid of the surroundings: the means of the face, of what borders
    on it and of the rest, and the deviation over all, (4 * channels,) float32.

    A region that lies outside the photo is described as all of it.
    """
    grid = grid.astype(np.float32)
    rows, columns = ((np.arange(count) + 0.5) / count for count in grid.shape[:2])

    def within(faces: float) -> np.ndarray:
        high = np.abs(rows - place.down) <= faces * place.high / 2
        wide = np.abs(columns - place.across) <= faces * place.wide / 2
        both: np.ndarray = np.logical_and.outer(high, wide)
        return both

    face, held = within(FACE_REGION), within(HELD_REGION)
    regions = (face, held & ~face, ~held)
    means = [grid[region if region.any() else np.ones_like(region)].mean(axis=0) for region in regions]
    return np.concatenate([*means, grid.std(axis=(0, 1))])
