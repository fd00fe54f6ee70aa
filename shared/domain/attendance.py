"""The words of attendance: what a mark says, how it was made, when a lecture takes marks."""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.languages import phrase
from shared.domain.typed_text import natural_order as natural_order
from shared.domain.typed_text import normal_code as normal_code


class MarkStatus(StrEnum):
    """What one student's mark at one lecture says."""

    PRESENT = "present"
    LATE = "late"
    EXCUSED = "excused"
    ABSENT = "absent"


# The statuses that say "was here"; the counter and the totals count these.
HERE = (MarkStatus.PRESENT, MarkStatus.LATE)


class MarkSource(StrEnum):
    """How a mark came about."""

    FACE = "face"
    BY_HAND = "by_hand"
    CONFIRMED = "confirmed"
    SHEET = "sheet"
    CLOSING = "closing"

    @property
    def label(self) -> str:
        return _SOURCE_LABELS[self]


_SOURCE_LABELS = {
    MarkSource.FACE: phrase("by face"),
    MarkSource.BY_HAND: phrase("by hand"),
    MarkSource.CONFIRMED: phrase("confirmed by the teacher"),
    MarkSource.SHEET: phrase("from a sheet"),
    MarkSource.CLOSING: phrase("at closing"),
}


class LectureState(StrEnum):
    """SCHEDULED before its start, OPEN for marks by face, ENDED by the clock, CLOSED by the teacher."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


def lecture_state(
    *, now: datetime, starts_at: datetime, ends_at: datetime, closed_at: datetime | None
) -> LectureState:
    """Tell the state of a lecture; only OPEN takes marks at the kiosk. All times are aware."""
    if closed_at is not None:
        return LectureState.CLOSED
    if now < starts_at:
        return LectureState.SCHEDULED
    return LectureState.OPEN if now < ends_at else LectureState.ENDED


def status_on_arrival(
    *, seen_at: datetime, starts_at: datetime, late_after_minutes: int | None
) -> MarkStatus:
    """Return what a check-in marks: late from so many minutes after the start on; without a number, never."""
    if late_after_minutes is None or seen_at < starts_at + timedelta(minutes=late_after_minutes):
        return MarkStatus.PRESENT
    return MarkStatus.LATE


def one_line(typed: str) -> str:
    """Bring a typed name, subject or note to one line, without control characters and double spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in typed).split())
