"""How much a text read in some encoding looks like the names of people; three of them are enough to tell.

The letters of a name belong to one alphabet, capitals stand first, and no currency sign stands among them.
Bytes read in a wrong encoding break one of these rules in almost every name.
"""

import itertools
import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\s,;|\"<>()@/]+")
_IN_NAMES = "-'.’‘`´·"
# The letters beyond a to z that one language writes names with; a name rarely mixes two of them.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "àâæçéèêëîïôœùûüÿ",  # French
        "áéíóúüñç",  # Spanish, Catalan
        "ãõáâàéêíóôúüç",  # Portuguese
        "äöüßéè",  # German
        "àèéìòù",  # Italian
        "åäöøæéü",  # Scandinavian, Finnish, Estonian
        "áéíóúýþæöð",  # Icelandic
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýžäľĺôŕ",  # Czech, Slovak
        "áéíóöőúüű",  # Hungarian
        "čćđšž",  # Croatian, Slovene
        "ăâîșțşţ",  # Romanian
        "çğıi̇öşüâîû",  # Turkish
        "āčēģīķļņšūžąęėįų",  # Latvian, Lithuanian
        "ëïöüéèçñáóúí",  # Dutch, and what travelled with names
    )
)
_VIETNAMESE = frozenset("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
_VOWELS = {
    "CYRILLIC": frozenset("аеёиоуыэюяієїѐѝ"),
    "GREEK": frozenset("αεηιουωάέήίόύώϊϋΐΰ"),
}
# Where an encoding of Chinese or Japanese keeps its common characters: the first of two bytes.
_COMMON = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x82, 0x98),
    "euc_jp": ("euc_jp", 0xA4, 0xCF),
}


def share_of_odd_words(text: str, encoding: str) -> float:
    """Return which share of the words that are not plain ASCII no name would be written like, 0 to 1."""
    words = [word.strip("-.'") for word in _WORD.findall(text) if not word.isascii()][:2000]
    return sum(_is_odd(word, encoding) for word in words) / len(words) if words else 0.0


def is_one_language(text: str) -> bool:
    """Tell whether one language of Europe writes with all letters of the text that are beyond a to z."""
    letters = {sign.lower() for sign in text if sign.isalpha() and not sign.isascii()}
    return any(letters <= alphabet for alphabet in _ALPHABETS)


@lru_cache(maxsize=8192)
def _is_odd(word: str, encoding: str) -> bool:
    signs = [sign for sign in word if sign not in _IN_NAMES]
    kinds = [unicodedata.category(sign) for sign in signs]
    if any(kind[0] not in "LMN" for kind in kinds) or any(kind[0] == "M" for kind in kinds[:1]):
        return True
    if any(kind[0] == "N" and not sign.isascii() for kind, sign in zip(kinds, signs, strict=True)):
        return True
    scripts = {
        unicodedata.name(sign, "?").split()[0] for sign in signs if unicodedata.category(sign)[0] == "L"
    }
    if "HALFWIDTH" in scripts or len(scripts - {"HIRAGANA", "KATAKANA", "CJK"}) > 1:
        return True
    if any(one.islower() and other.isupper() for one, other in itertools.pairwise(signs)):
        return True
    if _has_capital_within(word) or word.endswith("·"):
        return True
    if "CJK" in scripts:
        return "HANGUL" in scripts or encoding == "cp949" or not _is_common(word, encoding)
    letters = {sign.lower() for sign in signs}
    if scripts == {"LATIN"}:
        return not _is_one_alphabet({letter for letter in letters if not letter.isascii()})
    for script, vowels in _VOWELS.items():
        if scripts == {script}:
            no_vowel = len(signs) >= 3 and not letters & vowels
            return no_vowel or "ς" in word[:-1] or signs[0].islower()
    return False


def _has_capital_within(word: str) -> bool:
    """Tell whether a capital beyond ASCII stands within a part of the word that has small letters too."""
    parts = re.split(f"[{re.escape(_IN_NAMES)}]", word)
    return any(
        any(sign.isupper() and not sign.isascii() for sign in part[1:]) and part != part.upper()
        for part in parts
    )


def _is_one_alphabet(letters: set[str]) -> bool:
    return any(letters <= alphabet for alphabet in _ALPHABETS) or bool(
        letters & _VIETNAMESE and len(letters) < 4
    )


def _is_common(word: str, encoding: str) -> bool:
    if encoding not in _COMMON:
        return True
    codec, first, last = _COMMON[encoding]
    leads = [sign.encode(codec, errors="replace")[0] for sign in word if not sign.isascii()]
    return sum(first <= lead <= last for lead in leads) * 2 > len(leads)
