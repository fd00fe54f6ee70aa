"""Reads the cells of .xlsx files, strict Open XML ones too.

Of one cell are needed its stored value, its format, and whether a formula made it; of a sheet, which rows are
hidden and which cells are merged. openpyxl gives these only by filling every cell of the sheet's rectangle
twice, and of strict files nothing; so the few elements that hold them are read here (ECMA-376 part 1, 18.3).
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from defusedxml.ElementTree import fromstring, iterparse

from shared.domain.number_formats import GENERAL, built_in_format
from shared.domain.table_cells import EMPTY, Kind, ReadCell, ReadSheet
from shared.reports.shown_cells import MOST_COLUMNS, number_cell, refuse_beyond, sheet_of

# A sign that XML cannot hold, or would change, such as a carriage return: _x000D_ (22.9.2.19).
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass
class _Sheet:
    """What the parts of one sheet tell."""

    rows: dict[int, dict[int, ReadCell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)


def read_xlsx_sheets(content: bytes) -> list[ReadSheet]:
    """Read every sheet in the workbook's order.

    Raise WorkbookRefused beyond the caps, and whatever a broken file raises.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        book = fromstring(parts.read(_main_part(parts)))
        reader = _Reader(parts, is_1904=_is_true(_find(book, "workbookPr"), "date1904"))
        targets = _relations(parts, _main_part(parts))
        sheets = []
        for entry in _all(book, "sheet"):
            target = targets.get(_attribute(entry, "id"), "")
            if "worksheets/" not in target:  # a chart or a macro sheet
                continue
            sheet = reader.read(target)
            sheets.append(
                sheet_of(
                    entry.get("name", ""),
                    sheet.rows,
                    is_hidden=entry.get("state", "visible") != "visible",
                    hidden_rows=sheet.hidden_rows,
                    hidden_columns=sheet.hidden_columns,
                    merged=[_corners(reference) for reference in sheet.merged],
                )
            )
    return sheets


class _Reader:
    """Reads sheets with the workbook's shared texts and formats."""

    def __init__(self, parts: zipfile.ZipFile, *, is_1904: bool) -> None:
        self._parts = parts
        self._is_1904 = is_1904
        by_kind = {name.rpartition("/")[2].lower(): name for name in parts.namelist()}
        self._texts = self._shared_texts(by_kind.get("sharedstrings.xml"))
        self._formats = self._cell_formats(by_kind.get("styles.xml"))

    def read(self, part: str) -> _Sheet:
        sheet = _Sheet()
        row = column = -1
        with self._parts.open(part) as xml:
            for _, element in iterparse(xml, forbid_dtd=True):
                name = _local(element.tag)
                if name == "c":
                    at = element.get("r", "")
                    column = _column(at) if at else column + 1
                    refuse_beyond(row=row + 2, column=column + 1)
                    cell = self._cell(element)
                    if cell != EMPTY:
                        sheet.rows.setdefault(-1, {})[column] = cell
                    element.clear()
                elif name == "row":
                    row = int(element.get("r", row + 2)) - 1
                    refuse_beyond(row=row + 1)
                    cells = sheet.rows.pop(-1, {})
                    if cells:
                        sheet.rows[row] = cells
                    if _is_true(element, "hidden"):
                        sheet.hidden_rows.add(row)
                    column = -1
                    element.clear()
                elif name == "mergeCell":
                    sheet.merged.append(element.get("ref", ""))
                elif name == "col" and _is_true(element, "hidden"):
                    last = min(int(element.get("max", 0)), MOST_COLUMNS)
                    sheet.hidden_columns.update(range(int(element.get("min", 1)) - 1, last))
        return sheet

    def _cell(self, element: Any) -> ReadCell:
        formula, value = _find(element, "f"), _find(element, "v")
        text = (value.text or "") if value is not None else ""
        kind = element.get("t", "n")
        if kind == "s":
            return ReadCell(self._texts[int(text)] if text else "", is_formula=formula is not None)
        if kind == "inlineStr":
            return ReadCell(_rich_text(_find(element, "is")), is_formula=formula is not None)
        if kind == "str":
            return ReadCell(_unescaped(text), is_formula=formula is not None)
        if kind == "b":
            return ReadCell({"1": "TRUE", "0": "FALSE"}.get(text, text), is_formula=formula is not None)
        if kind == "e":
            return ReadCell(text, Kind.ERROR, is_formula=formula is not None)
        if kind == "d":
            return ReadCell(text[:10], Kind.DATE, text, formula is not None)
        style = int(element.get("s", 0))
        code = self._formats[style] if style < len(self._formats) else GENERAL
        return number_cell(text, code, is_1904=self._is_1904, is_formula=formula is not None)

    def _shared_texts(self, part: str | None) -> list[str]:
        if part is None:
            return []
        texts = []
        with self._parts.open(part) as xml:
            for _, element in iterparse(xml, forbid_dtd=True):
                if _local(element.tag) == "si":
                    texts.append(_rich_text(element))
                    element.clear()
        return texts

    def _cell_formats(self, part: str | None) -> list[str]:
        """Return the format code of every cell style."""
        if part is None:
            return []
        styles = fromstring(self._parts.read(part))
        own = {int(each.get("numFmtId", 0)): each.get("formatCode", "") for each in _all(styles, "numFmt")}
        cell_styles = _find(styles, "cellXfs")
        numbers = [int(each.get("numFmtId", 0)) for each in cell_styles] if cell_styles is not None else []
        return [own.get(number) or built_in_format(number) for number in numbers]


