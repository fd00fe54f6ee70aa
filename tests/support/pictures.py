"""What the tests' camera sees: people at a desk's distance, nobody, two people, a person on a phone's screen.

The phone is drawn here and nowhere else; nothing that trains the spoof check imports this file.
"""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from shared.vision.face_finder import FaceFinder
from shared.vision.images import open_photo
from tests.support.photographs import photograph

FRAME = (640, 480)
# Of the frame's height; a face that fills the outline of the kiosk.
FACE_SHARE = 0.45


def person(name: str) -> Image.Image:
    """A real photograph, cut as a camera at arm's length would."""
    rgb = open_photo(photograph(name).read_bytes())
    face = FaceFinder().find_faces(rgb)[0]
    height = (face.bottom - face.top) / FACE_SHARE
    width = height * FRAME[0] / FRAME[1]
    photo = Image.fromarray(rgb)
    scale = min(1.0, photo.width / width, photo.height / height)
    width, height = width * scale, height * scale
    left = min(max((face.left + face.right - width) / 2, 0), photo.width - width)
    top = min(max((face.top + face.bottom - height) / 2, 0), photo.height - height)
    return photo.resize(FRAME, Image.Resampling.LANCZOS, (left, top, left + width, top + height))


def wall() -> Image.Image:
    """Nobody: an uneven wall."""
    rows = np.linspace(150, 190, FRAME[1])[:, None, None]
    noise = np.random.default_rng(7).normal(0, 4, (FRAME[1], FRAME[0], 3))
    return Image.fromarray((rows + noise + (8, 4, 0)).clip(0, 255).astype(np.uint8))


def before_a_wall(name: str, *, scale: float, at: tuple[float, float]) -> Image.Image:
    """A person so much smaller, with the middle at this place of the frame, in parts of it."""
    scene, size = wall(), (round(FRAME[0] * scale), round(FRAME[1] * scale))
    corner = [round(whole * part - side / 2) for whole, part, side in zip(FRAME, at, size, strict=True)]
    scene.paste(person(name).resize(size, Image.Resampling.LANCZOS), tuple(corner))
    return scene


def two_people(one: str, other: str) -> Image.Image:
    """Two faces of the same size, side by side."""
    both = Image.new("RGB", FRAME)
    for at, name in enumerate((one, other)):
        frame = person(name)
        both.paste(frame.crop((160, 0, 480, 480)), (at * 320, 0))
    return both


def on_a_phone(name: str) -> Image.Image:
    """A person on the screen of a phone that is held into the picture: cast, pixel grid, glare, tilt."""
    shown = person(name).crop((150, 0, 490, 480)).resize((255, 360), Image.Resampling.LANCZOS)
    pixels = np.asarray(shown, np.float32) / 255
    pixels = pixels**0.85 * (0.93, 0.97, 1.06)
    pixels[::3] *= 0.9
    pixels[:, ::3] *= 0.94
    across = np.linspace(0, 1, shown.width)[None, :, None]
    down = np.linspace(0, 1, shown.height)[:, None, None]
    pixels += 0.35 * np.exp(-((across - down * 0.6 - 0.15) ** 2) / 0.01)
    screen = Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))

    phone = Image.new("RGBA", (287, 440), (0, 0, 0, 0))
    draw = ImageDraw.Draw(phone)
    draw.rounded_rectangle((0, 0, 286, 439), 34, fill=(18, 18, 22, 255), outline=(88, 88, 94, 255), width=4)
    draw.rounded_rectangle((118, 16, 168, 24), 4, fill=(52, 52, 58, 255))
    phone.paste(screen, (16, 40))
    phone = phone.rotate(4, Image.Resampling.BICUBIC, expand=True)

    scene = wall().convert("RGBA")
    scene.alpha_composite(phone, ((FRAME[0] - phone.width) // 2, (FRAME[1] - phone.height) // 2))
    draw = ImageDraw.Draw(scene)
    for finger in range(3):  # the hand that holds it
        top = 250 + finger * 52
        draw.rounded_rectangle((430, top, 520, top + 40), 20, fill=(176, 128, 104, 255))
    return scene.convert("RGB").filter(ImageFilter.GaussianBlur(0.7))


def jpeg(picture: Image.Image, quality: int = 92) -> bytes:
    """One frame of the camera."""
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()
