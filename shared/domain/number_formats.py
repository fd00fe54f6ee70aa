"""What a spreadsheet shows for a number under its format, as far as that can be told for sure.

The formats are those of Excel, as ECMA-376 part 1, 18.8.30 and 18.8.31, describes them; only what roll ids
are written with is followed: digits with leading zeros and text around or between them.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

# The longest format Excel itself takes; what is longer was not made by it.
LONGEST_FORMAT = 255
GENERAL = "General"
# More digits than a double keeps are zeros in the file, whatever was typed.
KEPT_DIGITS = 15
# The built-in formats that show more than General or a date; the rest of 0 to 49 are in _BUILT_IN_DATES.
BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 49: "@"}
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))


class _Sign(NamedTuple):
    """A sign shown as it is, a place for a digit or part of a date, or what stands in a bracket."""

    text: str
    is_literal: bool = False
    is_bracket: bool = False


def built_in_format(number: int) -> str:
    """Return the format code that a number below 164 stands for."""
    return "yyyy-mm-dd" if number in _BUILT_IN_DATES else BUILT_IN.get(number, GENERAL)


@lru_cache(maxsize=1024)
def is_date_format(code: str) -> bool:
    """Tell whether a number under this format is shown as a date or a time."""
    first = [sign.text.lower() for sign in _signs(code) if not sign.is_literal and not sign.is_bracket]
    if "general" in "".join(first):
        return False
    return any(sign in "ymdhs" for sign in first)


def shown_number(stored: Decimal, code: str) -> str | None:
    """Return what is shown for a number, or None where this cannot be told for sure.

    General shows whole numbers of up to 11 digits as they are and longer ones rounded; of those the stored
    digits are given, because they are what was typed.
    """
    whole = stored == stored.to_integral_value()
    if code in ("", GENERAL, "@") or code.lower() == "general":
        return f"{stored:f}" if not whole else str(int(stored))
    if len(code) > LONGEST_FORMAT or not whole or stored < 0:
        return None
    signs = list(_signs(code))
    if any(sign.is_bracket and sign.text[:1] in ("<", ">", "=") for sign in signs):
        return None
    signs = [sign for sign in signs if not sign.is_bracket]
    places = [sign for sign in signs if not sign.is_literal]
    if "".join(sign.text for sign in places).lower() == "general":
        return _around_general(signs, str(int(stored)))
    if not places or any(sign.text not in "0#?" for sign in places):
        return None
    return _filled(signs, str(int(stored)), len(places))


def _filled(signs: list[_Sign], digits: str, places: int) -> str:
    """Fill the places from the right; the first takes what is left over."""
    digits = digits.lstrip("0")
    spare = max(0, len(digits) - places)
    taken = (
        [digits[: spare + 1], *digits[spare + 1 :]] if spare else [""] * (places - len(digits)) + list(digits)
    )
    fill = {"0": "0", "#": "", "?": ""}
    shown, at = "", 0
    for sign in signs:
        if sign.is_literal:
            shown += sign.text
        else:
            shown += taken[at] or fill[sign.text]
            at += 1
    return shown.strip()


def _around_general(signs: list[_Sign], digits: str) -> str:
    before = "".join(
        sign.text for sign in signs[: next(at for at, sign in enumerate(signs) if not sign.is_literal)]
    )
    after = "".join(
        sign.text for sign in signs[max(at for at, sign in enumerate(signs) if not sign.is_literal) + 1 :]
    )
    return f"{before}{digits}{after}".strip()


def _signs(code: str) -> Iterator[_Sign]:
    """Return what holds for numbers above zero sign by sign, in one pass; a bracket is one sign."""
    at = 0
    while at < min(len(code), LONGEST_FORMAT) and code[at] != ";":
        sign = code[at]
        if sign == '"':
            end = code.find('"', at + 1)
            end = len(code) if end < 0 else end
            yield _Sign(code[at + 1 : end], is_literal=True)
            at = end + 1
        elif sign == "\\":
            yield _Sign(code[at + 1 : at + 2], is_literal=True)
            at += 2
        elif sign in "_*":  # room for a sign, and a sign repeated to the cell's width
            at += 2
        elif sign == "[":
            end = code.find("]", at)
            end = len(code) if end < 0 else end
            inner = code[at + 1 : end]
            # [h], [mm] and [ss] count hours, minutes and seconds; [$-409] and [Red] change no digit.
            counts_time = inner and set(inner.lower()) <= set("hms")
            yield _Sign(inner[0]) if counts_time else _Sign(inner, is_bracket=True)
            at = end + 1
        else:
            yield _Sign(sign, is_literal=sign in "-/()+: ")
            at += 1
