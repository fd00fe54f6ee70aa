"""A teacher's plan: what waits is started with one tap, at its time, once; and the calendar's link."""

from datetime import timedelta
from types import SimpleNamespace

import icalendar
import pytest

from shared.errors import Conflict, NotFound
from shared.persistence.tables import CalendarLink, Lecture, PlannedLecture, SchoolClass
from shared.security.tokens import digest
from shared.services.audit import Actor
from shared.services.timetable import plan
from shared.services.timetable.not_held import say_planned_not_held
from shared.toolbox import Toolbox
from tests.support.school import found_school

STRANGER = Actor(site="classroom", email="stranger@school.example", account_id=999_999)


@pytest.fixture
def toolbox(sqlite_url, make_settings):
    hands = SimpleNamespace(now=Toolbox(make_settings(sqlite_url)).now().replace(hour=6, minute=0))
    toolbox = Toolbox(make_settings(sqlite_url, LATE_AFTER_MINUTES="10"), now=lambda: hands.now)
    toolbox.__dict__["hands"] = hands
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    """Physics is planned in forty minutes."""
    school = found_school(toolbox)
    begins = toolbox.now() + timedelta(minutes=40)
    with toolbox.sessions.begin() as session:
        planned = PlannedLecture(
            subject="Physics", teacher_id=school.ids["teacher"], room="3", identity=digest("physics"),
            starts_at=begins, ends_at=begins + timedelta(minutes=50),
            classes=[session.get(SchoolClass, school.ids["class"])],
        )  # fmt: skip
        session.add(planned)
    school.planned_id, school.begins = planned.id, begins
    return school


def move_to(toolbox, moment):
    toolbox.__dict__["hands"].now = moment


def waiting(toolbox, school):
    with toolbox.reading() as session:
        return [each.id for each in plan.waiting_today(toolbox, session, school.ids["teacher"])[0]]


def start(toolbox, school, actor=None):
    lecture_id = plan.start_planned(toolbox, actor or school.actor, school.planned_id)
    with toolbox.reading() as session:
        lecture = session.get(Lecture, lecture_id)
        assert [each.class_code for each in lecture.classes] == ["CO6GA"]
        return lecture


def test_it_waits_until_it_is_started_and_a_second_tap_finds_it(toolbox, school):
    assert waiting(toolbox, school) == [school.planned_id]
    move_to(toolbox, school.begins)
    lecture = start(toolbox, school)
    assert (lecture.subject, lecture.starts_at, lecture.late_after_minutes) == ("Physics", school.begins, 10)
    assert start(toolbox, school).id == lecture.id
    assert waiting(toolbox, school) == []


def test_who_starts_early_takes_check_ins_at_once_and_late_goes_by_the_plan(toolbox, school):
    move_to(toolbox, school.begins - timedelta(minutes=12))
    lecture = start(toolbox, school)
    assert lecture.starts_at == toolbox.now()
    assert lecture.late_after_minutes == 22


def test_much_too_early_is_the_wrong_lecture(toolbox, school):
    with pytest.raises(Conflict, match="can be started from"):
        start(toolbox, school)


def test_another_teachers_plan_is_as_if_it_were_not_there(toolbox, school):
    move_to(toolbox, school.begins)
    with pytest.raises(NotFound):
        start(toolbox, school, STRANGER)


def test_the_link_gives_the_plan_to_whoever_has_it_until_it_ends(toolbox, school):
    token = plan.make_link(toolbox, school.actor)
    (event,) = icalendar.Calendar.from_ical(plan.write_own_calendar(toolbox, token)).events
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("CO6GA Physics", "3")
    assert event.start == school.begins.replace(microsecond=0)
    with toolbox.reading() as session:
        assert session.query(CalendarLink).one().token_digest == digest(token)  # never the token itself
    say_planned_not_held(toolbox, school.actor, school.planned_id, "holiday")
    assert icalendar.Calendar.from_ical(plan.write_own_calendar(toolbox, token)).events == []
    renewed = plan.make_link(toolbox, school.actor)
    for old in (token, "", "x"):
        with pytest.raises(NotFound):
            plan.write_own_calendar(toolbox, old)
    plan.end_link(toolbox, school.actor)
    with pytest.raises(NotFound):
        plan.write_own_calendar(toolbox, renewed)
