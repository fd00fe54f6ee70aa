"""Pages of the sheet: download, edit, upload, review, save, undo."""

import io
import re

import openpyxl
import pytest
from bs4 import BeautifulSoup

from shared.persistence.tables import Mark, Teacher
from shared.services.attendance.marks import set_mark


def sheet_page(school):
    return f"/lectures/{school.ids['lecture']}/sheet"


def edited(content, **statuses):
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[3].value = statuses.get(row[1].value.split()[0].lower(), row[3].value)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def upload(phone, school, content, name="sheet.xlsx"):
    """Upload and give the review's page."""
    answer = phone.post(sheet_page(school), {"sheet": (io.BytesIO(content), name)})
    return answer, BeautifulSoup(answer.text, "html.parser")


def download(phone, school):
    return phone.get(sheet_page(school) + ".xlsx")


def save(phone, school, page):
    sealed = page.select_one("input[name=review]")["value"]
    return phone.post(sheet_page(school) + "/apply", {"review": sealed})


def test_the_lecture_leads_to_the_sheet_and_the_sheet_downloads(teacher, school):
    links = [link["href"] for link in teacher.page(f"/lectures/{school.ids['lecture']}").select("a[href]")]
    assert sheet_page(school) in links
    report = teacher.page(f"/report?class_id={school.ids['class']}&lecture_id={school.ids['lecture']}")
    assert sheet_page(school) in [link["href"] for link in report.select("main a[href]")]
    answer = download(teacher, school)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    names = [
        row[1].value for row in openpyxl.load_workbook(io.BytesIO(answer.data))["Attendance"].iter_rows()
    ]
    assert names == ["Name", "Meera Iyer", "Ravi Patil"]


