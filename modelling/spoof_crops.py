"""What the texture network learns from: crops of faces, living and recaptured, and mixtures of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from modelling.recapture import ATTACKS, photograph, recapture
from shared.vision.face_finder import Box as Square
from shared.vision.face_finder import FaceFinder
from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS, cut_close

PICTURE_TYPES = (".jpg", ".jpeg", ".png")
LONGEST_SIDE = 1280  # pixels of a picture, as in serving
COLLECTED_SIZE = CLOSE_SIZE + 8  # pixels of a crop in stock, so that a window of it can be moved
PICTURE_SCALES, FRAME_SCALES = (0.5, 2.4), (0.4, 1.5)

# How a crop is cut: `spoof_views.cut_close` or `cut_skin`.
Cut = Callable[..., np.ndarray]
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class Crops:
    """`pixels` (n, side, side, 3) uint8; for each crop its `views`, an index into CLOSE_VIEWS, and its
    `chances` of being drawn, which add up to 1."""

    pixels: np.ndarray
    views: np.ndarray
    chances: np.ndarray

    def of_view(self, view: int) -> "Crops":
        """Take the crops of one view alone."""
        chosen = self.views == view
        chances = self.chances[chosen]
        return Crops(self.pixels[chosen], self.views[chosen], chances / chances.sum())


@dataclass(frozen=True)
class _Shown:
    """A picture and the box of its face; `is_found` is false for tight crops, where no detector finds it."""

    photo: Image.Image
    box: Box
    is_found: bool


def collect_pictures(folders: list[Path], rng: np.random.Generator, cut: Cut = cut_close) -> Crops:
    """Return crops, COLLECTED_SIZE wide, of ten variants of every picture in the folders, recaptures among
    them.

    Three pictures take two seconds.
    """
    paths = _find(folders)

    def vary(shown: _Shown) -> Iterator[tuple[Image.Image, Box]]:
        return _recaptured_too(shown, _open(paths[rng.integers(len(paths))]), rng)

    pixels, views, _ = _collect(paths, vary, cut)
    return Crops(pixels, views, np.full(len(pixels), 1 / len(pixels)))


def collect_frames(folders: list[Path], rng: np.random.Generator, cut: Cut = cut_close) -> Crops:
    """Return crops of many places and sizes in every whole frame: real recaptures are few, but no two crops
    alike.

    Every source, a folder of its own, is drawn as the root of its crops, so that none outweighs the others.
    """
    pixels, views, sources = _collect(_find(folders), lambda shown: _many_places(shown, rng), cut)
    crops = Counter(sources)
    weights = np.array([crops[source] ** -0.5 for source in sources])
    return Crops(pixels, views, weights / weights.sum())


def _find(folders: list[Path]) -> list[Path]:
    paths = (path for folder in folders for path in folder.rglob("*"))
    return sorted(path for path in paths if path.suffix.lower() in PICTURE_TYPES)


def _collect(
    paths: list[Path], vary: Callable[[_Shown], Iterator[tuple[Image.Image, Box]]], cut: Cut
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the pixels, views and sources of all variants."""
    finder = FaceFinder()
    wider = COLLECTED_SIZE / CLOSE_SIZE
    pixels: list[np.ndarray] = []
    views: list[int] = []
    sources: list[str] = []
    for path in paths:
        for photo, (left, top, right, bottom) in vary(_show(_open(path), finder)):
            face = Square(round(left), round(top), round(right), round(bottom))
            for view, enlarged in enumerate(CLOSE_VIEWS.values()):
                crop = cut(photo, face, enlarged * wider, size=COLLECTED_SIZE)
                pixels.append(crop.astype(np.uint8))
                views.append(view)
                sources.append(path.parent.name)
    return np.stack(pixels), np.array(views), sources


