"""Reads and writes iCalendar (RFC 5545); what is read is read in a process of its own, under its limits."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, BinaryIO, NamedTuple

from shared.confined.reading import read_confined
from shared.domain.languages import phrase
from shared.errors import WorkbookRefused
from shared.reports.calendar_faults import (
    MOST_FAULTS,
    EventFault,
    endless_faults,
    find_fault,
    written_events,
)

LARGEST_CALENDAR_BYTES = 5 * 1024 * 1024
# Parsing 5,000 events takes half of the two seconds that one file gets (measured, one core of 2026).
MOST_EVENTS = 5_000
MOST_OCCURRENCES = 10_000

_TOO_HEAVY = phrase(
    "Reading this calendar would take too much of this machine, so it was stopped: a "
    "rule in it repeats far too often. Export one class or one term, and send that."
)
_NOT_ONE = phrase("This file is not a calendar we can read. Export it as iCalendar (.ics).")


# What icalendar and recurring-ical-events raise for values that they cannot take.
_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError)


class Occurrence(NamedTuple):
    """One event on one day, as the calendar says it; `row` is the event's place in the file, from 1.

    Times are aware, or without a zone where the calendar has none; `identity` holds through a move.
    """

    row: int
    identity: str
    summary: str
    description: str
    location: str
    categories: tuple[str, ...]
    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    is_whole_day: bool


class CalendarFile(NamedTuple):
    """What a calendar holds between two days; `endless` counts the series that never end.

    What is wrong with an event is among the `faults`, and its days are not among the occurrences.
    """

    occurrences: list[Occurrence]
    endless: int
    faults: list[EventFault]


def open_calendar(content: bytes, first: date, last: date) -> CalendarFile:
    """Read every event of the days, both included. Raise WorkbookRefused, and Overloaded without a turn."""
    if len(content) > LARGEST_CALENDAR_BYTES:
        raise WorkbookRefused(phrase("This calendar is larger than 5 MB. Export one term, and send that."))
    told, _ = read_confined(
        f"{__name__}:tell_calendar",
        content,
        first.isoformat(),
        last.isoformat(),
        too_heavy=WorkbookRefused(_TOO_HEAVY),
    )
    faults = [EventFault(*each) for each in told["faults"]]
    return CalendarFile([_from_plain(each) for each in told["occurrences"]], told["endless"], faults)


def tell_calendar(file: BinaryIO, first: str, last: str) -> tuple[Any, list[bytes]]:
    """Return, inside the process, what `open_calendar` returns, as JSON can say it."""
    import icalendar

    content = file.read()
    if content.upper().count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise WorkbookRefused(
            phrase(
                "This calendar has more than %(most_events)s events. Export one term of one class.",
                most_events=f"{MOST_EVENTS:,}",
            )
        )
    written = written_events(content)
    try:
        calendar = icalendar.Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError) as cause:
        if faults := endless_faults(written):
            return {"occurrences": [], "endless": 0, "faults": faults[:MOST_FAULTS]}, []
        raise WorkbookRefused(_NOT_ONE) from cause
    found = list(zip(written, calendar.walk("VEVENT"), strict=False))
    faults = [fault for each, event in found if (fault := find_fault(each, event))]
    broken = {fault.row for fault in faults}
    events = [
        (each, event)
        for each, event in found
        if each.row not in broken and event.get("STATUS") != "CANCELLED"
    ]
    places = {str(event.get("UID", "")): each.row for each, event in events}
    told, unreadable = _told([event for _, event in events], places, first, last)
    faults += [each.fault("series") for each, event in events if any(event is one for one in unreadable)]
    if len(told) > MOST_OCCURRENCES:
        raise WorkbookRefused(
            phrase(
                "This calendar has more than %(most_occurrences)s lectures in these days. Export one class.",
                most_occurrences=f"{MOST_OCCURRENCES:,}",
            )
        )
    endless = sum(_is_endless(event) for _, event in events)
    return {"occurrences": told, "endless": endless, "faults": sorted(faults)[:MOST_FAULTS]}, []


def _told(
    events: Sequence[Any], places: dict[str, int], first: str, last: str
) -> tuple[list[list[Any]], list[Any]]:
    """Return every occurrence, and the events of the series of which no day can be told."""
    since = datetime.combine(date.fromisoformat(first), time.min, UTC) - timedelta(days=1)
    until = datetime.combine(date.fromisoformat(last), time.min, UTC) + timedelta(days=2)
    single = [_plain(event, places) for event in _single(events, since, until)]
    try:
        return [*single, *(_plain(event, places) for event in _repeated(events, since, until))], []
    except _UNREADABLE:
        broken = [series for series in _by_series(events) if not _can_be_told(series, since)]
        if not broken:
            raise WorkbookRefused(_NOT_ONE) from None
        return single, [event for series in broken for event in series]


def _by_series(events: Sequence[Any]) -> list[list[Any]]:
    series: dict[str, list[Any]] = {}
    for event in events:
        series.setdefault(str(event.get("UID", "")), []).append(event)
    return list(series.values())


def _can_be_told(series: Sequence[Any], since: datetime) -> bool:
    try:
        for event in _repeated(series, since, since + timedelta(days=400)):
            _plain(event, {})
    except _UNREADABLE:
        return False
    return True


def _is_series(event: Any) -> bool:
    return any(name in event for name in ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"))


def _is_endless(event: Any) -> bool:
    rule = event.get("RRULE")
    return rule is not None and "UNTIL" not in rule and "COUNT" not in rule


def _single(events: Sequence[Any], since: datetime, until: datetime) -> list[Any]:
    """Return what happens once; the reader of series would take twice as long for it."""
    series = {str(event.get("UID", "")) for event in events if _is_series(event)}
    alone = [event for event in events if not _is_series(event) and str(event.get("UID", "")) not in series]
    return [event for event in alone if since <= _moment(event.start) < until]


def _repeated(events: Sequence[Any], since: datetime, until: datetime) -> list[Any]:
    import icalendar
    import recurring_ical_events

    series = {str(event.get("UID", "")) for event in events if _is_series(event)}
    calendar = icalendar.Calendar()
    for event in events:
        if str(event.get("UID", "")) in series:
            calendar.add_component(event)
    found: list[Any] = []
    for event in recurring_ical_events.of(calendar).after(since):
        if _moment(event.start) >= until:
            break
        found.append(event)
        if len(found) > MOST_OCCURRENCES:
            break
    return found


def _moment(start: date) -> datetime:
    """Return a start as a moment that can be compared; without a zone as if it were UTC, a day off at
    most."""
    if not isinstance(start, datetime):
        start = datetime.combine(start, time.min)
    return start if start.tzinfo else start.replace(tzinfo=UTC)


def _plain(event: Any, places: dict[str, int]) -> list[Any]:
    uid, start = str(event.get("UID", "")), event.start
    first = event.get("RECURRENCE-ID")
    day = (first.dt if first is not None else start).isoformat()
    people = event.get("ATTENDEE", [])
    people = [*(people if isinstance(people, list) else [people]), event.get("ORGANIZER", "")]
    categories = event.categories if "CATEGORIES" in event else []
    return [
        places.get(uid, 1),
        f"{uid} {day}" if first is not None else uid,
        str(event.get("SUMMARY", ""))[:300],
        str(event.get("DESCRIPTION", ""))[:2000],
        str(event.get("LOCATION", ""))[:300],
        [str(each)[:100] for each in categories][:20],
        [str(each).lower().removeprefix("mailto:")[:254] for each in people if each][:20],
        _said(start),
        _said(event.end),
        not isinstance(start, datetime),
    ]


def _said(moment: date) -> str:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).isoformat()


def _from_plain(told: list[Any]) -> Occurrence:
    row, identity, summary, description, location, categories, people, starts_at, ends_at, whole = told
    moments = (datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    return Occurrence(
        row, identity, summary, description, location, tuple(categories), tuple(people), *moments, whole
    )


class CalendarEvent(NamedTuple):
    """One event to write; times are aware, `uid` is the same whenever it is written again."""

    uid: str
    summary: str
    location: str
    starts_at: datetime
    ends_at: datetime


def write_calendar(events: Sequence[CalendarEvent], *, name: str, now: datetime) -> bytes:
    """Write the events as a calendar that is read only; programs ask for it again by themselves."""
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Classroom attendance//plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for each in events:
        event = icalendar.Event()
        event.add("uid", each.uid)
        event.add("dtstamp", now)
        event.add("dtstart", each.starts_at.astimezone(UTC))
        event.add("dtend", each.ends_at.astimezone(UTC))
        event.add("summary", each.summary)
        if each.location:
            event.add("location", each.location)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
