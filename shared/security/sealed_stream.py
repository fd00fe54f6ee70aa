"""A file sealed piece by piece with AES-256-GCM, so that backups of any size need little memory.

Layout: a first line in clear, in JSON, that says which key opens the rest; then pieces, each its length (4
bytes, big-endian) and its ciphertext. A piece's nonce is its number and whether it is the last (the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), and the first line is authenticated with each:
a piece that is altered, missing, moved or cut off does not open.
"""

import io
import json
import os
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PIECE_BYTES = 1 << 20
_LENGTH = struct.Struct(">I")
_LONGEST_FIRST_LINE = 1000
_TAG_BYTES = 16


class BrokenFile(Exception):
    """The file is not one of ours, was altered or cut off."""


class UnknownKey(Exception):
    """The file was sealed with a key that is not at hand; `number` is the key's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class SealedWriter(io.RawIOBase):
    """Seals what is written to it into `file`; only `finish` makes the file whole."""

    def __init__(self, file: BinaryIO, keys: Mapping[int, bytes], *, kind: str) -> None:
        self._file, self._waiting, self._number = file, bytearray(), 0
        newest, salt = max(keys), os.urandom(32)
        self._first_line = json.dumps({"kind": kind, "key": newest, "salt": salt.hex()}).encode() + b"\n"
        self._cipher = _cipher(keys[newest], salt, kind)
        file.write(self._first_line)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._waiting += content
        while len(self._waiting) > _PIECE_BYTES:
            self._seal(bytes(self._waiting[:_PIECE_BYTES]), is_last=False)
            del self._waiting[:_PIECE_BYTES]
        return len(content)

    def finish(self) -> None:
        """Seal the last piece. A file without it does not open."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, self._first_line)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens what SealedWriter sealed. Raises BrokenFile and UnknownKey, here and while reading."""

    def __init__(self, file: BinaryIO, keys: Mapping[int, bytes], *, kind: str) -> None:
        self._file, self._number, self._is_over, self._opened = file, 0, False, b""
        self._first_line = file.readline(_LONGEST_FIRST_LINE)
        try:
            told = json.loads(self._first_line)
            number, salt = int(told["key"]), bytes.fromhex(told["salt"])
            is_ours = told["kind"] == kind
        except (ValueError, KeyError, TypeError) as cause:
            raise BrokenFile from cause
        if not is_ours:
            raise BrokenFile
        if number not in keys:
            raise UnknownKey(number)
        self._cipher = _cipher(keys[number], salt, kind)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._opened and not self._is_over:
            self._opened = self._open_next()
        count = min(len(buffer), len(self._opened))
        buffer[:count] = self._opened[:count]
        self._opened = self._opened[count:]
        return count

    def _open_next(self) -> bytes:
        head = self._file.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        if not _TAG_BYTES <= length <= _PIECE_BYTES + _TAG_BYTES:
            raise BrokenFile
        sealed = self._file.read(length)
        for is_last in (False, True):
            try:
                piece = self._cipher.decrypt(_nonce(self._number, is_last=is_last), sealed, self._first_line)
            except InvalidTag:
                continue
            self._number += 1
            self._is_over = is_last
            if is_last and self._file.read(1):
                raise BrokenFile
            return piece
        raise BrokenFile


def _cipher(key: bytes, salt: bytes, kind: str) -> AESGCM:
    """Return a key of the file's own: none is used for two files, nor for what rows are sealed with."""
    return AESGCM(HKDF(SHA256(), 32, salt, kind.encode()).derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
