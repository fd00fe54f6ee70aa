"""Tells the lines of a list that are students from those that stand above, between and below them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from shared.domain.class_lists.headings import ListField, read_heading
from shared.domain.languages import phrase
from shared.domain.table_cells import Row
from shared.domain.typed_text import clean, fold

# How a line begins that stands below or between the students.
_FOOTERS = (
    *(
        r"(grand |sub ?|class )?totals?\b",
        r"(no|number) of (students|boys|girls|pupils)\b",
        r"(total )?strength\b",
    ),
    *(r"(prepared|checked|verified|approved|signed|submitted|compiled) by\b", r"boys\b", r"girls\b"),
    *(r"(printed|generated|exported|issued|entered|created|downloaded) (by|on|from)\b", r"sign(ature)?s?\b"),
    *(
        r"(class ?)?teachers?\b",
        r"(vice )?principals?\b",
        r"head ?(master|mistress|teacher)\b",
        r"h\.?o\.?d\b",
    ),
    *(
        r"coordinator\b",
        r"registrar\b",
        r"date\b",
        r"place\b",
        r"page \d",
        r"notes?\b",
        r"remarks?\b",
        r"n\.?b\.?\b",
    ),
    *(
        r"end of (list|report)",
        r"\*",
        r"gesamt",
        r"summe\b",
        r"anzahl\b",
        r"unterschrift",
        r"datum\b",
        r"seite \d",
    ),
    *(
        r"somme\b",
        r"effectif",
        r"signe",
        r"fecha\b",
        r"firma\b",
        r"एकूण",
        r"कुल ",
        r"स्वाक्षरी",
        r"हस्ताक्षर",
        r"दिनांक",
    ),
)
_FOOTER = re.compile("|".join(_FOOTERS))
# The same for certain, whatever number stands beside it: "Total | 2" is no student of roll id 2.
_CERTAINLY = re.compile(
    r"(grand |sub ?|class )?totals?( (no\.? of )?(students|strength|pupils|boys|girls))?[ :=.-]*\d*$"
    r"|total (no\.?|number) of (students|pupils|boys|girls)\b"
    r"|(prepared|checked|verified|approved|signed|submitted|compiled|printed|generated) (by|on)\b"
    r"|(no|number) of (students|pupils)\b|signature\b|end of (list|report)|date[ :]+\d"
    r"|page \d+( of \d+)?$|seite \d+|(boys|girls|strength)[ :]*\d*$"
)
# A class's or a group's name on a line of its own.
_BETWEEN = re.compile(
    r"(section|sec|division|div|class|std|batch|group|house|semester|sem|year|तुकडी|कक्षा|इयत्ता|klasse|classe)\b"
)
_RULE = set("-–—_=.*•· ")


def why_skipped(row: Row, headings: Sequence[str], *, roll_id_at: int, name_at: int) -> str:
    """Return why a line is no student; "" for one that may be."""
    texts = [clean(cell.text) for cell in row]
    filled = [text for text in texts if text]
    if headings and (_repeats(texts, headings) or _are_headings(filled)):
        return phrase("the headings again")
    roll_id, name = (fold(texts[at]) if at < len(texts) else "" for at in (roll_id_at, name_at))
    first = fold(filled[0]) if filled else ""
    has_number = any(sign.isdecimal() for sign in roll_id)
    if _CERTAINLY.match(first) or _CERTAINLY.match(roll_id) or _CERTAINLY.match(name):
        return phrase("a line below the list or between its rows")
    if _FOOTER.match(first) and not has_number:
        return phrase("a line below the list or between its rows")
    if len(filled) == 1 and _BETWEEN.match(first):
        return phrase("a heading between the rows")
    if len(filled) == 1 and not name and not any(sign.isdecimal() for sign in first):
        return phrase("a line of one cell, without a number")
    return phrase("a line of dashes") if set("".join(filled)) <= _RULE else ""


def _repeats(texts: Sequence[str], headings: Sequence[str]) -> bool:
    pairs = [(_plain(text), _plain(heading)) for text, heading in zip(texts, headings, strict=False) if text]
    return len(pairs) > 1 and sum(text == heading for text, heading in pairs) * 2 > len(pairs)


def _are_headings(filled: Sequence[str]) -> bool:
    """Tell whether a line is headings in another order, as above a second table."""
    if len(filled) < 2 or any(len(text) > 40 for text in filled):
        return False
    readings = [read_heading(text) for text in filled]
    fields = {reading.field for reading in readings if reading.is_certain}
    return ListField.ROLL_ID in fields and ListField.NAME in fields and all(each.field for each in readings)


@lru_cache(maxsize=8192)  # the headings are compared with every line, in every likely encoding
def _plain(text: str) -> str:
    return "".join(sign for sign in fold(text) if sign.isalnum())
