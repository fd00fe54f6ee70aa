"""Lectures are opened once, closed with the rest absent, and reopened as if nothing had been."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.attendance import MarkSource, MarkStatus
from shared.errors import InvalidInput, NotFound
from shared.persistence import attendance
from shared.persistence.database import AlreadyThere
from shared.persistence.tables import AuditEntry, Lecture, Student
from shared.services.attendance import lectures
from shared.services.attendance.lectures import (
    REOPENED_FOR,
    close_lecture,
    open_lecture,
    reopen_lecture,
)
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from shared.services.kiosk.passes import is_open
from tests.support.school import found_school

STRANGER = Actor(site="classroom", email="stranger@school.example", account_id=999_999)


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def asked(school, **changes):
    form = {
        "subject": "Algebra",
        "class_ids": [school.ids["class"]],
        "minutes": 50,
        "opening_key": "one form",
    }
    return form | changes


def lines(toolbox, lecture_id):
    with toolbox.reading() as session:
        return {line.student.roll_id: line.mark for line in attendance.register(session, lecture_id)}


def count(toolbox, lecture_id):
    with toolbox.reading() as session:
        counted = attendance.count_here(session, [lecture_id])[lecture_id]
    return counted.here, counted.expected


def test_a_form_sent_twice_opens_one_lecture(toolbox, school):
    first = open_lecture(toolbox, school.actor, **asked(school))
    assert open_lecture(toolbox, school.actor, **asked(school)) == first
    other = open_lecture(toolbox, school.actor, **asked(school, opening_key="another form"))
    assert other != first


def test_a_lecture_begins_now_and_lasts_its_minutes(toolbox, school):
    moment = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    lecture_id = open_lecture(toolbox.with_(now=lambda: moment), school.actor, **asked(school))
    with toolbox.reading() as session:
        lecture = session.get(Lecture, lecture_id)
        assert (lecture.starts_at, lecture.ends_at) == (moment, moment + timedelta(minutes=50))
        assert [each.class_code for each in lecture.classes] == ["CO6GA"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": " \n\t "}, "subject"),
        ({"subject": "x" * 101}, "subject"),
        ({"class_ids": []}, "class_ids"),
        ({"class_ids": [424_242]}, "class_ids"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": -5}, "minutes"),
        ({"minutes": 10**9}, "minutes"),
        ({"starts_at": datetime(1970, 1, 1, tzinfo=UTC)}, "starts_on"),
        ({"starts_at": datetime(9999, 1, 1, tzinfo=UTC)}, "starts_on"),
        ({"opening_key": ""}, None),
    ],
)
def test_what_cannot_be_a_lecture_is_refused_at_its_field(toolbox, school, change, field):
    with pytest.raises(InvalidInput) as refused:
        open_lecture(toolbox, school.actor, **asked(school, **change))
    assert refused.value.field == field
    with toolbox.reading() as session:
        assert session.query(Lecture).count() == 1


def test_a_subject_is_kept_as_typed_but_on_one_line(toolbox, school):
    typed = "  <b>{{7*7}}</b>\r\n'; DROP TABLE lecture;--\x00 "
    lecture_id = open_lecture(toolbox, school.actor, **asked(school, subject=typed))
    with toolbox.reading() as session:
        assert session.get(Lecture, lecture_id).subject == "<b>{{7*7}}</b> '; DROP TABLE lecture;--"


def test_closing_makes_the_rest_absent_and_reopening_takes_that_back(toolbox, school):
    lecture_id, meera = school.ids["lecture"], school.ids["meera"]
    set_mark(toolbox, school.actor, lecture_id, meera, MarkStatus.LATE, expected=None)
    assert count(toolbox, lecture_id) == (1, 2)

    assert close_lecture(toolbox, school.actor, lecture_id) == 1
    assert close_lecture(toolbox, school.actor, lecture_id) == 0
    marks = lines(toolbox, lecture_id)
    assert marks["15203A0042"].status == MarkStatus.LATE
    assert (marks["15203A0043"].status, marks["15203A0043"].source) == (MarkStatus.ABSENT, MarkSource.CLOSING)
    assert count(toolbox, lecture_id) == (1, 2)

    reopen_lecture(toolbox, school.actor, lecture_id)
    marks = lines(toolbox, lecture_id)
    assert marks["15203A0042"].status == MarkStatus.LATE
    assert marks["15203A0043"] is None
    with toolbox.reading() as session:
        actions = [entry.action for entry in session.query(AuditEntry) if "lecture" in entry.action]
        history = [(change.was, change.becomes) for change in attendance.history(session, lecture_id)]
    assert actions == ["close lecture", "reopen lecture"]
    assert history == [(MarkStatus.ABSENT, None), (None, MarkStatus.ABSENT), (None, MarkStatus.LATE)]


def test_a_lecture_closes_though_a_phone_marks_somebody_in_that_moment(toolbox, school, monkeypatch):
    lecture_id, write_mark, beaten = school.ids["lecture"], lectures.write_mark, []

    def write_second(*args, **how):
        if not beaten:
            beaten.append(True)
            raise AlreadyThere("INSERT INTO mark", {}, Exception("a phone was first"))
        return write_mark(*args, **how)

    monkeypatch.setattr(lectures, "write_mark", write_second)
    assert close_lecture(toolbox, school.actor, lecture_id) == 2
    assert beaten
    assert {mark.status for mark in lines(toolbox, lecture_id).values()} == {MarkStatus.ABSENT}
    with toolbox.reading() as session:
        assert session.get(Lecture, lecture_id).closed_at is not None


def test_reopening_keeps_an_absence_the_teacher_has_corrected(toolbox, school):
    lecture_id, ravi = school.ids["lecture"], school.ids["ravi"]
    close_lecture(toolbox, school.actor, lecture_id)
    set_mark(toolbox, school.actor, lecture_id, ravi, MarkStatus.EXCUSED, expected=MarkStatus.ABSENT)
    reopen_lecture(toolbox, school.actor, lecture_id)
    marks = lines(toolbox, lecture_id)
    assert marks["15203A0042"] is None
    assert marks["15203A0043"].status == MarkStatus.EXCUSED


def test_reopening_keeps_a_note_that_was_typed_on_an_absence(toolbox, school):
    lecture_id, ravi = school.ids["lecture"], school.ids["ravi"]
    absent = MarkStatus.ABSENT
    close_lecture(toolbox, school.actor, lecture_id)
    set_mark(toolbox, school.actor, lecture_id, ravi, absent, expected=absent, note="doctor's letter came")
    reopen_lecture(toolbox, school.actor, lecture_id)
    close_lecture(toolbox, school.actor, lecture_id)
    marks = lines(toolbox, lecture_id)
    assert [marks[each].note for each in ("15203A0042", "15203A0043")] == ["", "doctor's letter came"]


@pytest.mark.parametrize(("gone", "gets_time"), [(timedelta(hours=2), True), (timedelta(days=2), False)])
def test_only_a_lecture_of_today_gets_time_for_the_kiosk_when_reopened(toolbox, school, gone, gets_time):
    noon = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # in Kolkata
    opened = toolbox.with_(now=lambda: noon)
    lecture_id = open_lecture(opened, school.actor, **asked(school))
    later = toolbox.with_(now=lambda: noon + gone)
    lecture = reopen_lecture(later, school.actor, lecture_id)
    hours_end = noon + timedelta(minutes=50)
    assert lecture.faces_until == (noon + gone + REOPENED_FOR if gets_time else hours_end)
    assert is_open(later, lecture) is gets_time
    assert lecture.ends_at == hours_end  # as families are told


@pytest.mark.parametrize(
    ("minutes", "gets_time"), [(120, True), (60, False)], ids=["ran until one", "ended at midnight"]
)
def test_a_lecture_that_ran_after_midnight_can_be_reopened_for_the_kiosk(toolbox, school, minutes, gets_time):
    eleven = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)  # 23:00 in Kolkata
    opened = toolbox.with_(now=lambda: eleven)
    lecture_id = open_lecture(opened, school.actor, **(asked(school) | {"minutes": minutes}))
    later = eleven + timedelta(minutes=125)
    lecture = reopen_lecture(toolbox.with_(now=lambda: later), school.actor, lecture_id)
    assert (lecture.faces_until == later + REOPENED_FOR) is gets_time


def test_the_day_shows_what_runs_in_it_and_nothing_else(toolbox, school):
    midnight = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    ids = []
    for hours, minutes in ((-2, 60), (-1, 60), (-1, 120), (0, 60), (23, 120), (24, 60)):
        starts_at = midnight + timedelta(hours=hours)
        form = asked(school) | {"minutes": minutes, "opening_key": f"at {hours} for {minutes}"}
        ids.append(
            open_lecture(toolbox.with_(now=lambda: midnight), school.actor, starts_at=starts_at, **form)
        )
    with toolbox.reading() as session:
        shown = attendance.lectures_between(
            session, school.actor.account_id, midnight, midnight + timedelta(days=1)
        )
    assert [lecture.id for lecture in shown] == [ids[2], ids[3], ids[4]]


def test_who_joins_the_class_later_is_not_on_a_closed_lectures_register(toolbox, school):
    lecture_id = school.ids["lecture"]
    close_lecture(toolbox, school.actor, lecture_id)
    with toolbox.sessions.begin() as session:
        session.add(
            Student(class_id=school.ids["class"], roll_id="15203A0044", name="Zoya Khan", active=True)
        )
    assert sorted(lines(toolbox, lecture_id)) == ["15203A0042", "15203A0043"]
    assert count(toolbox, lecture_id) == (0, 2)
    reopen_lecture(toolbox, school.actor, lecture_id)
    assert count(toolbox, lecture_id) == (0, 3)


def test_another_teachers_lecture_does_not_exist(toolbox, school):
    for action in (close_lecture, reopen_lecture):
        with pytest.raises(NotFound):
            action(toolbox, STRANGER, school.ids["lecture"])
    with pytest.raises(InvalidInput, match="classes you teach"):
        open_lecture(toolbox, STRANGER, **asked(school))


def test_the_list_of_lectures_is_paged_and_filtered(toolbox, school):
    starts_at = toolbox.now() - timedelta(days=100)
    for day in range(30):
        moment = starts_at + timedelta(days=day)
        open_lecture(toolbox, school.actor, **asked(school, opening_key=f"form {day}", starts_at=moment))
    teacher_id = school.ids["teacher"]
    with toolbox.reading() as session:
        first, pages = attendance.page_of_lectures(session, teacher_id, page=1)
        second, _ = attendance.page_of_lectures(session, teacher_id, page=2)
        none, _ = attendance.page_of_lectures(session, teacher_id, page=3)
        assert (len(first), len(second), len(none), pages) == (25, 6, 0, 2)
        assert first[0].id == school.ids["lecture"]
        assert attendance.page_of_lectures(session, teacher_id, page=1, class_id=424_242) == ([], 1)
        since = starts_at + timedelta(days=28, minutes=-1)
        found, _ = attendance.page_of_lectures(
            session, teacher_id, page=1, since=since, until=since + timedelta(days=5)
        )
        assert len(found) == 2
        assert attendance.subjects_of(session, teacher_id) == ["Databases", "Algebra"]