def _open(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        photo = ImageOps.exif_transpose(picture).convert("RGB")
    photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return photo


def _show(photo: Image.Image, finder: FaceFinder) -> _Shown:
    boxes = [face.dlib_square for face in finder.find_faces(np.asarray(photo))]
    width, height = photo.size
    # Without a face found, the picture is one of the tight face crops that public collections hold.
    tight = (0.08 * width, 0.15 * height, 0.92 * width, 0.95 * height)
    return _Shown(photo, boxes[0] if boxes else tight, bool(boxes))


def _recaptured_too(
    shown: _Shown, scene: Image.Image, rng: np.random.Generator
) -> Iterator[tuple[Image.Image, Box]]:
    """Yield the picture as it is, as cheap cameras take it, and recaptured, in many sizes: how many pixels a
    crop is shrunk from decides what its texture looks like."""
    yield shown.photo, shown.box
    yield shown.photo, _jitter(shown.box, rng)
    yield _resize(shown.photo, shown.box, PICTURE_SCALES, rng)
    photo, box = _smaller(shown)
    for harsh in (0.15, 0.35, 0.5):
        yield _perhaps_resized(photograph(photo, rng, harsh=harsh), box, rng)
    attacked = shown.is_found or rng.random() < 0.3
    for kind in rng.choice(len(ATTACKS), 4, replace=False) if attacked else ():
        attack, there = recapture(photo, box, ATTACKS[kind], scene, rng)
        taken = photograph(attack, rng, harsh=float(rng.choice([0.0, 0.15, 0.3, 0.5])))
        yield _perhaps_resized(taken, there, rng)


def _many_places(shown: _Shown, rng: np.random.Generator) -> Iterator[tuple[Image.Image, Box]]:
    places, sizes, cameras = (12, 6, 4) if shown.is_found else (1, 1, 1)
    yield shown.photo, shown.box
    for _ in range(places):
        yield shown.photo, _jitter(shown.box, rng, widely=shown.is_found)
    for _ in range(sizes):
        yield _resize(shown.photo, shown.box, FRAME_SCALES, rng)
    photo, box = _smaller(shown)
    for harsh in rng.choice([0.15, 0.3, 0.5], cameras):
        yield photograph(photo, rng, harsh=float(harsh)), _jitter(box, rng)


def _smaller(shown: _Shown) -> tuple[Image.Image, Box]:
    """Shrink to at most 800 pixels, which is enough to recapture and many times quicker."""
    scale = min(1.0, 800 / max(shown.photo.size))
    return _scaled(shown.photo, shown.box, scale, Image.Resampling.BILINEAR)


def _perhaps_resized(photo: Image.Image, box: Box, rng: np.random.Generator) -> tuple[Image.Image, Box]:
    return _resize(photo, box, PICTURE_SCALES, rng) if rng.random() < 0.5 else (photo, _jitter(box, rng))


def _resize(
    photo: Image.Image, box: Box, scales: tuple[float, float], rng: np.random.Generator
) -> tuple[Image.Image, Box]:
    scale = float(np.exp(rng.uniform(*np.log(scales))))
    scale = max(200 / max(photo.size), min(scale, 1400 / max(photo.size)))
    way = Image.Resampling.BICUBIC if rng.random() < 0.6 else Image.Resampling.BILINEAR
    resized, there = _scaled(photo, box, scale, way)
    return resized, _jitter(there, rng)


def _scaled(photo: Image.Image, box: Box, scale: float, way: Image.Resampling) -> tuple[Image.Image, Box]:
    size = (round(photo.width * scale), round(photo.height * scale))
    left, top, right, bottom = box
    return photo.resize(size, way), (left * scale, top * scale, right * scale, bottom * scale)


def _jitter(box: Box, rng: np.random.Generator, *, widely: bool = False) -> Box:
    """Vary a box as a detector does from photo to photo: a little to the side and more in size."""
    left, top, right, bottom = box
    x, y = rng.normal(0.0, 0.14 if widely else 0.06, 2)
    growth = rng.uniform(-0.2, 0.25) if widely else rng.uniform(-0.12, 0.16)
    width, height = right - left, bottom - top
    return (
        left + (x - growth) * width,
        top + (y - growth) * height,
        right + (x + growth) * width,
        bottom + (y + growth) * height,
    )


def draw(crops: Crops, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw crops by their chances: a window (count, 80, 80, 3) uint8 of each somewhere, and their views."""
    chosen = rng.choice(len(crops.pixels), count, p=crops.chances)
    corners = rng.integers(0, COLLECTED_SIZE - CLOSE_SIZE + 1, (count, 2))
    windows = (
        crops.pixels[at, y : y + CLOSE_SIZE, x : x + CLOSE_SIZE]
        for at, (y, x) in zip(chosen, corners, strict=True)
    )
    return np.stack(list(windows)), crops.views[chosen]


def mix(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return crops (n, 80, 80, 3) uint8 as new ones: flipped, retoned, noisy, blended or patched with
    another.

    The teachers answer for any picture, so these are as good as real ones.
    """
    pixels, count = drawn.astype(np.float32), len(drawn)
    flipped = rng.random(count) < 0.5
    pixels[flipped] = pixels[flipped, :, ::-1]
    for row in np.flatnonzero(rng.random(count) < 0.4):
        pixels[row] = 255.0 * (pixels[row] / 255.0) ** np.float32(np.exp(rng.normal(0.0, 0.3)))
    tinted = rng.random(count) < 0.3
    pixels[tinted] *= rng.uniform(0.75, 1.2, (int(tinted.sum()), 1, 1, 3)).astype(np.float32)
    for row in np.flatnonzero(rng.random(count) < 0.15):
        noise = rng.standard_normal(pixels[row].shape, np.float32)
        pixels[row] += noise * np.float32(rng.uniform(0.0, 8.0))
    others = pixels[rng.permutation(count)]
    for place, way in enumerate(rng.random(count)):
        if way < 0.15:
            pixels[place] += (others[place] - pixels[place]) * np.float32(rng.uniform(0.0, 0.5))
        elif way < 0.3:
            high, wide = rng.integers(CLOSE_SIZE // 5, CLOSE_SIZE * 4 // 5 + 1, 2)
            top, left = rng.integers(0, CLOSE_SIZE + 1 - high), rng.integers(0, CLOSE_SIZE + 1 - wide)
            patch = np.s_[place, top : top + high, left : left + wide]
            pixels[patch] = others[patch]
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
