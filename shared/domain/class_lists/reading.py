"""Reads a class list to the end: who stands in it, what was passed over, what has to be asked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.domain.class_lists import names, roll_ids
from shared.domain.class_lists.addresses import is_empty_mark, read_addresses
from shared.domain.class_lists.columns import FIELD_WORDS
from shared.domain.class_lists.heading_words import KINDS
from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import Layout, Line, Skipped
from shared.domain.class_lists.other_classes import lines_of_class
from shared.domain.class_lists.questions import (
    LEAVE_OUT,
    Answers,
    Asker,
    Choice,
    Concern,
    Notice,
    Question,
)
from shared.domain.typed_text import fold, normal_code

_LEFT_OUT = "left out, as you said"
# Explicit columns come first; then fathers, mothers and guardians as they stand in the list.
_PARENTS = (ListField.PARENT1_EMAIL, ListField.PARENT2_EMAIL, ListField.PARENT_EMAIL)
MOST_PARENTS = 2
_NAMES = (ListField.NAME, ListField.FIRST_NAME, ListField.LAST_NAME)


@dataclass(frozen=True)
class ListedStudent:
    """One student of the list; an address that is not there is "".

    `is_open`: a question about the row has no answer yet.
    """

    row: int
    roll_id: str
    name: str
    email: str = ""
    parents: tuple[str, str] = ("", "")
    language: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class ClassList:
    """What a list comes to; while a question is open, not everybody is in it."""

    students: tuple[ListedStudent, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass
class _Reader:
    """Reads line by line."""

    layout: Layout
    answers: Answers
    languages: Mapping[str, str]
    asker: Asker
    notices: list[Notice] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    formulas: dict[str, list[int]] = field(default_factory=dict)

    def read(self, line: Line) -> ListedStudent | None:
        """Read one line; None: it is left out."""
        if not any(line.text(each) for each in (ListField.ROLL_ID, *_NAMES)) and not _has_formula(line):
            self.skipped.append(Skipped(line.number, _words(line), "neither a roll id nor a name"))
            return None
        roles = line.text(ListField.ROLES)
        if roles and not any(KINDS.get(word) == "student" for word in re.findall(r"\w+", fold(roles))):
            self.skipped.append(
                Skipped(line.number, _words(line), f"not a student in Moodle, but {roles[:80]}")
            )
            return None
        name = self._name(line)
        roll_id = self._roll_id(line, name or "")
        if LEAVE_OUT in (name, roll_id):
            self.skipped.append(Skipped(line.number, _words(line), _LEFT_OUT))
            return None
        if roll_id is not None and name is not None:
            self._note_formulas(line)
        email, parents = self._addresses(line)
        return ListedStudent(
            line.number,
            roll_id or "",
            name or names.read_name(line, surname_first=True).value,
            email,
            parents,
            self._language(line),
            is_open=roll_id is None or name is None,
        )

    def _roll_id(self, line: Line, name: str) -> str | None:
        found = roll_ids.read_roll_id(line.cell(ListField.ROLL_ID))
        if found.trouble is None:
            return found.value
        shown = line.text(ListField.ROLL_ID)
        words = " · ".join(part for part in (shown, name) if part)
        became = self.asker.settle(
            found.trouble, line.number, words, reading=found.value, shown=shown, accepts=roll_ids.is_roll_id
        )
        return became if became in (None, LEAVE_OUT) else normal_code(became)

    def _name(self, line: Line) -> str | None:
        surname_first = any(column.surname_first for column in self.layout.columns)
        found = names.read_name(line, surname_first=surname_first)
        if found.trouble is not None:
            words = " · ".join(part for part in (line.text(ListField.ROLL_ID), found.value) if part)
            return self.asker.settle(
                found.trouble,
                line.number,
                words,
                reading=found.mended,
                shown=found.value,
                accepts=names.is_name,
            )
        if line.beyond:
            more = " ".join(line.beyond)
            words = f"{found.value} · beyond the headings: {more}"
            return self.asker.settle(
                names.BEYOND, line.number, words, reading=f"{found.value} {more}", shown=found.value
            )
        return found.value

    def _addresses(self, line: Line) -> tuple[str, tuple[str, str]]:
        """Return the student's own address and the parents', each once."""
        own = self._of_field(line, ListField.EMAIL)
        if len(own) > 1:
            self._say(
                line, f"The {FIELD_WORDS[ListField.EMAIL]} holds {len(own)} addresses: only {own[0]} is used."
            )
        return (own[0] if own else ""), self._parents(line)

    def _parents(self, line: Line) -> tuple[str, str]:
        """Return the addresses of first and second parent; an address for the second alone stays the
        second's."""
        first, second, others = (self._of_field(line, each) for each in _PARENTS)
        if second and not first and not others and len(second) == 1:
            return "", second[0]
        found = [*first, *second, *others]
        once = {address.casefold(): address for address in reversed(found)}
        parents = list(dict.fromkeys(once[address.casefold()] for address in found))
        if len(parents) > MOST_PARENTS:
            passed = ", ".join(parents[MOST_PARENTS:])
            self._say(line, f"There is room for two parents' addresses; not used: {passed}.")
        return (parents[0] if parents else ""), (parents[1] if len(parents) > 1 else "")

    def _of_field(self, line: Line, field: ListField) -> list[str]:
        found: list[str] = []
        for cell in line.cells.get(field, ()):
            reading = read_addresses(cell.text)
            if reading.is_odd:
                self._say(
                    line, f"“{cell.text[:80]}” ({FIELD_WORDS[field]}) is not an address, and is not used."
                )
            found.extend(reading.addresses)
        return found

    def _language(self, line: Line) -> str:
        typed = line.text(ListField.LANGUAGE)
        if is_empty_mark(typed):
            return ""
        word = next((each for each in fold(typed).replace("-", " ").split() if each in self.languages), "")
        if not word:
            known = ", ".join(sorted(set(self.languages.values())))
            self._say(
                line, f"We write no letters in “{typed[:40]}” (but: {known}); the language stays as it is."
            )
        return self.languages.get(word, "")

    def _say(self, line: Line, sentence: str) -> None:
        self.notices.append(Notice(sentence, line.number))

    def _note_formulas(self, line: Line) -> None:
        for kind, cells in line.cells.items():
            if any(cell.is_formula and cell.text for cell in cells):
                self.formulas.setdefault(FIELD_WORDS[kind], []).append(line.number)


