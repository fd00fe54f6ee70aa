"""Tells the lines of a list that are students from those that stand above, between and below them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from shared.domain.class_lists.headings import ListField, read_heading
from shared.domain.languages import phrase
from shared.domain.table_cells import Row
from shared.domain.typed_text import clean, code_parts, fold

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
# A class's or a group's name on a line of its own; behind a Devanagari vowel sign is no \b.
_CLASS_WORDS = "class|std|standard|कक्षा|इयत्ता|klasse|classe"
_SECTION_WORDS = "section|sec|division|div|तुकडी"
_BETWEEN = re.compile(rf"({_SECTION_WORDS}|{_CLASS_WORDS}|batch|group|house|semester|sem|year)(?!\w)")
_NAMED_CLASS = re.compile(
    rf"(?:({_CLASS_WORDS})|(?:{_SECTION_WORDS}))(?!\w)[\s.:–-]*(?!of\b)(\S.*)", re.IGNORECASE
)
# What a class is told by: VII, 7 or A, perhaps beside FE, th or Div; no longer word such as list or test.
_TELLS_CLASS = re.compile(r"\d{1,2}|[ivx]+|[^\W\d_]")
_LONGEST_BESIDE_CLASS = 3
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


def named_class(row: Row) -> tuple[ListField, str] | None:
    """Return the class or section that a line above or between the rows names: VII B of "Class: VII B".

    None where none of its cells does, as "Class list" or "Class of 40 students".
    """
    for cell in row:
        found = _NAMED_CLASS.fullmatch(clean(re.sub(r"\([^)]*\)", " ", cell.text)))
        parts = [part for word in fold(found[2]).split() for part in code_parts(word)] if found else []
        telling = [part for part in map(fold, parts) if _TELLS_CLASS.fullmatch(part)]
        others = [part for part in map(fold, parts) if part not in telling]
        are_beside = all(
            len(part) <= _LONGEST_BESIDE_CLASS or part in _SECTION_WORDS.split("|") for part in others
        )
        if found and telling and are_beside:
            return (ListField.CLASS if found[1] else ListField.SECTION), found[2]
    return None


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
