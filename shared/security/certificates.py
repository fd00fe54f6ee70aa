"""Says a certificate in the words by which people compare it."""

import hashlib
import re
import ssl


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate, as phones show it: 32 pairs of signs with colons between."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    return ":".join(re.findall("..", digest))
