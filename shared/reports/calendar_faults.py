"""Names the events of a calendar that cannot be read, so that whoever exported it finds them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.domain.languages import Sentence, phrase

MOST_FAULTS = 100
_LONGEST_SHOWN = 60
# What an event's hours stand in; a fault anywhere else changes no lecture.
_HOURS = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


class EventFault(NamedTuple):
    """An event that cannot be read: its place in the file, from 1, its line, title and start as written.

    `what` is wrong is the name of what cannot be read, or a word that `wrong` has a sentence for; `value` is
    what stands there.
    """

    row: int
    line: int
    title: str
    start: str
    what: str
    value: str = ""

    @property
    def sentence(self) -> Sentence:
        """What names the event, and says what is wrong with it."""
        return phrase(
            "“%(title)s” (line %(line)s, start %(start)s): %(wrong)s",
            title=self.title or "–",
            line=self.line,
            start=self.start or "–",
            wrong=self.wrong,
        )

    @property
    def wrong(self) -> Sentence:
        """What is wrong with the event."""
        told = {
            "end": phrase("its end (END:VEVENT) is missing."),
            "start": phrase("it has no start (DTSTART)."),
            "span": phrase("its start and its end do not go together."),
            "zone": phrase("its time zone “%(value)s” is unknown.", value=self.value),
            "series": phrase("its series cannot be read."),
        }
        unreadable = phrase("%(name)s cannot be read: “%(value)s”.", name=self.what, value=self.value)
        return told.get(self.what, unreadable)


@dataclass
class WrittenEvent:
    """An event as it is written: its first line's number, what stands in it, and whether it has an end."""

    row: int
    line: int
    said: dict[str, str] = field(default_factory=dict)
    is_ended: bool = False

    def fault(self, what: str, value: str = "") -> EventFault:
        """Return a fault of this event, with its title and start."""
        title, start = self.shown("SUMMARY"), self.shown("DTSTART")
        return EventFault(self.row, self.line, title, start, what, value)

    def shown(self, name: str) -> str:
        """Return what stands under a name, as far as a sentence has room for it."""
        return self.said.get(name, "").replace("\\", "")[:_LONGEST_SHOWN]


def written_events(content: bytes) -> list[WrittenEvent]:
    """Return every event of a file by its lines alone, however broken it is."""
    events: list[WrittenEvent] = []
    inside: WrittenEvent | None = None
    depth = 0  # an event's alarms have a DURATION of their own
    for number, line in _content_lines(content):
        name, _, value = line.partition(":")
        name, value = name.partition(";")[0].strip().upper(), value.strip()
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            inside, depth = WrittenEvent(len(events) + 1, number), 0
            events.append(inside)
        elif inside is None:
            continue
        elif (name, value.upper()) == ("END", "VEVENT"):
            inside.is_ended, inside = True, None
        elif name in ("BEGIN", "END"):
            depth += 1 if name == "BEGIN" else -1
        elif depth == 0:
            inside.said.setdefault(name, value)
    return events


def _content_lines(content: bytes) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, a folded one (RFC 5545, 3.1) as the one it was."""
    begun, whole = 1, ""
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        if line[:1] in (" ", "\t"):
            whole += line[1:]
            continue
        yield begun, whole
        begun, whole = number, line
    yield begun, whole


def endless_faults(written: Sequence[WrittenEvent]) -> list[EventFault]:
    """Return the events whose END:VEVENT is missing: nobody can tell where the next one begins."""
    return [each.fault("end") for each in written if not each.is_ended]


def find_fault(written: WrittenEvent, event: Any) -> EventFault | None:
    """Return what is wrong with an event's hours, as icalendar read it; None where nothing is."""
    unreadable = [name for name, _ in event.errors if name in _HOURS]
    if unreadable:
        return written.fault(unreadable[0], written.shown(unreadable[0]))
    if "DTSTART" not in event:
        return written.fault("start")
    try:
        start, _ = event.start, event.end
    except (ValueError, TypeError, AttributeError, KeyError):
        return written.fault("span")
    zone = event["DTSTART"].params.get("TZID")
    if zone and getattr(start, "tzinfo", None) is None:
        return written.fault("zone", str(zone)[:_LONGEST_SHOWN])
    rule = event.get("RRULE")
    if rule is not None and (isinstance(rule, list) or not rule.get("FREQ") or rule.get("INTERVAL") == [0]):
        return written.fault("RRULE", written.shown("RRULE"))
    return None
