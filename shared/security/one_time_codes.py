"""One-time codes of an authenticator app (RFC 6238: six digits, a new one every 30 seconds)."""

from datetime import datetime

from passlib.exc import TokenError
from passlib.totp import TOTP

# A phone's clock may be so far off, in seconds; the code before and the one after are taken too.
CLOCKS_DIFFER_S = 30


def new_secret() -> str:
    """Draw the secret that app and server share: 160 bits in base32."""
    return str(TOTP.new().base32_key)


def setup_address(secret: str, *, account: str, issuer: str) -> str:
    """Return the otpauth:// address that an app reads from a QR code."""
    return str(TOTP(key=secret).to_uri(label=account, issuer=issuer.replace(":", " ")))


def find_step(secret: str, typed: str, *, now: datetime) -> int | None:
    """Return of which half minute a typed code is; None if it is wrong. Whoever asks uses the step up."""
    try:
        match = TOTP(key=secret).match(typed, time=now, window=CLOCKS_DIFFER_S)
    except TokenError:
        return None
    return int(match.counter)
