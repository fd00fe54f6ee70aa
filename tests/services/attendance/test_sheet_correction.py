"""The round trip of a sheet: all or nothing, never over a mark made meanwhile, undone as a whole."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import openpyxl
import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import Conflict, InvalidInput, NotFound, WorkbookRefused
from shared.persistence import attendance, sheets
from shared.persistence.database import AlreadyThere
from shared.persistence.tables import AuditEntry, Lecture, Mark, MarkChange, SchoolClass, Student
from shared.services.attendance.lectures import close_lecture, open_lecture, reopen_lecture
from shared.services.attendance.marks import set_mark
from shared.services.attendance.sheet_correction import (
    apply_review,
    download_sheet,
    review_upload,
    undo_upload,
)
from shared.services.audit import Actor
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus
STRANGER = Actor(site="classroom", email="stranger@school.example", account_id=999_999)


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


@pytest.fixture
def lecture_id(school):
    return school.ids["lecture"]


def mark(toolbox, school, student, status, *, expected=None, **how):
    set_mark(
        toolbox, school.actor, school.ids["lecture"], school.ids[student], status, expected=expected, **how
    )


def edit(content, **statuses):
    """The sheet with other statuses, by first name."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book["Attendance"].iter_rows(min_row=2):
        first_name = row[1].value.split()[0].lower()
        if first_name in statuses:
            row[3].value = statuses[first_name]
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def sheet_of(toolbox, school, **statuses):
    return edit(download_sheet(toolbox, school.actor, school.ids["lecture"])[1], **statuses)


def review(toolbox, school, content, *, name="sheet.xlsx", lecture_id=None):
    lecture_id = lecture_id or school.ids["lecture"]
    return review_upload(toolbox, school.actor, lecture_id, file_name=name, content=content)


def register(toolbox, lecture_id):
    """Status, note, source and time of every mark, by roll id."""
    with toolbox.reading() as session:
        return {
            line.student.roll_id: line.mark
            and (line.mark.status, line.mark.note, line.mark.source, line.mark.marked_at)
            for line in attendance.register(session, lecture_id)
        }


def test_an_unchanged_sheet_changes_nothing_and_says_so(toolbox, school):
    mark(toolbox, school, "meera", LATE, note="bus")
    found = review(toolbox, school, sheet_of(toolbox, school))
    assert (found.review.problems, found.review.changes, found.sealed) == ((), (), "")


def test_an_edited_sheet_is_reviewed_then_applied_and_kept_in_the_history(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", ABSENT)
    found = review(toolbox, school, sheet_of(toolbox, school, meera="p", ravi="late"))
    assert [
        (change.student.name, change.was.status, change.becomes.status) for change in found.review.changes
    ] == [
        ("Meera Iyer", ABSENT, PRESENT),
        ("Ravi Patil", None, LATE),
    ]
    assert register(toolbox, lecture_id)["15203A0043"] is None, "a review changes nothing"

    upload = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    statuses = {roll_id: mark[0] for roll_id, mark in register(toolbox, lecture_id).items()}
    assert statuses == {"15203A0042": PRESENT, "15203A0043": LATE}
    with toolbox.reading() as session:
        change = attendance.history(session, lecture_id)[0]
        assert (change.was, change.becomes, change.source) == (None, LATE, MarkSource.SHEET)
        assert change.teacher_id == school.ids["teacher"]
        (kept,) = sheets.list_uploads(session, lecture_id)
        assert (kept.id, kept.file_name, len(kept.changes)) == (upload.id, "sheet.xlsx", 2)
        assert session.query(AuditEntry).filter_by(action="apply sheet").count() == 1


def test_a_sheet_that_was_sorted_with_its_head_loses_no_change(toolbox, school):
    book = openpyxl.load_workbook(io.BytesIO(sheet_of(toolbox, school, meera="late", ravi="absent")))
    sheet = book["Attendance"]
    rows = sorted(([cell.value for cell in row] for row in sheet.iter_rows()), key=lambda row: row[1])
    sheet.delete_rows(1, len(rows))
    for row in (["Databases", None, None, "Attendance"], *rows):
        sheet.append(row)
    assert [cell.value for cell in sheet["B"]] == [None, "Meera Iyer", "Name", "Ravi Patil"]
    saved = io.BytesIO()
    book.save(saved)
    found = review(toolbox, school, saved.getvalue()).review
    assert [(each.student.name, each.becomes.status) for each in found.changes] == [
        ("Meera Iyer", "late"),
        ("Ravi Patil", "absent"),
    ]


def test_applying_twice_is_applying_once(toolbox, school, lecture_id):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="present"))
    first = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert apply_review(toolbox, school.actor, lecture_id, found.sealed).id == first.id
    with toolbox.reading() as session:
        assert session.query(MarkChange).count() == 1


