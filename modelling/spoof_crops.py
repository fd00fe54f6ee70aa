"""What the network of skin learns from: squares cut anywhere out of pictures, living and recaptured, by good
light and in a dim room, and mixtures of them."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from modelling.recapture import ATTACKS, Box, dim, photograph, recapture
from shared.vision.face_finder import Box as Square
from shared.vision.face_finder import FaceFinder
from shared.vision.images import PICTURES
from shared.vision.spoof_views import CLOSE_SIZE, CLOSE_VIEWS, HEAD_HEIGHT, HEAD_SHIFT, NEAR, WIDE

LONGEST_SIDE = 960  # pixels of a picture in stock
RECAPTURED_SIDE = 640  # pixels of one to be recaptured, which is enough and many times quicker
# Of all draws, how many are of pictures made here, and how many of dimmed ones. So many of each are kept; one
# is made anew with the first chance until there are enough, and in the place of another with the second.
MADE_SHARE, DIM_SHARE = 0.14, 0.2
KEPT, ANEW, RENEWED = 600, 0.12, 0.05
# Of all crops: as the kiosk cuts them, and from there on at a face but turned and stretched. The rest is cut
# anywhere.
AS_SERVED, AT_FACE = 0.5, 0.7
WAYS, CHANCES = (
    (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.NEAREST),
    (0.84, 0.09, 0.07),
)


@dataclass(frozen=True)
class Picture:
    """Upright (rows, columns, 3) uint8 RGB, and where its face is. `is_found` is false for tight crops, in
    which no detector finds it, and for pictures that show none. `by_day` is what was dimmed, if it was."""

    pixels: np.ndarray
    face: Box
    is_found: bool
    by_day: np.ndarray | None = None


@dataclass(frozen=True)
class Shelf:
    """Pictures, how often each is drawn among them, and how often one of them is among all."""

    pictures: list[Picture]
    chances: np.ndarray
    share: float

    @property
    def with_face(self) -> list[Picture]:
        return [picture for picture in self.pictures if picture.is_found]


def open_shelf(folder: Path, share: float, *, without: Collection[str] = ()) -> Shelf:
    """Read every picture below a folder, but those of some collections.

    A source, a folder of its own, is drawn as the root of its pictures, so that none outweighs the others.
    """
    finder, pictures, sources = FaceFinder(), [], []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES):
        if collection_of(path.parent.name) not in without:
            pictures.append(_read(path, finder))
            sources.append(path.parent.name)
    counts = Counter(sources)
    weights = np.array([counts[source] ** -0.5 for source in sources])
    return Shelf(pictures, weights / weights.sum(), share)


def collection_of(source: str) -> str:
    """Return the name of a source without what tells its people and clips apart."""
    return re.sub(r"(_c\d+)?(_p\d+)?$", "", source)


@dataclass
class Pool:
    """Pictures that take long to make, so that each is drawn many times."""

    make: Callable[[], Picture]
    rng: np.random.Generator
    _kept: list[Picture] = field(default_factory=list)

    def draw(self) -> Picture:
        kept = self._kept
        if not kept or (len(kept) < KEPT and self.rng.random() < ANEW):
            kept.append(self.make())
        elif self.rng.random() < RENEWED:
            kept[self.rng.integers(len(kept))] = self.make()
        return kept[self.rng.integers(len(kept))]


class Stock:
    """Draws crops without end from shelves, and makes recaptures of what has a face on them."""

    def __init__(self, shelves: Sequence[Shelf], rng: np.random.Generator) -> None:
        self.shelves, self.rng = shelves, rng
        self._made, self._dimmed = Pool(self._make, rng), Pool(self._dim, rng)

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw (count, 80, 80, 3) uint8 crops, mixed to new ones; and the same by day, which are what the
        teacher answers for: noise looks recaptured to it."""
        pairs = np.stack([self._cut(self._pick()) for _ in range(count)])
        mixed = mix(pairs, self.rng)
        return mixed[:, 0], mixed[:, 1]

    def _pick(self) -> Picture:
        way = self.rng.random()
        if way < MADE_SHARE:
            return self._made.draw()
        if way < MADE_SHARE + DIM_SHARE:
            return self._dimmed.draw()
        return self._pick_shelved()

    def _pick_shelved(self) -> Picture:
        shelf = self._pick_shelf(self.shelves)
        return shelf.pictures[self.rng.choice(len(shelf.pictures), p=shelf.chances)]

    def _pick_shelf(self, shelves: Sequence[Shelf]) -> Shelf:
        shares = np.array([shelf.share for shelf in shelves])
        return shelves[self.rng.choice(len(shelves), p=shares / shares.sum())]

    def _dim(self) -> Picture:
        """Take the light away from a picture, on a shelf or made here."""
        picture = self._made.draw() if self.rng.random() < MADE_SHARE else self._pick_shelved()
        dimmed = np.asarray(dim(Image.fromarray(picture.pixels), self.rng))
        return replace(picture, pixels=dimmed, by_day=picture.pixels)

    def _make(self) -> Picture:
        """Recapture somebody, or only photograph them with a cheap camera."""
        rng = self.rng
        faces = self._pick_shelf([shelf for shelf in self.shelves if shelf.with_face]).with_face
        shown = faces[rng.integers(len(faces))]
        scale = min(1.0, RECAPTURED_SIDE / max(shown.pixels.shape))
        photo, face = _scaled(Image.fromarray(shown.pixels), shown.face, scale, Image.Resampling.BILINEAR)
        if rng.random() < 0.6:
            scene = self._pick_shelf(self.shelves).pictures
            behind = Image.fromarray(scene[rng.integers(len(scene))].pixels)
            photo, face = recapture(photo, face, ATTACKS[rng.integers(len(ATTACKS))], behind, rng)
        photo = photograph(photo, rng, harsh=float(rng.choice([0.1, 0.3, 0.5])))
        if rng.random() < 0.5:
            scale = float(np.exp(rng.uniform(*np.log((0.5, 1.8)))))
            scale = max(200 / max(photo.size), min(scale, 1000 / max(photo.size)))
            way = Image.Resampling.BICUBIC if rng.random() < 0.6 else Image.Resampling.BILINEAR
            photo, face = _scaled(photo, face, scale, way)
        return Picture(np.asarray(photo), face, is_found=True)

    def _cut(self, picture: Picture) -> np.ndarray:
        """Cut a square out of a picture, and the same out of what it was by day: (2, 80, 80, 3) uint8."""
        cut = self._choose_cut(picture)
        seen = cut(Image.fromarray(picture.pixels))
        by_day = seen if picture.by_day is None else cut(Image.fromarray(picture.by_day))
        return np.stack([seen, by_day]).astype(np.uint8)

    def _choose_cut(self, picture: Picture) -> Callable[[Image.Image], np.ndarray]:
        rng, (high, wide) = self.rng, picture.pixels.shape[:2]
        size, way = (wide, high), rng.random()
        if way >= AT_FACE:
            shortest = min(size)
            least = min(max(50.0, 0.2 * shortest), shortest - 1.0)
            side = float(np.exp(rng.uniform(np.log(least), np.log(shortest - 1.0))))
            middle = tuple(rng.uniform(side / 2, length - side / 2) for length in size)
            return self._choose_bent(size, middle, side)
        left, top, right, bottom = picture.face
        height = (bottom - top) * np.exp(rng.normal(0.0, 0.15))
        across, down = np.array([left + right, top + bottom]) / 2 + rng.normal(0.0, 0.08, 2) * height
        if way < AS_SERVED:
            edges = (across - height / 2, down - height / 2, across + height / 2, down + height / 2)
            face = Square(*(round(float(edge)) for edge in edges))
            cut = tuple(CLOSE_VIEWS.values())[rng.integers(len(CLOSE_VIEWS))]
            return lambda photo: cut(photo, face)
        side = min(height * HEAD_HEIGHT * rng.choice((NEAR, WIDE)), min(size) - 1.0)
        return self._choose_bent(size, (across, down + height * HEAD_SHIFT), side)

    def _choose_bent(
        self, size: tuple[int, int], middle: tuple[float, ...], side: float
    ) -> Callable[[Image.Image], np.ndarray]:
        """Choose a square, kept inside the photo, sometimes turned a little and stretched."""
        rng = self.rng
        across, down = (
            min(max(at, side / 2), length - side / 2) for at, length in zip(middle, size, strict=True)
        )
        turned = rng.normal(0.0, 0.1) if rng.random() < 0.3 else 0.0
        wide, high = (
            side / CLOSE_SIZE * (np.exp(rng.normal(0.0, 0.08, 2)) if rng.random() < 0.5 else np.ones(2))
        )
        rows = np.array(
            [[wide * np.cos(turned), -high * np.sin(turned)], [wide * np.sin(turned), high * np.cos(turned)]]
        )
        start = np.array([across, down]) - rows.sum(axis=1) * CLOSE_SIZE / 2
        part = (*rows[0], start[0], *rows[1], start[1])
        way = Image.Resampling(int(rng.choice(WAYS, p=CHANCES)))
        crop, affine = (CLOSE_SIZE, CLOSE_SIZE), Image.Transform.AFFINE
        return lambda photo: np.asarray(photo.transform(crop, affine, part, way))


