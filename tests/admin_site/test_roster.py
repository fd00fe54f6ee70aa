"""The page of a class list: paste or upload, see every row's result, take it over."""

import io

import pytest
from openpyxl import Workbook


@pytest.fixture
def page(office):
    return f"/classes/{office.class_id}/roster"


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_a_pasted_list_is_shown_then_taken_over(desk, office, page):
    desk.open("/classes")
    assert page in [link["href"] for link in desk.page.select("a[href]")]
    desk.open(page)
    desk.fill("Show what", pasted="Roll no\tName\n15203A0044\tSana <Khan>\n15203A0042\tMeera Iyer")
    told = " ".join(desk.told().split())
    assert "1 added. 1 the same as before. 1 of the class is not in the list" in told
    desk.fill("Import these students")
    assert desk.path == "/students"
    assert "Sana <Khan>" in desk.told()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.xlsx", workbook(["Roll id", "Name"], ["15203A0044", "Sana Khan"])),
        ("list.csv", b"Roll id;Name\n15203A0044;Sana Khan\n"),
    ],
    ids=["xlsx", "csv"],
)
def test_an_uploaded_list_is_shown(desk, page, name, content):
    desk.open(page)
    desk.fill("Show what", list=(io.BytesIO(content), name))
    assert "Sana Khan 15203A0044" in " ".join(desk.told().split())


def test_problems_stand_by_row_and_what_was_pasted_is_kept(desk, page):
    desk.open(page)
    pasted = "Roll id,Name,Parent\n9,Sana Khan,nowhere"
    desk.fill("Show what", pasted=pasted)
    assert "Row 2:" in desk.told()
    assert desk.page.select_one("#pasted").get_text().strip() == pasted
    assert desk.page.select_one("input[name=review]") is None


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b'"' + b"x" * 200_000]
)
def test_a_file_that_is_no_list_is_a_sentence_on_the_page(desk, page, content):
    desk.open(page)
    desk.fill("Show what", list=(io.BytesIO(content), "list.xlsx"))
    assert desk.status == 400
    assert desk.page.select_one(".alert-danger").get_text(strip=True)


def test_nothing_sent_is_a_sentence_on_the_page(desk, page):
    desk.open(page)
    desk.fill("Show what", pasted=" ")
    assert desk.status == 400
    assert "paste the list" in desk.told()


def test_a_list_of_a_class_that_is_not_there(desk):
    desk.open("/classes/999/roster")
    assert desk.status == 404
