"""Encryption at rest for photos, descriptors and face models: AES-256-GCM with numbered keys."""

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Layout of a sealed value: format (1 byte), key number (1), nonce (12), ciphertext and tag (16 more
# than the plaintext). The nonce length is the one NIST SP 800-38D recommends for GCM.
_FORMAT = 1
_NONCE_BYTES = 12
SEAL_OVERHEAD_BYTES = 2 + _NONCE_BYTES + 16


class BrokenSeal(Exception):
    """The value was altered, belongs to another row, or its key is not among the settings."""


class Sealer:
    """Seals bytes for one purpose and one row, so that a sealed value moved to another row does not open."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._newest = max(keys)

    def seal(self, plaintext: bytes, *, purpose: str) -> bytes:
        """Seal under the newest key. `purpose` names kind and row, such as "face-model:17"."""
        head = bytes([_FORMAT, self._newest])
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, plaintext, head + purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """Open what `seal` made for the same purpose. Raise BrokenSeal."""
        head, nonce, rest = sealed[:2], sealed[2 : 2 + _NONCE_BYTES], sealed[2 + _NONCE_BYTES :]
        if len(sealed) < SEAL_OVERHEAD_BYTES or head[0] != _FORMAT or head[1] not in self._ciphers:
            raise BrokenSeal
        try:
            return self._ciphers[head[1]].decrypt(nonce, rest, head + purpose.encode())
        except InvalidTag as cause:
            raise BrokenSeal from cause


def key_number(sealed: bytes) -> int:
    """Return the number of the key a value was sealed with."""
    return sealed[1]