def read_class_list(
    layout: Layout, answers: Answers, *, class_code: str, languages: Mapping[str, str]
) -> ClassList:
    """Read the students of a list.

    `languages` are the words for languages that letters are written in, folded, with their codes.
    """
    if any(question.is_open for question in layout.questions) and not layout.lines:
        return ClassList((), layout.skipped, layout.questions, layout.notices)
    reader = _Reader(layout, answers, languages, Asker(answers))
    lines, class_questions, other_skipped = lines_of_class(layout, answers, class_code)
    students = [student for line in lines if (student := reader.read(line)) is not None]
    students = _ask_about_the_unlike(students, reader)
    students, twice = _without_repeats(students, reader)
    notices = [*layout.notices, *reader.notices, *_formula_notices(reader.formulas)]
    return ClassList(
        tuple(students),
        tuple(sorted([*layout.skipped, *other_skipped, *reader.skipped], key=lambda each: each.row)),
        (*layout.questions, *class_questions, *reader.asker.questions(), *twice),
        tuple(sorted(notices, key=lambda notice: (notice.row is not None, notice.row or 0))),
    )


def _ask_about_the_unlike(students: Sequence[ListedStudent], reader: _Reader) -> list[ListedStudent]:
    """Ask about a roll id without a digit where all others have one: it may be a line below the list."""
    unlike = [student for student in students if student.roll_id and not _has_digit(student.roll_id)]
    if not unlike or len(unlike) * 2 >= len(students):
        return list(students)
    kept = []
    for student in students:
        if student in unlike:
            words = f"{student.roll_id} · {student.name}"
            became = reader.asker.settle(roll_ids.UNLIKE, student.row, words, reading=student.roll_id)
            if became == LEAVE_OUT:
                reader.skipped.append(Skipped(student.row, words, _LEFT_OUT))
                continue
            student = replace(student, is_open=student.is_open or became is None)
        kept.append(student)
    return kept


def _words(line: Line) -> str:
    return " ".join(cell.text for cells in line.cells.values() for cell in cells if cell.text)[:200]


def _has_formula(line: Line) -> bool:
    return any(line.cell(each).is_formula for each in (ListField.ROLL_ID, *_NAMES))


def _has_digit(text: str) -> bool:
    return any(sign.isdecimal() for sign in text)


def _without_repeats(
    students: Sequence[ListedStudent], reader: _Reader
) -> tuple[list[ListedStudent], list[Question]]:
    """Put rows together that are one student; ask where two students have one roll id."""
    by_roll_id: dict[str, list[ListedStudent]] = {}
    for student in students:
        by_roll_id.setdefault(student.roll_id or f"row {student.row}", []).append(student)
    kept, questions = [], []
    for roll_id, same in by_roll_id.items():
        if len({fold(student.name) for student in same}) == 1:
            kept.append(_put_together(same, reader))
            continue
        key = f"twice/{roll_id}"
        choices = [Choice(str(student.row), f"row {student.row}: {student.name}") for student in same]
        concerns = tuple(Concern(student.row, student.name) for student in same)
        sentence = f"The roll id {roll_id} stands in several rows with different names. Which one is right?"
        choices.append(Choice(LEAVE_OUT, "Leave these rows out"))
        question = Question(key, sentence, tuple(choices), concerns, reader.answers.get(key, ""))
        questions.append(question)
        for student in same:
            if question.is_open:
                kept.append(replace(student, is_open=True))
            elif question.answer == str(student.row):
                kept.append(student)
            else:
                reader.skipped.append(Skipped(student.row, f"{roll_id} {student.name}", _LEFT_OUT))
    return sorted(kept, key=lambda student: student.row), questions


def _put_together(same: Sequence[ListedStudent], reader: _Reader) -> ListedStudent:
    first, *more = same
    for other in more:
        sentence = (
            f"This is {first.roll_id} {first.name} of row {first.row} again; the addresses were put together."
        )
        reader.notices.append(Notice(sentence, other.row))
        both = {address.casefold(): address for address in (*other.parents, *first.parents) if address}
        ours = {address.casefold() for address in first.parents}
        added = [address for key, address in both.items() if key not in ours]
        one, two, *_ = (*(each for each in first.parents if each), *added, "", "")
        first = replace(
            first,
            email=first.email or other.email,
            parents=(one, two),
            language=first.language or other.language,
        )
        reader.skipped.append(Skipped(other.row, f"{other.roll_id} {other.name}", "the same student again"))
    return first


def _formula_notices(formulas: Mapping[str, Sequence[int]]) -> list[Notice]:
    sentence = "The {} is a formula, as in row {}; the stored results of {} rows are used."
    return [Notice(sentence.format(words, rows[0], len(rows))) for words, rows in formulas.items()]
