"""Photos that people have as files: larger, and of more kinds, than a camera in a page sends.

They are opened alike whether they come from a zip, from files or from a phone's own camera.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
import pi_heif

from shared.confined.limits import PHOTO
from shared.confined.reading import read_confined
from shared.domain.languages import phrase
from shared.errors import PhotoRefused
from shared.vision.images import CAMERA, PhotoRule, open_photo, write_photo

# What phones call 48 and 50 megapixels (8064x6048, 8160x6144, 8192x6144); such files have 5 to 15 MB.
FILE = PhotoRule(20_000_000, 8192 * 6144, {**CAMERA.formats, "WEBP": "WebP", "HEIF": "HEIC"})

# Pillow asks the plugin for HEIC; the small previews inside are nobody's photo. More threads would take more
# address space, and no less processor time.
pi_heif.register_heif_opener(thumbnails=False)
pi_heif.options.DECODE_THREADS = 1


def open_file(data: bytes) -> np.ndarray:
    """Open a photo as `open_photo` does, within FILE.

    What a page's own camera could have sent is opened here; all else in a process of its own. Raise
    PhotoRefused, and Overloaded where no turn came in time.
    """
    if data.startswith((b"\xff\xd8", b"\x89PNG")) and len(data) <= CAMERA.max_bytes:
        with contextlib.suppress(PhotoRefused):
            return open_photo(data)
    if len(data) > FILE.max_bytes:
        raise PhotoRefused(FILE.too_large)
    if data and not looks_like_photo(data):
        raise PhotoRefused(FILE.other_kind)
    too_heavy = PhotoRefused(
        phrase("Opening this photo would take too much of this machine. Please take it again.")
    )
    shape, (pixels,) = read_confined(f"{__name__}:tell_pixels", data, too_heavy=too_heavy, limits=PHOTO)
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def tell_pixels(file: BinaryIO) -> tuple[Any, list[bytes]]:
    """Return, inside the process, the shape and the pixels of what `open_file` returns."""
    rgb = open_photo(file.read(), rule=FILE)
    return rgb.shape, [rgb.tobytes()]


class Openings:
    """Opens the photos of one upload with `open_one`, for at most so many seconds in all."""

    def __init__(self, open_one: Callable[[bytes], np.ndarray], *, most_s: float) -> None:
        self._open_one, self._left_s = open_one, most_s

    def open(self, data: bytes) -> np.ndarray:
        """Raise as `open_one` does, and PhotoRefused when the time is over."""
        if self._left_s <= 0:
            raise PhotoRefused(phrase("Opening all these photos takes too long. Please send this one again."))
        began = time.monotonic()
        try:
            return self._open_one(data)
        finally:
            self._left_s -= time.monotonic() - began

    def fit(self, data: bytes) -> bytes:
        """Return a photo as it is kept until training: shrunk where no camera sends so much."""
        return data if len(data) <= CAMERA.max_bytes else write_photo(self.open(data))


def looks_like_photo(data: bytes) -> bool:
    """Tell whether a file begins as one of FILE's kinds does; nothing is decoded."""
    return data.startswith((b"\xff\xd8", b"\x89PNG")) or data[8:12] == b"WEBP" or data[4:8] == b"ftyp"
