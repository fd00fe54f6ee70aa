"""Midnight, daylight saving and a clock set while a lecture runs: no mark is lost, none invented."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.check_in import CheckInOutcome
from shared.persistence import attendance
from shared.persistence.tables import Lecture
from shared.toolbox import Toolbox
from tests.support.eyes import MEERA_LOOKS, RAVI_LOOKS, Eyes, give_eyes, send
from tests.support.families import Clock
from tests.support.school import enrol, found_school, hand_round


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


@pytest.fixture
def at_school(make_settings, sqlite_url):
    """Founds a school whose lecture begins at a moment, in a time zone, and lasts some minutes."""
    made = []

    def found(begins: str, *, zone: str, minutes: int = 60):
        clock = Clock(at(begins))
        toolbox = Toolbox(make_settings(sqlite_url, TIME_ZONE=zone), now=clock)
        made.append(toolbox)
        school = found_school(toolbox)
        for name, looks in (("meera", MEERA_LOOKS), ("ravi", RAVI_LOOKS)):
            enrol(toolbox, school.ids[name], [looks.tolist()] * 5)
        with toolbox.sessions.begin() as session:
            lecture = session.get(Lecture, school.ids["lecture"])
            lecture.starts_at, lecture.ends_at = at(begins), at(begins) + timedelta(minutes=minutes)
        school.kiosk = hand_round(toolbox, school)
        give_eyes(toolbox, Eyes())
        return toolbox, school, clock

    yield found
    for toolbox in made:
        toolbox.engine.dispose()


def outcome(toolbox, school, key: str) -> CheckInOutcome:
    return send(toolbox, school, key=key).outcome


def test_a_lecture_over_midnight_takes_marks_on_both_days_and_is_reported_on_both(at_school):
    toolbox, school, clock = at_school("2026-11-23T23:30+05:30", zone="Asia/Kolkata")
    clock.moment = at("2026-11-24T00:10+05:30")
    assert outcome(toolbox, school, "after midnight") is CheckInOutcome.PRESENT
    days = [toolbox.settings.clock.day(at(f"2026-11-{day}T12:00+05:30").date()) for day in (22, 23, 24, 25)]
    with toolbox.reading() as session:
        lecture = session.get(Lecture, school.ids["lecture"])
        lines = attendance.register(session, lecture.id)
        found = [attendance.lectures_between(session, school.ids["teacher"], *day) for day in days]
        pages = [
            attendance.page_of_lectures(session, school.ids["teacher"], page=1, since=since, until=until)[0]
            for since, until in days
        ]
    assert [len(each) for each in found] == [len(each) for each in pages] == [0, 1, 1, 0]
    (mark,) = [line.mark for line in lines if line.mark]
    assert (
        toolbox.settings.clock.local(mark.marked_at)
        .isoformat(timespec="minutes")
        .startswith("2026-11-24T00:10")
    )
    clock.moment = at("2026-11-24T00:31+05:30")
    assert outcome(toolbox, school, "too late") is CheckInOutcome.LECTURE_CLOSED


@pytest.mark.parametrize("begins", ["2026-10-25T02:15+02:00", "2026-03-29T01:45+01:00"])
def test_an_hour_of_lecture_is_an_hour_although_the_clocks_are_changed_in_it(at_school, begins):
    toolbox, school, clock = at_school(begins, zone="Europe/Berlin")
    clock.moment = at(begins) + timedelta(minutes=59)
    assert outcome(toolbox, school, "in its last minute") is CheckInOutcome.PRESENT
    clock.moment = at(begins) + timedelta(minutes=61)
    assert outcome(toolbox, school, "after it") is CheckInOutcome.LECTURE_CLOSED


def test_a_clock_set_back_or_forward_closes_the_kiosk_and_set_right_opens_it_again(at_school):
    toolbox, school, clock = at_school("2026-11-23T09:00+05:30", zone="Asia/Kolkata")
    right = at("2026-11-23T09:20+05:30")
    for number, jump in enumerate((timedelta(hours=-1), timedelta(hours=1), timedelta(days=-9000))):
        clock.moment = right + jump
        assert outcome(toolbox, school, f"wrong {number}") is CheckInOutcome.LECTURE_CLOSED
    clock.moment = right
    assert outcome(toolbox, school, "right") is CheckInOutcome.PRESENT
    clock.moment = right - timedelta(minutes=10)  # back a little, still within the lecture
    assert outcome(toolbox, school, "right again") is CheckInOutcome.ALREADY_MARKED
