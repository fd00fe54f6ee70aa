"""Makes attacks from photos of living people: shown on a screen, on paper or on a card, photographed again.

Used to train the spoof check and to test it on any machine. Nothing here imitates one device; every number is
drawn from a wide range, so that a network learns what recapturing does and not how this file does it. Live
photos go through the same camera (`photograph`), or the network would learn the camera instead.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels
Corners = list[tuple[float, float]]  # clockwise from the top left

LONGEST_SIDE = 512  # pixels of the pictures made here


@dataclass(frozen=True)
class Attack:
    """How a photo is presented: on a "screen", "paper" or a "card", held in a scene or filling the frame, and
    how strongly the medium's own pattern (pixel grid, print dots) shows: 1 is usual."""

    medium: str
    held: bool
    pattern: float = 1.0


ATTACKS = (
    Attack("screen", held=True),
    Attack("screen", held=False),
    Attack("screen", held=False, pattern=0.4),
    Attack("paper", held=True),
    Attack("paper", held=False),
    Attack("card", held=True),
)


def recapture(
    photo: Image.Image, face: Box, attack: Attack, scene: Image.Image, rng: np.random.Generator
) -> tuple[Image.Image, Box]:
    """Present `photo` as `attack` says, in front of `scene` if it is held; RGB pictures in and out.

    Returns the attack as a camera would see it and where its face is. The camera's own faults are not added:
    see `photograph`.
    """
    shown, face = _portion(photo, face, rng, close=attack.medium == "card" or attack.held)
    pixels = np.asarray(shown, np.float32) / 255.0
    pixels = _on_screen(pixels, attack, rng) if attack.medium == "screen" else _on_paper(pixels, attack, rng)
    shown = _to_picture(pixels)
    if attack.held:
        return _hold(shown, face, attack.medium, scene, rng)
    return _tilt(shown, face, rng)


def photograph(photo: Image.Image, rng: np.random.Generator, *, harsh: float = 0.5) -> Image.Image:
    """Add the faults of a cheap camera, on live photos and attacks alike: exposure, cast, blur, lost
    resolution, noise, smoothing and JPEG. Each occurs with probability `harsh`."""

    def happens() -> bool:
        return bool(rng.random() < harsh)

    if happens():
        scale = rng.uniform(0.35, 0.9)
        small = (max(8, round(photo.width * scale)), max(8, round(photo.height * scale)))
        way = rng.choice([Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.NEAREST])
        photo = photo.resize(small, Image.Resampling(int(way))).resize(photo.size, Image.Resampling.BILINEAR)
    if happens():
        photo = photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.8)))
    pixels = np.asarray(photo, np.float32) / 255.0
    if happens():
        pixels = np.clip(pixels, 0.0, 1.0) ** rng.uniform(0.6, 1.8) * rng.uniform(0.55, 1.15)
    if happens():
        pixels = pixels * rng.uniform(0.85, 1.12, 3).astype(np.float32)
    if happens():  # a dim room: little light, much noise
        noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(0.005, 0.05))
        pixels = pixels * rng.uniform(0.35, 1.0) + noise
    if happens():
        grey = pixels.mean(axis=2, keepdims=True)
        pixels = grey + (pixels - grey) * rng.uniform(0.5, 1.3)
    photo = _to_picture(pixels)
    if happens():
        photo = photo.filter(ImageFilter.MedianFilter(3))
    if happens():
        photo = photo.filter(ImageFilter.UnsharpMask(rng.uniform(0.8, 2.5), int(rng.integers(30, 160))))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=int(rng.integers(35, 96)))
    return Image.open(file).convert("RGB")


