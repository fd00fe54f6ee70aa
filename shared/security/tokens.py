"""Random tokens for sign-ins and kiosk passes: the browser keeps the token, the database its digest."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """Draw 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """Return SHA-256 in hexadecimal; enough for random tokens, which nobody can guess their way through."""
    return hashlib.sha256(text.encode()).hexdigest()


def keyed_digest(text: str, *, key: str) -> str:
    """Return HMAC-SHA256 in hexadecimal: without the key nobody can tell what it is a digest of."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
