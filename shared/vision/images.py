"""Uploaded bytes become a checked, upright RGB array; nothing else in the house decodes photos."""

import warnings
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Protocol, TypeVar

import numpy as np
import pi_heif
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import PhotoRefused
from shared.vision.photo_structure import require_plain_structure

# A photo with thousands of odd notes of its camera would otherwise fill the log.
warnings.filterwarnings("ignore", module=r"PIL\.")

MAX_BYTES = 5_000_000
# The largest of what phones call 12 megapixels (4000x3000, 4032x3024, 4080x3072, 4096x3072); asked of the
# header, before anything is unpacked.
MAX_PIXELS = 4096 * 3072
# What cameras in a page send, which is all that the kiosk opens, and what people have as files beside it.
CAMERA_FORMATS = {"JPEG": "JPEG", "PNG": "PNG"}
FILE_FORMATS = {**CAMERA_FORMATS, "WEBP": "WebP", "HEIF": "HEIC"}
# A smaller photo holds no face of the 60 pixels that are asked for, with room round it (face_matcher).
MIN_SIDE = 80
# Twice the detector's finer copy; more pixels only cost time, and the face chip is 150 pixels.
WORKING_SIDE = 1280
# The kiosk's page films at 400 pixels across, upright phones some 530 or 710 high: 20 to 60 kB a frame.
FRAME_MAX_BYTES, FRAME_SIDE = 250_000, 1024
# The longest side and the JPEG quality that `shrink_photo` tries one after another.
_SHRINKING = ((640, 80), (640, 60), (480, 60), (320, 60), (240, 40))


class _Judged(Protocol):
    """What was read of a photo."""

    @property
    def verdict(self) -> PhotoVerdict: ...


Reading = TypeVar("Reading", bound=_Judged)

# Pillow asks the plugin for the formats above; the small previews inside are nobody's photo.
pi_heif.register_heif_opener(thumbnails=False)


def open_photo(data: bytes, *, formats: Mapping[str, str] = CAMERA_FORMATS) -> np.ndarray:
    """Open an uploaded photo as RGB uint8 of shape (height, width, 3), upright by EXIF.

    Photos with a side over 1,280 pixels come back smaller, in the same proportions. Raises
    PhotoRefused, with a sentence for the person, for anything that is not one still photo of at
    most 5 MB and 12 megapixels.
    """
    if not data:
        raise PhotoRefused("The photo is empty. Please take it again.")
    if len(data) > MAX_BYTES:
        raise PhotoRefused("The photo is larger than 5 MB. Please send a smaller one.")
    require_plain_structure(data)
    # A module global that face_recognition switches on when imported; a half photo must not pass.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(BytesIO(data), formats=tuple(formats)) as photo:
            _check_header(photo)
            return np.asarray(_upright_rgb(photo))
    except PhotoRefused:
        raise
    except UnidentifiedImageError as cause:
        *some, last = formats.values()
        raise PhotoRefused(f"Only {', '.join(some)} and {last} photos can be opened.") from cause
    except Image.DecompressionBombError as cause:
        raise _too_many_pixels() from cause
    # Pillow's decoders raise what their C code meets: OSError, SyntaxError, struct.error, zlib.error …
    except Exception as cause:
        raise PhotoRefused("The photo is damaged. Please take it again.") from cause


def looks_like_photo(data: bytes) -> bool:
    """Whether a file begins as one of FILE_FORMATS does; nothing is decoded."""
    return data.startswith((b"\xff\xd8", b"\x89PNG")) or data[8:12] == b"WEBP" or data[4:8] == b"ftyp"


def read_upright(rgb: np.ndarray, read: Callable[[np.ndarray], Reading]) -> Reading:
    """Return what `read` makes of a photo, turned by quarters where it holds no upright face.

    Not every phone and program says how it was held. A photo without a face at all is read as it is.
    """
    reading = read(rgb)
    if reading.verdict is not PhotoVerdict.NO_FACE:
        return reading
    turned = (read(np.ascontiguousarray(np.rot90(rgb, turns))) for turns in (1, 3, 2))
    return next((each for each in turned if each.verdict is not PhotoVerdict.NO_FACE), reading)


def open_frame(data: bytes) -> np.ndarray:
    """Open one frame of the kiosk's film as RGB uint8 of shape (height, width, 3).

    Raises PhotoRefused for anything but a JPEG of at most FRAME_MAX_BYTES and FRAME_SIDE pixels, before it is
    decoded.
    """
    if len(data) > FRAME_MAX_BYTES:
        raise PhotoRefused("A picture of the film is too large. Please try again.")
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as frame:
            is_small = max(frame.size) <= FRAME_SIDE
    except Exception as cause:  # as in open_photo
        raise PhotoRefused("A picture of the film is damaged. Please try again.") from cause
    if not is_small:
        raise PhotoRefused("A picture of the film is too large. Please try again.")
    return open_photo(data)


def shrink_photo(rgb: np.ndarray, *, max_bytes: int) -> bytes:
    """Write an RGB uint8 photo of shape (height, width, 3) as a JPEG of at most `max_bytes`.

    It keeps its proportions and nothing but its pixels. Raises ValueError if even the smallest is larger.
    """
    for side, quality in _SHRINKING:
        photo = Image.fromarray(rgb)
        photo.thumbnail((side, side))
        file = BytesIO()
        photo.save(file, "JPEG", quality=quality)
        if file.tell() <= max_bytes:
            return file.getvalue()
    raise ValueError(f"a photo cannot be shrunk to {max_bytes} bytes")


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused("The photo has more than 12 megapixels. Please send a smaller one.")


def _check_header(photo: Image.Image) -> None:
    if photo.width * photo.height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(photo.size) < MIN_SIDE:
        raise PhotoRefused(f"The photo is too small: each side needs at least {MIN_SIDE} pixels.")
    # A JPEG or HEIC of several frames is a phone's photo with a preview; its first frame is the photo.
    if photo.format in ("PNG", "WEBP") and getattr(photo, "is_animated", False):
        raise PhotoRefused("The picture is animated. Please send a plain photo.")


def _upright_rgb(photo: Image.Image) -> Image.Image:
    scale = WORKING_SIDE / max(photo.size)
    if scale < 1:
        # JPEG can be decoded at a half or a quarter, many times faster; other formats ignore this.
        photo.draft(None, (round(photo.width * scale), round(photo.height * scale)))
    plain = _eight_bit(photo)
    plain.thumbnail((WORKING_SIDE, WORKING_SIDE), reducing_gap=2.0)
    if plain.mode == "RGBA":
        plain = Image.alpha_composite(Image.new("RGBA", plain.size, "white"), plain)
    rgb = plain.convert("RGB")
    # Compositing and scaling 16 bits make new images, which know no orientation.
    rgb.info["exif"] = photo.info.get("exif") or b""
    return ImageOps.exif_transpose(rgb)


def _eight_bit(photo: Image.Image) -> Image.Image:
    """Every colour kind as L, RGB or RGBA of eight bits."""
    if photo.mode.startswith("I"):
        # Pillow would clip 16-bit grays to white instead of scaling them.
        return Image.fromarray((np.asarray(photo) >> 8).astype(np.uint8))
    if photo.mode in ("LA", "PA", "RGBA") or "transparency" in photo.info:
        return photo.convert("RGBA")
    return photo.convert("RGB")
