"""Brings what people type to one form: to store, to compare, to search and to sort it by.

Both sites and both databases use these forms, so that a name is found on every page or on none.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

# Of these scripts an accent or a vowel mark is an addition; elsewhere (आ, が) a mark is the letter itself.
_ACCENTED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_NUKTA = 7  # the combining class of the dot below that makes फ़ of फ, typed by some and left out by others
_JOINERS = "\u200c\u200d"
_QUOTES = "'’‘‛ʼʹ`´′＇"
_MINUS = "\u2212"
# What codes consist of; nobody types what stands between the same way twice.
_PART = re.compile(r"\d+|(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0903\u093a-\u094f])+")
# So many signs may stand for the end of a code of at least so many, even where they begin within a number.
_SHORTEST_CUT, _SHORTEST_TO_CUT = 2, 6
# A roll id that is typed is held against those of its class, again and again those of some classes.
_CODES_KEPT = 4096


def without_invisible_marks(typed: str) -> str:
    """Return the text without direction marks, zero-width spaces and soft hyphens.

    A joiner stays where a letter of a joining script stands before and after it: Persian, Hindi and
    Marathi names are written with it.
    """
    signs = []
    for at, sign in enumerate(typed):
        if unicodedata.category(sign) == "Cf":
            around = typed[at - 1 : at] + typed[at + 1 : at + 2]
            joins = len(around) == 2 and all(
                unicodedata.category(each) in ("Lo", "Mn", "Mc") for each in around
            )
            if sign not in _JOINERS or not joins:
                continue
        signs.append(sign)
    return "".join(signs)


def clean(typed: str) -> str:
    """Return the text as it is stored and shown: composed, on one line, one plain space between words."""
    return " ".join(without_invisible_marks(unicodedata.normalize("NFC", typed)).split())


@lru_cache(_CODES_KEPT)
def normal_code(typed: str) -> str:
    """Bring a typed class code or roll id to the one form that is stored and compared.

    Spaces, small letters, full-width letters, other scripts' digits, other dashes and invisible marks come
    from keyboards and spreadsheets; none of them makes another student.
    """
    text = without_invisible_marks(unicodedata.normalize("NFKC", typed))
    return "".join(_plain_sign(sign) for sign in text if not sign.isspace()).upper()


def loose_code(code: str) -> str:
    """Return a code without separators and leading zeros: 24-CS-011 and 24cs11 are both 24CS11."""
    letters = "".join(sign for sign in normal_code(code) if unicodedata.category(sign)[0] in "LMN")
    return re.sub(r"\d+", lambda number: number[0].lstrip("0") or "0", letters)


@lru_cache(_CODES_KEPT)
def code_parts(code: str) -> tuple[str, ...]:
    """Return a code's runs of digits and of letters: 24, CS, 011 of 24-CS-011 and of 24cs011."""
    return tuple(_PART.findall(normal_code(code)))


@lru_cache(_CODES_KEPT)
def as_counted(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a code with every number as it counts: 11 for 011."""
    return tuple(part.lstrip("0") or "0" if part.isdecimal() else part for part in parts)


def fitting_codes(typed: str, codes: Iterable[str]) -> list[str]:
    """Return the codes that the typed one may mean; only a list of one names a student.

    That is the very code alone, else those of the same parts, else of the same parts but for leading zeros,
    else those that end with the typed parts: A42 and 42 mean 15203A0042. At last an ending may begin within a
    long number, as 42 in 202401042; but 2 never means 12.
    """
    codes, normal = list(codes), normal_code(typed)
    exact = [code for code in codes if normal_code(code) == normal]
    asked = code_parts(typed)
    if exact or not asked:
        return exact
    counted, signs = as_counted(asked), "".join(asked)
    may_cut = len(signs) >= _SHORTEST_CUT
    parts = {code: code_parts(code) for code in codes}
    ways = (
        [code for code in codes if parts[code] == asked],
        [code for code in codes if as_counted(parts[code]) == counted],
        [code for code in codes if as_counted(parts[code][-len(asked) :]) == counted],
        [code for code in codes if may_cut and _is_cut(parts[code], signs)],
    )
    return next((found for found in ways if found), [])


def _is_cut(parts: tuple[str, ...], signs: str) -> bool:
    whole = "".join(parts)
    return len(whole) >= _SHORTEST_TO_CUT and whole.endswith(signs)


def natural_order(code: str) -> str:
    """Return a text that sorts codes as people count, in any database: 9 before 10, A2 before A10.

    Each number is preceded by the count of its digits; a code of 64 signs gives at most 160.
    """
    parts = re.split(r"(\d+)", normal_code(code))
    return "".join(_counted(part) if part.isdecimal() else part for part in parts)


def _counted(number: str) -> str:
    digits = number.lstrip("0") or "0"
    return f"{len(digits):02d}{digits}"


def fold(text: str) -> str:
    """Return the form in which texts are compared: without case, accents, invisible marks and extra spaces.

    José Núñez, JOSE NUNEZ and "Jose  Nunez" are one; so are 12, १२ and ١٢, and every kind of dash.
    """
    composed = unicodedata.normalize("NFKC", text).casefold()
    decomposed = unicodedata.normalize("NFD", composed)
    signs: list[str] = []
    script = ""
    for sign in decomposed:
        category = unicodedata.category(sign)
        if category == "Cf":
            continue
        if category == "Mn":
            if script not in _ACCENTED_SCRIPTS and unicodedata.combining(sign) != _NUKTA:
                signs.append(sign)
            continue
        script = _script(sign)
        signs.append(anyascii(sign).casefold() if script == "LATIN" else _plain_sign(sign))
    return " ".join(unicodedata.normalize("NFC", "".join(signs)).split())


def search_form(name: str, code: str = "") -> str:
    """Return what `search_words` are looked for in: name and code folded, and the code without separators."""
    return " ".join(filter(None, (fold(name), fold(code), loose_code(code).casefold())))


def search_words(typed: str) -> list[str]:
    """Return the words of a search, each of which a `search_form` must hold; none: everything is found."""
    return fold(typed).split()


def _plain_sign(sign: str) -> str:
    """Return the ASCII sign for a digit, a dash or an apostrophe of any kind, and any other sign as it is."""
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.digit(sign))
    if category == "Pd" or sign == _MINUS:
        return "-"
    return "'" if sign in _QUOTES else sign


@lru_cache(maxsize=4096)
def _script(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0]
