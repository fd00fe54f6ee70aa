"""Reads a class list to the end: who stands in it, what was passed over, what has to be asked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.class_lists import names, roll_ids
from shared.domain.class_lists.addresses import is_empty_mark, read_addresses
from shared.domain.class_lists.columns import FIELD_WORDS
from shared.domain.class_lists.heading_words import KINDS
from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import Layout, Line, Skipped
from shared.domain.class_lists.listed import (
    LEFT_OUT,
    MOST_PARENTS,
    Findings,
    ListedStudent,
    ask_about_lost_digits,
    ask_about_the_unlike,
    one_address,
    two_parents,
    without_repeats,
)
from shared.domain.class_lists.other_classes import lines_of_class
from shared.domain.class_lists.questions import (
    LEAVE_OUT,
    Answers,
    Asker,
    Notice,
    Question,
)
from shared.domain.languages import phrase
from shared.domain.table_cells import Kind, ReadCell
from shared.domain.typed_text import fold, normal_code

# Explicit columns come first; then fathers, mothers and guardians as they stand in the list.
_PARENTS = (ListField.PARENT1_EMAIL, ListField.PARENT2_EMAIL, ListField.PARENT_EMAIL)
_AS_CUT = phrase("as cut")
_NAMES = (ListField.NAME, ListField.FIRST_NAME, ListField.LAST_NAME)


@dataclass(frozen=True)
class ClassList:
    """What a list comes to; while a question is open, not everybody is in it."""

    students: tuple[ListedStudent, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass
class _Reader(Findings):
    """Reads line by line."""

    layout: Layout = field(kw_only=True)
    languages: Mapping[str, str] = field(kw_only=True)
    formulas: dict[str, list[int]] = field(default_factory=dict)

    def read(self, line: Line) -> ListedStudent | None:
        """Read one line; None: it is left out."""
        if not any(line.text(each) for each in (ListField.ROLL_ID, *_NAMES)) and not _has_formula(line):
            self.skipped.append(Skipped(line.number, line.whole, phrase("neither a roll id nor a name")))
            return None
        roles = line.text(ListField.ROLES)
        if roles and not any(KINDS.get(word) == "student" for word in re.findall(r"\w+", fold(roles))):
            self.skipped.append(
                Skipped(
                    line.number,
                    _words(line),
                    phrase("not a student in Moodle, but %(roles)s", roles=roles[:80]),
                )
            )
            return None
        whole = self._whole(line)
        line = whole if isinstance(whole, Line) else line
        name = self._name(line) if isinstance(whole, Line) else whole
        roll_id = self._roll_id(line, name or "")
        if LEAVE_OUT in (name, roll_id):
            self.skipped.append(Skipped(line.number, _words(line), LEFT_OUT))
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
            tuple(_phone_text(cell) for cell in line.cells.get(ListField.PHONES, ())),
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
        return found.value

    def _whole(self, line: Line) -> Line | str | None:
        """Return the line as it is answered where a comma may have cut its name; LEAVE_OUT, or None: open."""
        if not line.beyond:
            return line
        words = phrase("%(row)s · beside it: %(beyond)s", row=_words(line), beyond=" ".join(line.beyond))
        if line.joined is None:
            became = self.asker.settle(names.BESIDE, line.number, words, shown=_AS_CUT)
        else:
            reading = _words(line.joined)
            became = self.asker.settle(names.BEYOND, line.number, words, reading=reading, shown=_AS_CUT)
        if became in (None, LEAVE_OUT):
            return became
        return line if became == _AS_CUT or line.joined is None else line.joined

    def _addresses(self, line: Line) -> tuple[str, tuple[str, str]]:
        """Return the student's own address and the parents', each once."""
        own = self._of_field(line, ListField.EMAIL)
        if len(own) > 1:
            self._say(line, one_address(own))
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
            self._say(line, two_parents(parents))
        return (parents[0] if parents else ""), (parents[1] if len(parents) > 1 else "")

    def _of_field(self, line: Line, field: ListField) -> list[str]:
        found: list[str] = []
        for cell in line.cells.get(field, ()):
            reading = read_addresses(cell.text)
            if reading.is_odd:
                self._say(
                    line,
                    phrase(
                        "“%(text)s” (%(field_words)s) is not an address, and is not used.",
                        text=cell.text[:80],
                        field_words=FIELD_WORDS[field],
                    ),
                )
            found.extend(reading.addresses)
        return found

    def _language(self, line: Line) -> str:
        typed = line.text(ListField.LANGUAGE)
        if is_empty_mark(typed):
            return ""
        word = next((each for each in re.split(r"[\s./,;()-]+", fold(typed)) if each in self.languages), "")
        if not word:
            known = ", ".join(sorted(set(self.languages.values())))
            self._say(
                line,
                phrase(
                    "There are no letters in “%(typed)s” (only: %(known)s); the language stays as it is.",
                    typed=typed[:40],
                    known=known,
                ),
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
    reader = _Reader(answers, Asker(answers), layout=layout, languages=languages)
    lines, class_questions, other_skipped = lines_of_class(layout, answers, class_code)
    students = [student for line in lines if (student := reader.read(line)) is not None]
    students = ask_about_the_unlike(students, reader)
    students = ask_about_lost_digits(students, reader)
    students, twice = without_repeats(students, reader)
    notices = [*layout.notices, *reader.notices, *_formula_notices(reader.formulas)]
    return ClassList(
        tuple(students),
        tuple(sorted([*layout.skipped, *other_skipped, *reader.skipped], key=lambda each: each.row)),
        (*layout.questions, *class_questions, *reader.asker.questions(), *twice),
        tuple(sorted(notices, key=lambda notice: (notice.row is not None, notice.row or 0))),
    )


def _phone_text(cell: ReadCell) -> str:
    """Return a cell's number as it is shown, unless the spreadsheet shows less than it keeps: 9.87E+09."""
    is_number = cell.kind in (Kind.NUMBER, Kind.FORMATTED)
    is_whole = sum(map(str.isdecimal, cell.text)) >= sum(map(str.isdecimal, cell.stored))
    return cell.stored if is_number and (not is_whole or "E" in cell.text) else cell.text


def _words(line: Line) -> str:
    return " ".join(cell.text for cells in line.cells.values() for cell in cells if cell.text)[:200]


def _has_formula(line: Line) -> bool:
    return any(line.cell(each).is_formula for each in (ListField.ROLL_ID, *_NAMES))


def _formula_notices(formulas: Mapping[str, Sequence[int]]) -> list[Notice]:
    return [
        Notice(
            phrase(
                "The %(field)s is a formula, as in row %(row)s; the stored results of %(count)s rows are "
                "used.",
                field=words,
                row=rows[0],
                count=len(rows),
            )
        )
        for words, rows in formulas.items()
    ]
