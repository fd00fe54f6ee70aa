"""A list that a page shows for review and gets back unchanged, or not at all."""

import base64
import binascii
import json
import zlib
from typing import Any

from shared.security.sealing import BrokenSeal, Sealer


def seal_form(sealer: Sealer, content: Any, *, purpose: str) -> str:
    """Seal what JSON can hold, as text for a hidden field; `purpose` names who may send it, and for what."""
    plain = zlib.compress(json.dumps(content, ensure_ascii=False).encode())
    return base64.urlsafe_b64encode(sealer.seal(plain, purpose=purpose)).decode()


def open_form(sealer: Sealer, sealed: str, *, purpose: str) -> Any:
    """Open what `seal_form` made for the same purpose. Raise BrokenSeal."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error) as cause:
        raise BrokenSeal from cause
    return json.loads(zlib.decompress(sealer.open(raw, purpose=purpose)))
