"""Counts the parts of a photo's file before a decoder sees it: some cost it a second for a few bytes.

Formats: JPEG, ITU-T T.81 annex B (https://www.w3.org/Graphics/JPEG/itu-t81.pdf); PNG, section 5
(https://www.w3.org/TR/png-3/); WebP, RFC 9649.
"""

import re
import struct

from shared.domain.languages import phrase
from shared.errors import PhotoRefused

# A progressive photo has some ten scans, each of which the decoder takes through the whole picture.
MOST_SCANS = 100
# How many scans of the largest photo: ten of a phone's, a hundred of one of a megapixel.
MOST_WHOLE_SCANS = 10
# Tables, previews and what cameras note; a colour profile of 4 MB has 64.
MOST_MARKERS = 500
# Before the first scan Pillow looks at such bytes one by one.
MOST_STRAY_BYTES = 1_000
# Pictures come in pieces of 8 kB or more; the others hold texts, times and colours.
MOST_PICTURE_CHUNKS = 4_000
MOST_OTHER_CHUNKS = 200

# What is no stuffed byte, padding or restart within a scan.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_END, _SCAN = 0xD9, 0xDA
_WITHOUT_LENGTH = (0x01, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PNG = b"\x89PNG\r\n\x1a\n"


def require_plain_structure(data: bytes, *, largest_pixels: int) -> None:
    """Raise PhotoRefused where a photo's file has more parts than any camera writes.

    `largest_pixels` is what the largest photo may have. What is no JPEG, PNG or WebP, or is damaged, passes:
    whoever opens it says so. HEIC passes too, for only its decoder knows what its tiles hold: it is opened
    under limits of its own (`photo_files`).
    """
    if data.startswith(b"\xff\xd8"):
        _check_jpeg(data, MOST_WHOLE_SCANS * largest_pixels)
    elif data.startswith(_PNG):
        _check_chunks(data, len(_PNG), "big", {b"IDAT"}, after=4)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        _check_chunks(data, 12, "little", {b"VP8 ", b"VP8L"}, after=0)


def _check_jpeg(data: bytes, most_scanned_pixels: int) -> None:
    at, stray, scans, pixels = 2, 0, 0, 0
    for _ in range(MOST_MARKERS):
        found = _MARKER.search(data, at)
        if found is None or data[found.start() + 1] == _END:
            return
        kind = data[found.start() + 1]
        stray += 0 if scans else found.start() - at
        at = found.end()
        if kind not in _WITHOUT_LENGTH:
            if kind in _FRAMES and len(data) >= at + 7:
                height, width = struct.unpack_from(">HH", data, at + 3)
                pixels = max(pixels, height * width)
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
        scans += kind == _SCAN
        if scans > MOST_SCANS or scans * pixels > most_scanned_pixels or stray > MOST_STRAY_BYTES:
            break
    raise PhotoRefused(phrase("The photo's file is built in an unusual way. Please take it again."))


def _check_chunks(data: bytes, at: int, order: str, picture: set[bytes], *, after: int) -> None:
    """Count the chunks of a file, of which each is a kind, a length, the content and `after` bytes more."""
    pictures = others = 0
    while at + 8 <= len(data):
        first, second = data[at : at + 4], data[at + 4 : at + 8]
        kind, length = (second, first) if order == "big" else (first, second)
        size = int.from_bytes(length, "big" if order == "big" else "little")
        at += 8 + size + (size % 2 if order == "little" else 0) + after
        if kind == b"IEND":
            return
        pictures += kind in picture
        others += kind not in picture
        if pictures > MOST_PICTURE_CHUNKS or others > MOST_OTHER_CHUNKS:
            raise PhotoRefused(phrase("The photo's file is built in an unusual way. Please take it again."))