def _main_part(parts: zipfile.ZipFile) -> str:
    """Return the workbook's own part; some programs number it, as xl/workbook22.xml."""
    known = "_rels/.rels" in parts.namelist()
    found = list(_relations(parts, "", kind="/officeDocument").values()) if known else []
    return found[0] if found else "xl/workbook.xml"


def _relations(parts: zipfile.ZipFile, part: str, *, kind: str = "") -> dict[str, str]:
    """Return where the relations of a part lead, by their ids; with a kind only those of that kind."""
    folder, _, name = part.rpartition("/")
    xml = fromstring(parts.read(f"{folder}/_rels/{name}.rels".lstrip("/")))
    places = {}
    for each in _all(xml, "Relationship"):
        if not each.get("Type", "").endswith(kind):
            continue
        target = each.get("Target", "")
        places[each.get("Id", "")] = (
            target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
        )
    return places


def _rich_text(element: Any) -> str:
    """Return a text of one or several runs, without the reading aid of East Asian texts."""
    if element is None:
        return ""
    runs = []
    for child in element:
        if _local(child.tag) == "t":
            runs.append(child.text or "")
        elif _local(child.tag) == "r":
            runs.extend(run.text or "" for run in child if _local(run.tag) == "t")
    return _unescaped("".join(runs))


def _unescaped(text: str) -> str:
    """Return a text with its escaped signs as they are; of those that nobody can see only white space."""
    return _ESCAPED.sub(lambda escaped: _seen(chr(int(escaped[1], 16))), text)


def _seen(sign: str) -> str:
    return sign if sign.isprintable() or sign in "\t\n\r" else ""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _find(element: Any, name: str) -> Any:
    return next((child for child in element if _local(child.tag) == name), None)


def _all(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element.iter() if _local(child.tag) == name)


def _attribute(element: Any, name: str) -> str:
    """Return an attribute by its name in whatever namespace."""
    return next((value for key, value in element.items() if _local(key) == name), "")


def _is_true(element: Any, name: str) -> bool:
    return element is not None and element.get(name, "0") in ("1", "true", "on")


def _column(reference: str) -> int:
    """Return the number of a column: that of A1 is 0."""
    number = 0
    for sign in reference:
        if not sign.isalpha():
            break
        number = number * 26 + ord(sign.upper()) - 64
    return number - 1


def _corners(reference: str) -> tuple[int, int, int]:
    """Return the column, the first and the last row of a merged cell such as B2:B4."""
    first, _, last = reference.partition(":")
    return _column(first), _row_of(first), _row_of(last or first)


def _row_of(reference: str) -> int:
    return int("".join(sign for sign in reference if sign.isdigit()) or 1) - 1
