"""Unpacks a OneRoster package in a process of its own: the CSV files that are read, as rows of cells."""

import csv
import io
import zipfile
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from shared.confined.reading import read_confined
from shared.domain.languages import phrase
from shared.domain.oneroster.columns import FILES, MANIFEST
from shared.errors import WorkbookRefused

LARGEST_PACKAGE_BYTES = 20 * 1024 * 1024
# What 20,000 people in ten classes each take, files that are not read included.
_LARGEST_FILE_BYTES = 48 * 1024 * 1024
_MOST_ENTRIES = 100
_MOST_ROWS = 250_000
# 20,000 people are compared in 1.4 s of processor time; 100,000 kept other pages waiting for 2 s.
_MOST_ROWS_OF = {"users": 30_000, "classes": 30_000, "orgs": 5_000, "academicSessions": 5_000}
_LONGEST_CELL = 4_000
_READ = frozenset({MANIFEST, *FILES})

_NOT_ONE = phrase(
    "This is not a zip file we can open. A OneRoster package is a zip of CSV files with a manifest.csv."
)
_TOO_HEAVY = phrase(
    "Reading this package would take too much of this machine, so it was stopped. "
    "Export only one school, and without results and resources."
)


def open_oneroster(content: bytes) -> dict[str, list[list[str]]]:
    """Return the rows of each file that is read, the headings first, by its name without .csv.

    Raise WorkbookRefused, and Overloaded where no turn comes.
    """
    if len(content) > LARGEST_PACKAGE_BYTES:
        raise WorkbookRefused(_TOO_HEAVY)
    told, _ = read_confined(f"{__name__}:tell_oneroster", content, too_heavy=WorkbookRefused(_TOO_HEAVY))
    return dict(told)


def tell_oneroster(file: BinaryIO) -> tuple[Any, list[bytes]]:
    """Return, inside the process, what `open_oneroster` returns."""
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            if len(entries) > _MOST_ENTRIES:
                raise WorkbookRefused(_TOO_HEAVY)
            return _read_files(package, entries), []
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as cause:
        raise WorkbookRefused(_NOT_ONE) from cause


def _read_files(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, list[list[str]]]:
    """Read what stands at the top of the package, or in its only folder, as some systems write it."""
    tables: dict[str, list[list[str]]] = {}
    for entry in entries:
        path = PurePosixPath(entry.filename)
        name = path.stem
        if path.suffix.lower() != ".csv" or name not in _READ or path.parts[0] == "__MACOSX":
            continue
        if name in tables:
            raise WorkbookRefused(phrase("The package holds %(name)s.csv more than once.", name=name))
        if entry.flag_bits & 1:
            raise WorkbookRefused(phrase("This package has a password. Please send it without one."))
        if entry.file_size > _LARGEST_FILE_BYTES:
            raise WorkbookRefused(_TOO_HEAVY)
        tables[name] = _rows(name, package.read(entry))
    return tables


def _rows(name: str, content: bytes) -> list[list[str]]:
    """Read one file; OneRoster is UTF-8, and some systems begin it with a byte order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = content.count(b"\n", 0, cause.start) + 1
        raise WorkbookRefused(
            phrase(
                "%(name)s.csv is not UTF-8, as OneRoster asks for: see line %(line)s.", name=name, line=line
            )
        ) from cause
    if "\0" in text:
        raise WorkbookRefused(phrase("%(name)s.csv is not a text file.", name=name))
    rows: list[list[str]] = []
    most = _MOST_ROWS_OF.get(name, _MOST_ROWS)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            if len(rows) > most:
                raise WorkbookRefused(
                    phrase(
                        "%(name)s.csv has more than %(most)s rows. Export only one school, and send that.",
                        name=name,
                        most=f"{most:,}",
                    )
                )
            if any(len(cell) > _LONGEST_CELL for cell in row):
                raise WorkbookRefused(
                    phrase(
                        "%(name)s.csv, line %(count)s: a cell is longer than 4,000 characters.",
                        name=name,
                        count=len(rows) + 1,
                    )
                )
            rows.append(row)
    except csv.Error as cause:
        raise WorkbookRefused(
            phrase(
                "%(name)s.csv cannot be read from row %(count)s on. Is a quotation mark missing there?",
                name=name,
                count=len(rows) + 1,
            )
        ) from cause
    return rows
