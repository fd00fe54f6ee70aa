"""Reads the headings people write above a class list: what a column holds, told by the words of its heading.

A heading is understood by the kinds of its words, so that "Name of the Student", "STUDENT'S FULL NAME" and
"Nom de l'élève" need no entry each. A word we do not know makes the reading a mere suggestion.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shared.domain.class_lists.heading_words import KINDS
from shared.domain.typed_text import fold


class ListField(StrEnum):
    """What a column of a class list can be used for; several may hold a PARENT's address or PHONES."""

    ROLL_ID = "roll_id"
    NAME = "name"
    FIRST_NAME = "first_name"
    MIDDLE_NAME = "middle_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PARENT1_EMAIL = "parent1_email"
    PARENT2_EMAIL = "parent2_email"
    PARENT_EMAIL = "parent_email"
    PHONES = "phones"
    LANGUAGE = "language"
    CLASS = "class_code"
    SECTION = "section"
    ROLES = "roles"


@dataclass(frozen=True)
class HeadingReading:
    """What a heading says.

    `weight` chooses among columns for a roll id: 3 a roll number, 2 another number of the student, 1 perhaps
    only the line's. `by_content`: a name or an address, as the cells tell. `surname_first`: the cells
    hold "Rao, Asha". `is_share`: one of several columns that hold the field together, as both surnames do.
    """

    field: ListField | None = None
    is_certain: bool = True
    weight: int = 0
    by_content: bool = False
    surname_first: bool = False
    is_share: bool = False


UNKNOWN = HeadingReading(is_certain=False)

# Schüler/in, Erziehungsberechtigte/r, Alumno/a, Schüler*innen: the word before says it.
_BOTH_SEXES = re.compile(r"(?<=[^\W\d_])[/*:·](?:r|n|in|innen|e|es|se|a|as|o|os)\b")
# Names of parts that are written as several words.
_PARTS = (
    (re.compile(r"\b(first|given|fore|christian) names?\b|\b(प्रथम|पहला|पहिले) (नाम|नाव)"), "firstname"),
    (re.compile(r"\b(last|family|sur) names?\b|\bnoms? de famille\b|\bnom patronymique\b"), "surname"),
    (re.compile(r"\bnames? (first|given)$"), "firstname"),
    (re.compile(r"\bnames? (last|family)$"), "surname"),
    (
        re.compile(r"\bmiddle names?\b|मधले नाव|\b(segundo|zweiter|deuxieme) (nombre|vorname|prenom)\b"),
        "middlename",
    ),
    (re.compile(r"\b(primer|erster|premier) (nombre|vorname|prenom)\b"), "firstname"),
    (re.compile(r"\b(?:adresses?|direccion) electroni(?:que|ca)\b"), "email"),
    (re.compile(r"\bregister (?=(?:no|num|number)\b)"), "reg "),
    (re.compile(r"^r\W*no\b"), "roll no"),
    (re.compile(r"^e(?:n|nr)?\.\W*no\b"), "enrol no"),
    (re.compile(r"\bhall tickets?\b"), "hallticket"),
    (re.compile(r"\b(?:admission|entry) class\b"), "remark"),
    (re.compile(r"\bn\.o\b"), "no"),
    (re.compile(r"\be[- ](?=mails?\b)|\b(?:ई|इ)[- ](?=मेल)"), "e"),
)
_TELLING = ("father", "mother", "guardian", "student", "email", "first", "last", "one", "two")
_PARENTS = ("father", "mother", "guardian")
# With an e-mail column these words say nothing of whose it is.
_BESIDE_EMAIL = {
    "address",
    "adresse",
    "direccion",
    "contact",
    "kontakt",
    "electronico",
    "id",
    "ids",
    "पता",
    "पत्ता",
    "आईडी",
    "आयडी",
}


@lru_cache(maxsize=8192)  # every cell of the first lines is asked for, and again in every likely encoding
def read_heading(heading: str) -> HeadingReading:
    """Tell what a column with this heading holds."""
    words = _words(heading)
    if not words:
        return HeadingReading()
    if "email" in (KINDS.get(word) for word in words):
        words = [word for word in words if word not in _BESIDE_EMAIL]
    kinds = [KINDS.get(word, "?") for word in words]
    found = _by_kinds(kinds)
    if "?" in kinds and found.field is not None:
        return HeadingReading(found.field, False, found.weight, found.by_content, found.surname_first)
    return found


def says_whose(heading: str) -> bool:
    """Tell whether a heading can stand over several others: Student, Parents' details."""
    kinds = {KINDS.get(word, "?") for word in _words(heading)}
    return bool(kinds & {"student", *_PARENTS, "email"}) and kinds <= {
        "student",
        *_PARENTS,
        "email",
        "filler",
    }