def with_footer(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Attendance"]
    sheet.cell(4, 1).value, sheet.cell(4, 4).value = "Total present", 24
    sheet.cell(5, 2).value = "Signature of teacher"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_a_sum_and_a_signature_below_the_students_stop_nothing_and_are_shown(teacher, school):
    sheet = with_footer(edited(download(teacher, school).data, meera="present", ravi="present"))
    _, page = upload(teacher, school, sheet)
    shown = " ".join(page.select_one("main").get_text(" ", strip=True).split())
    assert "Changes: 2" in shown
    assert "Row 4: Total present 24" in shown
    assert "Row 5: Signature of teacher" in shown
    save(teacher, school, page)
    assert "2 changed" in teacher.told(sheet_page(school))


def test_a_cleared_status_is_shown_as_not_marked(teacher, school):
    save(teacher, school, upload(teacher, school, edited(download(teacher, school).data, meera="P"))[1])
    _, page = upload(teacher, school, edited(download(teacher, school).data, meera=""))
    shown = " ".join(page.select_one("main").get_text(" ", strip=True).split())
    assert "Meera Iyer 15203A0042 was present → becomes not marked" in shown


def test_edit_review_save_undo(teacher, school):
    answer, page = upload(teacher, school, edited(download(teacher, school).data, meera="P", ravi="late"))
    assert answer.status_code == 200
    shown = " ".join(page.select_one("main").get_text(" ", strip=True).split())
    assert "Meera Iyer 15203A0042 was not marked → becomes present" in shown
    save(teacher, school, page)
    assert "2 changed" in teacher.told(sheet_page(school))
    register = teacher.page(f"/lectures/{school.ids['lecture']}").select_one("#register").get_text(" ")
    assert "from a sheet" in register
    teacher.press(sheet_page(school), "Undo")
    assert "2 changed back" in teacher.told(sheet_page(school))
    register = teacher.page(f"/lectures/{school.ids['lecture']}").select_one("#register").get_text(" ")
    assert "from a sheet" not in register


def test_an_unchanged_sheet_says_so_and_offers_nothing_to_save(teacher, school):
    _, page = upload(teacher, school, download(teacher, school).data)
    assert "changes nothing" in page.get_text()
    assert page.select_one("input[name=review]") is None


def test_problems_stand_by_row_and_offer_nothing_to_save(teacher, school):
    _, page = upload(teacher, school, edited(download(teacher, school).data, meera="presnt"))
    text = " ".join(page.get_text(" ", strip=True).split())
    assert "Row 2: “presnt” is not a status. Did you mean present?" in text
    teacher.post("/language", {"language": "hi"})
    _, page = upload(teacher, school, edited(download(teacher, school).data, meera="presnt"))
    assert "क्या आपका मतलब उपस्थित है?" in page.get_text(" ", strip=True)
    _, page = upload(teacher, school, edited(download(teacher, school).data, meera="xyz"))
    assert "उपस्थित (P), देर से (L), अवकाश पर (E), अनुपस्थित (A)" in page.get_text(" ", strip=True)
    assert page.select_one("input[name=review]") is None


def test_a_conflict_is_shown_with_what_is_now(teacher, school, toolbox):
    content = edited(download(teacher, school).data, meera="absent")
    ids = school.ids
    set_mark(toolbox, school.actor, ids["lecture"], ids["meera"], "present", expected=None)
    _, page = upload(teacher, school, content)
    text = " ".join(page.get_text(" ", strip=True).split())
    assert "Marked otherwise since the download: 1" in text
    assert page.select_one("input[name=review]") is None
    teacher.post("/language", {"language": "hi"})
    _, page = upload(teacher, school, content)
    (month,) = re.findall(r"हाथ से, \d\d (\S+) \d{4}, \d\d:\d\d", page.get_text())
    assert not month.isascii()


def test_a_stale_review_saves_nothing_and_says_why(teacher, school, toolbox):
    _, page = upload(teacher, school, edited(download(teacher, school).data, meera="late"))
    ids = school.ids
    set_mark(toolbox, school.actor, ids["lecture"], ids["meera"], "present", expected=None)
    save(teacher, school, page)
    assert "Meera Iyer" in teacher.told(sheet_page(school))


@pytest.mark.parametrize("content", [b"", b"x", b"<html>", b"PK\x03\x04"])
def test_a_file_that_is_no_sheet_is_a_sentence_on_the_page(teacher, school, content):
    answer, page = upload(teacher, school, content)
    assert answer.status_code == 400
    assert page.select_one(".alert-danger").get_text(strip=True)


def test_an_upload_without_a_file_is_a_sentence_on_the_page(teacher, school):
    answer = teacher.post(sheet_page(school))
    assert answer.status_code == 400
    assert "choose the edited sheet" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.xlsx",
        "/etc/passwd",
        "C:\\con.xlsx",
        "x" * 300,
        "\u202exslx.exe",
        "<b>.xlsx",
        "a\0b.xlsx",
    ],
)
def test_a_strange_file_name_is_only_shown(teacher, school, name):
    content = edited(download(teacher, school).data, meera="late")
    answer, page = upload(teacher, school, content, name)
    assert answer.status_code == 200
    assert page.select_one("main b") is None
    save(teacher, school, page)
    assert "1 changed" in teacher.told(sheet_page(school))


def test_another_teachers_sheet_is_not_there(teacher, school):
    assert teacher.get("/lectures/999/sheet").status_code == 404
    assert teacher.get("/lectures/999/sheet.xlsx").status_code == 404
    assert teacher.post("/lectures/999/sheet/uploads/1/undo").status_code == 404


def test_a_tampered_review_saves_nothing(teacher, school):
    teacher.post(sheet_page(school) + "/apply", {"review": "AAAA"})
    assert "upload the sheet again" in teacher.told(sheet_page(school))


def test_a_teacher_who_reads_marathi_gets_and_sends_a_marathi_sheet(teacher, school, toolbox):
    with toolbox.sessions.begin() as session:
        session.get_one(Teacher, school.ids["teacher"]).language = "mr"
    book = openpyxl.load_workbook(io.BytesIO(download(teacher, school).data))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][:4] == ["रोल आयडी", "नाव", "वर्ग", "स्थिती"]
    (choice,) = [each for each in sheet.data_validations.dataValidation if each.type == "list"]
    assert choice.formula1 == '"उपस्थित,उशिरा,रजेवर,अनुपस्थित"'
    for row, status in ((2, "उशिरा"), (3, "अनुपस्थित")):
        sheet.cell(row, 4).value = status
    saved = io.BytesIO()
    book.save(saved)
    _, page = upload(teacher, school, saved.getvalue())
    save(teacher, school, page)
    with toolbox.reading() as session:
        marks = {mark.student.name: mark.status for mark in session.query(Mark)}
    assert marks == {"Meera Iyer": "late", "Ravi Patil": "absent"}
