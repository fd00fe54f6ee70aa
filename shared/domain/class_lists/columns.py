"""Finds the headings of a sheet, and ties its columns to what we need where the headings leave no doubt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from shared.domain.class_lists.headings import UNKNOWN, HeadingReading, ListField, read_heading, says_whose
from shared.domain.languages import all_of, phrase
from shared.domain.table_cells import ReadSheet, Row
from shared.domain.typed_text import fold

# People put titles, the school's address and what the list is for above its headings.
HEADER_WITHIN_LINES = 30
NOT_USED = "-"
_AT = re.compile("@")
# Seven digits or more, whatever stands between them.
_PHONE = re.compile(r"(?:\d[\s()./-]*){7}")
_PARTS = (ListField.FIRST_NAME, ListField.MIDDLE_NAME, ListField.LAST_NAME)

FIELD_WORDS = {
    ListField.ROLL_ID: phrase("roll id"),
    ListField.NAME: phrase("name"),
    ListField.FIRST_NAME: phrase("first name"),
    ListField.MIDDLE_NAME: phrase("middle name"),
    ListField.LAST_NAME: phrase("last name"),
    ListField.EMAIL: phrase("student's e-mail"),
    ListField.PARENT1_EMAIL: phrase("first parent's e-mail"),
    ListField.PARENT2_EMAIL: phrase("second parent's e-mail"),
    ListField.PARENT_EMAIL: phrase("a parent's e-mail"),
    ListField.PHONES: phrase("the family's phone"),
    ListField.LANGUAGE: phrase("language of the letters"),
    ListField.CLASS: phrase("class"),
    ListField.SECTION: phrase("section"),
    ListField.ROLES: phrase("roles in Moodle"),
}


@dataclass(frozen=True)
class ColumnUse:
    """One column: its letter as the spreadsheet names it, its heading, and what it is used for."""

    place: int
    heading: str
    field: ListField | None
    sample: str = ""
    suggestion: ListField | None = None
    surname_first: bool = False

    @property
    def letter(self) -> str:
        return column_letter(self.place)


@dataclass(frozen=True)
class Header:
    """The headings: the first line of them, counted from 0 (-1: none), and how many lines they take."""

    at: int
    height: int


def column_letter(place: int) -> str:
    """Return A for 0, Z for 25, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def find_header(sheet: ReadSheet) -> Header | None:
    """Return the first line that names both a roll id and a name, or two lines that do so together."""
    best: tuple[int, Header] | None = None
    for at in range(min(len(sheet.rows), HEADER_WITHIN_LINES)):
        for height in (1, 2):
            header = Header(at, height)
            score = _score(joined_headings(sheet.rows, header)) if at + height <= len(sheet.rows) else 0
            if (
                height == 2
                and score
                and (width_of(sheet.rows[at]) < 2 or not _is_sub_header(sheet.rows[at + 1]))
            ):
                continue
            if score and (best is None or score > best[0]):
                best = score, header
    return _with_groups(sheet, best[1]) if best else None


def _with_groups(sheet: ReadSheet, header: Header) -> Header:
    """Add the line above that says whose the columns are: Student over name, Parents over name and e-mail."""
    both = Header(header.at - 1, 2)
    if header.height > 1 or header.at == 0 or width_of(sheet.rows[both.at]) < 2:
        return header
    groups = [cell.text for cell in sheet.rows[both.at] if cell.text.strip()]
    is_telling = all(says_whose(text) for text in groups)
    return both if is_telling and _score(joined_headings(sheet.rows, both)) else header


def likeliest_header(sheet: ReadSheet) -> Header:
    """Return the line with most headings that we know; none: the list begins at once."""
    # One cell above a table is its title.
    least = min(2, max((width_of(row) for row in sheet.rows[:HEADER_WITHIN_LINES]), default=0))
    counts = [
        sum(read_heading(cell.text).field is not None for cell in row if cell.text) * (width_of(row) >= least)
        for row in sheet.rows[:HEADER_WITHIN_LINES]
    ]
    best = max(range(len(counts)), key=lambda at: counts[at], default=-1)
    if best >= 0 and counts[best]:
        return Header(best, 1)
    widest = max((width_of(row) for row in sheet.rows[:HEADER_WITHIN_LINES]), default=0)
    first = next((at for at, row in enumerate(sheet.rows) if width_of(row) == widest), -1)
    looks_like_data = any(re.search(r"\d|@", cell.text) for cell in sheet.rows[first]) if first >= 0 else True
    return Header(-1, 1) if looks_like_data else Header(first, 1)


