"""The workbook of a lecture: what a teacher gets, and what may come back and is taken."""

import io

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from shared.reports import attendance_workbook, plain_workbook
from shared.reports.attendance_workbook import read_attendance_workbook, write_attendance_workbook
from shared.reports.plain_workbook import TEXT_STAYS_TEXT, write_plain_workbook
from shared.reports.workbook_reading import read_workbook
from tests.support.workbooks import IDENTITY, STATUSES, edited, our_sheet, with_parts

AS_WRITTEN = [("00123", "Asha Rao", "late", "bus"), ("1520E0042", '=HYPERLINK("http://x")', "", "")]


def rows_of(content):
    table = read_attendance_workbook(content).table
    assert table.problems == ()
    return [tuple(row.cells[name] for name in ("roll_id", "name", "status", "note")) for row in table.rows]


# What a teacher gets


def test_the_sheet_comes_back_as_it_was_written():
    assert rows_of(our_sheet()) == AS_WRITTEN
    assert read_attendance_workbook(our_sheet()).identity == IDENTITY


def test_nothing_in_the_sheet_is_a_formula_a_number_or_a_link():
    sheet = openpyxl.load_workbook(io.BytesIO(our_sheet()))["Attendance"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.number_format == "@" and cell.quotePrefix for cell in cells if cell.row > 1)
    assert not any(cell.hyperlink for cell in cells)


def test_each_of_the_two_things_that_keep_text_text_is_enough(monkeypatch):
    """What the workbook is told, and how each cell is written: one of them may be forgotten one day."""
    told = io.BytesIO()
    book = xlsxwriter.Workbook(told, TEXT_STAYS_TEXT)
    book.add_worksheet().write_row(0, 0, ["=1+1", "0042", "http://x.example", "{=1+1}"])
    book.close()
    for module in (attendance_workbook, plain_workbook):
        monkeypatch.setattr(module, "TEXT_STAYS_TEXT", {"in_memory": True, "strings_to_numbers": True})
    plain = write_plain_workbook({"One": (["=1+1"], [["=1+1"], ["0042"], ["http://x.example"]])}, title="-")
    for content in (told.getvalue(), our_sheet(), plain):
        for sheet in openpyxl.load_workbook(io.BytesIO(content)):
            cells = [cell for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")]
            assert {cell.data_type for cell in cells} == {"s"}
            assert not any(cell.hyperlink for cell in cells)


def test_the_status_is_a_choice_and_the_head_stays_in_view():
    book = openpyxl.load_workbook(io.BytesIO(our_sheet()))
    sheet = book["Attendance"]
    choice = sheet.data_validations.dataValidation[0]
    assert choice.formula1 == '"present,late,excused,absent"'
    assert "D2" in choice.sqref
    assert sheet.freeze_panes == "C2"
    assert sheet.column_dimensions["B"].width > 20
    assert book["_lecture"].sheet_state == "hidden"


def test_an_empty_class_gives_a_sheet_without_rows():
    content = write_attendance_workbook(IDENTITY, [], STATUSES, title="Databases", held_on="2026-11-22")
    assert rows_of(content) == []


# What comes back and is taken


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_libreoffice_saves_it_and_it_is_still_our_sheet(from_office, kind):
    assert rows_of(from_office[kind]) == AS_WRITTEN
    assert read_attendance_workbook(from_office[kind]).identity == IDENTITY


def test_openpyxl_saves_it_and_it_is_still_our_sheet():
    assert rows_of(edited(lambda book: None)) == AS_WRITTEN


def test_one_of_the_two_places_of_its_identity_is_enough(from_office):
    without_sheet = edited(lambda book: book.remove(book["_lecture"]))
    assert read_attendance_workbook(without_sheet).identity == IDENTITY
    without_property = with_parts(our_sheet(), docProps__custom_xml=EMPTY_PROPERTIES)
    assert read_workbook(without_property).properties == {}
    assert read_attendance_workbook(without_property).identity == IDENTITY


EMPTY_PROPERTIES = (
    b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>'
)


def test_two_sheets_a_renamed_sheet_and_one_put_before_it():
    def add(book):
        book.create_sheet("My grades", 0).append(["Roll id", "Status"])

    assert rows_of(edited(add)) == AS_WRITTEN

    def rename(book):
        book["Attendance"].title = "Tuesday"

    assert rows_of(edited(rename)) == AS_WRITTEN


def test_hidden_rows_filters_styles_and_other_columns_do_not_matter():
    def change(book):
        sheet = book["Attendance"]
        sheet.row_dimensions[2].hidden = True
        sheet.auto_filter.add_filter_column(3, ["present"])
        sheet["B2"].font = Font(bold=True)
        sheet.insert_cols(1)
        sheet["A1"] = "My column"

    assert rows_of(edited(change)) == AS_WRITTEN


def test_a_merged_cell_is_read_as_its_first_and_the_rest_as_empty():
    def merge(book):
        sheet = book["Attendance"]
        sheet["D3"] = "present"
        sheet.merge_cells("D2:D3")

    assert [status for _, _, status, _ in rows_of(edited(merge))] == ["late", ""]


def test_what_spreadsheets_make_of_cells():
    def change(book):
        sheet = book["Attendance"]
        sheet["A2"], sheet["A3"] = 123, 1520e42
        sheet["D2"], sheet["D3"] = True, '=IF(TRUE,"present","absent")'
        sheet["E2"] = 3.5

    assert rows_of(edited(change)) == [
        ("123", "Asha Rao", "TRUE", "3.5"),
        ("1.52E+45", '=HYPERLINK("http://x")', None, ""),
    ]
