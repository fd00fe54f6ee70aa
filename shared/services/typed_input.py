"""Checks what a person typed and brings it to its stored form, or says at the field what is wrong with it."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email

from shared.domain.attendance import normal_code
from shared.domain.languages import phrase
from shared.errors import ChangedMeanwhile, InvalidInput

LONGEST_NAME = 200
LONGEST_CODE = 64

# Joiners that Indic scripts write names with; every other invisible sign is refused.
_JOINERS = "\u200c\u200d"
_LOCAL_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@localhost")


def require_as_seen(
    held: Mapping[str, Any], typed: Mapping[str, Any], *, seen: Mapping[str, Any] | None
) -> None:
    """Raise ChangedMeanwhile if a row holds neither what its form was opened with nor what was typed.

    `seen` is None where nobody was shown anything, as with a list that is imported.
    """
    if seen is not None and any(held[name] not in (seen.get(name), typed[name]) for name in held):
        raise ChangedMeanwhile(phrase("Somebody else changed this first. Please look again."), held)


def checked_name(typed: str, *, field: str = "name") -> str:
    """Bring a name to its stored form. Raise InvalidInput."""
    name = checked_text(typed, field=field, longest=LONGEST_NAME)
    if not name:
        raise InvalidInput(phrase("Please type a name."), field=field)
    return name


def checked_code(typed: str, *, field: str) -> str:
    """Bring a class code or roll id to its stored form. Raise InvalidInput."""
    code = normal_code(checked_text(typed, field=field, longest=LONGEST_CODE))
    if not code:
        raise InvalidInput(phrase("This may not be empty."), field=field)
    return code


def checked_text(typed: str, *, field: str, longest: int) -> str:
    """Return a text in NFC without spaces around it. Raise InvalidInput if it is too long or holds a sign
    that cannot be seen."""
    text = unicodedata.normalize("NFC", typed).strip()
    if len(text) > longest:
        raise InvalidInput(
            phrase("This is longer than %(longest)s characters.", longest=longest), field=field
        )
    if any(unicodedata.category(sign)[0] == "C" and sign not in _JOINERS for sign in text):
        raise InvalidInput(
            phrase("This holds a character that cannot be seen; please type it again."), field=field
        )
    return text


def checked_email(typed: str) -> str:
    """Bring an address to its stored form. Raise InvalidInput with the reason.

    "localhost" is allowed because the first admin has no mail domain yet.
    """
    typed = typed.strip()
    if _LOCAL_ADDRESS.fullmatch(typed):
        return typed.lower()
    try:
        return validate_email(typed, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as cause:
        raise InvalidInput(_no_address(typed), field="email") from cause


def _no_address(typed: str) -> str:
    """Say what is wrong with an address in words of our own: the library's are English alone."""
    shown = f"{typed!r}"
    if "@" not in typed:
        return phrase(
            "%(typed)s is not an e-mail address such as name@school.example: it has no @-sign.", typed=shown
        )
    if typed.count("@") > 1 or re.search(r"[\s,;<>]", typed):
        return phrase(
            "%(typed)s is not an e-mail address such as name@school.example: please type one address alone, "
            "without spaces or commas.",
            typed=shown,
        )
    if "." not in typed.partition("@")[2]:
        return phrase(
            "%(typed)s is not an e-mail address such as name@school.example: there is no full stop after the "
            "@-sign.",
            typed=shown,
        )
    return phrase("%(typed)s is not an e-mail address such as name@school.example.", typed=shown)