def headings_key(headings: list[str]) -> str:
    """Return what a set of headings is remembered by."""
    return "\n".join(" ".join(_words(heading)) for heading in headings).strip()


def _words(heading: str) -> list[str]:
    text = re.sub(r"\S+", lambda word: _apart(word[0]), heading)
    outside = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text)
    if not any(sign.isalnum() for sign in outside):
        return _split(text)
    # What stands in brackets explains: (in block letters); or says whose it is: (parent).
    inside = " ".join(re.findall(r"\([^)]*\)|\[[^\]]*\]", text))
    return _split(outside) + [word for word in _split(inside) if KINDS.get(word) in _TELLING]


def _apart(word: str) -> str:
    """Return a heading with its words apart: FirstName is two and Parent1 as well, WhatsApp is one."""
    return word if fold(word) in KINDS else re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[12]\b)", " ", word)


def _split(text: str) -> list[str]:
    # P.R.N. is written for PRN, and Email1 for Email 1.
    text = re.sub(
        r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?!\w)", lambda short: short[0].replace(".", "") + " ", fold(text)
    )
    text = _BOTH_SEXES.sub("", text)
    text = re.sub(r"[_/]", " ", text).replace("#", " no ")
    for pattern, word in _PARTS:
        text = pattern.sub(word, text)
    return re.findall(r"[^\W_]+(?:[^\W_]|[\u0900-\u0903\u093a-\u094f\u200c\u200d])*", text)


def _by_kinds(kinds: list[str]) -> HeadingReading:
    has = set(kinds)
    if "email" in has:
        return HeadingReading() if has & {"phone", "other"} else HeadingReading(_whose(has))
    if _is_phone(has):
        return HeadingReading(ListField.PHONES, by_content=not has & {"phone", "number"})
    if has & set(_PARENTS):
        says_more = has - {*_PARENTS, "one", "two", "first", "filler", "?", "student"}
        return HeadingReading() if says_more else HeadingReading(_whose(has), by_content=True)
    if has & {"other", "phone", "contact"} or {"school", "name"} <= has:
        # "Roll No. (as per marks list)" is one all the same, "Roll status" is none.
        if {"roll", "number"} <= has:
            return HeadingReading(ListField.ROLL_ID, False, 3)
        return HeadingReading()
    if has & {"name", "first", "middle", "last"} and not has & {"roll", "id", "number", "serial", "class"}:
        return _name(kinds)
    weight = _weight(has)
    if weight:
        return HeadingReading(ListField.ROLL_ID, is_certain=weight > 1, weight=weight)
    for kind, field in (
        ("language", ListField.LANGUAGE),
        ("class", ListField.CLASS),
        ("section", ListField.SECTION),
        ("roles", ListField.ROLES),
        ("student", ListField.NAME),
    ):
        if kind in has:
            return HeadingReading(field)
    return UNKNOWN if "?" in has else HeadingReading()


def _is_phone(has: set[str]) -> bool:
    """Tell whether a column holds phone numbers; whose they are does not matter, they are the family's."""
    return bool(has & {"phone", "contact"}) and not has & {
        "other",
        "school",
        "roll",
        "name",
        "roles",
        "class",
    }


def _weight(has: set[str]) -> int:
    """Return how much a column looks like the roll id, as HeadingReading.weight; 0: not at all."""
    if "roll" in has:
        return 3
    if "serial" in has and not has & {"id", "student"}:
        return 1
    if "id" in has or {"student", "number"} <= has:
        return 0 if "family" in has and "number" not in has else 2
    return 1 if "number" in has and has <= {"number", "filler"} else 0


def _whose(has: set[str]) -> ListField:
    """Return whose address a column holds."""
    if not has & {*_PARENTS, "family"}:
        return ListField.EMAIL
    if has & {"one", "first"}:
        return ListField.PARENT1_EMAIL
    return ListField.PARENT2_EMAIL if "two" in has else ListField.PARENT_EMAIL


def _name(kinds: list[str]) -> HeadingReading:
    """Return which part of the name. Beside another part the mere word for a name means the part that is
    missing: "Name, Vorname" and "Apellidos y nombre" hold all of it with the surname first.
    """
    first, last, name = (kinds.index(kind) if kind in kinds else -1 for kind in ("first", "last", "name"))
    if (first >= 0) + (last >= 0) + (name >= 0) > 1:
        given, surname = first if first >= 0 else name, last if last >= 0 else name
        return HeadingReading(ListField.NAME, surname_first=surname < given)
    if "middle" in kinds:
        return HeadingReading(ListField.MIDDLE_NAME)
    if last >= 0:
        return HeadingReading(ListField.LAST_NAME, is_share=bool({"one", "two", "share"} & set(kinds)))
    return HeadingReading(ListField.FIRST_NAME if first >= 0 else ListField.NAME)
