"""Opens a zip of photos without trusting it, and unpacks one file after another."""

import struct
import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

from shared.errors import InvalidInput, PhotoRefused
from shared.vision.images import MAX_BYTES

# What a picture's file name ends with.
PICTURES = (".jpg", ".jpeg", ".png")

# A class of 80 with five photos of 600 kB each.
LARGEST_ZIP_BYTES = 256 * 1024 * 1024
MOST_FILES = 2000
MOST_UNPACKED_BYTES = 512 * 1024 * 1024
# Python reads a zip's whole directory into memory before it can be asked how long it is.
_LARGEST_DIRECTORY = MOST_FILES * 512

# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.15 and 4.3.16
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_ZIP64_LOCATOR_SIGNATURE = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
_LONGEST_COMMENT = 65_535

_NAME_IS_UTF8 = 0x800
# What Windows and DOS wrote names in.
_OLD_ENCODINGS = ("cp1252", "cp850", "cp437")
# What systems add to folders.
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"})

# What compressing decoders raise when fed nonsense.
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    struct.error,
)


def open_archive(file: BinaryIO) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """Open a zip and list its files, but for those that systems add.

    Raises InvalidInput for what is no zip, is empty, has a password, or holds over 2,000 files or 512 MB.
    """
    try:
        _refuse_long_directory(file)
        archive = zipfile.ZipFile(file)
    except _DAMAGED as cause:
        raise InvalidInput("This is not a zip file we can open.", field="file") from cause
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
    if not entries:
        raise InvalidInput("This zip holds no photos.", field="file")
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
        raise _too_much()
    if any(entry.flag_bits & 1 for entry in entries):
        raise InvalidInput("This zip has a password. Please send it without one.", field="file")
    return archive, entries


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack one file in memory. Raises PhotoRefused if it is over 5 MB or damaged."""
    if entry.file_size > MAX_BYTES:
        raise PhotoRefused("The photo is larger than 5 MB.")
    try:
        with archive.open(entry) as packed:
            return packed.read(MAX_BYTES + 1)
    # zlib.error and lzma.LZMAError are no OSErrors.
    except Exception as cause:
        raise PhotoRefused("The file is damaged.") from cause


def possible_names(entry: zipfile.ZipInfo) -> list[str]:
    """Return how a file's name may read; several where the zip does not say its encoding."""
    if entry.flag_bits & _NAME_IS_UTF8 or entry.filename.isascii():
        return [entry.filename]
    raw = entry.orig_filename.encode("cp437")  # what zipfile took it for
    try:
        return [raw.decode("utf-8")]
    except UnicodeDecodeError:
        return [raw.decode(encoding, errors="replace") for encoding in _OLD_ENCODINGS]


def _refuse_long_directory(file: BinaryIO) -> None:
    """Read the zip's last record ourselves. Raises InvalidInput, or BadZipFile where there is none."""
    size = file.seek(0, 2)
    start = file.seek(max(0, size - _END.size - _LONGEST_COMMENT - _ZIP64_LOCATOR_BYTES))
    tail = file.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        raise zipfile.BadZipFile(f"no end of directory after {start}")
    directory_bytes = _END.unpack_from(tail, at)[5]
    # A zip64 record, which a zip of this size never needs, would override the size just read.
    if directory_bytes > _LARGEST_DIRECTORY or _ZIP64_LOCATOR_SIGNATURE in tail[:at][-_ZIP64_LOCATOR_BYTES:]:
        raise _too_much()


def _too_much() -> InvalidInput:
    return InvalidInput(
        f"This zip holds more than {MOST_FILES} files or {MOST_UNPACKED_BYTES // 2**20} MB. "
        "Please send it in parts, or smaller photos; 1,280 pixels are enough.",
        field="file",
    )


def _is_litter(file_name: str) -> bool:
    path = PurePosixPath(file_name.replace("\\", "/"))
    return path.name.startswith(".") or not _LITTER.isdisjoint(part.lower() for part in path.parts)
