"""The round trip of a term: many lectures in one sheet, all or none, and one undo."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import Conflict, InvalidInput, NotFound, WorkbookRefused
from shared.persistence import sheets
from shared.persistence.tables import (
    AuditEntry,
    Lecture,
    Mark,
    MarkChange,
    OwnStatus,
    SchoolClass,
    SheetUpload,
    Student,
    Teacher,
)
from shared.security.tokens import digest
from shared.services.attendance import term_correction
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark
from shared.services.attendance.sheet_correction import download_sheet, review_upload, undo_upload
from shared.services.attendance.term_correction import (
    apply_term,
    download_term,
    review_term_upload,
    undo_term,
)
from shared.services.attendance.totals import SeriesAsked
from shared.services.audit import Actor
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus
STRANGER = Actor(site="classroom", email="stranger@school.example", account_id=999_999)


ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "mariadb"], indirect=True)


@pytest.fixture
def database_url(request):
    """SQLite's, unless a test asks for both: they differ in how they lock."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")


@pytest.fixture
def school(toolbox):
    """The small school with three lectures that are over: Databases, Physics, Algebra."""
    school = found_school(toolbox)
    with toolbox.sessions.begin() as session:
        lecture = session.get_one(Lecture, school.ids["lecture"])
        lecture.starts_at, lecture.ends_at = _over(toolbox, 3)
        school.ids["databases"] = lecture.id
        for days_ago, subject in ((2, "Physics"), (1, "Algebra")):
            school.ids[subject.lower()] = _add_lecture(session, toolbox, school, subject, days_ago)
    return school


def _over(toolbox, days_ago):
    starts_at = toolbox.now() - timedelta(days=days_ago)
    return starts_at, starts_at + timedelta(hours=1)


def _add_lecture(session, toolbox, school, subject, days_ago, *, teacher_id=None):
    starts_at, ends_at = _over(toolbox, days_ago)
    lecture = Lecture(
        subject=subject,
        teacher_id=teacher_id or school.ids["teacher"],
        classes=[session.get_one(SchoolClass, school.ids["class"])],
        starts_at=starts_at,
        ends_at=ends_at,
        opening_key=digest(subject),
    )
    session.add(lecture)
    session.flush()
    return lecture.id


def mark(toolbox, school, lecture, student, status, *, expected=None, **how):
    ids = school.ids
    set_mark(toolbox, school.actor, ids[lecture], ids[student], status, expected=expected, **how)


def download(toolbox, school, **asked):
    return download_term(toolbox, school.actor, SeriesAsked(school.ids["class"], **asked))[1]


def edited(content, change):
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book["Term"])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def column_of(sheet, subject):
    return next(cell.column for cell in sheet[2] if str(cell.value).endswith(subject))


def row_of(sheet, first_name):
    return next(row[0].row for row in sheet.iter_rows(min_row=3) if str(row[2].value).startswith(first_name))


def typed(content, **cells):
    """The sheet with other cells, as `physics__meera="P"`."""

    def change(sheet):
        for name, text in cells.items():
            subject, student = name.split("__")
            place = row_of(sheet, student.capitalize()), column_of(sheet, subject.capitalize())
            sheet.cell(*place).value = text

    return edited(content, change)


def review(toolbox, school, content, *, class_id=None):
    return review_term_upload(
        toolbox, school.actor, class_id or school.ids["class"], file_name="term.xlsx", content=content
    )


def told(found):
    """Every change as subject, first name, was and becomes."""
    return [
        (each.title.split()[-1], change.student.name.split()[0], change.was.status, change.becomes.status)
        for each in found.review.lectures
        for change in each.review.changes
    ]


def problems(found):
    return [problem.sentence for problem in found.review.problems]


def apply(toolbox, school, found):
    return apply_term(toolbox, school.actor, school.ids["class"], found.sealed)


