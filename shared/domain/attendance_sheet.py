"""What an edited attendance sheet would change, and what is wrong with it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import NamedTuple

from shared.domain.attendance import one_line
from shared.domain.footers import is_footer
from shared.domain.languages import joined, phrase
from shared.domain.sheet_table import Column, Problem, TableRow, as_number
from shared.domain.status_words import read_status
from shared.domain.statuses import Statuses
from shared.domain.typed_text import fold, normal_code
from shared.domain.written_dates import days_meant

# The first word is what our sheets say, in English; behind it stand those of our other languages.
COLUMNS = {
    "roll_id": Column(
        (
            *(phrase("Roll id"), "Roll no", "Roll number", "Roll"),
            *("रोल आईडी", "रोल आयडी", "रोल नंबर", "रोल नं", "अनुक्रमांक", "हजेरी क्रमांक"),
        ),
        required=True,
    ),
    "name": Column((phrase("Name"), "Student", "Student name", "नाम", "नाव", "विद्यार्थी")),
    "class_code": Column((phrase("Class"), "Class code", "कक्षा", "वर्ग")),
    "status": Column(
        (
            *(phrase("Status"), "Attendance", "Mark"),
            *("स्थिति", "स्थिती", "उपस्थिति", "उपस्थिती", "हाज़िरी", "हजेरी"),
        ),
        required=True,
    ),
    "note": Column((phrase("Note"), "Notes", "Remark", "Remarks", "नोट", "टिप्पणी", "टीप", "टिपण", "शेरा")),
    "date": Column((phrase("Date"), "तारीख़", "तारीख", "दिनांक")),
}

LONGEST_NOTE = 500  # the mark's column in the database


class MarkValue(NamedTuple):
    """What a sheet says of one student: the key of a status, or none: not marked."""

    status: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Standing:
    """One student on the register of the lecture, as it is now; `marked` says how and when, in words."""

    student_id: int
    class_code: str
    roll_id: str
    name: str
    value: MarkValue = field(default_factory=MarkValue)
    marked: str = ""


@dataclass(frozen=True)
class SheetChange:
    """What the sheet would change for one student."""

    student: Standing
    was: MarkValue
    becomes: MarkValue


class PassedOver(NamedTuple):
    """A row that is no student's, such as a sum or a signature."""

    row: int
    text: str


@dataclass(frozen=True)
class SheetReview:
    """What an uploaded sheet comes to. With problems it changes nothing.

    `conflicts` were marked otherwise since the download, so the register keeps what it has; `moved_on` counts
    the students marked since whom the sheet does not speak about.
    """

    problems: tuple[Problem, ...] = ()
    changes: tuple[SheetChange, ...] = ()
    conflicts: tuple[SheetChange, ...] = ()
    moved_on: int = 0
    passed_over: tuple[PassedOver, ...] = ()


def review_sheet(
    rows: Sequence[TableRow],
    register: Sequence[Standing],
    statuses: Statuses,
    *,
    downloaded: Mapping[int, MarkValue],
    held_on: date,
    is_closed: bool = False,
    above: Sequence[TableRow] = (),
) -> SheetReview:
    """Compare a sheet with the register.

    `downloaded` holds, by student id, what the sheet showed of those who were marked since; `held_on` is the
    lecture's day. A missing row leaves the mark as it is; a status that was cleared takes it away, which a
    closed lecture does not allow. Of the rows `above` the head count those of students.
    """
    finder = _Finder(register)
    sorted_with_head = [row for row in above if isinstance(finder.find(row), Standing)]
    problems: list[Problem] = []
    passed_over: list[PassedOver] = []
    changes: list[SheetChange] = []
    conflicts: list[SheetChange] = []
    rows_of: dict[int, int] = {}
    for row in (*sorted_with_head, *rows):
        student = finder.find(row)
        if isinstance(student, Problem):
            if _is_nobodys(row):
                passed_over.append(PassedOver(row.number, _shown(row)))
            else:
                problems.append(student)
            continue
        shown, now = downloaded.get(student.student_id, student.value), student.value
        asked = _row_problem(row, student, rows_of, held_on, finder) or value_asked(
            row, shown, statuses, is_closed=is_closed
        )
        rows_of[student.student_id] = row.number
        if isinstance(asked, Problem):
            problems.append(asked)
        elif asked not in (shown, now):
            (changes if shown == now else conflicts).append(SheetChange(student, now, asked))
    if problems:
        return SheetReview(problems=tuple(problems), passed_over=tuple(passed_over))
    moved = sum(1 for each in register if downloaded.get(each.student_id, each.value) != each.value)
    return SheetReview(
        changes=tuple(changes),
        conflicts=tuple(conflicts),
        moved_on=moved - len(conflicts),
        passed_over=tuple(passed_over),
    )


def _is_nobodys(row: TableRow) -> bool:
    """Tell whether a row that names no student is a footer, or holds nothing but a sum below the statuses."""
    texts = [row.text(name) for name in COLUMNS]
    is_sum = not any(row.text(name) for name in COLUMNS if name != "status")
    return is_footer(texts) or (is_sum and read_status(row.text("status")) is None)


def _shown(row: TableRow) -> str:
    return " ".join(filter(None, (row.text(name) for name in COLUMNS)))[:200] or phrase("a formula")


