"""Pages of a class's term as one sheet: download, upload, review, save, undo."""

import io
import re

import openpyxl
import pytest
from bs4 import BeautifulSoup

from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark


@pytest.fixture
def path(toolbox, school):
    """The page of the class, whose one lecture is over with Meera present."""
    ids = school.ids
    set_mark(toolbox, school.actor, ids["lecture"], ids["meera"], "present", expected=None)
    close_lecture(toolbox, school.actor, ids["lecture"])
    return f"/classes/{ids['class']}/term-sheet"


def edited(phone, path, **cells):
    book = openpyxl.load_workbook(io.BytesIO(phone.get(path + ".xlsx").data))
    for row in book["Term"].iter_rows(min_row=3):
        row[3].value = cells.get(row[2].value.split()[0].lower(), row[3].value)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def upload(phone, path, content):
    answer = phone.post(path, {"sheet": (io.BytesIO(content), "term.xlsx")})
    page = BeautifulSoup(answer.text, "html.parser")
    return answer, page, " ".join(page.select_one("main").get_text(" ", strip=True).split())


def save(phone, path, page):
    return phone.post(path + "/apply", {"review": page.select_one("input[name=review]")["value"]})


def test_totals_lead_to_the_term_with_their_days(teacher, school, path):
    links = [link["href"] for link in teacher.page("/totals?since=2026-01-01").select("main a[href]")]
    assert f"{path}?since=2026-01-01" in [link.split("&")[0] for link in links]
    page = teacher.page(f"{path}?since=2026-01-01")
    assert page.select_one("input[name=since]")["value"] == "1 Jan 2026"


def test_the_page_says_that_a_closed_lectures_cell_cannot_be_emptied(teacher, path):
    said = " ".join(teacher.page(path).select_one("main").get_text().split())
    assert (
        "An emptied cell becomes “not marked”. In a closed lecture everybody has a status: reopen it" in said
    )


def test_edit_review_save_undo(teacher, school, path):
    answer, page, shown = upload(teacher, path, edited(teacher, path, meera="A", ravi="on leave"))
    assert answer.status_code == 200
    assert "Changes: 2 in 1 lecture" in shown
    assert "was present → becomes absent Meera Iyer 15203A0042" in shown
    save(teacher, path, page)
    assert "Saved: 2 changed" in teacher.told(path)
    assert "2 changed in 1 lecture" in teacher.page(path).select_one("main").get_text()
    lecture = teacher.page(f"/lectures/{school.ids['lecture']}/sheet")
    assert lecture.select_one(f'main a[href="{path}"]').get_text() == "Undo with the whole term"
    assert not lecture.select('form[action$="/undo"]')
    teacher.press(path, "Undo")
    assert "2 changed back" in teacher.told(path)


def test_problems_name_row_and_lecture_and_offer_nothing_to_save(teacher, school, path):
    _, page, shown = upload(teacher, path, edited(teacher, path, meera="presnt", ravi=None))
    assert "Row 3:" in shown
    assert "Databases: “presnt” is not a status. Did you mean present?" in shown
    assert "in a closed lecture everybody has one" in shown
    assert page.select_one("input[name=review]") is None


def test_a_conflict_is_shown_with_how_it_was_marked(teacher, school, toolbox, path):
    sheet, ids = edited(teacher, path, meera="L"), school.ids
    set_mark(toolbox, school.actor, ids["lecture"], ids["meera"], "excused", expected="present")
    _, page, shown = upload(teacher, path, sheet)
    assert "Marked otherwise since the download: 1" in shown
    assert "is now excused → the sheet says late Meera Iyer 15203A0042, by hand" in shown
    assert page.select_one("input[name=review]") is None


def test_the_review_and_the_sheet_are_in_the_readers_language(teacher, path):
    wrong, right = edited(teacher, path, ravi="presnt"), edited(teacher, path, ravi="L")
    teacher.post("/language", {"language": "mr"})
    sheet = openpyxl.load_workbook(io.BytesIO(teacher.get(path + ".xlsx").data)).worksheets[0]
    for shown in (sheet.cell(2, 4).value, upload(teacher, path, wrong)[2], upload(teacher, path, right)[2]):
        weekday, month = re.search(r"(\S+) \d\d (\S+) \d{4}, \d\d:\d\d Databases", shown).groups()
        assert not weekday.isascii()
        assert not month.isascii()


def test_a_stale_review_saves_nothing_and_says_where(teacher, school, toolbox, path):
    _, page, _ = upload(teacher, path, edited(teacher, path, meera="L", ravi="P"))
    ids = school.ids
    set_mark(toolbox, school.actor, ids["lecture"], ids["meera"], "excused", expected="present")
    save(teacher, path, page)
    assert "Databases: Marked otherwise meanwhile: Meera Iyer" in teacher.told(path)


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04"])
def test_a_file_that_is_no_sheet_is_a_sentence_on_the_page(teacher, school, path, content):
    answer, page, _ = upload(teacher, path, content)
    assert answer.status_code == 400
    assert page.select_one(".alert-danger").get_text(strip=True)


def test_no_file_a_strange_day_and_a_term_without_lectures_are_sentences(teacher, school, path):
    assert "choose the edited sheet" in teacher.post(path).text
    answer = teacher.get(path + ".xlsx?since=soon")
    assert (answer.status_code, "dates like" in answer.text) == (400, True)
    answer = teacher.get(path + ".xlsx?until=2001-01-01")
    assert (answer.status_code, "held no lecture" in answer.text) == (400, True)