def uploads(toolbox, school):
    with toolbox.reading() as session:
        return sheets.list_term_uploads(session, school.ids["teacher"], school.ids["class"])


def marks(toolbox, school):
    """Every mark whole, by subject and first name."""
    with toolbox.reading() as session:
        found = session.query(Mark, Lecture.subject, Student.name).join(Lecture).join(Mark.student)
        return {
            (subject, name.split()[0]): (mark.status, mark.note, mark.source, mark.marked_at)
            for mark, subject, name in found
        }


def test_an_unchanged_term_changes_nothing(toolbox, school):
    mark(toolbox, school, "physics", "meera", LATE, note="bus")
    found = review(toolbox, school, download(toolbox, school))
    assert (problems(found), told(found), found.sealed) == ([], [], "")


@ON_BOTH
def test_changes_of_several_lectures_are_reviewed_applied_and_undone_together(toolbox, school):
    mark(toolbox, school, "physics", "meera", ABSENT, note="phoned in")
    before = marks(toolbox, school)
    sheet = typed(
        download(toolbox, school), physics__meera="p", databases__ravi="on leave", algebra__ravi="A"
    )
    found = review(toolbox, school, sheet)
    assert told(found) == [
        ("Databases", "Ravi", None, EXCUSED),
        ("Physics", "Meera", ABSENT, PRESENT),
        ("Algebra", "Ravi", None, ABSENT),
    ]
    assert marks(toolbox, school) == before, "a review changes nothing"

    assert apply(toolbox, school, found) == 3
    after = marks(toolbox, school)
    assert after["Physics", "Meera"][:3] == (PRESENT, "phoned in", MarkSource.SHEET), "the note stays"
    assert after["Databases", "Ravi"][0] == EXCUSED
    (upload,) = uploads(toolbox, school)
    assert (upload.file_name, upload.lectures, upload.marks, upload.undone_at) == ("term.xlsx", 3, 3, None)
    with toolbox.reading() as session:
        assert session.query(AuditEntry).filter_by(action="apply sheet").count() == 3

    assert undo_term(toolbox, school.actor, school.ids["class"], upload.upload_id) == 3
    assert marks(toolbox, school) == before
    with pytest.raises(Conflict, match="undone already"):
        undo_term(toolbox, school.actor, school.ids["class"], upload.upload_id)


def test_applying_twice_is_applying_once(toolbox, school):
    found = review(toolbox, school, typed(download(toolbox, school), physics__meera="P", algebra__meera="P"))
    assert (apply(toolbox, school, found), apply(toolbox, school, found)) == (2, 2)
    with toolbox.reading() as session:
        assert session.query(MarkChange).count() == 2
    assert len(uploads(toolbox, school)) == 1


@ON_BOTH
def test_two_presses_at_once_are_one(toolbox, school):
    found = review(toolbox, school, typed(download(toolbox, school), physics__meera="P", algebra__meera="P"))
    ready = Barrier(2)

    def press():
        ready.wait()
        return apply(toolbox, school, found)

    with ThreadPoolExecutor(2) as presses:
        assert [each.result() for each in [presses.submit(press) for _ in range(2)]] == [2, 2]
    assert [each.marks for each in uploads(toolbox, school)] == [2]


@ON_BOTH
def test_one_stale_mark_keeps_every_lecture_as_it_is(toolbox, school):
    """On the last lecture, so that what was written in the first two has to go again."""
    sheet = typed(download(toolbox, school), databases__meera="P", physics__meera="P", algebra__ravi="L")
    found = review(toolbox, school, sheet)
    mark(toolbox, school, "algebra", "ravi", EXCUSED)
    before = marks(toolbox, school)
    with pytest.raises(Conflict, match="Algebra: Marked otherwise meanwhile: Ravi Patil"):
        apply(toolbox, school, found)
    assert marks(toolbox, school) == before
    assert uploads(toolbox, school) == []


