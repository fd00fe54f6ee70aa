"""Whose photo a file of a class's zip is by its path: every reading agrees, or it is a question."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.languages import phrase
from shared.domain.path_words import PathPart, Token, glued_names, name_words, shape_of, take_apart
from shared.domain.typed_text import as_counted, code_parts

# Behind a roll id, "_2" and " (2)" count photos; a higher number than anybody has photos does not.
_MOST_COUNTED = 24
_COUNTER = re.compile(r"_\d{1,2}$| ?\(\d{1,2}\)$")
_COUNTS = re.compile(r"_|.*\(")
# Several unknown words beside a roll id are somebody's name; a single one may be anything.
_WORDS_OF_A_NAME = 2
_MOST_LIKELY = 6
# What Windows allows; what stands before the last signs of a longer path is not read.
_LONGEST_PATH = 260

NOBODY = phrase("No student of this class is named by this path.")


class Named(NamedTuple):
    """A student of the class, as a path may name them."""

    student_id: int
    roll_id: str
    name: str


@dataclass(frozen=True)
class Owner:
    """Whose a photo is; without `student_id` a sentence says why, and `likely` are students, best first."""

    student_id: int | None
    sentence: str = ""
    likely: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """What one part of a path says: of whom it holds a roll id, the full name, only a part of either.

    `stray` is what looks like a roll id and is nobody's, `stranger` what looks like a name and is not theirs.
    """

    text: str
    ids: tuple[frozenset[int], ...] = ()
    named: frozenset[int] = frozenset()
    hinted: frozenset[int] = frozenset()
    partly_named: frozenset[int] = frozenset()
    stray: str = ""
    stranger: str = ""
    is_number: bool = False

    @property
    def by_id(self) -> frozenset[int]:
        return frozenset().union(*self.ids)

    @property
    def agreed(self) -> frozenset[int] | None:
        """Whom all it says means; None where it says nothing."""
        said = [*self.ids, self.named] if self.named else list(self.ids)
        return frozenset.intersection(*said) if said else None


class PhotoOwners:
    """Reads the paths in a zip for one class."""

    def __init__(self, students: Sequence[Named], *, other_classes: Collection[str] = ()) -> None:
        """Take `other_classes` as the codes of the school's other classes, whose folders hold nobody of
        this."""
        self._students = {each.student_id: each for each in students}
        codes = {each.student_id: code_parts(each.roll_id) for each in students}
        self._most_parts = max(map(len, codes.values()), default=0)
        self._by_code = _by_code(codes)
        self._counted = {each: as_counted(parts) for each, parts in codes.items()}
        self._by_counted_code = _by_code(self._counted)
        self._names = {each.student_id: name_words(each.name) for each in students}
        self._glued = {each.student_id: glued_names(each.name) for each in students}
        self._shapes = {shape_of(parts) for parts in codes.values()}
        self._folders: dict[str, _Reading] = {}
        self._other_classes = {code_parts(code) for code in other_classes}

    def read(self, path: str) -> Owner:
        """Say whose photo the file at a path is; slashes of either kind separate folders."""
        path = path[-_LONGEST_PATH:]
        *folders, file_name = [part for part in re.split(r"[/\\]+", path) if part.strip(" .")] or [""]
        stem = re.sub(r"\.[^.\s]{1,5}$", "", file_name)
        whole = self._over_folders([*folders, stem])
        if whole is not None:
            return Owner(whole)
        readings = [self._read_folder(folder) for folder in folders]
        file = self._read(stem, is_file=True)
        for folder, reading in zip(folders, readings, strict=True):
            if code_parts(folder) in self._other_classes and not reading.by_id:
                return self._ask(
                    phrase("The folder “%(short)s” is called like another class.", short=_short(folder)),
                    [*readings, file],
                )
        if readings and file.is_number and _is_photo_number(file, readings[-1]):
            return self._settle(readings)
        return self._settle([*readings, file])

    def _settle(self, readings: list[_Reading]) -> Owner:
        said = [reading.agreed for reading in readings if reading.agreed is not None]
        agreed = frozenset.intersection(*said) if said else frozenset()
        if len(agreed) != 1:
            return self._ask(self._contradiction(readings), readings)
        (owner,) = agreed
        student = self._students[owner]
        for reading in readings:
            if any(self._names[each] != self._names[owner] for each in reading.named):
                sentence = phrase("“%(short)s” may mean several students.", short=_short(reading.text))
                return self._ask(sentence, readings)
            if reading.stray:
                sentence = phrase(
                    "“%(stray)s” is not a roll id of this class, though the rest means %(name)s.",
                    stray=reading.stray,
                    name=student.name,
                )
                return self._ask(sentence, readings)
            if reading.partly_named and owner not in reading.partly_named | reading.named:
                sentence = phrase(
                    "“%(short)s” is not the name of %(name)s.", short=_short(reading.text), name=student.name
                )
                return self._ask(sentence, readings)
            if self._is_strange(reading, owner):
                sentence = phrase(
                    "The roll id is %(name)s’s, but “%(short)s” holds another name.",
                    name=student.name,
                    short=_short(reading.text),
                )
                return self._ask(sentence, readings)
        return Owner(owner)

    def _is_strange(self, reading: _Reading, owner: int) -> bool:
        words = frozenset(reading.stranger.split())
        unknown = words - self._names[owner]
        return bool(unknown) and (unknown != words or len(unknown) >= _WORDS_OF_A_NAME)

    def _contradiction(self, readings: list[_Reading]) -> str:
        said = [reading for reading in readings if reading.agreed is not None]
        if not said:
            hinted = any(reading.hinted or reading.partly_named for reading in readings)
            return (
                phrase("The path names nobody for certain.")
                if hinted
                else phrase("No student of this class is named by this path.")
            )
        named = frozenset().union(*(reading.named for reading in said))
        if (
            not any(reading.ids for reading in said)
            and len({self._students[each].name for each in named}) == 1
        ):
            return phrase(
                "%(count)s students of this class are called %(name)s.",
                count=len(named),
                name=self._students[min(named)].name,
            )
        for reading in said:
            if reading.ids and reading.named and not reading.agreed:
                return phrase(
                    "Roll id and name in “%(short)s” are not of the same student.", short=_short(reading.text)
                )
            if len(reading.ids) > 1 and not reading.agreed:
                return phrase("“%(short)s” may hold several roll ids.", short=_short(reading.text))
        if len(said) > 1:
            return phrase(
                "“%(short)s” and “%(short_2)s” do not mean the same student.",
                short=_short(said[0].text),
                short_2=_short(said[-1].text),
            )
        return phrase("“%(short)s” may mean several students.", short=_short(said[0].text))

    def _ask(self, sentence: str, readings: list[_Reading]) -> Owner:
        votes: Counter[int] = Counter()
        for at, reading in enumerate(readings):
            # A name weighs most; then a roll id beside other words, then what stands nearest to the photo.
            is_bare = len(code_parts(reading.text)) == 1
            votes.update(dict.fromkeys(reading.named, 200))
            votes.update(dict.fromkeys(reading.by_id, (10 if is_bare else 100) + at))
            votes.update(dict.fromkeys(reading.hinted | reading.partly_named, 1))
        ranked = sorted(votes, key=lambda each: (-votes[each], each))
        return Owner(None, sentence, tuple(ranked[:_MOST_LIKELY]))

    def _over_folders(self, parts: Sequence[str]) -> int | None:
        """Find the student whose roll id has slashes, which a zip takes for folders: 2023/CS/014.jpg.

        The photo may be counted: 2023/CS/014_2.jpg, or 2023/CS/014/2.jpg.
        """
        *folders, stem = parts
        ways = [[*folders, stem], [*folders, _COUNTER.sub("", stem)]]
        if stem.isdecimal() and int(stem) <= _MOST_COUNTED:
            ways.append(folders)
        for way in ways:
            for start in range(len(way) - 1):
                joined = "/".join(way[start:]).upper()
                found = [each for each, own in self._students.items() if own.roll_id == joined]
                if found:
                    return found[0]
        return None

    def _read_folder(self, text: str) -> _Reading:
        """Read a folder's name once: the same folder is in the path of many files."""
        if text not in self._folders:
            self._folders[text] = self._read(text)
        return self._folders[text]

    def _read(self, text: str, *, is_file: bool = False) -> _Reading:
        part = take_apart(text, lambda day: code_parts(day) in self._by_code)
        runs = list(self._runs(part, counters=is_file))
        taken = {at for run in runs for at in range(run.start, run.end)}
        found = [run.students for run in runs if run.students]
        named = self._named(part)
        partly = frozenset(each for each, own in self._names.items() if own & part.telling_words) - named
        hinted = self._hinted(part, taken)
        stray = next((at for at in range(len(part.tokens)) if self._is_stray(part, at, taken)), None)
        says_something = bool(found or named or is_file)
        return _Reading(
            text,
            tuple(found),
            named,
            hinted,
            partly if not named else frozenset(),
            "".join(part.tokens[stray].parts).upper() if stray is not None and says_something else "",
            " ".join(sorted(part.telling_words)) if (found or is_file) and not named else "",
            is_file and part.is_number,
        )

    def _runs(self, part: PathPart, *, counters: bool) -> Iterator["_Run"]:
        """Find the roll ids in a part, longest first, and pass over numbers that count photos."""
        tokens, at = part.tokens, 0
        while at < len(tokens):
            run = self._longest(tokens, at) if at not in part.counting else None
            if run is None:
                at += 1
                continue
            is_counter = counters and at > 0 and _may_count(tokens[at]) and run.end == len(tokens)
            yield _Run(at, run.end, frozenset()) if is_counter and self._follows_a_code(part, at) else run
            at = run.end

    def _follows_a_code(self, part: PathPart, at: int) -> bool:
        return any(
            self._longest(part.tokens[:at], start) for start in range(at) if start not in part.counting
        )

    def _longest(self, tokens: Sequence[Token], start: int) -> "_Run | None":
        for end in range(min(len(tokens), start + self._most_parts), start, -1):
            parts = tuple(part for token in tokens[start:end] for part in token.parts)
            students = self._with_code(parts)
            if students:
                return _Run(start, end, students)
        return None

    def _with_code(self, parts: tuple[str, ...]) -> frozenset[int]:
        """Return the students of this roll id; where nobody has exactly this one, leading zeros do not
        count."""
        asked = tuple(part.upper() for part in parts)
        return self._by_code.get(asked) or self._by_counted_code.get(as_counted(asked), frozenset())

    def _named(self, part: PathPart) -> frozenset[int]:
        """Return the students whose whole name is there; of a single word only where nothing else is."""
        held = {
            each: own
            for each, own in self._names.items()
            if own
            and (
                (own <= part.words and (len(own) > 1 or own == part.telling_words))
                or part.glued in self._glued[each]
            )
        }
        return frozenset(
            each for each, own in held.items() if not any(own < other for other in held.values())
        )

    def _hinted(self, part: PathPart, taken: set[int]) -> frozenset[int]:
        """Return the students whose roll id ends like a token, or is the number that a camera counts with."""
        hints = [
            as_counted(tuple(part.upper() for part in token.parts))
            for at, token in enumerate(part.tokens)
            if at not in taken and not token.is_word
        ]
        # R9 and 9b may be the ninth student's.
        hints += [(part,) for hint in hints if len(hint) == 2 for part in hint if part.isdecimal()]
        return frozenset(
            each for hint in hints for each, own in self._counted.items() if own[-len(hint) :] == hint
        )

    def _is_stray(self, part: PathPart, at: int, taken: set[int]) -> bool:
        """Tell whether a token looks like the roll ids of this class and is nobody's."""
        token = part.tokens[at]
        if at in taken or at in part.counting or token.is_word or shape_of(token.parts) not in self._shapes:
            return False
        return not (at > 0 and _may_count(token) and at == len(part.tokens) - 1)


@dataclass(frozen=True)
class _Run:
    """Tokens that are a roll id; of no students: a number that counts."""

    start: int
    end: int
    students: frozenset[int]


def _by_code(codes: Mapping[int, tuple[str, ...]]) -> dict[tuple[str, ...], frozenset[int]]:
    students: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for student_id, parts in codes.items():
        students[parts].add(student_id)
    return {parts: frozenset(ids) for parts, ids in students.items() if parts}


def _is_photo_number(file: _Reading, folder: _Reading) -> bool:
    """Tell whether a plain number counts the photos of the folder's student: where it is nobody's roll id, or
    the folder says both roll id and name."""
    if not file.ids:
        return bool(folder.ids)
    return bool(folder.named and len(folder.ids) == 1 and folder.agreed)


def _may_count(token: Token) -> bool:
    return token.is_number and bool(_COUNTS.match(token.before)) and int(token.parts[0]) <= _MOST_COUNTED


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
