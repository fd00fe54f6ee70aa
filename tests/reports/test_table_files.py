"""Tables of every kind of file, read as the spreadsheet shows them or refused with the way out."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter

from shared.domain.number_formats import is_date_format, shown_number
from shared.domain.table_cells import Kind, TableFile
from shared.errors import WorkbookRefused
from shared.reports.table_files import read_pasted, read_table_file
from tests.support.workbooks import of_one_sheet, resave, with_parts

STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        "http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def texts(content, encoding=""):
    """The texts of the first sheet."""
    return [tuple(cell.text for cell in row) for row in read_table_file(content, encoding).sheets[0].rows]


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        ("7", "000", "007"),
        ("7", '"CO6-"000', "CO6-007"),
        ("7", "CO\\6\\-000", None),
        ("7", "\\C\\O000", "CO007"),
        ("20230014", "0000-0000", "2023-0014"),
        ("23014", '00"/"000', "23/014"),
        ("7", "General", "7"),
        ("7", "@", "7"),
        ("7", "0000;-0000", "0007"),
        ("7", '"a;b"0', "a;b7"),
        ("7", "[Red]000", "007"),
        ("7", "[$-409]000", "007"),
        ("7", "[<5]000;0", None),
        ("7", "#,##0", None),
        ("7", "0.00", None),
        ("7", "0%", None),
        ("-7", "000", None),
        ("7.5", "000", None),
        ("24.1", "General", "24.1"),
        ("7", 'General"x"', "7x"),
        ("7", "0" * 300, None),
    ],
)
def test_what_a_number_format_shows(number, code, shown):
    assert shown_number(Decimal(number), code) == shown


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        *(
            (code, True)
            for code in ("d-mmm", "mm/dd/yy", "[h]:mm", "yyyy-mm-dd", "[$-F800]dddd, mmmm dd, yyyy", "mmm-yy")
        ),
        *((code, False) for code in ("General", "000", '"day"0', '0" m"', "[Red]0", "@", '"d"General')),
    ],
)
def test_which_formats_show_a_date(code, is_date):
    assert is_date_format(code) is is_date


def numbered(kind):
    """A workbook of numbers under formats; kind "xls" as LibreOffice saves it."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("List")
    for at, (value, code) in enumerate(NUMBERS):
        sheet.write(at, 0, value, book.add_format({"num_format": code}))
    sheet.write_formula(len(NUMBERS), 0, '="000"&"701"', None, "000701")
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.set_column(3, 3, None, None, {"hidden": True})
    sheet.merge_range(0, 1, 2, 1, "rao@ex.org")
    book.add_worksheet("Old").hide()
    book.close()
    return file.getvalue()