def _row_problem(
    row: TableRow, student: Standing, rows_of: Mapping[int, int], held_on: date, finder: "_Finder"
) -> Problem | None:
    """Return what is wrong with a row whose student is known, apart from status and note."""
    if student.student_id in rows_of:
        sentence = phrase(
            "%(roll_id)s stands in row %(rows_of)s already. Keep one of them.",
            roll_id=student.roll_id,
            rows_of=rows_of[student.student_id],
        )
        return Problem(sentence, row=row.number)
    if row.text("date") and held_on not in days_meant(row.text("date")):
        return Problem(
            phrase(
                "The date says %(text)s, but this is the sheet of a lecture on %(held_on)s.",
                text=row.text("date")[:20],
                held_on=held_on,
            ),
            row=row.number,
            suggestion=phrase("Each lecture has its own sheet: download that one."),
        )
    named = fold(row.text("name"))
    if named != fold(student.name) and named in finder.names:
        return Problem(
            phrase(
                "%(roll_id)s is %(name)s, but the row names %(name_2)s.",
                roll_id=student.roll_id,
                name=student.name,
                name_2=finder.names[named].name,
            ),
            row=row.number,
            suggestion=phrase("If one column was sorted without the others, download the sheet again."),
        )
    return None


def value_asked(
    row: TableRow, shown: MarkValue, statuses: Statuses, *, is_closed: bool
) -> MarkValue | Problem:
    """Return the value a row asks for, where it showed `shown`; without a column of notes the note stays."""
    for name in ("status", "note"):
        if row.is_formula(name):
            title = COLUMNS[name].title
            return Problem(
                phrase("“%(title)s” is a formula. Type it as a word.", title=title), row=row.number
            )
    status = _read_status(row, shown, statuses)
    if isinstance(status, Problem):
        return status
    note = one_line(row.text("note")) if "note" in row.cells else shown.note
    if len(note) > LONGEST_NOTE:
        return Problem(
            phrase("The note is longer than %(longest_note)s characters.", longest_note=LONGEST_NOTE),
            row=row.number,
        )
    if status is not None:
        return MarkValue(status, note)
    if note and note != shown.note:
        return Problem(phrase("There is a note, but no status for it to belong to."), row=row.number)
    if shown.status is not None and is_closed:
        return Problem(
            phrase("The status was cleared, but in a closed lecture everybody has one."),
            row=row.number,
            suggestion=phrase("Choose a status, or reopen the lecture first."),
        )
    return MarkValue()


def _read_status(row: TableRow, shown: MarkValue, statuses: Statuses) -> str | Problem | None:
    typed = row.text("status")
    if not typed:
        return None
    was = statuses.get(shown.status) if shown.status is not None else None
    if was is not None and typed in (was.name, was.short, *was.letter_names.values()):
        return was.key  # as it was downloaded, also one that is no longer offered
    status = statuses.read(typed)
    if status is not None:
        return status
    meant = statuses.guess(typed)
    return Problem(
        phrase("“%(typed)s” is not a status.", typed=typed[:40]),
        row=row.number,
        suggestion=phrase("Did you mean %(name)s?", name=meant.name)
        if meant
        else phrase("It may be %(named)s.", named=_named(statuses)),
    )


def _named(statuses: Statuses) -> str:
    """Name what a cell may hold, with the short forms that a term's sheet shows."""
    choices = [
        phrase("%(name)s (%(short)s)", name=status.name, short=status.short) for status in statuses.choices
    ]
    return joined(choices, ", ")


class _Finder:
    """Finds the student a row speaks of."""

    def __init__(self, register: Sequence[Standing]) -> None:
        self._by_roll_id: dict[str, list[Standing]] = defaultdict(list)
        self._by_number: dict[float, list[Standing]] = defaultdict(list)
        self.names = {fold(each.name): each for each in register}
        for each in register:
            self._by_roll_id[each.roll_id].append(each)
            number = as_number(each.roll_id)
            if number is not None:
                self._by_number[number].append(each)

    def find(self, row: TableRow) -> Standing | Problem:
        """Find by roll id and, where given, by class."""
        if row.is_formula("roll_id"):
            return Problem(phrase("The roll id is a formula. Type it as a word."), row=row.number)
        roll_id, class_code = normal_code(row.text("roll_id")), normal_code(row.text("class_code"))
        if not roll_id:
            return Problem(phrase("The roll id is missing."), row=row.number, suggestion=self._by_name(row))
        # A spreadsheet may have turned 00123 into 123, or 1520E0042 into a number.
        number = as_number(roll_id)
        worn = self._by_number.get(number, []) if number is not None else []
        named = self._by_roll_id.get(roll_id) or worn
        if not named:
            return self._unknown(row, roll_id)
        found = [each for each in named if class_code in ("", each.class_code)]
        if not found:
            sentence = phrase(
                "%(roll_id)s is in %(class_code)s, not in %(class_code_2)s.",
                roll_id=named[0].roll_id,
                class_code=named[0].class_code,
                class_code_2=class_code[:40],
            )
            return Problem(sentence, row=row.number)
        if len(found) > 1:
            several = [
                phrase("%(roll_id)s of %(class_code)s", roll_id=each.roll_id, class_code=each.class_code)
                for each in found[:3]
            ]
            return Problem(
                phrase(
                    "%(roll_id)s could be %(several)s.", roll_id=roll_id[:40], several=joined(several, ", ")
                ),
                row=row.number,
            )
        return found[0]

    def _unknown(self, row: TableRow, roll_id: str) -> Problem:
        near = get_close_matches(roll_id[:64], self._by_roll_id, n=1, cutoff=0.75)
        suggestion = (
            phrase("Did you mean %(near)s %(name)s?", near=near[0], name=self._by_roll_id[near[0]][0].name)
            if near
            else ""
        )
        sentence = phrase("%(roll_id)s is not on the register of this lecture.", roll_id=roll_id[:64])
        return Problem(sentence, row=row.number, suggestion=self._by_name(row) or suggestion)

    def _by_name(self, row: TableRow) -> str:
        student = self.names.get(fold(row.text("name")))
        return (
            phrase("Did you mean %(roll_id)s %(name)s?", roll_id=student.roll_id, name=student.name)
            if student
            else ""
        )
