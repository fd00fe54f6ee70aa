"""Says a certificate in the words by which people compare it."""

import hashlib
import re
import ssl
from datetime import datetime
from pathlib import Path

from cryptography import x509


def fingerprint(pem: str) -> str:
    """Return a certificate's SHA-256 as phones show it: 32 pairs of signs with colons between."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    return ":".join(re.findall("..", digest))


def read_end(path: Path) -> datetime | None:
    """Return when the certificate in a PEM file ends; None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