def dim(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Take a photo again in a dimmer room, with a small sensor: it counts few electrons, adds its own noise,
    amplifies both together, smooths sometimes, and writes a JPEG."""
    light = np.exp(rng.uniform(*np.log((0.1, 0.9))))
    full = np.exp(rng.uniform(*np.log((300.0, 4000.0))))  # electrons of a white pixel
    shown = (np.asarray(photo, np.float32) / 255.0) ** 2.2
    electrons = shown * np.float32(light * full)
    noise = rng.standard_normal(shown.shape, np.float32)
    electrons += noise * np.sqrt(electrons + np.float32(rng.uniform(1.0, 6.0) ** 2))
    gain = light ** -rng.uniform(0.0, 1.0)
    dimmed = _to_picture(np.clip(electrons * np.float32(gain / full), 0.0, 1.0) ** np.float32(1 / 2.2))
    if rng.random() < 0.4:
        dimmed = dimmed.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.0)))
    file = io.BytesIO()
    dimmed.save(file, "JPEG", quality=int(rng.integers(50, 96)))
    return Image.open(file).convert("RGB")


def _to_picture(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8))


def _portion(
    photo: Image.Image, face: Box, rng: np.random.Generator, *, close: bool
) -> tuple[Image.Image, Box]:
    """Return the part of the photo that is shown, upright, at LONGEST_SIDE at most."""
    height = face[3] - face[1]
    above, below = rng.uniform(0.5, 1.2) * height, rng.uniform(0.5, 1.4 if close else 2.5) * height
    beside = rng.uniform(0.4, 0.8 if close else 1.5) * height
    left, top = max(0.0, face[0] - beside), max(0.0, face[1] - above)
    right, bottom = min(photo.width, face[2] + beside), min(photo.height, face[3] + below)
    scale = LONGEST_SIDE / max(right - left, bottom - top)
    size = (round((right - left) * scale), round((bottom - top) * scale))
    shown = photo.resize(size, Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    return shown, tuple(  # type: ignore[return-value]
        (edge - offset) * scale for edge, offset in zip(face, (left, top, left, top), strict=True)
    )


def _tint(*bounds: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    return np.array([rng.uniform(*bound) for bound in bounds], np.float32)


def _waves(shape: tuple[int, ...], cycles: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Return three gratings, one a colour, slightly bent: `cycles` are the bounds of pixels per wave."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle, wavelength = rng.uniform(0, np.pi), np.exp(rng.uniform(*np.log(cycles)))
    bend = rng.normal(0.0, 0.25, 3) / LONGEST_SIDE
    along = rows * np.sin(angle) + columns * np.cos(angle)
    along = along + bend[0] * rows**2 + bend[1] * columns**2 + bend[2] * rows * columns
    along = (along * (2 * np.pi / wavelength)).astype(np.float32)
    apart = rng.choice([0.0, 2.1])  # the colours' stripes lie together or side by side
    shift = (rng.uniform(0, 2 * np.pi) + apart * np.arange(3)).astype(np.float32)
    waves: np.ndarray = np.cos(along[..., None] + shift)
    return waves


def _on_screen(pixels: np.ndarray, attack: Attack, rng: np.random.Generator) -> np.ndarray:
    """Add a display's tone and cast, its pixel grid and the moiré it makes, banding, glare and uneven
    light."""
    pixels = pixels ** rng.uniform(0.65, 1.4)
    pixels = rng.uniform(0.0, 0.12) + pixels * rng.uniform(0.7, 1.05)
    pixels = pixels * _tint((0.8, 1.02), (0.92, 1.04), (0.95, 1.25), rng=rng)
    for cycles, strength in (((2.0, 4.0), 0.10), ((5.0, 60.0), 0.06), ((5.0, 60.0), 0.05)):
        if rng.random() < 0.6:
            pixels = pixels * (
                1 + attack.pattern * rng.uniform(0, strength) * _waves(pixels.shape, cycles, rng)
            )
    if rng.random() < 0.3:  # the display's refresh, as dark bands
        rows = np.arange(pixels.shape[0]) / pixels.shape[0]
        bands = np.cos(2 * np.pi * (rows * rng.uniform(1, 8) + rng.random()))
        pixels = pixels * (1 + rng.uniform(0.02, 0.12) * bands)[:, None, None].astype(np.float32)
    if rng.random() < 0.6:
        pixels = pixels + _glare(pixels.shape, rng) * rng.uniform(0.1, 0.6)
    return np.asarray(pixels * _uneven_light(pixels.shape, rng))


def _on_paper(pixels: np.ndarray, attack: Attack, rng: np.random.Generator) -> np.ndarray:
    """Print: narrow range of tones, paper's tint and grain, dots or lines of ink, curled and unevenly lit."""
    black, white = rng.uniform(0.08, 0.3), rng.uniform(0.7, 0.98)
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + (pixels - grey) * rng.uniform(0.0 if rng.random() < 0.15 else 0.45, 1.05)
    pixels = black + np.clip(pixels, 0, 1) ** rng.uniform(0.7, 1.3) * (white - black)
    pixels = pixels * _tint((1.0, 1.0), (0.93, 1.0), (0.8, 1.0), rng=rng)
    grain = rng.standard_normal((*pixels.shape[:2], 1), np.float32)
    pixels = pixels + grain * np.float32(rng.uniform(0.005, 0.04) * attack.pattern)
    if rng.random() < 0.5:
        dots = _waves(pixels.shape, (2.5, 6.0), rng) * _waves(pixels.shape, (2.5, 6.0), rng)
        pixels = pixels + attack.pattern * rng.uniform(0.01, 0.08) * dots
    if rng.random() < 0.3:  # streaks of a tired printer
        streaks = np.repeat(rng.normal(0.0, 0.02, (pixels.shape[0] + 2) // 3), 3)[: pixels.shape[0]]
        pixels = pixels + streaks[:, None, None].astype(np.float32)
    if attack.medium == "card" or rng.random() < 0.2:  # laminated or glossy
        pixels = pixels + _glare(pixels.shape, rng) * rng.uniform(0.1, 0.5)
    return np.asarray(pixels * _uneven_light(pixels.shape, rng))


def _glare(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return a reflected lamp or window: a soft spot or a slanted stripe, 0…1, for all colours."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    rows, columns = rows / shape[0] - rng.uniform(0, 1), columns / shape[1] - rng.uniform(0, 1)
    width = rng.uniform(0.03, 0.3)
    if rng.random() < 0.5:
        distance = np.hypot(rows, columns * rng.uniform(0.3, 3.0))
    else:
        distance = np.abs(rows * rng.normal() + columns * rng.normal())
    glare: np.ndarray = np.exp(-((distance / width) ** 2))[..., None]
    return glare


def _uneven_light(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    rows, columns = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])[None, :]
    light = 1 + rows * rng.normal(0, 0.08) + columns * rng.normal(0, 0.08)
    light = light - rng.uniform(0, 0.2) * (rows**2 + columns**2) / 2
    return np.asarray(light, np.float32)[..., None]


def _tilt(shown: Image.Image, face: Box, rng: np.random.Generator) -> tuple[Image.Image, Box]:
    """Fill the frame with the medium, seen a little from the side, its edges outside the picture."""
    width, height = shown.size
    over = 0.06
    corners = [
        (x + rng.uniform(0, over) * width * way, y + rng.uniform(0, over) * height * tilt)
        for (x, y), way, tilt in zip(
            [(0, 0), (width, 0), (width, height), (0, height)], (-1, 1, 1, -1), (-1, -1, 1, 1), strict=True
        )
    ]
    picture = _warp(shown, corners, Image.new("RGB", shown.size))
    return picture, _warped_box(face, shown.size, corners)


def _hold(
    shown: Image.Image, face: Box, medium: str, scene: Image.Image, rng: np.random.Generator
) -> tuple[Image.Image, Box]:
    """Put the medium in a hand in front of a scene."""
    object_, offset = _object(shown, medium, rng)
    face = (face[0] + offset[0], face[1] + offset[1], face[2] + offset[0], face[3] + offset[1])
    size = (640, 480) if rng.random() < 0.5 else (480, 640)
    scene = scene.resize(size, Image.Resampling.BILINEAR)
    if rng.random() < 0.6:
        scene = scene.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 6.0)))
    tall = rng.uniform(0.55, 1.15) * size[1]
    wide = tall * object_.width / object_.height
    left, top = rng.uniform(0.2, 0.8) * (size[0] - wide), rng.uniform(0.1, 0.9) * (size[1] - tall)
    lean = rng.uniform(-0.12, 0.12)
    corners = [
        (
            x - lean * (y - top) + rng.normal(0, 0.015) * wide,
            y + lean * (x - left) + rng.normal(0, 0.015) * tall,
        )
        for x, y in [(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)]
    ]
    if rng.random() < 0.5:
        _draw_fingers(scene, corners, rng, behind=True)
    picture = _warp(object_, corners, scene)
    if rng.random() < 0.7:
        _draw_fingers(picture, corners, rng, behind=False)
    return picture, _warped_box(face, object_.size, corners)