def _score(headings: Sequence[str]) -> int:
    readings = [read_heading(heading) for heading in headings if heading]
    fields = [reading.field for reading in readings if reading.field is not None]
    has_name = any(field in fields for field in (ListField.NAME, ListField.FIRST_NAME, ListField.LAST_NAME))
    return len(set(fields)) + len(fields) if ListField.ROLL_ID in fields and has_name else 0


def joined_headings(rows: Sequence[Row], header: Header) -> list[str]:
    """Return the headings of all columns; of two lines the upper one reaches over what is empty at its right.

    Surname under Name of the student is a surname, not all of the name.
    """
    if header.at < 0:
        return []
    upper = [cell.text for cell in rows[header.at]]
    if header.height == 1:
        return upper
    lower = [cell.text for cell in rows[header.at + 1]]
    joined, over = [], ""
    for place in range(max(len(upper), len(lower))):
        top, sub = (texts[place].strip() if place < len(texts) else "" for texts in (upper, lower))
        over = top or (over if sub else "")
        is_part = read_heading(over).field is ListField.NAME and read_heading(sub).field in _PARTS
        joined.append(f"{sub} ({over})" if is_part else f"{over} {sub}".strip())
    return joined


def _is_sub_header(row: Row) -> bool:
    texts = [cell.text for cell in row if cell.text.strip()]
    readings = [read_heading(text) for text in texts]
    # Gender and D.O.B. are known too, though nothing here uses them.
    return any(reading.field is not None for reading in readings) and all(
        reading != UNKNOWN or _KNOWN_PART.search(fold(text))
        for text, reading in zip(texts, readings, strict=True)
    )


_KNOWN_PART = re.compile(
    r"^(first|last|middle|father|mother|guardian|parent|student|given|family|sur|name)\b"
)


def assign_columns(
    columns: Sequence[ColumnUse], readings: Sequence[HeadingReading], samples: Sequence[Sequence[str]]
) -> tuple[list[ColumnUse], list[str]]:
    """Tie columns to fields where their headings leave no doubt; else say what is doubtful."""
    tied = [
        replace(
            column,
            suggestion=reading.field,
            field=reading.field if _is_sure(reading, samples[column.place]) else None,
            surname_first=reading.surname_first,
        )
        for column, reading in zip(columns, readings, strict=True)
    ]
    tied = _one_roll_id(tied, readings)
    tied = _whole_name(tied, samples)
    doubts = missing_fields(tied)
    doubts += _suggest_rest_of_name(tied, samples)
    for field in ListField:
        of_field = [column for column in tied if column.field is field]
        are_shares = field in _PARTS and all(readings[column.place].is_share for column in of_field)
        may_be_several = are_shares or field in (ListField.PARENT_EMAIL, ListField.PHONES)
        if len(of_field) > 1 and not may_be_several:
            named = all_of([f"“{column.heading}”" for column in of_field[:4]])
            doubts.append(
                phrase(
                    "%(named)s may both be the %(field_words)s: which one is it?",
                    named=named,
                    field_words=FIELD_WORDS[field],
                )
            )
    return (suggest_by_content(tied, samples) if doubts else tied), doubts


def _suggest_rest_of_name(columns: list[ColumnUse], samples: Sequence[Sequence[str]]) -> list[str]:
    """Suggest the columns that a heading merged over several may mean as well: Name over Asha, Mohan and Rao.

    Return the doubt about them, or nothing.
    """
    name = next((column for column in columns if column.field is ListField.NAME), None)
    rest = _rest_of_name(columns, name.place, samples) if name is not None else []
    for column in rest:
        field = ListField.LAST_NAME if column is rest[-1] else ListField.MIDDLE_NAME
        columns[column.place] = replace(column, suggestion=field)
    if len(rest) > 1:
        letters = all_of([column.letter for column in rest])
        return [
            phrase(
                "Columns %(letters)s beside the name have no heading: do they belong to the name?",
                letters=letters,
            )
        ]
    return [
        phrase(
            "Column %(letter)s beside the name has no heading: does it belong to the name?",
            letter=column.letter,
        )
        for column in rest
    ]


def _rest_of_name(
    columns: Sequence[ColumnUse], name_at: int, samples: Sequence[Sequence[str]]
) -> list[ColumnUse]:
    def may_be(column: ColumnUse) -> bool:
        held = samples[column.place]
        is_usual = len(held) * 2 > len(samples[name_at])
        return not column.heading and is_usual and _may_be_names(held)

    return list(takewhile(may_be, columns[name_at + 1 :]))