NUMBERS = [
    (7, "000"),
    (8, '"CO6-"000'),
    (date(2026, 3, 1), "d-mmm"),
    (7211234567890123, "0"),
    (24.1, "General"),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    made = numbered("xlsx")
    return {"xlsx": made, "xls": resave(made, tmp_path_factory.mktemp("lists"), kind="xls")}


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_both_kinds_of_workbook_are_read_alike(both, kind):
    first, second = read_table_file(both[kind]).sheets
    cells = [row[0] for row in first.rows]
    assert [cell.text for cell in cells[:5]] == ["007", "CO6-008", "2026-03-01", "7211234567890120", "24.1"]
    assert cells[5].text == {"xlsx": "000701", "xls": "0"}[kind]  # what LibreOffice stores, uncalculated
    assert [cell.kind for cell in cells[:5]] == [
        Kind.NUMBER,
        Kind.NUMBER,
        Kind.DATE,
        Kind.NUMBER,
        Kind.NUMBER,
    ]
    assert [cell.is_formula for cell in cells] == [False] * 5 + [True]
    assert first.hidden_rows == {1}
    assert 3 in first.hidden_columns
    assert first.merged == ((1, 0, 2),)
    assert (first.title, first.is_hidden, second.is_hidden) == ("List", False, True)


def test_a_formula_without_a_stored_result_says_so():
    file = read_table_file(of_one_sheet(lambda sheet: sheet.append(["=A2", "x"])))
    cell = file.sheets[0].rows[0][0]
    assert (cell.text, cell.is_formula) == ("", True)


@pytest.mark.parametrize("as_formula", [False, True], ids=["text", "result of a formula"])
def test_a_sign_that_xml_cannot_hold_is_read_as_the_sign(as_formula):
    """As school systems write a line break of Windows: _x000D_ and a line feed."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    for at, text in enumerate(("a@ex.org\r\nb@ex.org", "Asha\x07 Rao", "_x000D_")):
        if as_formula:
            escaped = ("a@ex.org_x000D_\nb@ex.org", "Asha_x0007_ Rao", "_x005F_x000D_")[at]
            sheet.write_formula(0, at, '=""', None, escaped)
        else:
            sheet.write_string(0, at, text)
    book.close()
    cells = read_table_file(file.getvalue()).sheets[0].rows[0]
    assert [cell.text for cell in cells] == ["a@ex.org\r\nb@ex.org", "Asha Rao", "_x000D_"]


def test_strict_open_xml_is_read():
    content = of_one_sheet(lambda sheet: sheet.append(["0701", "Asha Rao"]))
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            part = old.read(entry).decode()
            for usual, strict in STRICT.items():
                part = part.replace(usual, strict)
            new.writestr(entry.filename, part)
    assert texts(made.getvalue()) == [("0701", "Asha Rao")]


def test_the_workbooks_own_part_may_have_another_name():
    content = of_one_sheet(lambda sheet: sheet.append(["0701", "Asha Rao"]))
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            part = old.read(entry).replace(b"/workbook.xml", b"/workbook22.xml")
            part = part.replace(b'"xl/workbook.xml', b'"xl/workbook22.xml')
            new.writestr(entry.filename.replace("workbook.xml", "workbook22.xml"), part)
    assert texts(made.getvalue()) == [("0701", "Asha Rao")]


def test_dates_counted_from_1904_are_the_same_days():
    def fill(sheet):
        sheet["A1"] = date(2026, 3, 1)
        sheet.parent.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    assert texts(of_one_sheet(fill)) == [("2026-03-01",)]


def test_a_web_page_named_xls_is_read():
    page = (
        '<html><head><meta charset="utf-8"><title>List</title><style>td{}</style></head><body><table>'
        "<tr><th>Roll No<th>Name<th>Parent</tr><tr><td>007</td><td>Asha<br>Rao</td>"
        '<td rowspan="2">r&amp;m@ex.org</td></tr><tr><td colspan="2">008 &nbsp;Bela</td></tr></table>'
    )
    assert texts(page.encode()) == [
        ("Roll No", "Name", "Parent"),
        ("007", "Asha\nRao", "r&m@ex.org"),
        ("008 \u00a0Bela", "", "r&m@ex.org"),
    ]


def web_page(head, name):
    return f"<html><head>{head}</head><table><tr><td>Roll No<td>Name<tr><td>1<td>{name}</table>"


@pytest.mark.parametrize(
    ("head", "name", "encoding"),
    [
        ('<meta charset="iso-8859-9">', "Ayşe Yıldız", "iso8859_9"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1254">', "Ayşe Işık", "cp1254"),
        ("<meta charset='Windows-1257'>", "Jānis Bērziņš", "cp1257"),
        ("<META CHARSET=shift_jis>", "山田", "cp932"),
    ],
)
def test_a_web_page_has_the_encoding_that_it_says(head, name, encoding):
    file = read_table_file(web_page(head, name).encode(encoding))
    assert (file.sheets[0].rows[1][1].text, file.is_guess) == (name, False)


@pytest.mark.parametrize("said", ["iso-8859-1", "utf-8", "rot13", "x-no-such", "idna"])
def test_a_web_page_is_not_believed_against_its_own_letters(said):
    content = web_page(f'<meta charset="{said}">', "Иван Петров").encode("cp1251")
    file = read_table_file(content)
    assert (file.sheets[0].rows[1][1].text, file.encoding, file.is_guess) == ("Иван Петров", "cp1251", True)


def test_excels_xml_of_2003_is_read():
    office = "urn:schemas-microsoft-com:office:spreadsheet"
    cells = (
        '<Row ss:Index="2"><Cell ss:StyleID="z"><Data ss:Type="Number">7</Data></Cell>'
        '<Cell ss:Index="3"><Data ss:Type="String">Asha</Data></Cell></Row>'
        '<Row><Cell><Data ss:Type="DateTime">2026-03-01T00:00:00.000</Data></Cell></Row>'
    )
    xml = (
        f'<?xml version="1.0"?><Workbook xmlns="{office}" xmlns:ss="{office}"><Styles><Style ss:ID="z">'
        f'<NumberFormat ss:Format="000"/></Style></Styles><Worksheet ss:Name="7A"><Table>{cells}</Table>'
        "</Worksheet></Workbook>"
    )
    assert texts(xml.encode()) == [(), ("007", "", "Asha"), ("2026-03-01",)]
    bomb = xml.replace("?><Workbook", '?><!DOCTYPE x [<!ENTITY e "ha">]><Workbook')
    with pytest.raises(WorkbookRefused, match="damaged"):
        read_table_file(bomb.encode())


def test_what_is_hidden_or_merged_in_excels_xml_of_2003_is_known():
    office = "urn:schemas-microsoft-com:office:spreadsheet"
    xml = (
        f'<?xml version="1.0"?><Workbook xmlns="{office}" xmlns:ss="{office}"><Worksheet ss:Name="7A"><Table>'
        '<Row><Cell ss:MergeDown="1"><Data ss:Type="String">Asha</Data></Cell></Row><Row ss:Hidden="1"/>'
        '</Table></Worksheet><Worksheet ss:Name="Old"><Table/><WorksheetOptions xmlns="urn:x">'
        "<Visible>SheetHidden</Visible></WorksheetOptions></Worksheet></Workbook>"
    )
    first, second = read_table_file(xml.encode()).sheets
    assert (first.merged, first.hidden_rows, first.is_hidden) == (((0, 0, 1),), {1}, False)
    assert (second.merged, second.hidden_rows, second.is_hidden) == ((), set(), True)


def zipped(*names):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        for name in names:
            parts.writestr(name, "x")
    return made.getvalue()


def ole(name):
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + name.encode("utf-16-le") + bytes(988)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xff\xd8\xff\xe0JFIF", "photo"),
        (b"\x89PNG\r\n", "picture"),
        (b"{\\rtf1 ...", "text document"),
        (b"MIME-Version: 1.0\r\n", "web archive"),
        (b"<html><body>Please sign in</body></html>", "web page"),
        (b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1"}', "Google"),
        (zipped("content.xml", "mimetype"), "OpenDocument"),
        (zipped("Index/Document.iwa"), "Numbers"),
        (zipped("xl/workbook.bin", "[Content_Types].xml"), "xlsb"),
        (zipped("word/document.xml"), "Word"),
        (zipped("list.xlsx", "readme.txt"), "list.xlsx"),
        (zipped("photo.jpg"), "not an Excel workbook"),
        (ole("EncryptedPackage"), "password"),
        (ole("WordDocument"), "Word"),
        (bytes(range(256)) * 20, "not a table"),
        (b"1,2\n" * 10_001, "10,000 rows"),
        (b"1," * 300, "256 columns"),
    ],
)
def test_what_is_no_table_is_refused_by_its_true_name(content, words):
    with pytest.raises(WorkbookRefused, match=words):
        read_table_file(content)


NAMES = {
    "cp1252": ["José Núñez", "Zoë Müller", "François Lefèvre", "Jürgen Groß"],
    "mac_roman": ["José Núñez", "Zoë Müller"],
    "cp1250": ["Łukasz Żółć", "Jiří Dvořák"],
    "cp1251": ["Иван Петров"],
    "koi8_r": ["Иван Петров", "Анна Смирнова"],
    "cp1253": ["Γιώργος Παπαδόπουλος"],
    "cp1254": ["Işık Çağlar", "Gülşen Şahin"],
    "cp1255": ["דוד כהן"],
    "cp1256": ["محمد علي"],
    "gb18030": ["王小明", "李芳"],
    "big5": ["陳小明", "林美玲"],
    "cp932": ["山田太郎", "鈴木花子"],
    "euc_jp": ["山田太郎"],
    "cp949": ["김민수", "이영희"],
    "iso8859_2": ["Łukasz Żółtak", "Świętosława Ćwik", "Zażółć Gęślą"],
    "mac_latin2": ["Łukasz Żółtak", "Świętosława Ćwik"],
    "cp852": ["Šárka Dvořáková", "Tomáš Čížek"],
    "iso8859_5": ["Иван Петров", "Анна Смирнова"],
    "cp866": ["Иван Петров", "Анна Смирнова"],
    "koi8_u": ["Іван Петренко", "Ганна Їжак"],
    "iso8859_9": ["Ayşe Yılmaz", "Gökçe Öğüt"],
    "cp850": ["Jürgen Groß", "Françoise Lévêque"],
    "iso8859_15": ["Zoë Cœur", "Simon Lévêque"],
    "cp1257": ["Jānis Bērziņš", "Šarūnas Žukauskas"],
}


@pytest.mark.parametrize(("encoding", "names"), NAMES.items(), ids=NAMES)
def test_the_encoding_of_few_names_is_guessed_right(encoding, names):
    text = "Roll No,Name\n" + "".join(f"{at},{name}\n" for at, name in enumerate(names))
    file = read_table_file(text.encode(encoding))
    assert file.is_guess
    assert [row[1].text for row in file.sheets[0].rows[1:]] == names
    assert file.encoding == file.encodings[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_known_by_its_own_marks(encoding):
    file = read_table_file("Roll No,Name\n1,José Núñez\n2,आशा राव\n".encode(encoding))
    assert not file.is_guess
    assert [row[1].text for row in file.sheets[0].rows] == ["Name", "José Núñez", "आशा राव"]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("1,आशा राव\n2,बेला\n".encode() + b"3,Caf\xe9\n", ["आशा राव", "बेला", "Caf\ufffd"]),
        ("1,José\n2,Zoë\n3,Aïda\n4,Éva Ü".encode()[:-1], ["José", "Zoë", "Aïda", "Éva \ufffd"]),
    ],
)
def test_unicode_with_a_wrong_byte_garbles_no_other_name(content, names):
    file = read_table_file(content)
    assert (file.encoding, file.is_guess) == ("utf-8", False)
    assert [row[1].text for row in file.sheets[0].rows] == names


def test_an_encoding_can_be_chosen_but_not_against_the_bytes_own_mark():
    content = "1,Иван\n".encode("cp1251")
    assert texts(content, "cp1252") == [("1", "Èâàí")]
    assert texts("1,Иван\n".encode(), "cp1251") == [("1", "Иван")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "a title, with a comma\nRoll\tName\n1\tRao, Asha\n2\tRoy, Bela",
            [("1", "Rao, Asha"), ("2", "Roy, Bela")],
        ),
        ("School\nRoll;Name\n1;Asha\n2;Bela", [("1", "Asha"), ("2", "Bela")]),
        ("sep=;\nRoll;Name\n1;Asha\n2;Bela", [("1", "Asha"), ("2", "Bela")]),
        ("Roll|Name\n1|Asha\n2|Bela\n\n\n", [("1", "Asha"), ("2", "Bela")]),
        ('Roll,Name\n1,"Asha\nRao"\n2,"Roy ""B"""', [("1", "Asha\nRao"), ("2", 'Roy "B"')]),
    ],
)
def test_the_separator_is_the_one_that_cuts_the_lines_alike(text, rows):
    found = [tuple(cell.text for cell in row) for row in read_pasted(text).sheets[0].rows]
    assert found[-2:] == rows


