"""Totals of a class: everybody in them, the right lectures counted, always the same number of queries."""

import io
from dataclasses import replace
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import event, text

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import InvalidInput, NotFound
from shared.persistence.database import UNREACHABLE
from shared.persistence.tables import Lecture, Mark, SchoolClass, Student, Teacher
from shared.security.tokens import digest
from shared.services.attendance.totals import SeriesAsked, class_totals, download_totals
from shared.services.audit import Actor
from shared.toolbox import Toolbox
from tests.support.school import found_school

PRESENT, LATE, EXCUSED, ABSENT = MarkStatus
STRANGER = Actor(site="classroom", email="stranger@school.example", account_id=999_999)


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def hold(toolbox, school, days_ago, *, closed=True, subject="Algebra", **statuses):
    """Note down a lecture of the past, with marks by first name."""
    began = toolbox.now() - timedelta(days=days_ago)
    with toolbox.sessions.begin() as session:
        lecture = Lecture(
            subject=subject,
            teacher_id=school.ids["teacher"],
            classes=[session.get(SchoolClass, school.ids["class"])],
            starts_at=began,
            ends_at=began + timedelta(hours=1),
            closed_at=began + timedelta(hours=1) if closed else None,
            opening_key=digest(f"{subject} {days_ago}"),
        )
        session.add(lecture)
        session.flush()
        for name, status in statuses.items():
            mark = {"status": status, "source": MarkSource.BY_HAND, "marked_at": began}
            session.add(Mark(lecture_id=lecture.id, student_id=school.ids[name], **mark))
        return lecture.id


def totals(toolbox, school, **asked):
    return class_totals(toolbox, school.actor, SeriesAsked(school.ids["class"], **asked))


def by_name(found):
    return {each.name.split()[0].lower(): each for each in found.students}


def test_everybody_is_in_the_totals_also_with_nothing_attended(toolbox, school):
    hold(toolbox, school, 2, meera=PRESENT, ravi=ABSENT)
    hold(toolbox, school, 1, meera=LATE, ravi=EXCUSED)
    found = by_name(totals(toolbox, school))
    assert [(found[name].attended, found[name].held) for name in ("meera", "ravi")] == [(2, 2), (0, 1)]
    assert found["ravi"].is_below


def test_a_student_who_joined_later_has_nothing_held(toolbox, school):
    hold(toolbox, school, 2, meera=PRESENT)
    assert by_name(totals(toolbox, school))["ravi"].percent is None
    (lecture,) = totals(toolbox, school).lectures
    assert (lecture.here, lecture.expected) == (1, 1)


def test_the_lecture_that_still_runs_does_not_count_and_the_forgotten_one_does(toolbox, school):
    hold(toolbox, school, 3, closed=False, meera=PRESENT)
    found = totals(toolbox, school)
    assert [lecture.subject for lecture in found.lectures] == ["Algebra"]
    assert (found.lectures[0].here, found.lectures[0].expected) == (1, 2)
    assert (by_name(found)["ravi"].unmarked, by_name(found)["ravi"].held) == (1, 1)
    assert (by_name(found)["meera"].unmarked, by_name(found)["meera"].held) == (0, 1)


def test_a_deactivated_student_stays_in_the_totals_of_what_they_attended(toolbox, school):
    hold(toolbox, school, 3, meera=PRESENT, ravi=PRESENT)
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["ravi"]).active = False
    hold(toolbox, school, 2, closed=False, meera=PRESENT)
    assert by_name(totals(toolbox, school))["ravi"].held == 1


def test_days_teacher_and_subject_choose_the_lectures(toolbox, school):
    for days_ago in (1, 2, 3):
        hold(toolbox, school, days_ago, meera=PRESENT)
    hold(toolbox, school, 2, subject="Databases", meera=ABSENT)
    day = toolbox.settings.clock.day_of(toolbox.now() - timedelta(days=2))
    assert len(totals(toolbox, school).lectures) == 4
    assert len(totals(toolbox, school, since=day, until=day).lectures) == 2
    assert len(totals(toolbox, school, subject="Databases").lectures) == 1
    assert len(totals(toolbox, school, teacher_id=999_999).lectures) == 0
    assert totals(toolbox, school).lecturers == {school.ids["teacher"]: "Asha Rao"}
    assert totals(toolbox, school).subjects == ["Algebra", "Databases"]


def test_the_schools_settings_are_used(toolbox, school):
    hold(toolbox, school, 1, meera=LATE)
    toolbox = Toolbox(replace(toolbox.settings, late_counts_as="half", warn_below_percent=50))
    assert (
        by_name(totals(toolbox, school))["meera"].attended,
        totals(toolbox, school).rule.warn_below_percent,
    ) == (
        0.5,
        50,
    )
    toolbox.engine.dispose()


