"""The languages people read the product in, and sentences that can be said in each of them."""

from collections.abc import Mapping
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

    def __reduce__(self) -> tuple[object, ...]:
        return Sentence, (self.one, self.many, self.number, dict(self.values))


def sentence(words: str, /, **values: object) -> Sentence:
    """Return a sentence with gaps: `sentence("There is already a class %(code)s.", code=code)`.

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
        return f"{value:%a %d %b %Y, %H:%M}"
    return f"{value:%a %d %b %Y}" if isinstance(value, date) else value


def joined(parts: list[str], between: str = " ") -> Sentence:
    """Return several sentences as one, each of which is still said in the reader's language."""
    gaps = {f"part{number}": part for number, part in enumerate(parts)}
    return sentence(between.replace("%", "%%").join(f"%({name})s" for name in gaps), **gaps)
