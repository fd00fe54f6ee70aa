"""Reads the name of a line from one column or several, and tells where it is damaged or turned round."""

import re
from dataclasses import dataclass

from shared.domain.class_lists.addresses import is_empty_mark
from shared.domain.class_lists.headings import ListField
from shared.domain.class_lists.layout import Line
from shared.domain.class_lists.questions import Trouble
from shared.domain.languages import phrase
from shared.domain.table_cells import Kind, ReadCell
from shared.domain.typed_text import clean, fold

LONGEST_NAME = 200
_PARTS = (ListField.FIRST_NAME, ListField.MIDDLE_NAME, ListField.LAST_NAME)
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
_COMMA = re.compile(r"([^,]+),\s*([^,]+)")
_TITLES_BEHIND = re.compile(r"(jr|sr|ii|iii|iv|md|phd|b ?ed)\.?", re.IGNORECASE)

_NUMBER_BEFORE = re.compile(r"^\d{1,3} ?[.)] ?(?=[^\W\d_])")  # 1. Asha Rao
# What stands in a list for nobody, at a place that is kept free.
_NOBODY = frozenset(
    ("vacant", "blank", "cancelled", "canceled", "deleted", "discontinued", "left", "test", "रिक्त", "खाली")
)

MISSING = Trouble("name_missing", phrase("There is a roll id, but no name."))
NO_RESULT = Trouble(
    "name_formula",
    phrase(
        "The name is a formula without a stored result. Open the file in Excel and save it, or type the name."
    ),
)
NO_NAME = Trouble("name_odd", phrase("This does not look like a name."), as_it_is=phrase("It is one"))
TOO_LONG = Trouble(
    "name_too_long", phrase("The name is longer than %(longest_name)s characters.", longest_name=LONGEST_NAME)
)
GARBLED = Trouble(
    "name_garbled",
    phrase("The letters of the name were damaged when the file was saved in another encoding."),
    take=phrase("Take the names as repaired here"),
    as_it_is=phrase("They are right as they are"),
)
LOST = Trouble(
    "name_lost",
    phrase("Letters of the name were lost when the file was saved: a question mark stands for each."),
    as_it_is=phrase("Take them as they are"),
)
TURNED = Trouble(
    "name_comma",
    phrase("The name is written with a comma, perhaps with the surname first."),
    take=phrase("The surname is first: swap the names"),
    as_it_is=phrase("Leave the names as they are"),
    may_type=False,
    leave_out="",
)
BEYOND = Trouble(
    "name_beyond",
    phrase("The row has more cells than there are headings; perhaps a comma in the name has cut it."),
    take=phrase("It belongs to the name"),
    as_it_is=phrase("Ignore it"),
    may_type=False,
)
BESIDE = Trouble(
    "row_beside",
    phrase("The row has a cell beside the columns with headings."),
    as_it_is=phrase("Ignore it"),
    may_type=False,
)


@dataclass(frozen=True)
class NameReading:
    """A name as it is stored; with a trouble, `mended` is what we would make of it."""

    value: str = ""
    trouble: Trouble | None = None
    mended: str = ""


def read_name(line: Line, *, surname_first: bool) -> NameReading:
    """Read the name of a line. `surname_first`: its heading says that a comma follows the surname."""
    fields = (ListField.NAME,) if ListField.NAME in line.cells else _PARTS
    parts = [(field, cell) for field in fields for cell in line.cells.get(field, ())]
    cells = [cell for _, cell in parts]
    texts = [_NUMBER_BEFORE.sub("", clean(cell.text)) for cell in cells]
    # Na Li is somebody; a last name NA is none.
    given = {text for (field, _), text in zip(parts, texts, strict=True) if field is ListField.FIRST_NAME}
    name = " ".join(text for text in texts if text and (text in given or not is_empty_mark(text)))
    if is_empty_mark(name):
        name = ""
    if any(_lacks_result(cell) for cell in cells):
        return NameReading(name, NO_RESULT)
    if any(map(_is_error, texts)):
        return NameReading(" ".join(filter(None, texts))[:LONGEST_NAME], NO_NAME)
    if any("?" in text or "\ufffd" in text for text in texts):
        return NameReading(" ".join(filter(None, texts))[:LONGEST_NAME], LOST)
    if not name:
        return NameReading(trouble=MISSING)
    if len(name) > LONGEST_NAME:
        return NameReading(name, TOO_LONG)
    mended = mend(name)
    if mended != name:
        return NameReading(name, GARBLED, mended)
    if not is_name(name) or fold(name).strip(" .()-") in _NOBODY:
        return NameReading(name, NO_NAME)
    pair = _COMMA.fullmatch(name)
    if pair and not _TITLES_BEHIND.fullmatch(pair[2]):
        turned = f"{pair[2]} {pair[1]}"
        return NameReading(turned) if surname_first else NameReading(name, TURNED, turned)
    return NameReading(name)


def is_name(text: str) -> bool:
    """Tell whether a text can be a name; joiners are no print, but Indic names are written with them."""
    name = clean(text)
    is_text = any(sign.isalpha() for sign in name) and "@" not in name and not _is_error(name)
    return is_text and len(name) <= LONGEST_NAME and name.translate(_JOINERS).isprintable()


def _is_error(text: str) -> bool:
    """Tell whether a spreadsheet says so that it found no name, in its language: #N/A, #NV."""
    return text.startswith("#")


def mend(name: str) -> str:
    """Return José for JosÃ©, which is UTF-8 read as one byte a letter; else the name itself."""
    for encoding in ("cp1252", "latin-1", "mac_roman", "cp1251"):
        try:
            mended = name.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if mended != name and mended.isprintable():
            return clean(mended)
    return name


def _lacks_result(cell: ReadCell) -> bool:
    return cell.is_formula and (not clean(cell.text) or cell.kind in (Kind.NUMBER, Kind.ERROR))
