"""The page of a class list: send it, answer what it leaves open, see what becomes of every row, import it."""

import io
import re
from datetime import date

import openpyxl
import pytest
from openpyxl import Workbook

from tests.support.office import add_student, agree


@pytest.fixture
def page(office):
    return f"/classes/{office.class_id}/roster"


def workbook(*rows, formats=None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, code in (formats or {}).items():
        book.active[cell].number_format = code
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def told(desk):
    return " ".join(desk.told().split())


def send(desk, page, content, name="list.xlsx"):
    desk.open(page)
    desk.fill("Preview", list=(io.BytesIO(content), name))


def answer(desk, **answers):
    """Answer with radios, drop-downs and texts; what is shown as chosen stays."""
    desk.fill("Preview with", **{f"answer:{key}": value for key, value in answers.items()})


def test_a_pasted_list_is_previewed_then_imported(desk, office, page):
    desk.open("/classes")
    assert page in [link["href"] for link in desk.page.select("a[href]")]
    desk.open(page)
    desk.fill("Preview", pasted="Roll no\tName\n15203A0044\tSana <Khan>\n15203A0042\tMeera Iyer")
    assert "1 added. 1 the same as before. 1 of the class is not in the list" in told(desk)
    desk.fill("Import these students")
    assert desk.path == "/students"
    assert "1 student was imported." in told(desk)
    assert "Sana <Khan>" in desk.told()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.xlsx", workbook(["Roll id", "Name"], ["15203A0044", "Sana Khan"])),
        ("list.csv", b"Roll id;Name\n15203A0044;Sana Khan\n"),
        ("list.xls", b"<table><tr><th>Roll No<th>Name<tr><td>15203A0044<td>Sana Khan</table>"),
    ],
    ids=["xlsx", "csv", "web page named .xls"],
)
def test_an_uploaded_list_is_previewed(desk, page, name, content):
    send(desk, page, content, name)
    assert "Sana Khan 15203A0044" in told(desk)


def test_the_page_says_which_columns_are_used_and_which_are_not(desk, page):
    send(desk, page, b"Roll No,Student's Name,Fax,Father's e-mail\n9,Sana Khan,98,f@ex.org\n", "a.csv")
    used = "Columns: Roll No (roll id), Student's Name (name), Father's e-mail (a parent's e-mail) used"
    assert f"{used}; not used: Fax" in told(desk)


def test_a_question_is_answered_on_the_page_and_only_then_the_list_can_be_imported(desk, page):
    book = workbook(
        ["Roll No", "Name"],
        [date(2026, 3, 1), "Asha Rao"],
        [7, "Bela Roy"],
        formats={"A3": "000"},
    )
    send(desk, page, book)
    assert "One question is open" in told(desk)
    assert "turned the roll id into a date" in told(desk)
    assert desk.page.select_one("input[name=review]") is None
    answer(desk, **{"roll_id_date/2": "mar1"})
    assert "2 added." in told(desk)
    desk.fill("Import these students")
    assert "MAR1" in desk.told()
    assert "007" in desk.told()


def test_several_questions_keep_each_others_answers(desk, page):
    send(desk, page, b'Roll No,Name\n701.0,Asha Rao\n9,"Roy, Bela"\n,Chen Li\n', "a.csv")
    assert "3 questions are open" in told(desk)
    answer(desk, roll_id_decimals="take")
    assert "2 questions are open" in told(desk)
    answer(desk, name_comma="take")
    answer(desk, roll_id_missing="leave_out")
    desk.fill("Import these students")
    assert "Asha Rao 701" in told(desk)
    assert "Bela Roy 9" in told(desk)
    assert "Chen Li" not in told(desk)


def test_a_list_from_a_chat_comes_with_its_columns_chosen(desk, page):
    desk.open(page)
    desk.fill("Preview", pasted="1. Asha Rao\n2. Bela Roy\n")
    assert "What seems likely is chosen below" in told(desk)
    desk.fill("Preview with these answers")
    assert "Columns: column A (roll id), column B (name) used" in told(desk)
    assert "2 added." in told(desk)


def test_columns_are_tied_with_drop_downs_and_remembered(desk, page):
    send(desk, page, b"Nr,Kid,Mama\n701,Asha Rao,m@ex.org\n", "a.csv")
    assert "which column holds" in told(desk)
    answer(desk, **{"column/A": "roll_id", "column/B": "name", "column/C": "parent_email"})
    assert "First parent's e-mail: m@ex.org" in told(desk)
    desk.fill("Import these students")
    send(desk, page, b"Nr,Kid,Mama\n702,Bela Roy,b@ex.org\n", "b.csv")
    assert "1 added." in told(desk)
    desk.fill("Use these columns", **{"answer:column/C": "-"})
    assert "b@ex.org" not in [each.get_text() for each in desk.page.select(".list-group-item .small")][-1]


def test_the_sheet_and_the_line_of_the_headings_can_be_chosen(desk, page):
    book = Workbook()
    book.active.title = "7A"
    for row in (["Roll No", "Name"], ["1", "Asha Rao"]):
        book.active.append(row)
    other = book.create_sheet("7B")
    for row in (["Roll No", "Name"], ["2", "Bela Roy"]):
        other.append(row)
    saved = io.BytesIO()
    book.save(saved)
    send(desk, page, saved.getvalue())
    assert "2 sheets of this file hold a list" in told(desk)
    answer(desk, sheet="7B")
    assert "Bela Roy" in told(desk)
    assert "1 added." in told(desk)