def test_days_the_wrong_way_round_and_other_peoples_classes_are_refused(toolbox, school):
    with pytest.raises(InvalidInput):
        totals(toolbox, school, since=date(2026, 2, 1), until=date(2026, 1, 1))
    with pytest.raises(InvalidInput):
        totals(toolbox, school, until=date.max)
    for action in (class_totals, download_totals):
        with pytest.raises(NotFound):
            action(toolbox, STRANGER, SeriesAsked(school.ids["class"]))
        with pytest.raises(NotFound):
            action(toolbox, school.actor, SeriesAsked(999_999))


def count_queries(toolbox, action):
    asked = []

    def note(*_):
        asked.append(1)

    event.listen(toolbox.engine, "before_cursor_execute", note)
    action()
    event.remove(toolbox.engine, "before_cursor_execute", note)
    return len(asked)


def test_the_number_of_queries_is_the_same_for_two_students_and_two_hundred(toolbox, school):
    hold(toolbox, school, 1, meera=PRESENT, ravi=ABSENT)
    few = count_queries(toolbox, lambda: totals(toolbox, school))
    with toolbox.sessions.begin() as session:
        session.add_all(
            Student(class_id=school.ids["class"], roll_id=f"{number}", name="Anu", language="en", active=True)
            for number in range(198)
        )
    for days_ago in range(2, 20):
        hold(toolbox, school, days_ago, meera=PRESENT)
    assert len(totals(toolbox, school).students) == 200
    assert count_queries(toolbox, lambda: totals(toolbox, school)) == few < 12


def test_the_workbook_holds_the_totals_the_course_and_every_lecture(toolbox, school):
    with toolbox.sessions.begin() as session:
        session.get(Student, school.ids["ravi"]).name = "=1+1"
    hold(toolbox, school, 2, subject="[x]:*?/\\" * 9, meera=PRESENT, ravi=ABSENT)
    hold(toolbox, school, 1, meera=LATE, ravi=EXCUSED)
    name, content = download_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    assert name.startswith("CO6GA totals 20")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == 2 + 2
    rows = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}
    assert rows["Totals"][1][:5] == ["15203A0042", "Meera Iyer", 2, 2, 100]
    assert rows["Totals"][2][:5] == ["15203A0043", "=1+1", 0, 1, 0]
    assert rows["Totals"][2][-1] == "below"
    percents = book["Totals"]["E"][1:]
    assert [cell.number_format for cell in percents] == ["0.0", "0.0"]  # 100.0, as on the page
    assert percents[1].fill.fgColor.rgb == book["Totals"]["A3"].fill.fgColor.rgb == "FFF8D7DA"
    assert [row[2:] for row in rows["Course"][1:]] == [["P", "L"], ["A", "E"]]
    last = book.worksheets[-1]
    assert [cell.value for cell in last[2]][:3] == ["15203A0042", "Meera Iyer", "late"]
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_workbook_holds_the_notes_of_ones_own_lectures_alone(toolbox, school):
    mine, others = hold(toolbox, school, 2, meera=PRESENT), hold(toolbox, school, 1, meera=LATE)
    with toolbox.sessions.begin() as session:
        now = toolbox.now()
        colleague = Teacher(
            name="Vikram Shah",
            email="vikram@school.example",
            password="",
            fs_uniquifier=digest("a colleague"),
            created_at=now,
        )
        session.add(colleague)
        session.flush()
        session.get(Lecture, others).teacher_id = colleague.id
        session.query(Mark).filter_by(lecture_id=mine).one().note = "came with a doctor's letter"
        session.query(Mark).filter_by(lecture_id=others).one().note = "told me of trouble at home"
    _, content = download_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    cells = [
        cell.value for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet for cell in row
    ]
    assert "came with a doctor's letter" in cells
    assert "told me of trouble at home" not in cells
    assert "late" in cells


def test_the_workbook_of_a_class_without_lectures_has_its_students(toolbox, school):
    _, content = download_totals(toolbox, school.actor, SeriesAsked(school.ids["class"]))
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Totals", "Course"]
    assert book["Totals"].max_row == 3


def test_totals_are_read_from_the_replica_with_an_account_that_may_only_read(
    mariadb_url, mariadb, make_settings
):
    toolbox = Toolbox(make_settings(mariadb_url))
    school = found_school(toolbox)
    hold(toolbox, school, 1, meera=PRESENT)
    mariadb.execute("DROP USER IF EXISTS reader@127.0.0.1")
    mariadb.execute("CREATE USER reader@127.0.0.1 IDENTIFIED BY 'word'")
    mariadb.execute("GRANT SELECT ON attendance.* TO reader@127.0.0.1")
    replica = mariadb_url.replace("root@", "reader:word@")
    reader = Toolbox(make_settings(mariadb_url, REPORTS_DATABASE_URL=replica))
    assert by_name(totals(reader, school))["meera"].counts["present"] == 1
    assert download_totals(reader, school.actor, SeriesAsked(school.ids["class"]))[1]
    with reader.reading_totals() as session:
        assert str(session.get_bind().url.username) == "reader"
        with pytest.raises(UNREACHABLE, match="denied"):
            session.execute(text("DELETE FROM mark"))
    for each in (toolbox, reader):
        each.engine.dispose()