@ON_BOTH
def test_one_mark_changed_since_keeps_the_undo_from_every_lecture(toolbox, school):
    found = review(toolbox, school, typed(download(toolbox, school), physics__meera="P", algebra__ravi="L"))
    apply(toolbox, school, found)
    mark(toolbox, school, "algebra", "ravi", EXCUSED, expected=LATE)
    before = marks(toolbox, school)
    (upload,) = uploads(toolbox, school)
    with pytest.raises(Conflict, match="Ravi Patil"):
        undo_term(toolbox, school.actor, school.ids["class"], upload.upload_id)
    assert marks(toolbox, school) == before
    assert uploads(toolbox, school)[0].undone_at is None


def test_a_part_of_a_term_is_not_undone_by_itself(toolbox, school):
    apply(toolbox, school, review(toolbox, school, typed(download(toolbox, school), physics__meera="P")))
    (upload,) = uploads(toolbox, school)
    with pytest.raises(Conflict, match="Undo it there"):
        undo_upload(toolbox, school.actor, school.ids["physics"], upload.upload_id)
    assert marks(toolbox, school)["Physics", "Meera"][0] == PRESENT


@ON_BOTH
def test_what_was_marked_since_the_download_is_a_conflict_or_kept(toolbox, school):
    sheet = typed(download(toolbox, school), physics__meera="A", algebra__meera="P")
    mark(toolbox, school, "physics", "meera", PRESENT)
    mark(toolbox, school, "databases", "ravi", LATE)
    found = review(toolbox, school, sheet)
    (conflict,) = [each for lecture in found.review.lectures for each in lecture.review.conflicts]
    assert (conflict.student.name, conflict.was.status, conflict.becomes.status) == (
        "Meera Iyer",
        PRESENT,
        ABSENT,
    )
    assert conflict.student.marked.startswith("by hand, ")
    assert (told(found), found.review.moved_on) == ([("Algebra", "Meera", None, PRESENT)], 1)
    apply(toolbox, school, found)
    assert marks(toolbox, school)["Physics", "Meera"][0] == PRESENT
    assert marks(toolbox, school)["Databases", "Ravi"][0] == LATE


def test_a_cleared_cell_is_not_marked_but_not_in_a_closed_lecture(toolbox, school):
    mark(toolbox, school, "physics", "meera", PRESENT, note="front row")
    close_lecture(toolbox, school.actor, school.ids["algebra"])
    sheet = typed(download(toolbox, school), physics__meera=None)
    found = review(toolbox, school, sheet)
    assert told(found) == [("Physics", "Meera", PRESENT, None)]
    apply(toolbox, school, found)
    assert ("Physics", "Meera") not in marks(toolbox, school)
    found = review(toolbox, school, typed(download(toolbox, school), algebra__ravi=None))
    assert len(problems(found)) == 1
    assert "closed lecture everybody has one" in problems(found)[0]
    assert found.sealed == ""


def test_a_lecture_closed_after_the_review_takes_no_mark_away(toolbox, school):
    mark(toolbox, school, "physics", "meera", PRESENT)
    found = review(toolbox, school, typed(download(toolbox, school), physics__meera=None, algebra__ravi="P"))
    close_lecture(toolbox, school.actor, school.ids["physics"])
    before = marks(toolbox, school)
    with pytest.raises(Conflict, match="closed meanwhile"):
        apply(toolbox, school, found)
    assert marks(toolbox, school) == before