def test_undo_takes_the_whole_upload_back_to_the_second(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", ABSENT, note="phoned in")
    before = register(toolbox, lecture_id)
    found = review(toolbox, school, sheet_of(toolbox, school, meera="present", ravi="absent"))
    upload = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert undo_upload(toolbox, school.actor, lecture_id, upload.id) == 2
    assert register(toolbox, lecture_id) == before
    with pytest.raises(Conflict, match="undone already"):
        undo_upload(toolbox, school.actor, lecture_id, upload.id)


def test_undo_leaves_everything_where_one_mark_was_changed_since(toolbox, school, lecture_id):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="present", ravi="absent"))
    upload = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    mark(toolbox, school, "ravi", EXCUSED, expected=ABSENT)
    before = register(toolbox, lecture_id)
    with pytest.raises(Conflict, match="Ravi Patil"):
        undo_upload(toolbox, school.actor, lecture_id, upload.id)
    assert register(toolbox, lecture_id) == before


def test_a_cleared_status_is_shown_applied_and_undone(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", PRESENT, note="front row")
    was = register(toolbox, lecture_id)["15203A0042"]
    found = review(toolbox, school, sheet_of(toolbox, school, meera=None))
    (change,) = found.review.changes
    assert (change.was.status, change.becomes.status) == (PRESENT, None)
    upload = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert register(toolbox, lecture_id)["15203A0042"] is None
    undo_upload(toolbox, school.actor, lecture_id, upload.id)
    assert register(toolbox, lecture_id)["15203A0042"] == was


def test_a_status_cleared_in_a_closed_lecture_is_a_problem(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", PRESENT)
    close_lecture(toolbox, school.actor, lecture_id)
    found = review(toolbox, school, sheet_of(toolbox, school, meera=None))
    assert "closed lecture" in found.review.problems[0].sentence


def test_a_lecture_closed_between_review_and_press_loses_no_mark(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", PRESENT)
    found = review(toolbox, school, sheet_of(toolbox, school, meera=None))
    close_lecture(toolbox, school.actor, lecture_id)
    with pytest.raises(Conflict):
        apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert register(toolbox, lecture_id)["15203A0042"][0] == PRESENT


def test_undo_leaves_no_gap_in_a_closed_lecture(toolbox, school, lecture_id):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="present"))
    upload = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    close_lecture(toolbox, school.actor, lecture_id)
    with pytest.raises(Conflict, match="Reopen"):
        undo_upload(toolbox, school.actor, lecture_id, upload.id)
    reopen_lecture(toolbox, school.actor, lecture_id)
    assert undo_upload(toolbox, school.actor, lecture_id, upload.id) == 1


def test_a_mark_made_since_the_download_is_shown_and_kept(toolbox, school, lecture_id):
    content = sheet_of(toolbox, school, meera="absent", ravi="late")
    mark(toolbox, school, "meera", PRESENT)
    found = review(toolbox, school, content)
    assert [change.student.name for change in found.review.changes] == ["Ravi Patil"]
    (conflict,) = found.review.conflicts
    assert (conflict.student.name, conflict.was.status, conflict.becomes.status) == (
        "Meera Iyer",
        PRESENT,
        ABSENT,
    )
    assert "by hand" in conflict.student.marked
    apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert register(toolbox, lecture_id)["15203A0042"][0] == PRESENT


def test_what_was_marked_since_and_not_edited_is_left_alone(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", LATE)
    content = sheet_of(toolbox, school, ravi="present")
    mark(toolbox, school, "meera", EXCUSED, expected=LATE, note="a letter")
    close_lecture(toolbox, school.actor, lecture_id)
    reopen_lecture(toolbox, school.actor, lecture_id)
    found = review(toolbox, school, content)
    assert [change.student.name for change in found.review.changes] == ["Ravi Patil"]
    assert (found.review.conflicts, found.review.moved_on) == ((), 1)


def test_a_review_that_a_phone_overtook_applies_nothing(toolbox, school, lecture_id):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="late", ravi="late"))
    mark(toolbox, school, "meera", PRESENT)
    with pytest.raises(Conflict, match="Meera Iyer"):
        apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert register(toolbox, lecture_id)["15203A0043"] is None
    with toolbox.reading() as session:
        assert sheets.list_uploads(session, lecture_id) == []


def test_a_sheet_of_another_lecture_is_told_by_its_name_and_stays_there(toolbox, school, lecture_id):
    other = open_lecture(
        toolbox,
        school.actor,
        subject="Algebra",
        class_ids=[school.ids["class"]],
        minutes=50,
        opening_key="another form",
    )
    content = sheet_of(toolbox, school, meera="present")
    with pytest.raises(Conflict, match="another lecture: Databases"):
        review(toolbox, school, content, name="Algebra.xlsx", lecture_id=other)
    renamed = review(toolbox, school, content, name="..\\..\\C:\\Algebra\r\n.xlsx")
    assert len(renamed.review.changes) == 1
    assert renamed.file_name == "Algebra .xlsx"


def test_nobody_elses_lecture_can_be_downloaded_reviewed_applied_or_undone(toolbox, school, lecture_id):
    content = sheet_of(toolbox, school, meera="present")
    found = review(toolbox, school, content)
    upload = apply_review(toolbox, school.actor, lecture_id, found.sealed)
    with pytest.raises(NotFound):
        download_sheet(toolbox, STRANGER, lecture_id)
    with pytest.raises(NotFound):
        review_upload(toolbox, STRANGER, lecture_id, file_name="x", content=content)
    with pytest.raises(InvalidInput):
        apply_review(toolbox, STRANGER, lecture_id, found.sealed)
    with pytest.raises(NotFound):
        undo_upload(toolbox, STRANGER, lecture_id, upload.id)


