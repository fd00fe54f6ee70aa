"""What an edited sheet of a term, students by lectures, would change, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.attendance_sheet import (
    MarkValue,
    PassedOver,
    SheetChange,
    SheetReview,
    Standing,
    value_asked,
)
from shared.domain.footers import is_footer
from shared.domain.languages import phrase
from shared.domain.sheet_table import Cell, Problem, TableRow
from shared.domain.statuses import Statuses
from shared.domain.typed_text import normal_code

# Whoever has as many to mend mends them first; guessing what every one of 24,000 cells meant takes a minute.
MOST_PROBLEMS = 50


@dataclass(frozen=True)
class TermLecture:
    """One lecture as it is now: by student id, everybody on its register.

    `downloaded` holds what the sheet showed of those who were marked since.
    """

    lecture_id: int
    title: str
    register: Mapping[int, Standing]
    downloaded: Mapping[int, MarkValue] = field(default_factory=dict)
    is_closed: bool = False


@dataclass(frozen=True)
class TermRow:
    """One row of the sheet; `student_id` is what its hidden cell names, `cells` are by lecture id."""

    number: int
    student_id: int | None
    roll_id: str
    name: str
    cells: Mapping[int, Cell]


@dataclass(frozen=True)
class LectureReview:
    """What the sheet would change in one lecture."""

    lecture_id: int
    title: str
    review: SheetReview


@dataclass(frozen=True)
class TermReview:
    """What an uploaded term comes to, by lecture. With problems it changes nothing."""

    problems: tuple[Problem, ...] = ()
    lectures: tuple[LectureReview, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def changes(self) -> int:
        """How many marks would change."""
        return sum(len(each.review.changes) for each in self.lectures)

    @property
    def conflicts(self) -> int:
        """How many were marked otherwise since the download, and stay as they are."""
        return sum(len(each.review.conflicts) for each in self.lectures)

    @property
    def moved_on(self) -> int:
        """How many more were marked since the download."""
        return sum(each.review.moved_on for each in self.lectures)


def review_term(
    rows: Sequence[TermRow],
    lectures: Sequence[TermLecture],
    statuses: Statuses,
    *,
    passed_over: Sequence[PassedOver] = (),
) -> TermReview:
    """Compare a term's sheet with the registers. A missing row or column leaves its marks as they are.

    `passed_over` is what the reader of the sheet has left out already.
    """
    students = {each.student_id: each for lecture in lectures for each in lecture.register.values()}
    problems: list[Problem] = []
    strange = list(passed_over)
    found: list[tuple[TermRow, Standing]] = []
    rows_of: dict[int, int] = {}
    for row in rows:
        if row.student_id is None and _is_nobodys(row):
            strange.append(PassedOver(row.number, _shown(row)))
            continue
        student = students.get(row.student_id or 0)
        problem = _row_problem(row, student, students, rows_of)
        if problem is not None:
            problems.append(problem)
        elif student is not None:
            rows_of[student.student_id] = row.number
            found.append((row, student))
    reviews = []
    for lecture in lectures:
        review = _review_lecture(found, lecture, statuses, room=MOST_PROBLEMS - len(problems))
        problems += review.problems
        if review.changes or review.conflicts or review.moved_on:
            reviews.append(LectureReview(lecture.lecture_id, lecture.title, review))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        return TermReview(problems=tuple(problems[:MOST_PROBLEMS]), passed_over=tuple(strange))
    return TermReview(lectures=tuple(reviews), passed_over=tuple(strange))


def _review_lecture(
    rows: Sequence[tuple[TermRow, Standing]], lecture: TermLecture, statuses: Statuses, *, room: int
) -> SheetReview:
    problems: list[Problem] = []
    changes: list[SheetChange] = []
    conflicts: list[SheetChange] = []
    for row, named in rows:
        if len(problems) >= room:
            break
        cell = row.cells.get(lecture.lecture_id, "")
        if lecture.lecture_id not in row.cells:
            continue
        student = lecture.register.get(named.student_id)
        now = student.value if student else MarkValue()
        shown = lecture.downloaded.get(named.student_id, now)
        if cell is not None and cell == _short(shown, statuses):
            continue  # as it was downloaded, as most are
        asked = value_asked(
            TableRow(row.number, {"status": cell}), shown, statuses, is_closed=lecture.is_closed
        )
        if isinstance(asked, Problem):
            sentence = phrase("%(lecture)s: %(problem)s", lecture=lecture.title, problem=asked.sentence)
            problems.append(Problem(sentence, row=row.number, suggestion=asked.suggestion))
        elif asked not in (shown, now):
            if student is None:
                sentence = phrase(
                    "%(title)s: %(name)s is not on the register of this lecture.",
                    title=lecture.title,
                    name=named.name,
                )
                problems.append(
                    Problem(
                        sentence, row=row.number, suggestion=phrase("Leave the cell as it was downloaded.")
                    )
                )
            else:
                (changes if shown == now else conflicts).append(SheetChange(student, now, asked))
    moved = sum(
        1
        for student_id, shown in lecture.downloaded.items()
        if student_id in lecture.register and lecture.register[student_id].value != shown
    )
    return SheetReview(
        problems=tuple(problems),
        changes=tuple(changes),
        conflicts=tuple(conflicts),
        moved_on=moved - len(conflicts),
    )


def _short(value: MarkValue, statuses: Statuses) -> str:
    return statuses.get(value.status).short if value.status else ""


def _is_nobodys(row: TermRow) -> bool:
    """Tell whether a row without an identity is a footer, or sums below the lectures."""
    texts = [row.roll_id, row.name, *(cell or "" for cell in row.cells.values())]
    is_sum = not row.roll_id and not row.name and not any(_is_word(cell) for cell in row.cells.values())
    return is_footer(texts) or is_sum


def _is_word(cell: Cell) -> bool:
    return any(sign.isalpha() for sign in cell or "")


def _shown(row: TermRow) -> str:
    texts = (row.roll_id, row.name, *(cell or "" for cell in row.cells.values()))
    return " ".join(filter(None, texts))[:200] or phrase("a formula")


def _row_problem(
    row: TermRow, student: Standing | None, students: Mapping[int, Standing], rows_of: Mapping[int, int]
) -> Problem | None:
    """Return what is wrong with a row, apart from its marks."""
    named = f"{row.roll_id} {row.name}".strip()[:80] or phrase("This row")
    if row.student_id is None:
        return Problem(
            phrase("%(named)s: the hidden first cell, which says whose row this is, is empty.", named=named),
            row=row.number,
            suggestion=phrase(
                "Type into the rows of the downloaded sheet; copying their texts is not enough."
            ),
        )
    if student is None:
        return Problem(
            phrase("%(named)s is on no register of these lectures any more.", named=named),
            row=row.number,
            suggestion=phrase("Delete the row."),
        )
    if row.student_id in rows_of:
        sentence = phrase(
            "%(roll_id)s stands in row %(rows_of)s already. Keep one of them.",
            roll_id=student.roll_id,
            rows_of=rows_of[row.student_id],
        )
        return Problem(sentence, row=row.number)
    typed = normal_code(row.roll_id)
    if typed != student.roll_id and any(each.roll_id == typed for each in students.values()):
        return Problem(
            phrase(
                "This is the row of %(roll_id)s %(name)s, but it says %(typed)s.",
                roll_id=student.roll_id,
                name=student.name,
                typed=typed,
            ),
            row=row.number,
            suggestion=phrase("If one column was sorted without the others, download the sheet again."),
        )
    return None
