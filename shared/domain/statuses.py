"""The statuses a mark may have, the four of every school and the school's own, and what each counts as."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.attendance import MarkStatus, one_line
from shared.domain.languages import phrase
from shared.domain.status_words import guess_status, letters_of, read_status

LONGEST_NAME = 40
LONGEST_SHORT = 4  # a column of the term's sheet and a button on a phone have room for no more
# So many own statuses are more than any register that is read by people distinguishes.
MOST_OWN = 20


class CountsAs(StrEnum):
    """What a mark counts as in the totals."""

    PRESENT = "present"
    HALF = "half"
    ABSENT = "absent"

    @property
    def weight(self) -> float:
        """The share of a lecture that was attended."""
        return {CountsAs.PRESENT: 1.0, CountsAs.HALF: 0.5, CountsAs.ABSENT: 0.0}[self]


class Colour(StrEnum):
    """The tints of the pages' style sheet; a status is always told by its name or short form as well."""

    GREEN = "green"
    AMBER = "amber"
    BLUE = "blue"
    RED = "red"
    PURPLE = "purple"
    TEAL = "teal"
    BROWN = "brown"
    GREY = "grey"


@dataclass(frozen=True)
class Status:
    """One status. `key` is what marks store; `letter_names` are its names in the letters' other languages.

    `is_left_out` says that such a lecture leaves what was held for the student, so what it counts as matters
    not. An inactive one stands in old marks and is offered for no new ones.
    """

    key: str
    name: str
    short: str
    colour: Colour
    counts_as: CountsAs
    is_left_out: bool = False
    active: bool = True
    letter_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name as a heading or a button begins it."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def is_own(self) -> bool:
        """Whether the school added it."""
        return self.key not in set(MarkStatus)

    @property
    def is_here(self) -> bool:
        """Whether the counters and the course count it: at least half, and not left out."""
        return not self.is_left_out and self.counts_as is not CountsAs.ABSENT

    def name_in(self, language: str) -> str:
        """Return the name for a letter in a language."""
        return self.letter_names.get(language) or self.name


class Statuses:
    """Every status of the school, in the order in which pages offer them."""

    def __init__(self, all_of_them: Iterable[Status]) -> None:
        self._by_key = {status.key: status for status in all_of_them}
        # A term's sheet has 24,000 cells to read, so the letters are taken from the names once.
        self._own_words: dict[str, str] = {}
        for status in self.choices:
            if status.is_own:
                self._own_words.setdefault(letters_of(status.name), status.key)
                self._own_words.setdefault(letters_of(status.short), status.key)
        # What the school calls them in other languages comes last: it may be another status's name already.
        for status in self.choices:
            for name in status.letter_names.values() if status.is_own else ():
                if read_status(name) is None:
                    self._own_words.setdefault(letters_of(name), status.key)

    @classmethod
    def of_school(cls, late_counts_as: CountsAs, own: Iterable[Status] = ()) -> "Statuses":
        """Return the four, late as the school counts it, and behind them its own."""
        return cls((*_standard(late_counts_as), *own))

    def __iter__(self) -> Iterator[Status]:
        return iter(self._by_key.values())

    @property
    def choices(self) -> list[Status]:
        """What a new mark may have."""
        return [status for status in self if status.active]

    def find(self, key: str) -> Status | None:
        """Return the status with this key; None where there is none."""
        return self._by_key.get(key)

    def get(self, key: str) -> Status:
        """Return the status of a stored mark; one whose row is gone goes by its key and is left out."""
        return self._by_key.get(key) or Status(
            key, key, "?", Colour.GREY, CountsAs.ABSENT, is_left_out=True, active=False
        )

    def name_of(self, key: str | None) -> str:
        """Return the name of a mark's status, for sentences and lists."""
        return phrase("not marked") if key is None else self.get(key).name

    def read(self, typed: str) -> str | None:
        """Return the key of what was typed: the school's own names first, then the words people write."""
        return self._own_words.get(letters_of(typed)) or read_status(typed)

    def guess(self, typed: str) -> Status | None:
        """Return the status to ask about; None where nothing is near."""
        letters = letters_of(typed)
        begun = (each for each in self.choices if each.is_own and letters_of(each.name).startswith(letters))
        meant = guess_status(typed)
        return next(begun, None) or (self.get(meant) if meant else None)

    def attended(self, counts: Mapping[str, int]) -> float:
        """Return how many lectures these marks count as attended."""
        return sum(
            self.get(key).counts_as.weight * times
            for key, times in counts.items()
            if not self.get(key).is_left_out
        )

    def held(self, counts: Mapping[str, int]) -> int:
        """Return of how many lectures: those that are left out are not among them."""
        return sum(times for key, times in counts.items() if not self.get(key).is_left_out)


def _standard(late_counts_as: CountsAs) -> tuple[Status, ...]:
    present, absent = CountsAs.PRESENT, CountsAs.ABSENT
    return (
        Status(MarkStatus.PRESENT, phrase("present"), "P", Colour.GREEN, present),
        Status(MarkStatus.LATE, phrase("late"), "L", Colour.AMBER, late_counts_as),
        Status(MarkStatus.EXCUSED, phrase("excused"), "E", Colour.BLUE, absent, is_left_out=True),
        Status(MarkStatus.ABSENT, phrase("absent"), "A", Colour.RED, absent),
    )


def find_refusal(name: str, short: str, others: Iterable[Status]) -> tuple[str, str] | None:
    """Return the field and the sentence of what is wrong with an own status's names; None if nothing is.

    `others` are all other statuses: a name or short form that two share would make a sheet ambiguous.
    """
    if not _has_letters(name) or len(name) > LONGEST_NAME or "," in name:
        return "name", phrase(
            "Type a name of 1 to %(longest_name)s characters, without a comma.", longest_name=LONGEST_NAME
        )
    if not _has_letters(short) or len(short) > LONGEST_SHORT or one_line(short) != short or " " in short:
        return "short", phrase("Type 1 to %(longest_short)s letters or digits.", longest_short=LONGEST_SHORT)
    for typed, where in ((name, "name"), (short, "short")):
        for other in others:
            if letters_of(typed) in (letters_of(other.name), letters_of(other.short)):
                return where, phrase(
                    "“%(typed)s” stands for “%(name)s” already. Choose another.", typed=typed, name=other.name
                )
    return None


def _has_letters(typed: str) -> bool:
    return any(sign.isalnum() for sign in typed)
