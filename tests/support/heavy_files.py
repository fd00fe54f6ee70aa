"""Small files that cost whoever opens them carelessly seconds or gigabytes; each made here, by name."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter
from PIL import Image

from tests.support import workbooks

_SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData>%s</sheetData></worksheet>"
)


def heavy_workbooks() -> dict[str, bytes]:
    """Workbooks of .xlsx by what is heavy in them."""
    cell = b'<c r="A1" t="inlineStr"><is>%s</is></c>'
    wide = b"".join(b'<row r="%d"><c r="IV%d"><v>1</v></c></row>' % (at, at) for at in range(1, 10_000))
    dates = b"".join(
        b'<row r="%d">%s</row>' % (at, b'<c t="d"><v>2026-11-22T09:04:00</v></c>' * 12)
        for at in range(1, 6000)
    )
    beneath = [f"{get_column_letter(at)}2:{get_column_letter(at)}9999" for at in range(1, 251)]
    attributes = b"".join(b' a%d="1"' % at for at in range(300_000))
    return {
        "a number format of [ signs": _with_number_format("[" * 60_000),
        "a number format of open quotes": _with_number_format('"' + "\\" * 50_000),
        "150,000 defined names": _with_names(150_000),
        "ISO dates": _with_sheet(dates),
        "inline runs": _with_sheet(b"<row>" + cell % (b"<r><t>a</t></r>" * 60_000) + b"</row>"),
        "300,000 attributes": _with_sheet(b"<row%s></row>" % attributes),
        "wide sparse rows": _with_sheet(wide),
        "deep nesting": _with_sheet(b"<row>" * 100_000 + b"</row>" * 100_000),
        "200,000 merged cells": _with_sheet(
            b"", b"<mergeCells>%s</mergeCells>" % (b'<mergeCell ref="A1:IV9999"/>' * 90_000)
        ),
        "merged cells over one another": _with_sheet(_rows(2), _merged(["B2:B9999"] * 3000)),
        "a row merged with all below": _with_sheet(_rows(250), _merged(beneath)),
        "far merged cells": _with_sheet(b"", b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
        "a column of all widths": _with_sheet(
            b"", b'<cols><col min="1" max="16384" hidden="1"/></cols>' * 2000
        ),
        "a zip of 20,000 parts": _of_many_parts(20_000),
        "long shared strings": _with_strings(20_000),
    }


def far_cells_in_old_excel(folder: Path) -> bytes:
    """An .xls whose 20 sheets have one cell each, the last of all."""
    book = openpyxl.Workbook()
    for number in range(19):
        book.create_sheet(f"Sheet {number}")
    for sheet in book.worksheets:
        sheet["IV65536"] = "x"
    saved = io.BytesIO()
    book.save(saved)
    return workbooks.resave(saved.getvalue(), folder, kind="xls")


def _with_sheet(rows: bytes, after: bytes = b"") -> bytes:
    sheet = (_SHEET % rows).replace(b"</worksheet>", after + b"</worksheet>")
    return workbooks.with_parts(workbooks.of_one_sheet(lambda _sheet: None), xl__worksheets__sheet1_xml=sheet)


def _rows(width: int) -> bytes:
    """A list of 9,999 rows; the second has `width` cells."""
    cells = {1: [b"Roll No", b"Name"], 2: [b"1"] * width}
    inline = b'<c t="inlineStr"><is><t>%s</t></is></c>'
    return b"".join(
        b'<row r="%d">%s</row>' % (at, b"".join(inline % each for each in cells.get(at, [b"1"])))
        for at in range(1, 10_000)
    )


def _merged(references: list[str]) -> bytes:
    cells = "".join(f'<mergeCell ref="{reference}"/>' for reference in references)
    return f"<mergeCells>{cells}</mergeCells>".encode()


def _with_number_format(code: str) -> bytes:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["A1"] = 1
        sheet["A1"].number_format = code

    return workbooks.of_one_sheet(fill)


def _with_names(count: int) -> bytes:
    plain = workbooks.of_one_sheet(lambda _sheet: None)
    with zipfile.ZipFile(io.BytesIO(plain)) as parts:
        book = parts.read("xl/workbook.xml")
    names = b"".join(b'<definedName name="n%d">1</definedName>' % at for at in range(count))
    return workbooks.with_parts(
        plain,
        xl__workbook_xml=book.replace(b"<definedNames", b"<definedNames>" + names + b"</definedNames><x")
        if b"<definedNames" in book
        else book.replace(b"</sheets>", b"</sheets><definedNames>" + names + b"</definedNames>"),
    )


def _with_strings(count: int) -> bytes:
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (at, at) for at in range(1, 10_000))
    strings = b"<sst>" + b"<si>" + b"<t>%s</t>" % (b"x" * 1_900) * count + b"</si></sst>"
    return workbooks.with_parts(_with_sheet(rows), xl__sharedStrings_xml=strings)


def _of_many_parts(count: int) -> bytes:
    made = io.BytesIO(workbooks.of_one_sheet(lambda _sheet: None))
    with zipfile.ZipFile(made, "a") as parts:
        for number in range(count):
            parts.writestr(f"xl/{number}", b"")
    return made.getvalue()


def heavy_photos() -> dict[str, bytes]:
    """JPEGs and PNGs by what is heavy in them; each under 5 MB and with few pixels, but where it says so."""
    plain, png = _jpeg((640, 480)), _png()
    begin, rest = plain[:2], plain[2:]
    return {
        "1,000 scans": with_scans((640, 480), 1_000),
        "99 scans of 12 megapixels": with_scans((4000, 3000), 99),
        "1.2 million APP markers": begin + b"\xff\xe5\x00\x02" * 1_200_000 + rest,
        "a million comments": begin + b"\xff\xfe\x00\x02" * 1_000_000 + rest,
        "70,000 tables": begin + (b"\xff\xdb\x00\x43\x00" + b"\x01" * 64) * 70_000 + rest,
        "4 MB of padding": begin + b"\xff" * 4_000_000 + rest,
        "2 million stuffed bytes": begin + b"\xff\x00" * 2_000_000 + rest,
        "2 million restarts": begin + b"\xff\xd0" * 2_000_000 + rest,
        "400,000 chunks": png[:33] + chunk(b"teSt") * 400_000 + png[33:],
        "400,000 pieces of the picture": png[:33] + chunk(b"IDAT") * 400_000 + png[33:],
    }


def with_scans(size: tuple[int, int], more: int) -> bytes:
    """A progressive JPEG whose last scan, with its table, comes `more` times more."""
    photo = _jpeg(size, progressive=True)
    table, end = photo.rindex(b"\xff\xc4"), photo.rindex(b"\xff\xd9")
    return photo[:end] + photo[table:end] * more + photo[end:]


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _jpeg(size: tuple[int, int], **how: bool) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (90, 120, 150)).save(file, "JPEG", quality=70, **how)
    return file.getvalue()


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480)).save(file, "PNG")
    return file.getvalue()


def heic_of_tiles(tile: bytes, *, across: int, down: int, size: tuple[int, int]) -> bytes:
    """A HEIC of `size` pixels (width, height): a grid whose every place is a picture of `tile`'s one code.

    ISO/IEC 23008-12, 6.6.2.3; the boxes by ISO/IEC 14496-12.
    """
    coded, config, extent = (_part(tile, kind) for kind in (b"mdat", b"hvcC", b"ispe"))
    places = range(2, 2 + across * down)
    grid = struct.pack(">BBBBHH", 0, 0, down - 1, across - 1, *size)
    shared = _box(b"hvcC", config), _box(b"ispe", extent), _box(b"ispe", struct.pack(">III", 0, *size))
    kinds = [_infe(1, b"grid"), *(_infe(place, b"hvc1") for place in places)]
    ties = [struct.pack(">HBB", 1, 1, 3), *(struct.pack(">HBBB", place, 2, 0x81, 2) for place in places)]

    def meta(begins: int) -> bytes:
        where = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))]
        where += [struct.pack(">HHHHII", place, 0, 0, 1, begins, len(coded)) for place in places]
        return _box(
            b"meta",
            bytes(4),
            _box(b"hdlr", bytes(8), b"pict", bytes(13)),
            _box(b"pitm", struct.pack(">IH", 0, 1)),
            _box(b"iinf", struct.pack(">IH", 0, len(kinds)), *kinds),
            _box(
                b"iref", bytes(4), _box(b"dimg", struct.pack(f">HH{len(places)}H", 1, len(places), *places))
            ),
            _box(b"iprp", _box(b"ipco", *shared), _box(b"ipma", struct.pack(">II", 0, len(ties)), *ties)),
            _box(b"iloc", struct.pack(">IBBH", 1 << 24, 0x44, 0, len(where)), *where),
            _box(b"idat", grid),
        )

    head = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return head + meta(len(head) + len(meta(0)) + 8) + _box(b"mdat", coded)


def _infe(item: int, kind: bytes) -> bytes:
    return _box(b"infe", struct.pack(">IHH4sx", 2 << 24, item, 0, kind))


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def _part(file: bytes, kind: bytes) -> bytes:
    """The content of the first box of this kind."""
    at = file.index(kind)
    return file[at + 4 : at - 4 + int.from_bytes(file[at - 4 : at], "big")]