def _read(path: Path, finder: FaceFinder) -> Picture:
    with Image.open(path) as picture:
        photo = ImageOps.exif_transpose(picture).convert("RGB")
    photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    faces = finder.find_faces(np.asarray(photo))
    if faces:
        square = faces[0].dlib_square
        face = (float(square.left), float(square.top), float(square.right), float(square.bottom))
        return Picture(np.asarray(photo), face, is_found=True)
    # Without a face found, it is one of the tight face crops that public collections hold, or shows none.
    width, height = photo.size
    return Picture(
        np.asarray(photo), (0.08 * width, 0.15 * height, 0.92 * width, 0.95 * height), is_found=False
    )


def _scaled(photo: Image.Image, box: Box, scale: float, way: Image.Resampling) -> tuple[Image.Image, Box]:
    size = (round(photo.width * scale), round(photo.height * scale))
    left, top, right, bottom = box
    return photo.resize(size, way), (left * scale, top * scale, right * scale, bottom * scale)


def mix(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return crops (n, 2, 80, 80, 3) uint8, as seen and by day, as new ones: flipped, retoned, noisy, blended
    or patched with another, both in the same way.

    The teacher answers for any picture, so these are as good as real ones.
    """
    pixels, count = drawn.astype(np.float32), len(drawn)
    flipped = rng.random(count) < 0.5
    pixels[flipped] = pixels[flipped, ..., ::-1, :]
    for row in np.flatnonzero(rng.random(count) < 0.4):
        pixels[row] = 255.0 * (pixels[row] / 255.0) ** np.float32(np.exp(rng.normal(0.0, 0.3)))
    tinted = rng.random(count) < 0.3
    pixels[tinted] *= rng.uniform(0.75, 1.2, (int(tinted.sum()), 1, 1, 1, 3)).astype(np.float32)
    for row in np.flatnonzero(rng.random(count) < 0.15):
        noise = rng.standard_normal(pixels[row, 0].shape, np.float32)
        pixels[row] += noise * np.float32(rng.uniform(0.0, 8.0))
    others = pixels[rng.permutation(count)]
    for place, way in enumerate(rng.random(count)):
        if way < 0.15:
            pixels[place] += (others[place] - pixels[place]) * np.float32(rng.uniform(0.0, 0.5))
        elif way < 0.3:
            high, wide = rng.integers(CLOSE_SIZE // 5, CLOSE_SIZE * 4 // 5 + 1, 2)
            top, left = rng.integers(0, CLOSE_SIZE + 1 - high), rng.integers(0, CLOSE_SIZE + 1 - wide)
            patch = np.s_[place, :, top : top + high, left : left + wide]
            pixels[patch] = others[patch]
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
