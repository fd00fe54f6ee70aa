"""Files that come back and are refused, each in time and without eating memory; and lists as text."""

import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.errors import WorkbookRefused
from shared.reports.attendance_workbook import read_attendance_workbook
from shared.reports.table_files import read_table_file
from shared.reports.workbook_reading import read_workbook
from tests.support.workbooks import of_one_sheet, our_sheet, with_parts

LONGEST_S = 2
MOST_GROWTH_KB = 150 * 1024
pytestmark = pytest.mark.usefixtures("settled_memory")


def refusal(content, read=read_attendance_workbook):
    """The sentence of a refusal, which came in time and without eating memory."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here
    before, began = _memory_kb("VmRSS"), time.process_time()  # other tests share the clock
    with pytest.raises(WorkbookRefused) as refused:
        read(content)
    assert time.process_time() - began < LONGEST_S
    assert _memory_kb("VmHWM") - before < MOST_GROWTH_KB
    return str(refused.value)


def _memory_kb(name):
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))[1])


def test_an_empty_file():
    assert "empty" in refusal(b"")


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"roll id;status\n1;present",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"\xff\xd8\xff\xe0JFIF",
    ],
    ids=["one byte", "text", "HTML named .xls", "JPEG"],
)
def test_a_file_of_another_kind(content):
    assert "not an Excel workbook" in refusal(content)


def test_an_opendocument_sheet(from_office):
    assert "OpenDocument" in refusal(from_office["ods"])


def test_a_workbook_with_macros():
    assert "macros" in refusal(with_parts(our_sheet(), xl__vbaProject_bin=b"macros"))


def test_a_workbook_behind_a_password():
    # An encrypted .xlsx is an OLE file with a stream of this name.
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(1016)
        + "EncryptedPackage".encode("utf-16-le")
        + bytes(988)
    )
    assert "password" in refusal(ole)


def test_a_zip_without_a_workbook():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("photo.jpg", b"\xff\xd8")
    assert "not an Excel workbook" in refusal(made.getvalue())


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_workbook(from_office, kind, share):
    content = from_office[kind]
    assert "damaged" in refusal(content[: int(len(content) * share)])


def test_a_workbook_that_does_not_say_its_lecture():
    assert "which lecture" in refusal(of_one_sheet(lambda sheet: sheet.append(["Roll id", "Status"])))


def test_a_far_cell():
    def fill(sheet):
        sheet["A1"], sheet["XFD1048576"] = "near", "far"

    assert re.search("rows|columns", refusal(of_one_sheet(fill)))


def test_10001_rows():
    def fill(sheet):
        for number in range(10_001):
            sheet.append([f"id {number}", "present"])

    assert "10,000 rows" in refusal(of_one_sheet(fill))


def test_300_columns():
    assert "256 columns" in refusal(of_one_sheet(lambda sheet: sheet.append(["x"] * 300)))


def test_more_than_five_megabytes():
    assert "too large" in refusal(our_sheet() + bytes(5 * 1024 * 1024))


SST = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    "part",
    [
        f'<sst xmlns="{SST}">' + "<si><t>a</t></si>" * 10_000_000 + "</sst>",
        f'<sst xmlns="{SST}">' + "<si/>" * 4_000_000 + "</sst>",
        f'<sst xmlns="{SST}"><si><t>' + "a" * 200_000_000 + "</t></si></sst>",
    ],
    ids=["170 MB of strings", "four million empty strings", "one long string"],
)
def test_a_shared_string_bomb(part):
    content = with_parts(our_sheet(), xl__sharedStrings_xml=part)
    assert len(content) < 2 * 1024 * 1024
    del part
    assert "too large" in refusal(content)


def test_a_long_text_that_every_cell_repeats():
    assert "characters" in refusal(
        of_one_sheet(lambda sheet: [sheet.append(["a" * 30_000]) for _ in range(50)])
    )


def test_a_million_cells_in_few_bytes():
    sheet = f'<worksheet xmlns="{SST}"><sheetData>' + "<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>"
    content = with_parts(our_sheet(), xl__worksheets__sheet1_xml=sheet + "</sheetData></worksheet>")
    assert "too large" in refusal(content)


def test_thousands_of_styles():
    styles = f'<styleSheet xmlns="{SST}"><cellXfs>' + "<xf/>" * 100_000 + "</cellXfs></styleSheet>"
    assert "too large" in refusal(with_parts(our_sheet(), xl__styles_xml=styles))


def test_an_entity_bomb():
    laughs = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    bomb = f'<!DOCTYPE sst [<!ENTITY l0 "ha">{laughs}]><sst xmlns="{SST}"><si><t>&l9;</t></si></sst>'
    assert "damaged" in refusal(with_parts(our_sheet(), xl__sharedStrings_xml=bomb))
    # In UTF-16 the words look different; the XML reader refuses them itself.
    assert "damaged" in refusal(with_parts(our_sheet(), xl__sharedStrings_xml=bomb.encode("utf-16")))


def test_an_entity_that_names_a_file():
    entity = '<!DOCTYPE sst [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    part = f'{entity}<sst xmlns="{SST}"><si><t>&e;</t></si></sst>'
    assert "damaged" in refusal(with_parts(our_sheet(), xl__sharedStrings_xml=part.encode("utf-16")))


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
@settings(max_examples=60)
@given(slips=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=20))
@example(slips=[(533824, 10)])  # an .xls that has lost its sheets
def test_a_workbook_with_wrong_bytes_is_read_or_refused(from_office, kind, slips):
    content = bytearray(from_office[kind])
    for place, byte in slips:
        content[place % len(content)] = byte
    try:
        told = read_workbook(bytes(content)).sheets
    except WorkbookRefused as refused:
        told = str(refused)
    assert told


# Lists as text


def read_list(content):
    """The texts of the first sheet."""
    return [tuple(cell.text for cell in row) for row in read_table_file(content).sheets[0].rows]


@pytest.mark.parametrize(
    "content",
    [
        b"Roll id,Name\r\n00123,Asha Rao\r\n",
        b"Roll id;Name\n00123;Asha Rao\n",
        b"Roll id\tName\n00123\tAsha Rao",
        "\ufeffRoll id,Name\n00123,Asha Rao".encode(),
        "Roll id\tName\n00123\tAsha Rao".encode("utf-16"),
    ],
    ids=["commas", "semicolons", "tabs", "byte order mark", "UTF-16"],
)
def test_a_list_as_text_is_told_by_its_separators(content):
    assert read_list(content) == [("Roll id", "Name"), ("00123", "Asha Rao")]


def test_a_list_from_an_old_windows_keeps_its_letters():
    assert read_list("Roll id,Name\n1,José".encode("cp1252"))[1] == ("1", "José")


def test_a_list_without_an_end_is_refused():
    assert "10,000 rows" in refusal(b"1,2\n" * 10_001, read_list)
    assert "characters" in refusal(b'"' + b"x," * 10_000, read_list)
    assert "table" in refusal(b'"' + b"x" * 1_000_000, read_list)


def test_a_list_may_be_a_workbook(from_office):
    for content in (our_sheet(), from_office["xls"]):
        assert read_list(content)[1][0] == "00123"
