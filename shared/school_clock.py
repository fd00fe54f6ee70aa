"""The school's clock: what day and time it is there, when its days begin, and how moments are written.

Everything is stored in UTC; only what people type and read is in the school's time zone.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytz

from shared.domain.languages import Sentence, joined, phrase
from shared.domain.timetable.table import WEEKDAY_NAMES
from shared.errors import InvalidInput


@dataclass(frozen=True)
class SchoolClock:
    """Time in the school's zone. Moments are aware datetimes; days and times of day are the school's."""

    zone: pytz.BaseTzInfo

    def local(self, moment: datetime) -> datetime:
        """Return the moment as the school's clocks show it."""
        return moment.astimezone(self.zone)

    def day_of(self, moment: datetime) -> date:
        """Return the school's day on which a moment falls."""
        return self.local(moment).date()

    def moment(self, on: date, at: time) -> datetime:
        """Return the moment at which the school's clocks show a date and a time.

        Raise InvalidInput for the hour that daylight saving skips, the one that comes twice, and a
        far-away date.
        """
        _refuse_far(on)
        try:
            return self.zone.localize(datetime.combine(on, at), is_dst=None)
        except pytz.NonExistentTimeError as cause:
            raise InvalidInput(
                phrase(
                    "On %(on)s the clocks jump over %(at)s. Choose another time.",
                    on=on,
                    at=f"{at:%H:%M}",
                ),
                field="starts_at",
            ) from cause
        except pytz.AmbiguousTimeError as cause:
            raise InvalidInput(
                phrase(
                    "On %(on)s the clocks pass %(at)s twice. Choose another time.",
                    on=on,
                    at=f"{at:%H:%M}",
                ),
                field="starts_at",
            ) from cause

    def day(self, on: date) -> tuple[datetime, datetime]:
        """Return the moments at which a day begins and ends. Raise InvalidInput for a far-away date."""
        _refuse_far(on)
        midnights = (datetime.combine(day, time.min) for day in (on, on + timedelta(days=1)))
        # A midnight that daylight saving skips is the moment the clocks show one.
        begin, end = (self.zone.normalize(self.zone.localize(midnight)) for midnight in midnights)
        return begin, end

    def show_time(self, moment: datetime) -> str:
        """Return "09:04"."""
        return f"{self.local(moment):%H:%M}"

    def show_date(self, moment: datetime) -> str:
        """Return "Mon 23 Nov 2026"."""
        return f"{self.local(moment):%a %d %b %Y}"

    def show_moment(self, moment: datetime) -> Sentence:
        """Return "Monday 23 Nov 2026, 09:04", to be said in the reader's language."""
        local = self.local(moment)
        return joined([WEEKDAY_NAMES[local.weekday()], local])

    def show_exact(self, moment: datetime) -> str:
        """Return "2026-11-23 09:04:31", which sorts."""
        return f"{self.local(moment):%Y-%m-%d %H:%M:%S}"

    def show_day(self, moment: datetime) -> str:
        """Return "2026-11-23", for the names of files and the identity of sheets."""
        return f"{self.local(moment):%Y-%m-%d}"


def _refuse_far(on: date) -> None:
    """Raise InvalidInput for the calendar's first and last year, which no time zone can move."""
    if not date.min.year < on.year < date.max.year:
        raise InvalidInput(phrase("This date is too far away."), field="starts_on")