LINES = ["Class 7A, 2026", "", "Roll No,Name,Parent", '701,"Rao, Asha",a@ex.org', "702,Bela Roy,b@ex.org"]
CUT = [("Class 7A", " 2026"), (), ("Roll No", "Name", "Parent")]
CUT += [("701", "Rao, Asha", "a@ex.org"), ("702", "Bela Roy", "b@ex.org")]


def test_lines_that_were_saved_whole_in_the_first_cell_are_cut_apart():
    """As where a .csv was opened by a spreadsheet that expects another separator, and saved by it."""
    quoted = io.StringIO()
    csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows([line] if line else [] for line in LINES)
    assert texts(quoted.getvalue().encode()) == CUT
    assert texts(of_one_sheet(lambda sheet: [sheet.append([line or None]) for line in LINES])) == CUT


@pytest.mark.parametrize("lines", [["Asha Rao", "Bela Roy"], ["one, two", "Asha Rao", "Bela Roy"], [""], []])
def test_a_column_of_texts_stays_one(lines):
    content = of_one_sheet(lambda sheet: [sheet.append([line]) for line in lines])
    assert texts(content) == [(line,) for line in lines if line]


def test_a_stray_quotation_mark_swallows_no_rows():
    lines = [f"{at}\tStudent\n" for at in range(40)]
    text = "Roll\tName\n" + "".join([*lines[:3], '3\t"Student\n', *lines[4:]])
    assert len(read_pasted(text).sheets[0].rows) == 41