def test_an_encoding_is_shown_with_names_and_chosen_otherwise(desk, page):
    send(desk, page, "Roll No,Name\n1,Иван Петров\n2,Анна Орлова\n".encode("cp1251"), "a.csv")
    (chosen,) = desk.page.select("#encoding option[selected]")
    assert chosen["value"] == "cp1251"
    assert "Иван Петров" in chosen.get_text()
    answer(desk, encoding="koi8_r")
    assert "Иван Петров" not in [each.get_text() for each in desk.page.select(".list-group strong")]
    answer(desk, encoding="cp1251")
    desk.fill("Import these students")
    assert "Иван Петров" in told(desk)


def test_a_web_page_that_does_not_say_its_encoding_is_shown_with_names_too(desk, page):
    styles = "<style>" + "td{}" * 9000 + "</style>"
    web_page = f"{styles}<table><tr><th>Roll No<th>Name<tr><td>1<td>Ayşe Yıldız</table>"
    send(desk, page, web_page.encode("cp1254"), "list.xls")
    assert "read as Western Europe (Windows), with names such as Ayþe Yýldýz" in told(desk)
    answer(desk, encoding="cp1254")
    desk.fill("Import these students")
    assert "Ayşe Yıldız" in desk.told()


def test_another_child_is_asked_about_on_the_page(desk, office, page):
    was = add_student(office.toolbox, office, "Asha Rao", "10", parent1_email="rao@ex.org")
    agree(office.toolbox, office, was)
    desk.open(page)
    desk.fill("Preview", pasted="Roll No\tName\tParent 1\n10\tNisha Verma\tverma@ex.org")
    assert "Is this another child?" in told(desk)
    answer(desk, **{"child/10": "another_child"})
    assert "1 another child." in told(desk)
    desk.fill("Import these students")
    desk.open("/students?show=deactivated")
    assert "Asha Rao 10-FORMER" in told(desk)


def test_a_reader_of_hindi_chooses_columns_in_hindi(desk, page):
    desk.open(page)
    desk.ask("/language", language="hi")
    desk.open(page)
    desk.fill("पूर्वावलोकन", list=(io.BytesIO(b"Roll No,Email 1,Email 2,Name,X,Y\n1,a@ex.org,,A,\n"), "a.csv"))
    offered = [option.get_text() for option in desk.page.select("#column-A option")]
    assert len(offered) == 15
    assert [word for word in offered if not re.search("[ऀ-ॿ]", word)] == []
    assert "“Email 1” और “Email 2” दोनों विद्यार्थी का ईमेल हो सकते हैं" in told(desk)


def test_skipped_lines_and_notices_stand_at_their_rows(desk, page):
    send(desk, page, b"Roll No,Name,Parent e-mail\n1,Asha Rao,nowhere\nTotal,1,\n", "a.csv")
    assert "Row 2: “nowhere” (a parent's e-mail) is not an address" in told(desk)
    assert "Row 3: Total · 1" in told(desk)
    assert "1 added." in told(desk)


def test_a_refused_list_keeps_what_was_pasted(desk, page):
    desk.open(page)
    pasted = "\n".join(["Roll id,Name", *(f"{each},A B" for each in range(2_001))])
    desk.fill("Preview", pasted=pasted)
    assert desk.status == 400
    assert desk.page.select_one("#pasted").get_text().strip() == pasted


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
        (b'"' + b"x" * 200_000, "table"),
        (b"%PDF-1.7", "PDF"),
        (b"", "empty"),
    ],
)
def test_a_file_that_is_no_list_is_a_sentence_on_the_page(desk, page, content, words):
    send(desk, page, content)
    assert desk.status == 400
    assert words in desk.page.select_one(".alert-danger").get_text(strip=True)


def test_nothing_sent_is_a_sentence_on_the_page(desk, page):
    desk.open(page)
    desk.fill("Preview", pasted=" ")
    assert desk.status == 400
    assert "paste the list" in desk.told()


def test_a_list_that_was_changed_on_its_way_back_is_refused(desk, page):
    send(desk, page, b"Roll No,Name\n1-Mar,Asha Rao\n", "a.csv")
    desk.fill("Preview with", sent="nonsense")
    assert desk.status == 400
    assert "not sent whole" in desk.told()


def test_an_empty_list_to_fill_in_can_be_downloaded_and_sent(desk, page):
    desk.open(page)
    link = next(link["href"] for link in desk.page.select("main a[href]") if "template" in link["href"])
    content = desk.client.get(link, base_url="https://localhost:4555").data
    book = openpyxl.load_workbook(io.BytesIO(content))
    book.active.append(["0701", "Asha Rao", "", "rao@ex.org", "", "English"])
    saved = io.BytesIO()
    book.save(saved)
    send(desk, page, saved.getvalue())
    assert "Asha Rao 0701" in told(desk)
    assert "First parent's e-mail: rao@ex.org" in told(desk)


def test_a_list_of_a_class_that_is_not_there(desk):
    desk.open("/classes/999/roster")
    assert desk.status == 404
