"""The page of the totals: who attended how much, the warning in words, the picture, the workbook."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.persistence.tables import Lecture, Mark, SchoolClass
from shared.security.tokens import digest


@pytest.fixture
def term(toolbox, school):
    """Three lectures: Meera was at all, Ravi at one."""
    for days_ago in (1, 2, 3):
        began = toolbox.now() - timedelta(days=days_ago)
        with toolbox.sessions.begin() as session:
            lecture = Lecture(
                subject="Databases",
                teacher_id=school.ids["teacher"],
                classes=[session.get(SchoolClass, school.ids["class"])],
                starts_at=began,
                ends_at=began + timedelta(hours=1),
                closed_at=began + timedelta(hours=1),
                opening_key=digest(str(days_ago)),
            )
            session.add(lecture)
            session.flush()
            for name in ("meera", "ravi"):
                here = name == "meera" or days_ago == 1
                status = MarkStatus.PRESENT if here else MarkStatus.ABSENT
                mark = {"status": status, "source": MarkSource.BY_HAND, "marked_at": began}
                session.add(Mark(lecture_id=lecture.id, student_id=school.ids[name], **mark))


def test_the_page_and_the_workbook_say_the_same_percent(teacher, term):
    page = teacher.page("/totals")
    shown = [
        re.search(r"[\d.]+(?= %)", row.get_text(" ", strip=True))[0]
        for row in page.select(".totals tbody tr")
    ]
    book = openpyxl.load_workbook(
        io.BytesIO(teacher.get(f"/totals.xlsx?{page.select_one('a[href*=xlsx]')['href'].split('?')[1]}").data)
    )
    column = [cell.value for cell in next(book["Totals"].iter_rows())].index("Percent")
    written = [row[column].value for row in book["Totals"].iter_rows(min_row=2)]
    assert [f"{each:.1f}" for each in written] == shown == ["100.0", "33.3"]


def names(page):
    return [each.find(string=True).strip() for each in page.select(".totals tbody th")]


def test_totals_tell_attended_of_held_and_warn_in_words(teacher, term):
    page = teacher.page("/totals")
    rows = [" ".join(row.get_text(" ", strip=True).split()) for row in page.select(".totals tbody tr")]
    assert "3 of 3 100.0 %" in rows[0]
    assert "1 of 3 33.3 % below 75 %" in rows[1]


def test_the_picture_has_a_bar_a_lecture_and_words_beside_it(teacher, term):
    page = teacher.page("/totals")
    bars = page.select("svg.course rect")
    assert [float(bar["height"]) for bar in bars] == [50.0, 50.0, 100.0]
    assert "2 of 2" in bars[-1].get_text()
    # Read out one by one, with the number that the page and the workbook tell.
    assert page.select_one("svg.course")["role"] == "list"
    assert {bar["role"] for bar in bars} == {"listitem"}
    assert bars[0]["aria-label"].endswith(": 1 of 2, 50.0 %")
    assert "Fewest: 50.0 %" in page.get_text()
    assert "Most: 100.0 %" in page.get_text()
    assert not page.select("[style]")


def test_the_students_are_sorted_as_asked(teacher, term):
    assert names(teacher.page("/totals?sort=lowest")) == ["Ravi Patil", "Meera Iyer"]
    assert names(teacher.page("/totals?sort=roll")) == ["Meera Iyer", "Ravi Patil"]
    assert names(teacher.page("/totals?sort=%00'")) == ["Meera Iyer", "Ravi Patil"]


def test_the_teachers_own_lectures_are_shown_unless_every_teachers_are_asked_for(teacher, term, school):
    chosen = teacher.page("/totals").select_one("#teacher option[selected]")
    assert chosen["value"] == str(school.ids["teacher"])
    assert teacher.page("/totals?teacher_id=").select_one("#teacher option[selected]") is None


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-02-01&until=2026-01-01",
        "since=x",
        "class_id=-1",
        "class_id=1e9",
        "subject=" + "x" * 5000,
        "until=9999-12-31",
    ],
)
def test_odd_addresses_are_answered_with_a_page(teacher, term, query):
    assert teacher.get(f"/totals?{query}").status_code == 200


@pytest.mark.parametrize("field", ["since", "until"])
def test_what_is_no_day_takes_not_more_than_was_meant(teacher, term, field):
    page = teacher.page(f"/totals?{field}=31/13")
    assert "Please give dates like" in page.select_one("main").get_text()
    assert page.select_one(f"[name={field}]")["value"] == "31/13"
    assert "Meera Iyer" not in page.get_text()
    assert teacher.get(f"/totals.xlsx?class_id=1&{field}=31/13").status_code == 400


def test_another_teachers_class_is_not_there(teacher):
    assert teacher.get("/totals?class_id=999").status_code == 404
    assert teacher.get("/totals.xlsx?class_id=999").status_code == 404
    assert teacher.get("/totals.xlsx").status_code == 400


def test_the_workbook_is_that_of_the_page(teacher, term):
    link = next(a["href"] for a in teacher.page("/totals?sort=name").select("a") if "Excel" in a.get_text())
    answer = teacher.get(link)
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")


def test_a_class_without_lectures_says_so(teacher):
    assert "no lecture that fits" in teacher.page("/totals").get_text()


def test_a_name_leads_to_the_students_own_page(teacher, school, toolbox):
    teacher.post(
        f"/lectures/{school.ids['lecture']}/marks/{school.ids['meera']}", {"status": "late", "expected": ""}
    )
    teacher.post(f"/lectures/{school.ids['lecture']}/close")
    link = teacher.page("/totals").select_one(".totals th a")
    page = teacher.page(link["href"])
    assert page.select_one("h1").get_text() == link.get_text()
    assert "This counts the lectures of all teachers in all subjects" in page.select_one("main").get_text()
    assert "late" in page.select_one(".report").get_text()
    assert page.select_one("svg.course rect") is not None
