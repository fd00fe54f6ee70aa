"""Finds the list in a file: on which sheet, under which headings, and which lines may be students."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.class_lists.columns import (
    ColumnUse,
    Header,
    assign_columns,
    find_header,
    joined_headings,
    likeliest_header,
    missing_fields,
    suggest_by_content,
    tie_by_hand,
    width_of,
)
from shared.domain.class_lists.headings import ListField, headings_key, read_heading
from shared.domain.class_lists.lines import named_class, why_skipped
from shared.domain.class_lists.questions import Answers, Choice, Concern, Notice, Question
from shared.domain.languages import joined, phrase
from shared.domain.table_cells import EMPTY, ReadCell, ReadSheet, Row, TableFile
from shared.domain.typed_text import clean, code_parts


@dataclass(frozen=True)
class Line:
    """One line that may be a student; cells by field, and what stands beyond the headings.

    `joined` is the line where what is too much belongs to the name, as in 701,Rao, Asha,rao@ex.org; `whole`
    is what stands in all of its columns.
    """

    number: int
    cells: Mapping[ListField, tuple[ReadCell, ...]]
    beyond: tuple[str, ...] = ()
    joined: "Line | None" = None
    whole: str = ""

    def cell(self, field: ListField) -> ReadCell:
        return self.cells.get(field, (EMPTY,))[0]

    def text(self, field: ListField) -> str:
        return clean(self.cell(field).text)


@dataclass(frozen=True)
class Skipped:
    """A line that is no student, and why."""

    row: int
    text: str
    why: str


@dataclass(frozen=True)
class Layout:
    """Where the list is, and its lines.

    `header_row` counts from 1; 0: the list has no headings. `key` is what this set of headings is remembered
    by, `sheets` are those that can be seen.
    """

    sheet: str = ""
    header_row: int = 0
    columns: tuple[ColumnUse, ...] = ()
    lines: tuple[Line, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()
    sheets: tuple[str, ...] = ()
    key: str = ""
    is_tied_by_hand: bool = False

    def has(self, field: ListField) -> bool:
        return any(column.field is field for column in self.columns)


def find_layout(file: TableFile, answers: Answers, remembered: Mapping[str, Mapping[str, str]]) -> Layout:
    """Find the list in a file.

    `remembered` holds, by `Layout.key`, what the columns of such headings were tied to before: fields or
    NOT_USED by the column's letter. `answers` may name the sheet, the header's row and columns.
    """
    visible = [sheet for sheet in file.sheets if not sheet.is_hidden and _has_text(sheet)]
    chosen = [sheet for sheet in visible if sheet.title == answers.get("sheet")]
    found = [(sheet, header) for sheet in chosen or visible if (header := find_header(sheet)) is not None]
    if len(found) > 1:
        choices = tuple(Choice(sheet.title, _sheet_words(sheet, header)) for sheet, header in found)
        sentence = phrase("%(count)s sheets of this file hold a list. Which one is it?", count=len(found))
        return Layout(questions=(Question("sheet", sentence, choices, answer=answers.get("sheet", "")),))
    if found:
        sheet, header = found[0]
    elif chosen or visible:
        sheet = max(chosen or visible, key=lambda each: len(each.rows))
        header = likeliest_header(sheet)
    else:
        return Layout(
            questions=(Question("sheet", phrase("This file holds no list: every sheet is empty or hidden.")),)
        )
    chosen_row = answers.get("header", "")
    if chosen_row.isdecimal() and int(chosen_row) != header.at + 1:  # the row found may have another below it
        header = Header(min(int(chosen_row), len(sheet.rows)) - 1, 1)
    return _lay_out(sheet, header, answers, remembered, titles=[each.title for each in visible])


def _lay_out(
    sheet: ReadSheet,
    header: Header,
    answers: Answers,
    remembered: Mapping[str, Mapping[str, str]],
    titles: Sequence[str],
) -> Layout:
    filled = _fill_merged(sheet, below=header.at + header.height)
    headings = joined_headings(sheet.rows, header)
    body = filled[header.at + header.height :]
    headings += [""] * (_width(body, usual=header.at >= 0) - len(headings))
    samples = [_samples(body, place) for place in range(len(headings))]
    readings = [read_heading(heading) for heading in headings]
    columns = [
        ColumnUse(place, clean(heading), None, ", ".join(samples[place][:2]))
        for place, heading in enumerate(headings)
    ]
    key = headings_key(headings) if header.at >= 0 else ""
    ours = remembered.get(key) if key else None
    by_hand = {letter: answers[f"column/{letter}"] for letter in _asked_letters(answers)}
    tied = by_hand or ours
    if tied is not None:
        columns = [replace(each, field=_field(tied.get(each.letter, ""))) for each in columns]
        columns, doubts = tie_by_hand(columns, samples)
    elif header.at < 0:
        columns, doubts = suggest_by_content(columns, samples), missing_fields(columns)
    else:
        columns, doubts = assign_columns(columns, readings, samples)
    layout = Layout(
        sheet.title,
        header.at + 1,
        tuple(each for each in columns if each.heading or each.sample or each.field),
        sheets=tuple(titles),
        key=key,
        is_tied_by_hand=bool(by_hand),
    )
    if doubts:
        if len(titles) > 1:
            doubts.append(phrase("(Sheets: %(titles)s.)", titles=", ".join(titles)))
        return replace(layout, questions=(Question("columns", joined(doubts)),))
    return _with_lines(layout, sheet, filled, header, answers)


def _width(body: Sequence[Row], *, usual: bool) -> int:
    """Return how many columns the lines have; `usual`: most of them, as one may be cut by a comma."""
    widths = sorted(len(row) for row in body[:200] if width_of(row))
    if usual:
        return widths[(len(widths) - 1) // 2] if len(widths) > 2 else 0
    return widths[-1] if widths else 0


def _asked_letters(answers: Answers) -> list[str]:
    return [key.removeprefix("column/") for key in answers if key.startswith("column/")]


def _field(word: str) -> ListField | None:
    return ListField(word) if word in set(ListField) else None


# Lines


def _with_lines(
    layout: Layout, sheet: ReadSheet, rows: Sequence[Row], header: Header, answers: Answers
) -> Layout:
    places: dict[ListField, list[int]] = {}
    for column in layout.columns:
        if column.field is not None:
            places.setdefault(column.field, []).append(column.place)
    width = 1 + max((column.place for column in layout.columns), default=0) if header.at >= 0 else 10_000
    headings = joined_headings(sheet.rows, header)
    names = (ListField.NAME, ListField.FIRST_NAME, ListField.LAST_NAME)
    name_at = next(places[field][0] for field in names if field in places)
    lines: list[Line] = []
    hidden: list[Line] = []
    skipped = list(_above(rows, header))
    named = _named_classes(rows, header, places)
    for at in range(header.at + header.height, len(rows)):
        row = rows[at]
        if not any(clean(cell.text) or cell.is_formula for cell in row):
            continue
        why = why_skipped(row, headings, roll_id_at=places[ListField.ROLL_ID][0], name_at=name_at)
        if why:
            skipped.append(Skipped(at + 1, _row_words(row), why))
            continue
        line = _line(at + 1, row, places)
        beyond = tuple(clean(cell.text) for cell in row[width:] if clean(cell.text))
        if beyond:
            joined = _join_name(row, name_at, width)
            line = replace(line, beyond=beyond, joined=_line(at + 1, joined, places) if joined else None)
        line = replace(line, cells={**line.cells, **named[at]})
        (hidden if at in sheet.hidden_rows else lines).append(line)
    notices = [
        *_other_sheets(layout),
        *(
            Notice(
                phrase(
                    "Column %(letter)s “%(heading)s” is hidden in the file, and was read.",
                    letter=column.letter,
                    heading=column.heading,
                )
            )
            for column in layout.columns
            if column.field is not None and column.place in sheet.hidden_columns
        ),
    ]
    questions = []
    if hidden:
        answer = answers.get("hidden_rows", "")
        if answer == "take":
            lines = sorted([*lines, *hidden], key=lambda line: line.number)
        elif answer == "leave_out":
            skipped += [
                Skipped(line.number, _line_words(line), phrase("hidden by a filter")) for line in hidden
            ]
        questions.append(_hidden_question(hidden, answer))
    return replace(
        layout,
        lines=tuple(lines),
        skipped=tuple(sorted(skipped, key=lambda each: each.row)),
        questions=tuple(questions),
        notices=tuple(notices),
    )


def _line(number: int, row: Row, places: Mapping[ListField, Sequence[int]]) -> Line:
    cells = {
        field: tuple(row[place] if place < len(row) else EMPTY for place in tied)
        for field, tied in places.items()
    }
    return Line(number, cells, whole=_row_words(row))


def _named_classes(
    rows: Sequence[Row], header: Header, places: Collection[ListField]
) -> list[dict[ListField, tuple[ReadCell, ...]]]:
    """Return for every row the class that the last line above it names; none beside a column for it."""
    if ListField.CLASS in places or ListField.SECTION in places:
        return [{}] * len(rows)
    named: dict[ListField, tuple[ReadCell, ...]] = {}
    found = []
    for at, row in enumerate(rows):
        said = named_class(row) if at < header.at or width_of(row) == 1 else None
        if said is not None:
            field, text = said
            of_class = named.get(ListField.CLASS, ())
            # "Division B" below "Class: VII" is of VII; below "Class: VII A" it is another one's.
            is_part = field is ListField.SECTION and any(len(code_parts(each.text)) == 1 for each in of_class)
            named = {**(named if is_part else {}), field: (ReadCell(text),)}
        found.append(named)
    return found


def _join_name(row: Row, name_at: int, width: int) -> Row | None:
    """Return a row whose name was cut by its own commas; None where it does not look so."""
    last = max(at for at, cell in enumerate(row) if clean(cell.text))
    parts = row[name_at : name_at + last - width + 2]
    texts = [clean(cell.text) for cell in parts]
    is_name = all(text and not re.search(r"[\d@]", text) for text in texts)
    return (*row[:name_at], ReadCell(", ".join(texts)), *row[name_at + len(parts) :]) if is_name else None


def _above(rows: Sequence[Row], header: Header) -> Iterator[Skipped]:
    for at, row in enumerate(rows[: max(header.at, 0)]):
        if any(cell.text.strip() for cell in row):
            yield Skipped(at + 1, _row_words(row), phrase("above the headings"))


def _other_sheets(layout: Layout) -> Iterator[Notice]:
    """Name the sheets that are not read: one may be the list's second page."""
    others = ", ".join(f"“{title}”" for title in layout.sheets if title != layout.sheet)
    if others:
        yield Notice(
            phrase(
                "Only the sheet “%(sheet)s” is read; not read: %(others)s.", sheet=layout.sheet, others=others
            )
        )


