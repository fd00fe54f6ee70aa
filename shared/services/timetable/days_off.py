"""Days without lectures: from the holidays of a country, a calendar or a table, looked at first."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from shared.domain.attendance import one_line
from shared.domain.languages import joined, phrase
from shared.domain.sheet_table import Column, read_table
from shared.domain.written_dates import typed_day
from shared.errors import InvalidInput, NotFound, WorkbookRefused
from shared.persistence import timetable
from shared.persistence.database import Session
from shared.persistence.tables import DayOff
from shared.reports.calendar_files import open_calendar
from shared.reports.public_holidays import find_holidays
from shared.reports.uploaded_tables import open_table
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

# A year ahead, and the rest of this one.
READ_AHEAD = timedelta(days=400)
MOST_DAYS = 400
LONGEST_NAME = 200
_COLUMNS = {
    "day": Column((phrase("Date"), "Day", "तारीख़", "तारीख", "दिनांक", "दिन", "दिवस"), required=True),
    "name": Column(
        (phrase("Name"), "Holiday", "Occasion", "Reason", "नाम", "नाव", "छुट्टी", "सुट्टी", "अवसर", "कारण"),
        required=True,
    ),
}

Days = Sequence[tuple[date, str]]


def holidays_ahead(toolbox: Toolbox, country: str, region: str) -> Days:
    """Return the holidays of a country from today on, for the office to choose from. Raise InvalidInput."""
    today = toolbox.settings.clock.day_of(toolbox.now())
    found = find_holidays(country, region, [today.year, today.year + 1])
    return [(day, name) for day, name in found if today <= day <= today + READ_AHEAD]


def read_days(toolbox: Toolbox, content: bytes) -> Days:
    """Return the days of an uploaded calendar or table from today on. Raise WorkbookRefused, Overloaded."""
    today = toolbox.settings.clock.day_of(toolbox.now())
    is_calendar = b"BEGIN:VCALENDAR" in content[:4096].upper()
    found = _from_calendar(content, today) if is_calendar else _from_table(content)
    days = {day: name for day, name in found if today <= day <= today + READ_AHEAD}
    if not days:
        raise WorkbookRefused(phrase("There is no day from today on in this file."))
    if len(days) > MOST_DAYS:
        raise WorkbookRefused(
            phrase(
                "These are more than %(most_days)s days. Send the days without lectures alone.",
                most_days=MOST_DAYS,
            )
        )
    return sorted(days.items())


def _from_calendar(content: bytes, today: date) -> list[tuple[date, str]]:
    calendar = open_calendar(content, today, today + READ_AHEAD)
    if calendar.faults:
        faults = [
            phrase("Event %(row)s: %(said)s", row=fault.row, said=fault.sentence)
            for fault in calendar.faults[:5]
        ]
        raise WorkbookRefused(joined(faults))
    events = [each for each in calendar.occurrences if each.is_whole_day]
    return [
        (event.starts_at.date() + timedelta(days=number), one_line(event.summary)[:LONGEST_NAME] or "day off")
        for event in events
        for number in range(max(1, min((event.ends_at - event.starts_at).days, MOST_DAYS)))
    ]


def _from_table(content: bytes) -> list[tuple[date, str]]:
    shown = [sheet for sheet in open_table(content).sheets if not sheet.is_hidden and sheet.rows]
    rows = [[cell.text for cell in row] for row in shown[0].rows] if shown else []
    table = read_table(rows, _COLUMNS)
    if table.problems:
        raise WorkbookRefused(joined([problem.sentence for problem in table.problems]))
    days = []
    for row in table.rows:
        day = typed_day(row.text("day"))
        if day is None:
            raise WorkbookRefused(
                phrase(
                    "Row %(number)s: “%(text)s” is not a date, such as 23 Nov 2026.",
                    number=row.number,
                    text=row.text("day")[:40],
                )
            )
        days.append((day, one_line(row.text("name"))[:LONGEST_NAME] or "day off"))
    return days


def add_days_off(toolbox: Toolbox, actor: Actor, days: Mapping[date, str]) -> int:
    """Take days as days without lectures, and say so of what is planned on them; return how many lectures.

    A day that is one already gets the name. Raise InvalidInput for none, or a name that is too long.
    """
    if not days or len(days) > MOST_DAYS:
        raise InvalidInput(phrase("Choose 1 to %(most_days)s days.", most_days=MOST_DAYS))
    names = {day: one_line(name) for day, name in days.items()}
    if any(not name or len(name) > LONGEST_NAME for name in names.values()):
        raise InvalidInput(
            phrase("A day has a name of at most %(longest_name)s characters.", longest_name=LONGEST_NAME)
        )
    with toolbox.sessions.begin() as session:
        known = {each.day: each for each in timetable.list_days_off(session, since=min(names))}
        for day, name in names.items():
            if day in known:
                _hold_again(session, toolbox, known[day])
                known[day].name = name
            else:
                session.add(DayOff(day=day, name=name))
        session.flush()
        count = mark_days_off(session, toolbox)
        after = {day.isoformat(): name for day, name in names.items()}
        audit.record(session, toolbox, actor, "add days off", f"{len(names)} days", after=after)
        return count


def remove_day_off(toolbox: Toolbox, actor: Actor, day_id: int) -> int:
    """Make a day an ordinary one; what is planned on it is held again. Return how many. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        row = session.get(DayOff, day_id)
        if row is None:
            raise NotFound(phrase("There is no such day."))
        count = _hold_again(session, toolbox, row)
        session.delete(row)
        before = {row.day.isoformat(): row.name}
        audit.record(session, toolbox, actor, "remove day off", f"{row.day}", before=before)
        return count


def mark_days_off(session: Session, toolbox: Toolbox) -> int:
    """Say of everything that is planned on a day off from today on that it is not held; return how many."""
    clock = toolbox.settings.clock
    days = timetable.list_days_off(session, since=clock.day_of(toolbox.now()))
    return sum(timetable.mark_not_held(session, *clock.day(each.day), each.name) for each in days)


def _hold_again(session: Session, toolbox: Toolbox, row: DayOff) -> int:
    return timetable.hold_again(session, *toolbox.settings.clock.day(row.day), row.name)
