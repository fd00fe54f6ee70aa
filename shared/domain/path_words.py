"""Takes a folder's or file's name apart: its numbers, its words, and which numbers only count photos."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from shared.domain.typed_text import fold


def _wordset(words: str) -> frozenset[str]:
    """Return the words of a line."""
    return frozenset(words.split())


# A number behind one of these says which class, not which student: "Class 10", "Batch 2024".
_CLASS_WORDS = _wordset(
    "class cls std standard grade sem semester year yr div division sec section batch group term"
)
# A number behind one of these counts photos: "IMG_0001", "WhatsApp Image 2026-11-25 at 10.15.32".
_CAMERA_WORDS = _wordset(
    "img image images dsc dscn dscf dcim pxl mvimg vid mov photo photos pic pics picture pictures foto snap "
    "scan screenshot whatsapp camera cam copy kopie copie"
)
# Behind these a number is what the pictures are of: "Photos of 12".
_OF_WORDS = _wordset("of for von de")
_ROLL_WORDS = _wordset("roll rollno rollnumber no number nr id rn rno srno student enrollment prn usn")
# Words that name nobody, so that "9 front left" is not taken for the name of another child.
_OTHER_WORDS = _wordset(
    "front left right side up down straight face smile smiling new old final edited good dark first second "
    "third at am pm and the of jpg jpeg png heic webp"
)
_NOBODYS = _CLASS_WORDS | _CAMERA_WORDS | _ROLL_WORDS | _OTHER_WORDS

# A day, and perhaps the time behind it, as phones put them into names.
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-_. ]?)[01]\d\1[0-3]\d(?:[-_t ]+\d\d[-_.]?\d\d[-_.]?\d{2,5})?(?!\d)"
)
_GLUED_ROLL_WORD = re.compile(rf"(?<![^\W\d_])({'|'.join(sorted(_ROLL_WORDS, key=len, reverse=True))})(?=\d)")


@dataclass(frozen=True)
class Token:
    """What stands between two separators, such as 9, S15 or RAO; `before` is the separator before it."""

    parts: tuple[str, ...]
    before: str

    @property
    def is_number(self) -> bool:
        return len(self.parts) == 1 and self.parts[0].isdecimal()

    @property
    def is_word(self) -> bool:
        return not any(part.isdecimal() for part in self.parts)


@dataclass(frozen=True)
class PathPart:
    """One folder's or file's name: its tokens, and the places of those that count photos or name a class."""

    tokens: tuple[Token, ...]
    counting: frozenset[int]

    @property
    def is_number(self) -> bool:
        return len(self.tokens) == 1 and self.tokens[0].is_number

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(token.parts[0] for token in self.tokens if token.is_word)

    @cached_property
    def glued(self) -> str:
        """The telling words as one, in their order; "" without any."""
        telling = self.telling_words
        return "".join(token.parts[0] for token in self.tokens if token.is_word and token.parts[0] in telling)

    @cached_property
    def telling_words(self) -> frozenset[str]:
        """The words that can be nothing but somebody's name."""
        return frozenset(word for word in self.words - _NOBODYS if len(word) > 1)


def take_apart(text: str, is_code: Callable[[str], bool] = lambda _: False) -> PathPart:
    """Take one folder's name, or one file's without its ending, apart.

    A day is passed over, unless `is_code` says that it is somebody's roll id, as 20240115 may be.
    """
    text = _DATE.sub(lambda day: day[0] if is_code(day[0]) else " ", fold(text))
    text = _GLUED_ROLL_WORD.sub(r"\1 ", text)
    tokens = tuple(_tokens(text))
    counting, by_camera = set(), False
    for at, token in enumerate(tokens):
        before = tokens[at - 1].parts[0] if at else ""
        if token.is_word:
            by_camera = (by_camera or token.parts[0] in _CAMERA_WORDS) and token.parts[0] not in _OF_WORDS
        if token.is_number and (by_camera or before in _CLASS_WORDS):
            counting.add(at)
    return PathPart(tokens, frozenset(counting))


def name_words(name: str) -> frozenset[str]:
    """Return the words of a person's name in the form of `PathPart.words`."""
    return frozenset(token.parts[0] for token in _tokens(fold(name)) if token.is_word)


def glued_names(name: str) -> frozenset[str]:
    """Return how a name is written as one word, the surname last or first: asharao and raoasha."""
    words = [token.parts[0] for token in _tokens(fold(name)) if token.is_word]
    return frozenset(("".join(words), "".join(words[-1:] + words[:-1]))) if len(words) > 1 else frozenset()


def shape_of(parts: tuple[str, ...]) -> str:
    """Return how a code looks: 99999A9999 for 15203A0042, and 9 for any number of up to three digits."""
    if len(parts) == 1 and parts[0].isdecimal() and len(parts[0]) < 4:
        return "9"
    return "".join(("9" if part.isdecimal() else "A") * len(part) for part in parts)


def _tokens(text: str) -> Iterator[Token]:
    parts: list[str] = []
    before = separator = kind = ""
    for sign in f"{text.replace(chr(39), '')} ":
        was, kind = kind, _kind(sign, kind)
        if kind == "-":
            if parts:
                yield Token(tuple(parts), before)
                parts, separator = [], ""
            separator += sign
        elif not parts:
            parts, before = [sign], separator
        elif kind == was:
            parts[-1] += sign
        else:
            parts.append(sign)


def _kind(sign: str, before: str) -> str:
    """Return 9 for a digit, A for a letter and the marks that belong to it, a dash for the rest."""
    if sign.isdecimal():
        return "9"
    category = unicodedata.category(sign)[0]
    return "A" if category == "L" or (category == "M" and before == "A") else "-"
