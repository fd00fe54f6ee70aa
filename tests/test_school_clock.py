"""The school's clock: days of 23 hours, hours that never come, and how moments are written."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import pytz

from shared.errors import InvalidInput
from shared.school_clock import SchoolClock

BERLIN = SchoolClock(pytz.timezone("Europe/Berlin"))


@pytest.mark.parametrize(("on", "at"), [(date(2026, 3, 29), time(2, 30)), (date(2026, 10, 25), time(2, 30))])
def test_the_hour_that_daylight_saving_skips_or_doubles_is_answered_with_a_sentence(on, at):
    with pytest.raises(InvalidInput, match="clocks"):
        BERLIN.moment(on, at)
    assert BERLIN.moment(on, time(4, 0)).utcoffset() in (timedelta(hours=1), timedelta(hours=2))


def test_a_day_of_the_school_may_have_23_hours_and_begin_at_one():
    begins, ends = BERLIN.day(date(2026, 3, 29))
    assert ends - begins == timedelta(hours=23)
    cairo = SchoolClock(pytz.timezone("Africa/Cairo"))  # puts the clocks forward at midnight
    begins, ends = cairo.day(date(2026, 4, 24))
    assert (begins.hour, ends - begins) == (1, timedelta(hours=23))


@pytest.mark.parametrize("on", [date.min, date.max])
def test_a_day_that_no_zone_can_move_is_too_far_away(on):
    with pytest.raises(InvalidInput, match="too far"):
        BERLIN.day(on)


def test_a_moment_is_written_in_the_schools_time_and_falls_on_its_day():
    kolkata = SchoolClock(pytz.timezone("Asia/Kolkata"))
    moment = datetime(2026, 11, 22, 20, 4, 31, tzinfo=UTC)
    assert kolkata.day_of(moment) == date(2026, 11, 23)
    assert kolkata.show_time(moment) == "01:34"
    assert kolkata.show_date(moment) == "Mon 23 Nov 2026"
    assert kolkata.show_moment(moment) == "Monday 23 Nov 2026, 01:34"
    assert kolkata.show_exact(moment) == "2026-11-23 01:34:31"
    assert kolkata.show_day(moment) == "2026-11-23"