def _object(shown: Image.Image, medium: str, rng: np.random.Generator) -> tuple[Image.Image, tuple[int, int]]:
    """Return what is held: the picture within a bezel, a sheet's margin or a card, and where on it."""
    width, height = shown.size

    def border(least: float, most: float) -> int:
        return round(rng.uniform(least, most) * width)

    if medium == "screen":
        tone = tuple(int(v) for v in np.clip(rng.choice([15, 30, 120, 235]) + rng.normal(0, 8, 3), 0, 255))
        side = border(0.02, 0.09)
        above, below = border(0.03, 0.28), border(0.03, 0.28)
        left = right = side
    elif medium == "paper":
        tone = tuple(int(v) for v in rng.uniform(190, 252) * np.array([1.0, 0.99, rng.uniform(0.9, 1.0)]))
        left, right, above, below = (border(0.0, 0.2) for _ in range(4))
    else:
        tone = tuple(int(v) for v in rng.uniform(140, 250, 3))
        left, right = border(0.05, 0.15), border(0.9, 2.2)
        above, below = border(0.15, 0.6), border(0.05, 0.5)
    sheet = Image.new("RGB", (width + left + right, height + above + below), tone)
    pen = ImageDraw.Draw(sheet)
    if medium == "card":
        for line in range(int(rng.integers(3, 8))):
            y = above + (line + 1) * height // 9
            x = left + width + width // 10
            ink = tuple(int(v) for v in rng.uniform(10, 90, 3))
            pen.rectangle((x, y, x + rng.uniform(0.3, 1.0) * right * 0.8, y + height // 40), fill=ink)
    sheet.paste(shown, (left, above))
    if medium == "screen" and rng.random() < 0.3:  # the viewer's own buttons
        radius, low = width * 0.02, above + height * 0.95
        for share in np.linspace(0.2, 0.8, int(rng.integers(3, 6))):
            at = left + share * width
            pen.ellipse((at - radius, low - radius, at + radius, low + radius), fill=(230, 230, 230))
    return sheet, (left, above)


def _draw_fingers(picture: Image.Image, corners: Corners, rng: np.random.Generator, *, behind: bool) -> None:
    """Draw fingertips over the lower edges, or a palm under the object."""
    pen = ImageDraw.Draw(picture)
    skin = np.array([rng.uniform(90, 235)] * 3) * np.array(
        [1.0, rng.uniform(0.68, 0.82), rng.uniform(0.5, 0.72)]
    )
    tone = tuple(int(v) for v in skin)
    (x0, y0), (x1, _), (x2, y2), (x3, y3) = corners
    wide = max(abs(x1 - x0), 1.0)
    if behind:
        pen.ellipse((x3 - 0.2 * wide, y3 - 0.7 * wide, x2 + 0.2 * wide, y2 + 0.6 * wide), fill=tone)
        return
    for _ in range(int(rng.integers(1, 5))):
        along = rng.uniform(0.35, 1.0)
        x, y = (
            (x0 + (x3 - x0) * along, y0 + (y3 - y0) * along)
            if rng.random() < 0.5
            else (x1 + (x2 - x1) * along, y0 + (y2 - y0) * along)
        )
        long, thick = rng.uniform(0.08, 0.2) * wide, rng.uniform(0.04, 0.09) * wide
        pen.ellipse((x - long, y - thick, x + long, y + thick), fill=tone)


def _homography(corners: Corners, size: tuple[int, int]) -> np.ndarray:
    """Return the 3x3 matrix that takes the corners in the picture to those of an object of `size`."""
    width, height = size
    equations, results = [], []
    for (x, y), (u, v) in zip(corners, [(0, 0), (width, 0), (width, height), (0, height)], strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        results += [u, v]
    return np.append(np.linalg.solve(np.array(equations, float), np.array(results, float)), 1.0).reshape(3, 3)


def _warp(object_: Image.Image, corners: Corners, scene: Image.Image) -> Image.Image:
    """Draw the object over the scene with its corners at `corners`."""
    # Shrunk first: PIL's perspective transform takes single pixels and would alias.
    scale = min(1.0, 1.3 * max(abs(corners[1][0] - corners[0][0]), 8.0) / object_.width)
    small = (max(8, round(object_.width * scale)), max(8, round(object_.height * scale)))
    object_ = object_.resize(small, Image.Resampling.BILINEAR) if scale < 0.8 else object_
    numbers = _homography(corners, object_.size).ravel()[:8].tolist()
    way, filter_ = Image.Transform.PERSPECTIVE, Image.Resampling.BILINEAR
    mask = Image.new("L", object_.size, 255).transform(scene.size, way, numbers, filter_)
    picture = scene.copy()
    picture.paste(object_.transform(scene.size, way, numbers, filter_), (0, 0), mask)
    return picture


def _warped_box(box: Box, size: tuple[int, int], corners: Corners) -> Box:
    """Return where an upright box of the object lies once it is warped."""
    back = np.linalg.inv(_homography(corners, size))
    left, top, right, bottom = box
    points = back @ np.array([[left, right, right, left], [top, top, bottom, bottom], [1, 1, 1, 1]], float)
    x, y = points[:2] / points[2]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())