@pytest.mark.parametrize(
    "lines",
    [
        ('701,"Asha Rao,a@ex.org', "702,Bela Roy,b@ex.org", "703,Chen Li,c@ex.org"),
        ('701,"Asha Rao,a@ex.org', '702,Bela" Roy,b@ex.org', "703,Chen Li,c@ex.org", "704,Dev,"),
    ],
)
def test_a_stray_quotation_mark_in_a_short_list_swallows_no_row_either(lines):
    rows = texts("\n".join(("Roll,Name,Mail", *lines)).encode())
    assert [row[0] for row in rows[1:]] == [line[:3] for line in lines]
    assert rows[1][1] == "Asha Rao"


def test_an_address_of_two_lines_stays_one_cell():
    content = b'Roll,Name,Address\n1,Asha,"12, MG Road\nPune, 411001"\n2,Bela,"3, FC Road\nPune, MH"\n'
    assert texts(content)[1:] == [
        ("1", "Asha", "12, MG Road\nPune, 411001"),
        ("2", "Bela", "3, FC Road\nPune, MH"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Roll No    Name\n701        Asha Rao\n\n702        Bela Roy\n",
        "7A of 2026\n1. Asha Rao\n2. Bela Roy\n",
        "1) Asha Rao\n2) Bela Roy\n",
        "S15 - Asha Rao\nS16 - Bela Roy\n",
    ],
)
def test_a_list_out_of_a_letter_or_a_chat_has_its_numbers_apart(text):
    rows = [tuple(cell.text for cell in row) for row in read_pasted(text).sheets[0].rows]
    assert [row[1] for row in rows if len(row) > 1][-2:] == ["Asha Rao", "Bela Roy"]


def test_what_was_read_survives_as_plain_values(both):
    file = read_table_file(both["xlsx"])
    assert TableFile.from_plain(file.to_plain()) == file


def test_numbers_and_references_that_cannot_be_are_answered():
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = f'<c r="A1"><v>1e999999</v></c><c r="B1"><v>{"9" * 100_000}</v></c><c><v>nan</v></c>'
    sheet = f'<worksheet xmlns="{main}"><sheetData><row r="1">{cells}<c t="s"><v>99</v></c></row></sheetData>'
    sheet += "</worksheet>"
    content = of_one_sheet(lambda sheet: sheet.append(["x"]))
    with pytest.raises(WorkbookRefused):
        read_table_file(with_parts(content, xl__worksheets__sheet1_xml=sheet))