def test_columns_and_rows_are_found_wherever_they_stand_and_however_they_are_headed(toolbox, school):
    def shuffle(sheet):
        physics, algebra = column_of(sheet, "Physics"), column_of(sheet, "Algebra")
        assert (physics, algebra) == (5, 6)
        sheet.cell(row_of(sheet, "Meera"), physics).value = "L"
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        for row in rows:
            row[4], row[5] = row[5], row[4]  # Algebra before Physics
            row.insert(3, "")  # and a column before them
        rows[1][4:] = ["Databases", "Physics", "Algebra"]  # headed the wrong way round
        rows[2], rows[3] = rows[3], rows[2]  # sorted the other way
        rows.insert(0, ["Government Polytechnic"])  # under a title
        sheet.delete_rows(1, 10)
        for row in rows:
            sheet.append(row)

    found = review(toolbox, school, edited(download(toolbox, school), shuffle))
    assert problems(found) == []
    assert told(found) == [("Physics", "Meera", None, LATE)]


def test_a_sheet_that_was_sorted_whole_with_its_headings_loses_no_change(toolbox, school):
    """As spreadsheets do: what is empty, the hidden row's cell among it, comes last."""

    def sort(sheet):
        sheet.cell(row_of(sheet, "Meera"), column_of(sheet, "Physics")).value = "L"
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        sheet.delete_rows(1, len(rows))
        for row in sorted(rows, key=lambda row: (row[2] is None, row[2])):
            sheet.append(row)
        assert [cell.value for cell in sheet["C"]] == ["Meera Iyer", "Name", "Ravi Patil", None]

    found = review(toolbox, school, edited(download(toolbox, school), sort))
    assert (problems(found), told(found)) == ([], [("Physics", "Meera", None, LATE)])


def test_missing_rows_and_columns_leave_their_marks(toolbox, school):
    mark(toolbox, school, "physics", "meera", PRESENT)
    mark(toolbox, school, "algebra", "ravi", PRESENT)

    def cut(sheet):
        sheet.cell(row_of(sheet, "Ravi"), column_of(sheet, "Databases")).value = "P"
        sheet.delete_cols(column_of(sheet, "Algebra"))
        sheet.delete_rows(row_of(sheet, "Meera"))

    found = review(toolbox, school, edited(download(toolbox, school), cut))
    assert told(found) == [("Databases", "Ravi", None, PRESENT)]


@ON_BOTH
def test_own_statuses_are_written_short_and_read_long(toolbox, school):
    with toolbox.sessions.begin() as session:
        for key, name, short, active in (
            ("on-duty", "On field trip", "FT", True),
            ("old", "Strike", "ST", False),
        ):
            session.add(
                OwnStatus(
                    key=key, name=name, short=short, colour="teal", counts_as="present",
                    is_left_out=False, active=active, letter_names={},
                )
            )  # fmt: skip
        session.flush()
        session.add(
            Mark(
                lecture_id=school.ids["algebra"], student_id=school.ids["ravi"], class_id=school.ids["class"],
                status="old", source=MarkSource.BY_HAND, marked_at=toolbox.now(), note="",
            )
        )  # fmt: skip
    sheet = typed(download(toolbox, school), physics__meera="on field trip", databases__meera="ft")
    found = review(toolbox, school, sheet)
    assert problems(found) == [], "what is no longer offered may stay as it was downloaded"
    assert told(found) == [
        ("Databases", "Meera", None, "on-duty"),
        ("Physics", "Meera", None, "on-duty"),
    ]
    apply(toolbox, school, found)
    book = openpyxl.load_workbook(io.BytesIO(download(toolbox, school)))
    sheet = book["Term"]
    assert sheet.cell(row_of(sheet, "Meera"), column_of(sheet, "Physics")).value == "FT"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("presnt", "“presnt” is not a status."),
        (1, "“1” is not a status."),
        (True, "“TRUE” is not a status."),
        ('=IF(1,"P","A")', "“Status” is a formula."),
        ("x" * 1_000, "is not a status."),
    ],
)
def test_an_unknown_word_or_a_formula_is_asked_about_with_row_and_lecture(toolbox, school, text, sentence):
    sheet = typed(download(toolbox, school), physics__ravi=text, algebra__ravi="P")
    found = review(toolbox, school, sheet)
    (problem,) = found.review.problems
    assert sentence in problem.sentence
    assert "Physics" in problem.sentence
    assert problem.row == 4
    assert (told(found), found.sealed) == ([], "")


