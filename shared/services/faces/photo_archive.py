"""Opens a zip of photos without trusting it: in a process of its own (`shared.confined`), some at a time."""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from shared.confined.reading import read_confined
from shared.domain.languages import pack, phrase, unpack
from shared.errors import InvalidInput, Overloaded, PhotoRefused
from shared.vision.photo_files import FILE

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

# Unpacked in one process: a tenth of a second of its two, and little of its memory.
_BATCH_BYTES = 8 * 1024 * 1024
_TOO_HEAVY = phrase(
    "Unpacking this zip would take too much of this machine, so it was stopped. Please zip the photos again."
)

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


@dataclass(frozen=True)
class Entry:
    """One file of a zip: its place in the directory, how its name may read, and the bytes it unpacks to."""

    position: int
    names: tuple[str, ...]
    size: int


class PhotoArchive:
    """A zip's files, but for those that systems add, which are `passed_over`."""

    def __init__(self, file: BinaryIO) -> None:
        """Raise InvalidInput for what is no zip, is empty, has a password, or holds over 2,000 files or
        512 MB, and Overloaded where no turn came in time."""
        told, _ = read_confined(
            f"{__name__}:tell_entries", file, too_heavy=InvalidInput(_TOO_HEAVY, field="file")
        )
        self._file = file
        self.entries = [Entry(position, tuple(names), size) for position, names, size in told["entries"]]
        self.passed_over: list[str] = told["passed_over"]

    def unpack(self, entries: Sequence[Entry]) -> Iterator[bytes | PhotoRefused]:
        """Yield each file's content, or why there is none; after one that takes too much there is none."""
        stopped: PhotoRefused | None = None
        for batch in _batches(entries):
            if stopped is None:
                try:
                    yield from self._unpack_some(batch)
                    continue
                except PhotoRefused as refused:
                    stopped = refused
                except Overloaded as busy:
                    stopped = PhotoRefused(busy.sentence)
            yield from [stopped] * len(batch)

    def _unpack_some(self, batch: Sequence[Entry]) -> list[bytes | PhotoRefused]:
        positions = [entry.position for entry in batch]
        refused, contents = read_confined(
            f"{__name__}:tell_contents", self._file, positions, too_heavy=PhotoRefused(_TOO_HEAVY)
        )
        return [
            PhotoRefused(unpack(why)) if why else content
            for why, content in zip(refused, contents, strict=True)
        ]


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        if batch and sum(each.size for each in batch) + entry.size > _BATCH_BYTES:
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


def tell_entries(file: BinaryIO) -> tuple[Any, list[bytes]]:
    """Return, inside the process, what a PhotoArchive knows. Raise InvalidInput as that does."""
    archive = _open(file)
    found = [entry for entry in enumerate(archive.infolist()) if not entry[1].is_dir()]
    entries = [(at, entry) for at, entry in found if not _is_litter(entry.filename)]
    if not entries:
        raise InvalidInput(phrase("This zip holds no photos."), field="file")
    if len(entries) > MOST_FILES or sum(entry.file_size for _, entry in entries) > MOST_UNPACKED_BYTES:
        raise _too_much()
    if any(entry.flag_bits & 1 for _, entry in entries):
        raise InvalidInput(phrase("This zip has a password. Please send it without one."), field="file")
    kept = {at for at, _ in entries}
    return {
        "entries": [(at, possible_names(entry), entry.file_size) for at, entry in entries],
        "passed_over": [entry.filename for at, entry in found if at not in kept],
    }, []


def tell_contents(file: BinaryIO, positions: Sequence[int]) -> tuple[Any, list[bytes]]:
    """Return, inside the process, why each of these files is refused, packed, or None; and their contents."""
    archive = _open(file)
    entries = archive.infolist()
    refused, contents = [], []
    for position in positions:
        why, content = None, b""
        try:
            content = _read_entry(archive, entries[position])
        except PhotoRefused as refusal:
            why = pack(refusal.sentence)
        refused.append(why)
        contents.append(content)
    return refused, contents


def _open(file: BinaryIO) -> zipfile.ZipFile:
    try:
        size = _refuse_long_directory(file)
        archive = zipfile.ZipFile(file)
    except _DAMAGED as cause:
        raise InvalidInput(phrase("This is not a zip file we can open."), field="file") from cause
    # Files that share their bytes with others would be many times what was sent.
    if sum(entry.compress_size for entry in archive.infolist()) > size:
        raise InvalidInput(phrase("This is not a zip file we can open."), field="file")
    return archive


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.file_size > FILE.max_bytes:
        raise PhotoRefused(FILE.too_large)
    try:
        with archive.open(entry) as packed:
            return packed.read(FILE.max_bytes + 1)
    except MemoryError:
        raise
    # zlib.error and lzma.LZMAError are no OSErrors.
    except Exception as cause:
        raise PhotoRefused(phrase("The file is damaged.")) from cause


def possible_names(entry: zipfile.ZipInfo) -> list[str]:
    """Return how a file's name may read; several where the zip does not say its encoding."""
    if entry.flag_bits & _NAME_IS_UTF8 or entry.filename.isascii():
        return [entry.filename]
    raw = entry.orig_filename.encode("cp437")  # what zipfile took it for
    try:
        return [raw.decode("utf-8")]
    except UnicodeDecodeError:
        return [raw.decode(encoding, errors="replace") for encoding in _OLD_ENCODINGS]


def _refuse_long_directory(file: BinaryIO) -> int:
    """Read the zip's last record ourselves, and return the file's bytes.

    Raise InvalidInput, or BadZipFile where there is none.
    """
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
    return size


def _too_much() -> InvalidInput:
    return InvalidInput(
        phrase(
            "This zip holds more than %(most_files)s files or %(most_unpacked_bytes)s MB. "
            "Please send it in parts, or smaller photos; 1,280 pixels are enough.",
            most_files=MOST_FILES,
            most_unpacked_bytes=MOST_UNPACKED_BYTES // 2**20,
        ),
        field="file",
    )


def _is_litter(file_name: str) -> bool:
    path = PurePosixPath(file_name.replace("\\", "/"))
    return path.name.startswith(".") or not _LITTER.isdisjoint(part.lower() for part in path.parts)
