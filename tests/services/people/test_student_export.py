"""What a family asks for: everything held on one student, readable, and nothing of anybody else."""

import csv
import io
import zipfile
from itertools import chain

import openpyxl
import pytest
from sqlalchemy import select

from shared.errors import NotFound
from shared.persistence.people import get_student
from shared.persistence.tables import AuditEntry
from shared.services.people import registration
from shared.services.people.student_export import export_student
from tests.support.office import photo_of
from tests.support.whole_school import MEERA, PICTURE, fill_school, tables_of_students

# The sheet or folder that holds each table which hangs on a student.
WHERE = {
    "consent": "Consents",
    "mark": "Marks",
    "mark_change": "History",
    "sheet_mark_change": "Sheets",
    "check_in": "Check-ins",
    "to_confirm": "To confirm",
    "face_flag": "Flags",
    "model_offer": "Offers",
    "outgoing_mail": "Letters",
    "family_link": "Links",
    "announced_absence": "Announced absences",
    "family_question": "Questions",
    "enrolment_photo": "Photos",
    "face_model": "Student",
    "look_alikes": "Student",
}


@pytest.fixture
def office(toolbox):
    return fill_school(toolbox)


@pytest.fixture
def archive(toolbox, office):
    with zipfile.ZipFile(io.BytesIO(export_student(toolbox, office.actor, office.meera))) as archive:
        yield archive


def sheets_of(archive):
    book = openpyxl.load_workbook(io.BytesIO(archive.read("everything.xlsx")))
    return {sheet.title: [[cell.value or "" for cell in row] for row in sheet.iter_rows()] for sheet in book}


def test_every_table_that_hangs_on_a_student_has_its_place(archive):
    assert {table.name for table, _columns in tables_of_students()} == WHERE.keys()
    sheets = sheets_of(archive)
    for sheet in (*WHERE.values(), "Class photos", "Audit trail"):
        assert len(sheets[sheet]) > 1, sheet


def test_what_names_the_student_is_all_there(archive):
    cells = set(chain.from_iterable(chain.from_iterable(sheets_of(archive).values())))
    assert set(MEERA) <= cells
    assert "हिन्दी" in cells
    assert "चेहरे से उपस्थिति" in " ".join(map(str, cells))  # the consent, in the family's language


def test_pictures_and_numbers_are_opened(archive):
    names = archive.namelist()
    photos = [archive.read(name) for name in names if name.startswith("photos/")]
    assert photos == [photo_of("meera", 4)]
    (waiting,) = [archive.read(name) for name in names if name.startswith("to-confirm/")]
    assert waiting == PICTURE
    lines = list(csv.reader(io.StringIO(archive.read("face-model.csv").decode())))
    assert len(lines) == 1 + 3 + 1
    assert lines[-1][0] == "all together"
    assert all(-1.01 <= float(number) <= 1.01 for number in lines[1][2:130])


def test_nothing_of_anybody_else_is_in_it(archive):
    sheets = sheets_of(archive)
    text = " ".join(chain.from_iterable(map(str, row) for rows in sheets.values() for row in rows))
    for words in ("Ravi", "15203A0043", "patil@home.example", "Kamala"):
        assert words not in text + archive.read("read-me.txt").decode()


def test_a_name_that_looks_like_a_formula_stays_text(toolbox, office):
    with toolbox.reading() as session:
        student = get_student(session, office.meera)
    details = registration.StudentDetails("=1+1", student.roll_id, student.class_id)
    registration.change_student(toolbox, office.actor, office.meera, details)
    with zipfile.ZipFile(io.BytesIO(export_student(toolbox, office.actor, office.meera))) as archive:
        book = openpyxl.load_workbook(io.BytesIO(archive.read("everything.xlsx")))
    assert book["Student"]["B2"].value == "=1+1"
    assert book["Student"]["B2"].data_type == "s"


def test_an_export_is_in_the_audit_trail_and_a_stranger_has_none(toolbox, office, archive):
    with toolbox.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.student_id, entry.actor) == (
        "export student",
        office.meera,
        office.actor.email,
    )
    with pytest.raises(NotFound):
        export_student(toolbox, office.actor, 999)