def test_a_column_twice_is_refused_and_so_is_a_row_twice(toolbox, school):
    def twice(sheet):
        sheet.cell(1, 9).value = sheet.cell(1, 4).value

    with pytest.raises(WorkbookRefused, match="two columns for"):
        review(toolbox, school, edited(download(toolbox, school), twice))

    def row_twice(sheet):
        sheet.append([cell.value for cell in sheet[3]])

    found = review(toolbox, school, edited(download(toolbox, school), row_twice))
    assert problems(found) == ["15203A0042 stands in row 3 already. Keep one of them."]


def test_rows_and_columns_of_nobody_are_told_and_change_nothing(toolbox, school):
    def add(sheet):
        sheet.cell(2, 8).value, sheet.cell(3, 8).value = "Sum", '=COUNTIF(D3:F3,"P")'
        sheet.cell(5, 2).value, sheet.cell(5, 4).value = "Total present", 12
        sheet.cell(6, 5).value = "=COUNTA(E3:E4)"

    found = review(toolbox, school, edited(download(toolbox, school), add))
    assert (problems(found), told(found)) == ([], [])
    assert [each.text for each in found.review.passed_over] == [
        "the column Sum",
        "Total present 12",
        "a formula",
    ]


def test_a_row_that_lost_its_identity_or_has_anothers_is_a_problem(toolbox, school):
    def lose(sheet):
        sheet.cell(3, 1).value = None

    (problem,) = problems(review(toolbox, school, edited(download(toolbox, school), lose)))
    assert problem.startswith("15203A0042 Meera Iyer: the hidden first cell")

    def sort_one_column(sheet):
        sheet.cell(3, 2).value, sheet.cell(4, 2).value = sheet.cell(4, 2).value, sheet.cell(3, 2).value

    found = problems(review(toolbox, school, edited(download(toolbox, school), sort_one_column)))
    assert found[0] == "This is the row of 15203A0042 Meera Iyer, but it says 15203A0043."


def test_sheets_of_other_things_are_refused_by_name(toolbox, school):
    one = download_sheet(toolbox, school.actor, school.ids["physics"])[1]
    with pytest.raises(WorkbookRefused, match="which lectures its columns are"):
        review(toolbox, school, one)
    term = download(toolbox, school)
    with pytest.raises(WorkbookRefused, match="which lecture it belongs to"):
        review_upload(toolbox, school.actor, school.ids["physics"], file_name="a.xlsx", content=term)
    with toolbox.sessions.begin() as session:
        other = SchoolClass(class_code="CO6GB", name="Other", active=True)
        teacher = session.get_one(Teacher, school.ids["teacher"])
        teacher.classes.append(other)
        session.flush()
        other_id = other.id
    with pytest.raises(Conflict, match="This is the term's sheet of CO6GA"):
        review(toolbox, school, term, class_id=other_id)


def test_a_column_of_somebody_elses_lecture_changes_nothing(toolbox, school):
    with toolbox.sessions.begin() as session:
        other = Teacher(
            name="Other", email="other@school.example", password="-", must_change_password=False, active=True,
            fs_uniquifier="other", created_at=toolbox.now(),
        )  # fmt: skip
        session.add(other)
        session.flush()
        theirs = _add_lecture(session, toolbox, school, "Chemistry", 1, teacher_id=other.id)
    content = download(toolbox, school)
    assert "Chemistry" not in str(
        [cell.value for cell in openpyxl.load_workbook(io.BytesIO(content))["Term"][2]]
    )

    def forge(sheet):
        sheet.cell(1, 4).value = f"lecture {theirs} version 0"
        sheet.cell(3, 4).value = "P"

    found = review(toolbox, school, edited(content, forge))
    assert ["is gone, or is not yours" in each for each in problems(found)] == [True]
    assert found.sealed == ""