@pytest.mark.parametrize(
    "spoil", [lambda text: "", lambda text: text[:-8], lambda text: "é" + text, lambda text: "!" * 9]
)
def test_a_review_that_was_tampered_with_applies_nothing(toolbox, school, lecture_id, spoil):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="present"))
    with pytest.raises(InvalidInput, match="upload the sheet again"):
        apply_review(toolbox, school.actor, lecture_id, spoil(found.sealed))
    assert register(toolbox, lecture_id)["15203A0042"] is None


def test_a_sheet_from_after_a_restored_backup_is_refused(toolbox, school, lecture_id):
    mark(toolbox, school, "meera", PRESENT)
    content = sheet_of(toolbox, school, ravi="present")
    with toolbox.sessions.begin() as session:
        session.query(MarkChange).delete()
        session.query(Mark).delete()
    with pytest.raises(WorkbookRefused, match="newer than the register"):
        review(toolbox, school, content)


def test_problems_are_told_by_row_and_nothing_can_be_applied(toolbox, school):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="maybe", ravi="TRUE"))
    assert [(problem.row, problem.suggestion) for problem in found.review.problems][1] == (
        3,
        "Did you mean present?",
    )
    assert found.sealed == ""


def test_the_register_of_a_closed_lecture_can_be_corrected(toolbox, school, lecture_id):
    close_lecture(toolbox, school.actor, lecture_id)
    found = review(toolbox, school, sheet_of(toolbox, school, meera="excused"))
    apply_review(toolbox, school.actor, lecture_id, found.sealed)
    assert register(toolbox, lecture_id)["15203A0042"][0] == EXCUSED


def test_two_hundred_students_in_two_classes(toolbox, school, lecture_id):
    with toolbox.sessions.begin() as session:
        second = SchoolClass(class_code="CO6GB", active=True)
        lecture = session.get(Lecture, lecture_id)
        lecture.classes.append(second)
        session.add_all(
            Student(
                school_class=second,
                roll_id=f"{number:05}",
                name=f"Student {number}",
                language="en",
                active=True,
            )
            for number in range(198)
        )
    content = sheet_of(toolbox, school, student="present")
    found = review(toolbox, school, content)
    assert len(found.review.changes) == 198
    assert len(found.sealed) < 100_000
    apply_review(toolbox, school.actor, lecture_id, found.sealed)
    marks = register(toolbox, lecture_id)
    assert sum(1 for each in marks.values() if each) == 198


def test_the_file_is_named_for_the_lecture(toolbox, school, lecture_id):
    with toolbox.sessions.begin() as session:
        session.get(Lecture, lecture_id).subject = '../Data"bases\\'
    name, _ = download_sheet(toolbox, school.actor, lecture_id)
    assert name.startswith("CO6GA .._Data_bases_")
    assert name.endswith(".xlsx")


def test_a_lecture_of_the_early_morning_is_of_the_schools_day(toolbox, school, lecture_id):
    with toolbox.sessions.begin() as session:  # half past one in Kolkata, still the day before in UTC
        session.get(Lecture, lecture_id).starts_at = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    name, content = download_sheet(toolbox, school.actor, lecture_id)
    assert name == "CO6GA Databases 2026-03-03 01.30.xlsx"
    rows = openpyxl.load_workbook(io.BytesIO(content))["Attendance"].iter_rows(min_row=2, values_only=True)
    assert {row[5] for row in rows} == {"2026-03-03"}
    found = review(toolbox, school, edit(content, meera="present"))
    assert (found.review.problems, len(found.review.changes)) == ((), 1)


def test_a_phone_that_marks_while_the_sheet_is_applied_is_never_overwritten(toolbox, school, lecture_id):
    found = review(toolbox, school, sheet_of(toolbox, school, meera="absent"))
    start = Barrier(2)

    def mark_by_face():
        where = {"lecture_id": lecture_id, "student_id": school.ids["meera"]}
        start.wait()
        with toolbox.sessions.begin() as session:
            session.query(Lecture).filter_by(id=lecture_id).with_for_update(read=True).one()
            session.add(Mark(**where, status=PRESENT, source=MarkSource.FACE, marked_at=toolbox.now()))

    def apply_sheet():
        start.wait()
        apply_review(toolbox, school.actor, lecture_id, found.sealed)

    with ThreadPoolExecutor(2) as phones:
        by_face, by_sheet = phones.submit(mark_by_face), phones.submit(apply_sheet)
        failures = [action.exception() for action in (by_face, by_sheet)]
    status = register(toolbox, lecture_id)["15203A0042"][0]
    if isinstance(failures[0], AlreadyThere):  # the sheet was first, and the phone is told so
        assert (failures[1], status) == (None, ABSENT)
    else:
        assert failures[0] is None
        assert isinstance(failures[1], Conflict)
        assert status == PRESENT