def tie_by_hand(
    columns: Sequence[ColumnUse], samples: Sequence[Sequence[str]]
) -> tuple[list[ColumnUse], list[str]]:
    """Return columns that the office tied, with the whole name, and what is still doubtful."""
    tied = _whole_name(list(columns), samples)
    doubts = missing_fields(tied)
    ids = [f"“{column.heading or column.letter}”" for column in tied if column.field is ListField.ROLL_ID]
    if len(ids) > 1:
        doubts.append(phrase("%(ids)s may both be the roll id: which one is it?", ids=all_of(ids[:4])))
    return tied, doubts


def suggest_by_content(columns: Sequence[ColumnUse], samples: Sequence[Sequence[str]]) -> list[ColumnUse]:
    """Suggest the roll id's and the name's column by their cells, where no heading does; nothing is tied."""
    known = {column.field or column.suggestion for column in columns}
    free = [column.place for column in columns if not (column.field or column.suggestion)]
    ids = [place for place in free if _may_be_roll_ids(samples[place])]
    telling = [place for place in ids if not _only_counts(samples[place])]
    suggested = {}
    if ListField.ROLL_ID not in known:
        suggested = dict.fromkeys((telling or ids)[:1], ListField.ROLL_ID)
    if not known & {ListField.NAME, ListField.FIRST_NAME, ListField.LAST_NAME}:
        names = [place for place in free if _may_be_names(samples[place]) and place not in suggested]
        suggested |= dict.fromkeys(names[:1], ListField.NAME)
    return [replace(column, suggestion=suggested.get(column.place, column.suggestion)) for column in columns]


def _may_be_roll_ids(texts: Sequence[str]) -> bool:
    have_digits = all(any(sign.isdecimal() for sign in text) and "@" not in text for text in texts)
    return bool(texts) and have_digits and len(set(texts)) == len(texts)


def _only_counts(texts: Sequence[str]) -> bool:
    return [text.strip(".)") for text in texts] == [str(number) for number in range(1, len(texts) + 1)]


def _may_be_names(texts: Sequence[str]) -> bool:
    words = [text for text in texts if re.search(r"[^\W\d_]{2}", text) and not re.search(r"[\d@]", text)]
    return len(words) * 2 > len(texts)


def _is_sure(reading: HeadingReading, samples: Sequence[str]) -> bool:
    if reading.by_content:
        holds = _PHONE.search if reading.field is ListField.PHONES else _AT.search
        return sum(holds(sample) is not None for sample in samples) * 2 > len(samples)
    return reading.is_certain


def _one_roll_id(columns: list[ColumnUse], readings: Sequence[HeadingReading]) -> list[ColumnUse]:
    """Keep the roll number as the roll id where there are several numbers; the others are shown as not
    used."""
    weights = {
        column.place: readings[column.place].weight for column in columns if column.field is ListField.ROLL_ID
    }
    heaviest = max(weights.values(), default=0)
    return [
        replace(column, field=None)
        if column.place in weights and weights[column.place] < heaviest
        else column
        for column in columns
    ]


def _whole_name(columns: list[ColumnUse], samples: Sequence[Sequence[str]]) -> list[ColumnUse]:
    """Tell what a column for the name is beside one for a part of it: the other part, or all of it."""
    by_field = {column.field: column for column in columns}
    name = by_field.get(ListField.NAME)
    part = by_field.get(ListField.FIRST_NAME) or by_field.get(ListField.LAST_NAME)
    if name is None or part is None:
        return columns
    both = {ListField.FIRST_NAME, ListField.LAST_NAME} <= set(by_field)
    pairs = list(zip(samples[name.place], samples[part.place], strict=False))
    holds_all = both or (pairs and sum(fold(each) in fold(whole) for whole, each in pairs) * 2 > len(pairs))
    is_without_result = both and not any(sign.isalpha() for each in samples[name.place] for sign in each)
    if is_without_result:  # a formula that puts both together, saved by a program that did not compute it
        return [replace(column, field=None) if column.place == name.place else column for column in columns]
    if holds_all:
        return [replace(column, field=None) if column.field in _PARTS else column for column in columns]
    other = ListField.LAST_NAME if part.field is ListField.FIRST_NAME else ListField.FIRST_NAME
    return [replace(column, field=other) if column.place == name.place else column for column in columns]


def missing_fields(columns: Sequence[ColumnUse]) -> list[str]:
    fields = {column.field for column in columns}
    missing: list[str] = []
    if ListField.ROLL_ID not in fields:
        missing.append(phrase("Please say which column holds the roll id."))
    if not fields & {ListField.NAME, ListField.FIRST_NAME, ListField.LAST_NAME}:
        missing.append(phrase("Please say which column holds the name."))
    return missing


def width_of(row: Row) -> int:
    return sum(bool(cell.text.strip()) for cell in row)
