"""Reads phone numbers as people and spreadsheets write them, and brings them to E.164, such as +919876543210.

The rules of each country are those of the library phonenumbers. It is loaded by the first number.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.class_lists.addresses import is_empty_mark
from shared.domain.languages import phrase
from shared.domain.typed_text import clean
from shared.errors import InvalidInput

# Father, mother, somebody who looks after the child, and the student.
MOST_NUMBERS = 4
_LONGEST_CELL = 300
# A slash stands within German numbers too: 0151/23456789. So it divides only where the whole is no number.
_BETWEEN = re.compile(r"[;,|\n&]+|\b(?:and|or|und|oder|et|ou|y|o)\b|(?<=\d)\s+(?=\+)", re.IGNORECASE)
_SLASH = re.compile(r"[/\\]+")
_WHATSAPP = re.compile(r"(?:https?://)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=)\+?", re.IGNORECASE)
_SHORTENED = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_WHOLE_FLOAT = re.compile(r"(\d{6,})[.,]0+")
# With its country's code but without the plus, as a spreadsheet keeps it.
_PLUS_LOST = re.compile(r"[1-9]\d{10,14}")


@dataclass(frozen=True)
class PhoneReading:
    """The numbers, each once, in their order; `unused` says of the rest why it is none, `guessed` what was
    guessed."""

    numbers: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()


def read_phones(texts: Iterable[str], country: str) -> PhoneReading:
    """Read the numbers of a family's cells, each with any number of them.

    `country` is the ISO code of numbers that do not name theirs; "" for none.
    """
    found: dict[str, None] = {}
    unused: list[str] = []
    guessed: list[str] = []
    for text in texts:
        for part in _parts(text[:_LONGEST_CELL], country):
            number, doubt = _read_one(part, country)
            if number:
                found[number] = None
            if doubt:
                (guessed if number else unused).append(doubt)
    numbers = tuple(found)
    unused += [
        phrase(
            "There is room for %(most)d phone numbers, and none for %(number)s.",
            most=MOST_NUMBERS,
            number=number,
        )
        for number in numbers[MOST_NUMBERS:]
    ]
    return PhoneReading(numbers[:MOST_NUMBERS], tuple(unused), tuple(guessed))


def checked_phones(typed: str, country: str) -> str:
    """Bring typed numbers to their stored form, one space between them. Raise InvalidInput."""
    if len(typed) > _LONGEST_CELL:
        raise InvalidInput(
            phrase("This is longer than %(longest)d characters.", longest=_LONGEST_CELL), field="phones"
        )
    found = read_phones([typed], country)
    if found.unused:
        raise InvalidInput(found.unused[0], field="phones")
    return " ".join(found.numbers)


def _parts(text: str, country: str) -> Iterator[str]:
    """Yield each number of a cell with what stands around it; nothing for a cell that says "nil"."""
    plain = unicodedata.normalize("NFKC", text).replace("\r", "\n")
    plain = _WHATSAPP.sub("+", plain)
    if is_empty_mark(clean(plain)):
        return
    if _SHORTENED.fullmatch(clean(plain)):
        yield clean(plain)  # its comma is a decimal one
        return
    for part in filter(None, map(clean, _BETWEEN.split(plain))):
        several = [clean(each) for each in _SLASH.split(part)]
        if len(several) > 1 and not _find_number(part, country):
            yield from filter(None, several)
        else:
            yield part


def _read_one(part: str, country: str) -> tuple[str, str]:
    """Return a number and what is doubtful about it; "" for neither."""
    if is_empty_mark(part):
        return "", ""
    shortened = _SHORTENED.fullmatch(part.replace(" ", ""))
    if shortened:
        whole, decimals, exponent = shortened[1], shortened[2] or "", int(shortened[3])
        if len(decimals) < exponent:
            return "", phrase(
                "“%(typed)s” is a phone number that the spreadsheet shortened; format the column as text and "
                "type the number again.",
                typed=part[:40],
            )
        part = str(int(Decimal(f"{whole}.{decimals or 0}E{exponent}")))
    elif floating := _WHOLE_FLOAT.fullmatch(part):
        part = floating[1]
    number = _find_number(part, country)
    if number:
        return number, ""
    if _PLUS_LOST.fullmatch(part) and (number := _find_number(f"+{part}", "")):
        return number, phrase(
            "“%(typed)s” was read as %(number)s, with the + that a spreadsheet takes away.",
            typed=part,
            number=number,
        )
    if not country and not part.startswith("+") and sum(sign.isdecimal() for sign in part) > 5:
        return "", phrase("“%(typed)s” does not begin with + and a country's number.", typed=part[:40])
    return "", phrase("“%(typed)s” is not a phone number.", typed=part[:40])


def _find_number(text: str, country: str) -> str:
    """Return the one number in a text, such as "9876543210 (mother)"; "" for none, or for several."""
    import phonenumbers

    region = country or None
    try:
        whole = phonenumbers.parse(text, region)
        valid = [whole] if phonenumbers.is_valid_number(whole) else []
    except phonenumbers.NumberParseException:
        valid = []
    if not valid and any(sign.isalpha() for sign in text):
        matcher = phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID)
        valid = [match.number for match in matcher]
    if len(valid) != 1 or _is_one_digit(valid[0].national_number):
        return ""
    return str(phonenumbers.format_number(valid[0], phonenumbers.PhoneNumberFormat.E164))


def _is_one_digit(national: int | None) -> bool:
    """Tell whether somebody typed 9999999999 to get on."""
    return len(set(str(national))) == 1