def test_a_student_who_is_on_no_register_of_a_lecture_is_grey_and_cannot_be_marked_there(toolbox, school):
    close_lecture(toolbox, school.actor, school.ids["physics"])
    with toolbox.sessions.begin() as session:
        session.add(
            Student(
                class_id=school.ids["class"],
                roll_id="15203A0044",
                name="Zoya New",
                language="en",
                active=True,
            )
        )
    content = download(toolbox, school)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Term"]
    cell = sheet.cell(row_of(sheet, "Zoya"), column_of(sheet, "Physics"))
    assert (cell.value, cell.fill.fgColor.rgb) == (None, "FFD9D9D9")
    found = review(toolbox, school, typed(content, physics__zoya="P", algebra__zoya="P"))
    (problem,) = problems(found)
    assert "Zoya New is not on the register of this lecture" in problem


def test_the_days_and_the_subject_choose_the_lectures(toolbox, school):
    day = toolbox.settings.clock.day_of(toolbox.now() - timedelta(days=1))
    sheet = openpyxl.load_workbook(io.BytesIO(download(toolbox, school, since=day)))["Term"]
    assert [cell.value.split()[-1] for cell in sheet[2][3:]] == ["Algebra"]
    sheet = openpyxl.load_workbook(io.BytesIO(download(toolbox, school, subject="Physics")))["Term"]
    assert [cell.value.split()[-1] for cell in sheet[2][3:]] == ["Physics"]
    with pytest.raises(InvalidInput, match="held no lecture"):
        download(toolbox, school, subject="Latin")


def test_too_many_changes_in_one_press_are_refused_before_the_press(toolbox, school, monkeypatch):
    monkeypatch.setattr(term_correction, "MOST_CHANGES", 1)
    with pytest.raises(InvalidInput, match="would change 2 marks, and one press saves 1"):
        review(toolbox, school, typed(download(toolbox, school), physics__meera="P", algebra__meera="P"))


def test_another_teacher_gets_nothing(toolbox, school):
    content = typed(download(toolbox, school), physics__meera="P")
    found = review(toolbox, school, content)
    class_id = school.ids["class"]
    with pytest.raises(NotFound):
        download_term(toolbox, STRANGER, SeriesAsked(class_id))
    with pytest.raises(NotFound):
        review_term_upload(toolbox, STRANGER, class_id, file_name="a", content=content)
    with pytest.raises(InvalidInput, match="not sent whole"):
        apply_term(toolbox, STRANGER, class_id, found.sealed)
    apply(toolbox, school, found)
    (upload,) = uploads(toolbox, school)
    with pytest.raises(NotFound):
        undo_term(toolbox, STRANGER, class_id, upload.upload_id)
    with toolbox.reading() as session:
        assert session.query(SheetUpload).one().undone_at is None


def test_nothing_in_the_grid_is_a_formula_a_number_or_a_link(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get_one(Student, school.ids["meera"]).name = '=HYPERLINK("http://x.example")'
        session.get_one(Student, school.ids["ravi"]).roll_id = "0042"
        session.get_one(Lecture, school.ids["physics"]).subject = "=1+1"
    mark(toolbox, school, "physics", "meera", PRESENT)
    sheet = openpyxl.load_workbook(io.BytesIO(download(toolbox, school)))["Term"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert all(cell.quotePrefix for cell in cells if cell.row > 2)


def test_what_tells_the_lectures_and_students_is_hidden(toolbox, school):
    sheet = openpyxl.load_workbook(io.BytesIO(download(toolbox, school)))["Term"]
    assert sheet.row_dimensions[1].hidden
    assert sheet.column_dimensions[get_column_letter(1)].hidden
    assert sheet.freeze_panes == "D3"
    assert sheet.data_validations.dataValidation[0].formula1 == '"P,L,E,A"'
