"""Heads that turn and pictures that are tilted, drawn from one portrait, for tests on any machine.

A portrait is bent over a dome with a nose on it: each part of the picture moves sideways as far as it is
deep. That is no good likeness of a turned head, but it moves as one does, and a tilted sheet does not.
"""

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from tests.support.photographs import photograph

# A frame, and in its pixels the head's middle, half width and half height, and the tip of the nose.
WIDTH, HEIGHT = 360, 480
MIDDLE, HALF, NOSE = (180.0, 215.0), (110.0, 150.0), (180.0, 235.0)
# How deep the dome and the nose on it are, and how wide the nose, in half widths.
DOME, NOSE_DEPTH, NOSE_WIDTH = 0.42, 0.22, 0.32
STEPS = (0.0, 0.0, 0.05, 0.15, 0.35, 0.6, 0.85, 1.0, 1.0, 1.0)

# Packaged portraits, and where each has its face: left, top, right, bottom.
FACES = {
    "astronaut.png": (179, 62, 269, 175),
    "obama.jpg": (372, 83, 613, 411),
    "obama2.jpg": (207, 229, 472, 635),
}

Move = Callable[[Image.Image, float], Image.Image]


def portrait(name: str = "astronaut.png") -> Image.Image:
    """One of FACES as a camera's frame, its face where MIDDLE and NOSE say."""
    return framed(Image.open(photograph(name)).convert("RGB"), FACES[name])


def framed(photo: Image.Image, face: Sequence[float]) -> Image.Image:
    """An RGB photo as a camera's frame, its face (left, top, right, bottom) where MIDDLE and NOSE say."""
    left, top, right, bottom = face
    scale = (bottom - top) / 200
    corner = ((left + right) / 2 - MIDDLE[0] * scale, (top + bottom) / 2 - MIDDLE[1] * scale)
    part = (scale, 0, corner[0], 0, scale, corner[1])
    return photo.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, part, Image.Resampling.BICUBIC)


def turned(picture: Image.Image, amount: float) -> Image.Image:
    """The head turned: 1 is some 30 degrees towards the picture's right, which is the person's left."""
    if amount < 0:
        mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return turned(mirrored, -amount).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels, columns = np.asarray(picture, np.float32), np.arange(WIDTH, dtype=np.float32)
    moved = np.empty_like(pixels)
    for row in range(HEIGHT):
        across, down = (columns - MIDDLE[0]) / HALF[0], (row - MIDDLE[1]) / HALF[1]
        dome = np.clip(1 - across**2 - down**2, 0, None)
        nose = ((columns - NOSE[0]) ** 2 + (0.6 * (row - NOSE[1])) ** 2) / (NOSE_WIDTH * HALF[0]) ** 2
        depth = (DOME * dome + NOSE_DEPTH * np.exp(-nose)) * HALF[0]
        # What is deeper moves over what lies ahead of it.
        places = np.maximum.accumulate(columns + amount * depth)
        origins = np.interp(columns, places, columns)
        for colour in range(3):
            moved[row, :, colour] = np.interp(origins, columns, pixels[row, :, colour])
    return Image.fromarray(moved.astype(np.uint8))


def tilted(picture: Image.Image, amount: float) -> Image.Image:
    """The whole picture as a sheet turned about its upright axis: 1 is 45 degrees."""
    angle, distance = amount * np.pi / 4, 3.0 * WIDTH
    x, y = WIDTH / 2, HEIGHT / 2
    centred = np.array(
        [[1, 0, 0], [0, np.cos(angle), 0], [-np.sin(angle) / distance, 0, np.cos(angle)]], np.float64
    )
    there, back = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]]), np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    matrix = there @ centred @ back
    numbers = (matrix / matrix[2, 2]).reshape(-1)[:8].tolist()
    return picture.transform(picture.size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)


def clip(
    move: Move, *, to_the_left: bool, name: str = "astronaut.png", steps: Sequence[float] = STEPS
) -> list[Image.Image]:
    """Frames of a portrait that `turned` or `tilted` moves, straight first, with a camera's noise.

    To the left is the person's own.
    """
    return film(portrait(name), move, to_the_left=to_the_left, steps=steps)


def film(
    picture: Image.Image, move: Move, *, to_the_left: bool, steps: Sequence[float] = STEPS
) -> list[Image.Image]:
    """The same of any picture of a camera's frame, its face where MIDDLE and NOSE say."""
    rng = np.random.default_rng(7)
    sign = 1 if to_the_left else -1
    frames = []
    for step in steps:
        pixels = np.asarray(move(picture, sign * step), np.float32) + rng.normal(0, 2, (HEIGHT, WIDTH, 1))
        frames.append(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))
    return frames


def jpeg(frame: Image.Image, *, quality: int = 85) -> bytes:
    """A frame as the kiosk's page sends it."""
    file = io.BytesIO()
    frame.save(file, "JPEG", quality=quality)
    return file.getvalue()
