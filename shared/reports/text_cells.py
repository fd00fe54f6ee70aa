"""Reads tables that are text: which encoding the bytes have, and what separates the cells."""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from shared.domain.encoding_guess import is_one_language, share_of_odd_words
from shared.domain.languages import phrase
from shared.domain.table_cells import Row, text_rows
from shared.reports.shown_cells import LONGEST_CELL, refuse_beyond

SEPARATORS = "\t;,|"
# So many lines tell the separator; a title, an address and a line of headings come before the first student.
_LINES_LOOKED_AT = 40
# A quoted cell with more line breaks than an address has was opened by a stray quotation mark.
_MOST_BREAKS_IN_CELL = 12

# What spreadsheets and school systems write, by Python's names; the order is that of the choice.
ENCODINGS = {
    "utf-8": phrase("Unicode (UTF-8)"),
    "utf-16": phrase("Unicode (UTF-16)"),
    "cp1252": phrase("Western Europe (Windows)"),
    "iso8859_15": phrase("Western Europe (ISO 8859-15)"),
    "mac_roman": phrase("Western Europe (old Macintosh)"),
    "cp1250": phrase("Central Europe (Windows)"),
    "iso8859_2": phrase("Central Europe (ISO 8859-2)"),
    "mac_latin2": phrase("Central Europe (old Macintosh)"),
    "cp852": phrase("Central Europe (DOS)"),
    "cp1251": phrase("Cyrillic (Windows)"),
    "koi8_r": phrase("Cyrillic (KOI8-R)"),
    "koi8_u": phrase("Cyrillic (KOI8-U)"),
    "iso8859_5": phrase("Cyrillic (ISO 8859-5)"),
    "cp866": phrase("Cyrillic (DOS)"),
    "cp1253": phrase("Greek (Windows)"),
    "cp1254": phrase("Turkish (Windows)"),
    "cp1255": phrase("Hebrew (Windows)"),
    "cp1256": phrase("Arabic (Windows)"),
    "cp1257": phrase("Baltic (Windows)"),
    "cp1258": phrase("Vietnamese (Windows)"),
    "cp874": phrase("Thai (Windows)"),
    "gb18030": phrase("Chinese, simplified (GBK)"),
    "big5": phrase("Chinese, traditional (Big5)"),
    "cp932": phrase("Japanese (Shift-JIS)"),
    "euc_jp": phrase("Japanese (EUC)"),
    "cp949": phrase("Korean (Windows)"),
    "cp437": phrase("Western Europe (DOS)"),
    "cp850": phrase("Western Europe (DOS, 850)"),
}
# Which of these it is only the letters of the names can tell.
_LATIN = {
    *("cp1252", "iso8859_15", "mac_roman", "cp437", "cp850", "cp1254", "cp1257", "cp1258"),
    *("cp1250", "iso8859_2", "mac_latin2", "cp852"),
}
# What a web page calls them otherwise; browsers read these as the wider encoding, too.
_WIDER = {
    **dict.fromkeys(("ascii", "iso8859_1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **{"iso8859_9": "cp1254", "iso8859_8": "cp1255", "shift_jis": "cp932", "euc_kr": "cp949"},
}
_DECLARED = re.compile(
    rb"\s*<.{0,4096}?\b(?:charset|encoding)\s*=[\s\"']*([\w.:-]+)", re.IGNORECASE | re.DOTALL
)
# Of the words that are not plain ASCII so many may be odd where a page's own word is believed.
_MOST_ODD_OF_DECLARED = 0.2
# Of Unicode with some bytes that are none, as where two files were put together, so many are right for one.
_RIGHT_FOR_A_WRONG_ONE = 4
_LEAST_RIGHT = 4
_LONGEST_SAMPLE = 100_000
# How lists pasted from a page, a chat or a letter begin: 701 Asha Rao, or 1) Asha Rao.
_NUMBER_AND_NAME = re.compile(r"\s*([^\s,;|]*\d[^\s,;|]*)[ \t]*[.):-]?[ \t]+([^\W\d_].*\S)\s*")


@dataclass(frozen=True)
class Decoded:
    """The text of bytes; `encodings` are those in which they can be read, the likeliest first."""

    text: str
    encoding: str
    encodings: tuple[str, ...]
    is_guess: bool


def decode(content: bytes, encoding: str = "") -> Decoded:
    """Read bytes as text: in the chosen encoding, else by their own marks, else in the likeliest one."""
    marked = _marked(content)
    if marked:
        return Decoded(
            content.decode(marked, errors="replace").lstrip("\ufeff"),
            _plain(marked),
            (_plain(marked),),
            False,
        )
    declared = _declared(content)
    if declared:
        return Decoded(content.decode(declared), declared, (declared,), False)
    fitting = _fitting(content)
    if encoding in ENCODINGS:
        return Decoded(content.decode(encoding, errors="replace"), encoding, fitting, True)
    return Decoded(content.decode(fitting[0], errors="replace"), fitting[0], fitting, True)


def _plain(codec: str) -> str:
    return "utf-16" if codec.startswith("utf-16") else "utf-8"


def _marked(content: bytes) -> str:
    """Return the encoding that the bytes themselves prove; "" without one."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = content[:4096]
    # Text of few scripts in UTF-16 without a mark: every other byte is the same.
    for codec, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if len(high) > 1 and Counter(high).most_common(1)[0][1] > 0.4 * len(high) and b"\0" in high:
            return codec
    text = content.decode("utf-8-sig", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(not sign.isascii() for sign in text) - wrong
    is_whole = not wrong or (right >= _LEAST_RIGHT and right >= _RIGHT_FOR_A_WRONG_ONE * wrong)
    return "utf-8-sig" if is_whole else ""


def _declared(content: bytes) -> str:
    """Return the encoding of ours that a web page says it has, if its letters agree; else ""."""
    said = _DECLARED.match(content)
    try:
        name = codecs.lookup(said[1].decode("ascii")).name.replace("-", "_") if said else ""
    except LookupError:
        return ""
    name = _WIDER.get(name, name)
    if name not in ENCODINGS or not _can_decode(content, name):
        return ""
    return name if share_of_odd_words(content.decode(name), name) <= _MOST_ODD_OF_DECLARED else ""


def _fitting(content: bytes) -> tuple[str, ...]:
    """Return every encoding of ours in which the bytes can be read, the likeliest first.

    charset-normalizer knows the languages, but of a list of three names it hears too little to tell José
    Núñez from José Núńez; so what no name is written like comes last, and among Latin letters the usual
    encoding first.
    """
    from charset_normalizer import from_bytes

    names = [name for name in ENCODINGS if not name.startswith("utf") and _can_decode(content, name)]
    heard: list[str] = []
    for match in from_bytes(content, cp_isolation=names or None):
        heard.extend(name for name in (match.encoding, *match.could_be_from_charset) if name in names)
    texts = {name: content.decode(name) for name in names}
    odd = {name: round(share_of_odd_words(text, name), 1) for name, text in texts.items()}
    usual = list(ENCODINGS)

    def rank(name: str) -> tuple[float, int, bool, int]:
        place = heard.index(name) if name in heard and name not in _LATIN else len(heard)
        return odd[name], place, not is_one_language(texts[name][:_LONGEST_SAMPLE]), usual.index(name)

    return tuple(sorted(names, key=rank)) or ("cp1252",)


def _can_decode(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def read_text_rows(text: str) -> tuple[Row, ...]:
    """Read rows separated by tabs (as pasted from a spreadsheet), semicolons, commas or bars.

    Raise WorkbookRefused beyond the caps, and csv.Error for a cell without an end.
    """
    text = text.replace("\0", "").lstrip("\ufeff")
    named = re.match(r"\s*sep=(.)\r?\n", text)  # Excel's own way to say it
    if named:
        text = text[named.end() :]
    found = named[1] if named else _separator(text)
    rows = _rows(text, found)
    if _has_stray_quote(text, found, rows):
        rows = [[cell.strip('"') for cell in row] for row in _rows(text, found, quoted=False)]
    if all(len(row) < 2 for row in rows):
        rows = _spaced_rows(text) or rows
    while rows and not any(rows[-1]):
        rows.pop()
    for number, row in enumerate(rows, start=1):
        refuse_beyond(row=number, column=len(row))
    return cut_apart(text_rows(rows))


def cut_apart(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the cells of a table that was saved with every line whole in its first cell; else the rows."""
    lines = [" ".join(row[0].text.splitlines()) if row else "" for row in rows]
    is_one_column = not any(cell.text for row in rows for cell in row[1:])
    if not is_one_column or any(len(line) > LONGEST_CELL for line in lines):
        return rows
    separator = _separator("\n".join(lines))
    cut = [next(csv.reader([line], delimiter=separator), []) for line in lines]
    if sum(len(row) > 1 for row in cut) * 2 <= sum(map(bool, lines)):
        return rows
    for number, row in enumerate(cut, start=1):
        refuse_beyond(row=number, column=len(row))
    return text_rows(cut)


def _rows(text: str, separator: str, *, quoted: bool = True) -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    if quoted:
        return list(csv.reader(lines, delimiter=separator))
    return list(csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE))


def _has_stray_quote(text: str, separator: str, rows: list[list[str]]) -> bool:
    """Tell whether a cell holds lines that are rows of their own, because a quotation mark never ends."""
    if any(cell.count("\n") > _MOST_BREAKS_IN_CELL for row in rows for cell in row):
        return True
    if not any(separator in cell and len(cell.splitlines()) > 1 for row in rows for cell in row):
        return False
    # An address has line breaks and commas as well; but taken apart its lines are not as wide as rows.
    width, quoted = Counter(len(row) for row in rows if any(row)).most_common(1)[0]
    unquoted = sum(len(row) == width for row in _rows(text, separator, quoted=False))
    return unquoted > quoted


def _spaced_rows(text: str) -> list[list[str]] | None:
    """Return rows whose cells are separated by several spaces, or that begin with a number; None: neither."""
    lines = [line.strip() for line in text.splitlines()]
    filled = sum(bool(line) for line in lines)
    by_spaces = [re.split(r" {2,}", line) for line in lines]
    if filled and sum(len(row) > 1 for row in by_spaces) == filled:
        return by_spaces
    numbered = [_NUMBER_AND_NAME.fullmatch(line) for line in lines]
    if sum(found is not None for found in numbered) * 2 <= filled:
        return None
    return [[*found.groups()] if found else [line] for line, found in zip(lines, numbered, strict=True)]


def _separator(text: str) -> str:
    """Return the sign that cuts most of the first lines into the same number of cells, of two or more."""
    sample = "".join(text.splitlines(keepends=True)[:_LINES_LOOKED_AT])

    def evenness(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in _rows(sample, separator) if any(row))
        except csv.Error:
            return (0, 0)
        width, lines = max(widths.items(), key=lambda each: (each[0] > 1, each[1], each[0]), default=(1, 0))
        return (lines, width) if width > 1 else (0, 0)

    return max(SEPARATORS, key=evenness)
