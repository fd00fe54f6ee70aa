"""Readers that take more than their share, for the tests of `shared.confined`."""

import ctypes
import os
import time
from typing import Any, BinaryIO

from shared.errors import InvalidInput


def tell_length(file: BinaryIO, *words: str) -> tuple[Any, list[bytes]]:
    content = file.read()
    return {"bytes": len(content), "words": words, "pid": os.getpid()}, [content[:3], b""]


def tell_secrets(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    return sorted(os.environ), []


def refuse(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    raise InvalidInput("Not this one.", field="file")


def spin(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    while True:
        pass


def hoard(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    return sum(len(bytes(1024 * 1024)) for _ in [bytearray(1024 * 1024) for _ in range(400)]), []


def crash(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    ctypes.string_at(0)
    return None, []


def sleep(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    time.sleep(60)
    return None, []


def fail(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    raise RuntimeError("a bug")


def write(_file: BinaryIO) -> tuple[Any, list[bytes]]:
    with open("/tmp/attendance-reader-wrote", "wb") as file:  # noqa: PTH123
        file.write(b"x")
    return None, []