def _hidden_question(hidden: Sequence[Line], answer: str) -> Question:
    count = len(hidden)
    sentence = (
        phrase(
            "%(count)s rows of the list are hidden, as by a filter. Should they be imported too?", count=count
        )
        if count > 1
        else phrase("A row of the list is hidden, as by a filter. Should it be imported too?")
    )
    choices = (
        Choice("take", phrase("Yes, import them too")),
        Choice("leave_out", phrase("No, leave them out")),
    )
    concerns = tuple(Concern(line.number, _line_words(line)) for line in hidden)
    return Question("hidden_rows", sentence, choices, concerns, answer)


def _fill_merged(sheet: ReadSheet, *, below: int) -> list[Row]:
    """Return the rows with what a cell merged over several of them says in each, as the eye reads it."""
    rows = [list(row) for row in sheet.rows]
    for column, top, bottom in sheet.merged:
        if top < below or top >= len(rows) or column >= len(rows[top]):
            continue
        for row in rows[top + 1 : bottom + 1]:
            row.extend([EMPTY] * (column + 1 - len(row)))
            row[column] = rows[top][column]
    return [tuple(row) for row in rows]


def _samples(body: Sequence[Row], place: int) -> list[str]:
    """Return the first texts of a column; one of a line each, so that two columns' can be compared."""
    texts = [clean(row[place].text) if place < len(row) else "" for row in body[:40]]
    return [text for text in texts if text][:20]


def _has_text(sheet: ReadSheet) -> bool:
    return any(cell.text.strip() for row in sheet.rows for cell in row)


def _sheet_words(sheet: ReadSheet, header: Header) -> str:
    """Return a sheet by its title and a student of it."""
    below = next((row for row in sheet.rows[header.at + header.height :] if width_of(row)), ())
    return f"{sheet.title}: {_row_words(below)}"


def _row_words(row: Row) -> str:
    return " · ".join(clean(cell.text) for cell in row if clean(cell.text))[:200]


def _line_words(line: Line) -> str:
    return " ".join(clean(cell.text) for cells in line.cells.values() for cell in cells if clean(cell.text))[
        :200
    ]
