"""The languages people read the product in, and sentences that can be said in each of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

# Pages, the kiosk and letters; each by its own name, which is how those who need it find it.
LANGUAGES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}


class Sentence(str):
    """A sentence for people: as a str in English, and with what a catalogue needs to say it otherwise.

    Rules and services make sentences and know no language; pages say them
    (`shared.web.languages.say`). Put into another text, or joined, only the English str is left: give it as a
    value instead.
    """

    one: str
    many: str | None
    number: int
    values: Mapping[str, object]

    def __new__(cls, one: str, many: str | None, number: int, values: Mapping[str, object]) -> "Sentence":
        """Return the sentence; `many` is its form for other numbers than one, if it counts something."""
        written = one if many is None or number == 1 else many
        shown = {name: in_english(value) for name, value in values.items()}
        self = super().__new__(cls, written % shown if shown else written)
        self.one, self.many, self.number, self.values = one, many, number, values
        return self

    def __add__(self, other: str) -> str:
        raise TypeError("Sentences are put together by joined(): + would leave the English str alone.")

    __radd__ = __add__

    def __reduce__(self) -> tuple[object, ...]:
        return Sentence, (self.one, self.many, self.number, dict(self.values))


def phrase(words: str, /, **values: object) -> Sentence:
    """Return a sentence with gaps: `phrase("There is already a class %(code)s.", code=code)`.

    A value may be a sentence of its own, a date or a moment of the school's clock: each is said in the
    reader's language. Without values a % stands for itself.
    """
    return Sentence(words, None, 1, values)


def counted(one: str, many: str, number: int, /, **values: object) -> Sentence:
    """Return a sentence about a number of things: `counted("%(num)d row", "%(num)d rows", rows)`."""
    return Sentence(one, many, number, {"num": number, **values})


def in_english(value: object) -> object:
    """Return a value as an English sentence shows it; what is neither a date nor a moment as it is."""
    if isinstance(value, datetime):
        return f"{value:%d %b %Y, %H:%M}"
    return f"{value:%d %b %Y}" if isinstance(value, date) else value


def joined(parts: Sequence[object], between: str = " ") -> Sentence:
    """Return several sentences, dates or moments as one, each still said in the reader's language."""
    gaps = {f"part{number}": part for number, part in enumerate(parts)}
    return phrase(between.replace("%", "%%").join(f"%({name})s" for name in gaps), **gaps)


def all_of(parts: Sequence[str]) -> str:
    """Return several things as a sentence names them: “a, b and c”."""
    *some, last = parts
    return phrase("%(some)s and %(last)s", some=joined(some, ", "), last=last) if some else last


def pack(text: str) -> object:
    """Return a text as JSON can hold it, so that `unpack` gives the sentence back in every language."""
    if not isinstance(text, Sentence):
        return text
    values = {name: _pack_value(value) for name, value in text.values.items()}
    return {"one": text.one, "many": text.many, "number": text.number, "values": values}


def unpack(packed: object) -> str:
    """Return what `pack` was given. Raise KeyError or TypeError for anything else."""
    if isinstance(packed, str):
        return packed
    if not isinstance(packed, dict):
        raise TypeError("this is no packed text")
    values = {name: _unpack_value(value) for name, value in packed["values"].items()}
    return Sentence(packed["one"], packed["many"], packed["number"], values)


def is_packed(value: object) -> bool:
    """Tell a packed sentence from any other object of JSON."""
    return isinstance(value, dict) and value.keys() == {"one", "many", "number", "values"}


def _pack_value(value: object) -> object:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, str):
        return pack(value)
    return value if isinstance(value, int | float) or value is None else str(value)


def _unpack_value(packed: object) -> object:
    if isinstance(packed, dict) and "moment" in packed:
        return datetime.fromisoformat(packed["moment"])
    if isinstance(packed, dict) and "day" in packed:
        return date.fromisoformat(packed["day"])
    return unpack(packed) if is_packed(packed) else packed
