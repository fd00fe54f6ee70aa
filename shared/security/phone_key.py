"""Checks what a phone signed with the key that its browser made and never gives away.

The page makes an ECDSA P-256 key that cannot be extracted (Web Cryptography API, https://www.w3.org/TR/webcrypto-2/)
and registers its public half; a copied cookie does not carry the private one along.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

# A browser writes a signature as r and s of 32 bytes each (IEEE P1363), the library reads DER.
_HALF = 32


def is_public_key(text: str) -> bool:
    """Tell whether `text` is a P-256 public key, SubjectPublicKeyInfo in base64."""
    return _read(text) is not None


def is_signature(text: str) -> bool:
    """Tell whether `text` could be a signature, before there is a message: r and s in base64."""
    return len(_decode(text)) == 2 * _HALF


def is_signed(public_key: str, message: str, signature: str) -> bool:
    """Tell whether `signature` (r and s in base64) is the key's over the UTF-8 of `message`, with SHA-256."""
    key, raw = _read(public_key), _decode(signature)
    if key is None or len(raw) != 2 * _HALF:
        return False
    r, s = int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:])
    try:
        key.verify(utils.encode_dss_signature(r, s), message.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _read(text: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = serialization.load_der_public_key(_decode(text))
    except (ValueError, UnsupportedAlgorithm):
        return None
    is_ours = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return key if is_ours else None  # type: ignore[return-value]


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
