"""Hashes passwords as the sign-in pages check them, and draws first-time passwords and recovery codes."""

import base64
import hashlib
import hmac
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# Without letters and digits that are taken for each other; 20 of 31 signs are 99 bits.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"

SHORTEST_PASSWORD = 12


def first_time_password() -> str:
    """Draw four groups of five signs, such as k7m2p-…; its holder changes it at the first sign-in."""
    return _draw_groups(4)


def recovery_code() -> str:
    """Draw three groups of five signs, 74 bits, for who lost the phone with the authenticator app."""
    return _draw_groups(3)


def _draw_groups(count: int) -> str:
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(5)) for _ in range(count))


def hash_password(password: str, *, salt: str) -> str:
    """Return Argon2id over an HMAC with the installation's secret: a stolen table alone cannot be guessed.

    The same construction as Flask-Security's `hash_password`, which works only inside a request's context:
    https://flask-security.readthedocs.io/en/stable/configuration.html#SECURITY_PASSWORD_SINGLE_HASH
    """
    return PasswordHasher().hash(_peppered(password, salt))


def is_hash_of(hashed: str, typed: str, *, salt: str) -> bool:
    """Tell whether this was hashed by `hash_password`."""
    try:
        return PasswordHasher().verify(hashed, _peppered(typed, salt))
    except VerifyMismatchError:
        return False


def _peppered(password: str, salt: str) -> bytes:
    normal = unicodedata.normalize("NFKD", password).encode()
    return base64.b64encode(hmac.new(salt.encode(), normal, hashlib.sha512).digest())
