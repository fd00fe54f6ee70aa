"""The days a written date may mean: spreadsheets show one and the same day in the order of their country."""

import re
from datetime import date

from shared.domain.typed_text import fold

_MONTHS = (
    "january jan januar janvier enero जनवरी जन॰ जानेवारी जाने janv ene",
    "february feb februar février febrero फरवरी फ़रवरी फ़र॰ फेब्रुवारी फेब्रु févr",
    "march mar märz mars marzo मार्च mrz",
    "april apr avril abril अप्रैल एप्रिल एप्रि avr abr",
    "may mai mayo मई मे",
    "june jun juni juin junio जून",
    "july jul juli juillet julio जुलाई जुल॰ जुलै juil",
    "august aug août agosto अगस्त अग॰ ऑगस्ट ऑग ago",
    "september sep sept septembre septiembre सितंबर सितम्बर सित॰ सप्टेंबर सप्टें",
    "october oct oktober okt octobre octubre अक्टूबर अक्तूबर अक्टू॰ ऑक्टोबर ऑक्टो",
    "november nov novembre noviembre नवंबर नवम्बर नव॰ नोव्हेंबर नोव्हें",
    "december dec dezember dez décembre diciembre दिसंबर दिसम्बर दिस॰ डिसेंबर डिसें déc dic",
)
_MONTH_OF = {fold(word): number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}
_TIME = re.compile(r"[t ]\d{1,2}[:.]\d{2}([:.]\d{2})?( ?[ap]\.?m\.?)?$")
_PIECE = re.compile(r"\d+|[^\W\d_][^\d\s,./-]*")
# A year of two digits is of this century.
_CENTURY = 2000


def days_meant(text: str) -> frozenset[date]:
    """Return every day the text may mean in the orders of the world; none if it is no date.

    A weekday and a time of day beside it are passed over.
    """
    found = (_day(*order) for order in _orders(text))
    return frozenset(each for each in found if each is not None)


def typed_day(text: str) -> date | None:
    """Return the day that somebody types into a date's field; None if it is none.

    The month may be a word: 23 Nov 2026. In numbers alone the day comes first, as in 23/11/2026, or the year,
    as in 2026-11-23.
    """
    for order in _orders(text):
        found = _day(*order)
        if found is not None:
            return found
    return None


def is_month(word: str) -> bool:
    """Tell whether a word is a month, in the languages that dates are read in."""
    return fold(word) in _MONTH_OF


def _orders(text: str) -> list[tuple[int, int, int]]:
    """Return what the text may say as (year, month, day), the likeliest first."""
    pieces = _PIECE.findall(_TIME.sub("", fold(text)))
    numbers = [int(piece) for piece in pieces if piece.isdecimal() and len(piece) <= 4]
    months = [_MONTH_OF[word] for word in pieces if word in _MONTH_OF]
    if len(numbers) == 2 and len(months) == 1:
        (first, second), (month,) = numbers, months
        return [(second, month, first), (first, month, second)]
    if len(numbers) == 3 and not months:
        first, second, third = numbers
        if first > 31:
            return [(first, second, third)]
        return [(third, second, first), (third, first, second), (first, second, third)]
    return []


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year + _CENTURY if year < 100 else year, month, day)
    except ValueError:
        return None
