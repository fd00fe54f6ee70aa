"""Reads the roll id of a line, and tells what a spreadsheet has done to it."""

import re
from dataclasses import dataclass

from shared.domain.class_lists.questions import Trouble
from shared.domain.languages import phrase
from shared.domain.number_formats import KEPT_DIGITS
from shared.domain.table_cells import Kind, ReadCell
from shared.domain.typed_text import clean, normal_code
from shared.domain.written_dates import is_month

LONGEST_ROLL_ID = 64

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)"
# What a spreadsheet writes into a .csv for MAR1, 1-3 or 3/1; nobody types a roll id so.
_DATE = re.compile(
    rf"\d{{1,2}}-{_MONTH}(-\d{{2,4}})?|{_MONTH}-\d{{2}}|(19|20)\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?"
    r"|\d{1,2}/\d{1,2}/(19|20)\d\d|\d{1,2}[.-]\d{1,2}[.-](19|20)\d\d"
)
# The same as spreadsheets of other countries write it: 01. Mrz, 1-मार्च, ene-26.
_DAY_AND_WORD = re.compile(r"\d{1,2}[-. ]+([^\W\d_][^\d\s.-]*)\.?(?:[-. ]+\d{2,4})?")
_WORD_AND_YEAR = re.compile(r"([^\W\d_][^\d\s.-]*)\.?[- ]\d{2}")
# A day with a year of two digits; a roll id of year, course and number may look the same.
_PERHAPS_DATE = re.compile(
    r"(0?[1-9]|[12]\d|3[01])([/.])(0?[1-9]|1[0-2])\2\d\d|(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])/\d\d"
)
_THOUSANDS = re.compile(r"\d{1,3}([,'’])\d{3}(?:\1\d{3})*")
# What a list writes behind a number of its own: 1. and 2)
_BEHIND_NUMBER = re.compile(r"(\d+)[.)]")
# What people type into a form's field for it: Roll no. 31.
_SAID = re.compile(r"roll\s*(?:no|nr|number|id)?\b[\s.:#-]*(?=\d)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+\d+|\d[.,]\d+E\d+", re.IGNORECASE)
_DECIMALS = re.compile(r"(\d+)[.,]0{1,2}")
_AS_TEXT = re.compile(r'="([^"]*)"')

DATE = Trouble(
    "roll_id_date",
    phrase(
        "Excel turned the roll id into a date, as it does with MAR1 or 1-3. What was "
        "typed is lost in this file."
    ),
)
PERHAPS_DATE = Trouble(
    "roll_id_perhaps_date",
    phrase("The roll id looks like a day that Excel made of it, as of MAR1 or 1-3."),
    take=phrase("It is right as shown"),
)
DIGITS = Trouble(
    "roll_id_digits",
    phrase(
        "Excel keeps %(kept_digits)s digits of a number and writes zeros for the rest, "
        "so the end of the roll id may be lost. Format the column as text to keep it.",
        kept_digits=KEPT_DIGITS,
    ),
    take=phrase("It is right as shown"),
)
DECIMALS = Trouble(
    "roll_id_decimals",
    phrase(
        "The roll id became a number with decimals in the spreadsheet, as 701 becomes "
        "701.0 and 24.10 becomes 24.1."
    ),
    take=phrase("Take it as shown here"),
)
FORMAT = Trouble(
    "roll_id_format",
    phrase(
        "The roll id is a number whose format we do not know, so the spreadsheet may show it differently."
    ),
    take=phrase("Take it as shown here"),
)
NO_RESULT = Trouble(
    "roll_id_formula",
    phrase(
        "The roll id is a formula without a stored result. Open the file in Excel and "
        "save it, or type the roll id."
    ),
)
MISSING = Trouble("roll_id_missing", phrase("There is a name, but no roll id."))
UNREADABLE = Trouble("roll_id_unreadable", phrase("This cannot be a roll id."))
UNLIKE = Trouble(
    "roll_id_unlike",
    phrase("Every other roll id of the list has digits, this one has none. Is it a student?"),
    take=phrase("Yes, it is a student"),
    may_type=False,
    leave_out=phrase("No, leave it out"),
)


@dataclass(frozen=True)
class RollIdReading:
    """A roll id as it is stored; with a trouble it is at most a suggestion."""

    value: str = ""
    trouble: Trouble | None = None


def read_roll_id(cell: ReadCell) -> RollIdReading:
    """Read a roll id as the spreadsheet shows it."""
    text = clean(cell.text)
    if cell.is_formula and (not text or (cell.kind is Kind.NUMBER and text == "0")):
        return RollIdReading(trouble=NO_RESULT)
    if cell.kind is Kind.DATE:
        return RollIdReading(trouble=DATE)
    if cell.kind is Kind.ERROR:
        return RollIdReading(trouble=UNREADABLE)
    if cell.kind in (Kind.NUMBER, Kind.FORMATTED):
        return _of_number(cell, text)
    return _of_text(text)


def is_roll_id(typed: str) -> bool:
    """Tell whether a typed text can be a roll id."""
    return read_roll_id(ReadCell(typed)).trouble in (None, PERHAPS_DATE)


def _of_number(cell: ReadCell, text: str) -> RollIdReading:
    whole, _, decimals = cell.stored.partition(".")
    if "E" in cell.stored:
        return RollIdReading(trouble=DIGITS)
    if decimals:
        return RollIdReading(normal_code(cell.stored), DECIMALS)
    if len(whole.lstrip("-")) > KEPT_DIGITS:
        return RollIdReading(normal_code(whole), DIGITS)
    if cell.kind is Kind.FORMATTED:
        return RollIdReading(normal_code(whole), FORMAT)
    return RollIdReading(normal_code(text))


def _of_text(text: str) -> RollIdReading:
    as_text = _AS_TEXT.fullmatch(text)  # ="000701" keeps the zeros of a .csv in Excel
    text = as_text[1] if as_text else re.sub(r"^['’‘`´](?=\w)", "", text)  # so does '0701
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    if not text:
        return RollIdReading(trouble=MISSING)
    found = _worn(text)
    if found is not None:
        return found
    value = normal_code(_BEHIND_NUMBER.sub(r"\1", text) if _BEHIND_NUMBER.fullmatch(text) else text)
    is_one = any(sign.isalnum() for sign in value) and value.isprintable() and not value.startswith("#")
    if not is_one or len(value) > LONGEST_ROLL_ID or value.startswith("="):
        return RollIdReading(trouble=UNREADABLE)
    return RollIdReading(value)


def _worn(text: str) -> RollIdReading | None:
    """Return what a spreadsheet made of a roll id before it was written as text; None: nothing."""
    if _DATE.fullmatch(text) or _is_written_day(text):
        return RollIdReading(trouble=DATE)
    if _PERHAPS_DATE.fullmatch(text):
        return RollIdReading(normal_code(text), PERHAPS_DATE)
    if _SCIENTIFIC.fullmatch(text):
        return RollIdReading(trouble=DIGITS)
    decimals = _DECIMALS.fullmatch(text)
    if decimals:
        return RollIdReading(decimals[1], DECIMALS)
    if _THOUSANDS.fullmatch(text):
        return RollIdReading(re.sub(r"\D", "", text), FORMAT)
    return None


def _is_written_day(text: str) -> bool:
    found = _DAY_AND_WORD.fullmatch(text) or _WORD_AND_YEAR.fullmatch(text)
    # In capitals it was typed so: DEC-12 is the twelfth of a course.
    return found is not None and not found[1].isupper() and is_month(found[1])
