"""Uploaded bytes become a checked, upright RGB array; nothing else in the house decodes photos."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from shared.domain.languages import phrase
from shared.errors import PhotoRefused
from shared.vision.photo_structure import require_plain_structure

# A photo with thousands of odd notes of its camera would otherwise fill the log.
warnings.filterwarnings("ignore", module=r"PIL\.")

# What a picture's file name ends with.
PICTURES = (".jpg", ".jpeg", ".png")

# A smaller photo holds no face of the 60 pixels that are asked for, with room round it (face_matcher).
MIN_SIDE = 80
# Four times what the detector looks at; more pixels only cost time, and a face's chip is 112 pixels.
WORKING_SIDE = 1280
# The kiosk's page films at 400 pixels across, upright phones some 530 or 710 high: 20 to 60 kB a frame.
FRAME_MAX_BYTES, FRAME_SIDE = 250_000, 1024
# The longest side and the JPEG quality that `shrink_photo` tries one after another.
_SHRINKING = ((640, 80), (640, 60), (480, 60), (320, 60), (240, 40))


@dataclass(frozen=True)
class PhotoRule:
    """What a photo may be: bytes, pixels (by its header, before anything is unpacked), kinds by name."""

    max_bytes: int
    max_pixels: int
    formats: Mapping[str, str]

    @property
    def too_large(self) -> str:
        """What is said of a file with too many bytes."""
        return phrase(
            "The photo is larger than %(max_bytes)s MB. Please send a smaller one.",
            max_bytes=self.max_bytes // 1000000,
        )

    @property
    def too_many_pixels(self) -> str:
        """What is said of a photo with too many pixels."""
        return phrase(
            "The photo has more than %(max_pixels)s megapixels. Please send a smaller one.",
            max_pixels=self.max_pixels // 1000000,
        )

    @property
    def other_kind(self) -> str:
        """What is said of what is none of these kinds."""
        *some, last = self.formats.values()
        return phrase("Only %(some)s and %(last)s photos can be opened.", some=", ".join(some), last=last)


# What cameras in a page send, which is all that the kiosk opens. 4096x3072 is the largest of what phones call
# 12 megapixels (4000x3000, 4032x3024, 4080x3072).
CAMERA = PhotoRule(5_000_000, 4096 * 3072, {"JPEG": "JPEG", "PNG": "PNG"})


def open_photo(data: bytes, *, rule: PhotoRule = CAMERA) -> np.ndarray:
    """Open an uploaded photo as RGB uint8 of shape (height, width, 3), upright by EXIF.

    Photos with a side over 1,280 pixels come back smaller, in the same proportions. Raise
    PhotoRefused, with a sentence for the person, for anything that is not one still photo within `rule`.
    """
    if not data:
        raise PhotoRefused(phrase("The photo is empty. Please take it again."))
    if len(data) > rule.max_bytes:
        raise PhotoRefused(rule.too_large)
    require_plain_structure(data, largest_pixels=rule.max_pixels)
    # A module global that face_recognition switches on when imported; a half photo must not pass.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(BytesIO(data), formats=tuple(rule.formats)) as photo:
            _check_header(photo, rule)
            return np.asarray(_upright_rgb(photo))
    except PhotoRefused:
        raise
    except UnidentifiedImageError as cause:
        raise PhotoRefused(rule.other_kind) from cause
    except Image.DecompressionBombError as cause:
        raise PhotoRefused(rule.too_many_pixels) from cause
    # Pillow's decoders raise what their C code meets: OSError, SyntaxError, struct.error, zlib.error …
    except Exception as cause:
        raise PhotoRefused(phrase("The photo is damaged. Please take it again.")) from cause


def open_frame(data: bytes) -> np.ndarray:
    """Open one frame of the kiosk's film as RGB uint8 of shape (height, width, 3).

    Raise PhotoRefused for anything but a JPEG of at most FRAME_MAX_BYTES and FRAME_SIDE pixels, before it is
    decoded.
    """
    if len(data) > FRAME_MAX_BYTES:
        raise PhotoRefused(phrase("A picture of the film is too large. Please try again."))
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as frame:
            is_small = max(frame.size) <= FRAME_SIDE
    except Exception as cause:  # as in open_photo
        raise PhotoRefused(phrase("A picture of the film is damaged. Please try again.")) from cause
    if not is_small:
        raise PhotoRefused(phrase("A picture of the film is too large. Please try again."))
    return open_photo(data)


def write_photo(rgb: np.ndarray) -> bytes:
    """Write an RGB uint8 photo of shape (height, width, 3) as a JPEG that keeps what a face is known by."""
    file = BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=92)
    return file.getvalue()


def shrink_photo(rgb: np.ndarray, *, max_bytes: int) -> bytes:
    """Write an RGB uint8 photo of shape (height, width, 3) as a JPEG of at most `max_bytes`.

    It keeps its proportions and nothing but its pixels. Raise ValueError if even the smallest is larger.
    """
    for side, quality in _SHRINKING:
        photo = Image.fromarray(rgb)
        photo.thumbnail((side, side))
        file = BytesIO()
        photo.save(file, "JPEG", quality=quality)
        if file.tell() <= max_bytes:
            return file.getvalue()
    raise ValueError(f"a photo cannot be shrunk to {max_bytes} bytes")


def _check_header(photo: Image.Image, rule: PhotoRule) -> None:
    if photo.width * photo.height > rule.max_pixels:
        raise PhotoRefused(rule.too_many_pixels)
    if min(photo.size) < MIN_SIDE:
        raise PhotoRefused(
            phrase("The photo is too small: each side needs at least %(min_side)s pixels.", min_side=MIN_SIDE)
        )
    # A JPEG or HEIC of several frames is a phone's photo with a preview; its first frame is the photo.
    if photo.format in ("PNG", "WEBP") and getattr(photo, "is_animated", False):
        raise PhotoRefused(phrase("The picture is animated. Please send a plain photo."))


def _upright_rgb(photo: Image.Image) -> Image.Image:
    scale = WORKING_SIDE / max(photo.size)
    if scale < 1:
        # JPEG can be decoded at a half or a quarter, many times faster; other formats ignore this.
        photo.draft(None, (round(photo.width * scale), round(photo.height * scale)))
    # The plug-in for HEIC decodes once more, into the smaller size, when the photo itself is scaled.
    plain = _eight_bit(photo if photo.format in CAMERA.formats else photo.copy())
    plain.thumbnail((WORKING_SIDE, WORKING_SIDE), reducing_gap=2.0)
    if plain.mode == "RGBA":
        plain = Image.alpha_composite(Image.new("RGBA", plain.size, "white"), plain)
    rgb = _in_rgb(plain)
    # Compositing and scaling 16 bits make new images, which know no orientation.
    rgb.info["exif"] = photo.info.get("exif") or b""
    ImageOps.exif_transpose(rgb, in_place=True)
    return rgb


def _eight_bit(photo: Image.Image) -> Image.Image:
    """Return every colour kind as L, RGB or RGBA of eight bits."""
    if photo.mode.startswith("I"):
        # Pillow would clip 16-bit grays to white instead of scaling them.
        return Image.fromarray((np.asarray(photo) >> 8).astype(np.uint8))
    if photo.mode in ("LA", "PA", "RGBA") or "transparency" in photo.info:
        return photo.convert("RGBA")
    return _in_rgb(photo)


def _in_rgb(photo: Image.Image) -> Image.Image:
    """Return it as it is where it is RGB, for Pillow would copy it: a millisecond of a kiosk's photo."""
    return photo if photo.mode == "RGB" else photo.convert("RGB")
