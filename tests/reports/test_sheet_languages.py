"""Workbooks in each of our languages: what was downloaded in one is understood when it comes back."""

import io
from datetime import timedelta
from functools import cache

import openpyxl
import pytest

from shared.domain.attendance import MarkStatus
from shared.domain.attendance_sheet import COLUMNS, MarkValue, Standing
from shared.domain.class_lists.headings import read_heading
from shared.domain.languages import LANGUAGES, Sentence
from shared.domain.sheet_table import Column
from shared.domain.sheet_words import SheetWords
from shared.domain.statuses import Colour, CountsAs, Status, Statuses
from shared.domain.term_sheet import TermLecture
from shared.domain.timetable import table as timetable
from shared.reports.attendance_workbook import (
    SheetIdentity,
    read_attendance_workbook,
    write_attendance_workbook,
)
from shared.reports.class_list_template import write_class_list_template
from shared.reports.term_workbook import read_term_workbook, write_term_workbook
from shared.reports.timetable_template import write_timetable_template
from shared.services.timetable import days_off
from shared.translations.extraction import read as read_catalogue

MEDICAL = Status(
    "own-1", "medical", "M", Colour.TEAL, CountsAs.PRESENT, letter_names={"hi": "चिकित्सा", "mr": "दवाखाना"}
)
STATUSES = Statuses.of_school(CountsAs.PRESENT, [MEDICAL])
REGISTER = [
    Standing(number, "CO6GA", f"{number:03}", f"Student {number}", MarkValue(status.key, "bus"), "by face")
    for number, status in enumerate(STATUSES, start=1)
]


@cache
def words_of(language: str) -> SheetWords:
    """The words of a reader, without a site."""
    catalogue = read_catalogue(language, "messages")

    def say(text: str) -> str:
        found = catalogue.get(text.one) if isinstance(text, Sentence) and language != "en" else None
        return str(found.string) % text.values if found else str(text)

    def name(status: Status) -> str:
        return status.name_in(language) if status.is_own else str(catalogue.get(status.name).string)

    return SheetWords(say, name) if language != "en" else SheetWords(say)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lectures_sheet_reads_back_as_it_was_written(language):
    content = write_attendance_workbook(
        SheetIdentity(1, 2), REGISTER, STATUSES, title="-", held_on="2026-11-26", words=words_of(language)
    )
    found = read_attendance_workbook(content).table
    assert found.problems == ()
    assert found.columns == set(COLUMNS)
    assert [STATUSES.read(row.text("status")) for row in found.rows] == [each.key for each in STATUSES]
    assert [(row.text("roll_id"), row.text("note")) for row in found.rows] == [
        (each.roll_id, "bus") for each in REGISTER
    ]


def test_a_marathi_sheet_is_marathi():
    content = write_attendance_workbook(
        SheetIdentity(1, 2), REGISTER, STATUSES, title="-", held_on="2026-11-26", words=words_of("mr")
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    head, *rows = ([cell.value for cell in row] for row in book["उपस्थिती"].iter_rows())
    assert head == ["रोल आयडी", "नाव", "वर्ग", "स्थिती", "टीप", "तारीख", "नोंद कशी झाली"]
    assert [row[3] for row in rows] == ["उपस्थित", "उशिरा", "रजेवर", "अनुपस्थित", "दवाखाना"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_terms_sheet_reads_back_as_it_was_written(language):
    lecture = TermLecture(7, "23 Nov", {each.student_id: each for each in REGISTER})
    content = write_term_workbook(
        3, [(lecture, SheetIdentity(7, 2))], REGISTER, STATUSES, title="-", words=words_of(language)
    )
    found = read_term_workbook(content)
    assert (found.class_id, found.versions, found.passed_over) == (3, {7: 2}, ())
    assert [(row.student_id, row.roll_id, row.name) for row in found.rows] == [
        (each.student_id, each.roll_id, each.name) for each in REGISTER
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_heading_of_the_class_lists_template_is_understood(language):
    content = write_class_list_template(class_code="CO6GA", languages=[], words=words_of(language))
    (head,) = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(max_row=1, values_only=True)
    meant = [read_heading(title).field for title in head]
    assert meant == ["roll_id", "name", "email", "parent1_email", "parent2_email", "phones", "language"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_timetables_examples_are_read_in_every_language(language):
    book = openpyxl.load_workbook(io.BytesIO(write_timetable_template(words_of(language))))
    rows = [[cell or "" for cell in row] for row in book.worksheets[1].iter_rows(values_only=True)]
    lines, problems = timetable.read_lines(rows, usual_length=timedelta(hours=1))
    assert problems == []
    assert [(line.subject, line.weekday) for line in lines] == [("Physics", 0), ("Excursion", None)]


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
@pytest.mark.parametrize(
    "column", [*COLUMNS.values(), *timetable.COLUMNS.values(), *days_off._COLUMNS.values()]
)
def test_what_a_heading_is_called_in_a_catalogue_is_read(language, column: Column):
    assert column.is_headed(words_of(language).say(column.title))


def test_a_name_that_would_read_as_another_status_is_not_written():
    """Own names in other languages may be called as they like, but a sheet must not change a mark."""
    own = [
        Status("own-1", "online", "ON", Colour.TEAL, CountsAs.PRESENT, letter_names={"mr": "अनुपस्थित"}),
        Status("own-2", "field work", "FW", Colour.TEAL, CountsAs.PRESENT, letter_names={"mr": "बाहेर"}),
        Status("own-3", "sports", "SP", Colour.TEAL, CountsAs.PRESENT, letter_names={"mr": "बाहेर"}),
        Status("own-4", "gone", "G", Colour.TEAL, CountsAs.ABSENT, active=False, letter_names={"mr": "गेला"}),
    ]
    statuses = Statuses.of_school(CountsAs.PRESENT, own)
    written = [words_of("mr").status(each, statuses) for each in own]
    assert written == ["online", "बाहेर", "sports", "gone"]
    assert statuses.read("अनुपस्थित") is MarkStatus.ABSENT
