"""Judges how an installation is: what is well, what is red, and the way out in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

# The night's backup may fail once, over a weekend without anybody.
FIRST_BACKUP_WITHIN = timedelta(days=3)
NIGHT_WITHIN = timedelta(days=2)
# The worker says every minute that it lives; a long training holds one of its threads, not the other.
WORKER_WITHIN = timedelta(minutes=5)
LETTERS_WITHIN = timedelta(hours=2)
CLOCK_WITHIN = timedelta(seconds=30)
CERTIFICATE_BEFORE = timedelta(days=14)
LEAST_DISK_BYTES = 500 * 1000**2
# Photos of a class, a backup's draft: what a day may bring.
LEAST_DISK_SHARE = 0.03


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `sentence` says how it is, and the way out where it is not well."""

    name: str
    is_well: bool
    sentence: str


@dataclass(frozen=True)
class Vitals:
    """What can be counted of an installation in a moment, without a name in it. Times are aware, UTC.

    None stands for never, or for a certificate that somebody else looks after. `letters_unsent` were refused
    or are in doubt for a week at most; `jobs_lost` wait although a free worker would have begun them.
    """

    now: datetime
    database_now: datetime
    newest_entry_at: datetime | None
    oldest_entry_at: datetime | None
    backup_at: datetime | None
    night_at: datetime | None
    worker_at: datetime | None
    jobs_waiting: int
    jobs_lost: int
    letters_waiting: int
    oldest_letter_at: datetime | None
    letters_unsent: int
    certificate_ends_at: datetime | None
    disk_free_bytes: int
    disk_bytes: int


def judge(vitals: Vitals, *, backup_days: int) -> Iterator[Finding]:
    """Judge each thing; `backup_days` is how old the newest backup may be, 0 where it is made elsewhere."""
    yield _clock(vitals)
    yield _disk(vitals)
    yield _certificate(vitals)
    yield _worker(vitals)
    yield _night(vitals)
    yield _letters(vitals)
    yield _backup(vitals, backup_days)


def _clock(vitals: Vitals) -> Finding:
    off = abs(vitals.now - vitals.database_now)
    if off > CLOCK_WITHIN:
        return Finding(
            "clock",
            False,
            f"This machine's clock and the database's differ by {_span(off)}. Let both follow a time server: "
            "sudo timedatectl set-ntp true",
        )
    if vitals.newest_entry_at and vitals.newest_entry_at - vitals.now > CLOCK_WITHIN:
        behind = _span(vitals.newest_entry_at - vitals.now)
        return Finding(
            "clock",
            False,
            f"This machine's clock is {behind} behind the newest entry of the audit trail. Set it: "
            "sudo timedatectl set-ntp true",
        )
    return Finding("clock", True, f"{vitals.now:%Y-%m-%d %H:%M:%S} UTC, as the database's")


def _disk(vitals: Vitals) -> Finding:
    free, least = vitals.disk_free_bytes, max(LEAST_DISK_BYTES, int(LEAST_DISK_SHARE * vitals.disk_bytes))
    said = f"{free / 1e9:.1f} GB of {vitals.disk_bytes / 1e9:.0f} GB are free"
    if free < least:
        return Finding("disk", False, f"Only {said}. Make room, or marks cannot be stored any more.")
    return Finding("disk", True, said)


def _certificate(vitals: Vitals) -> Finding:
    if vitals.certificate_ends_at is None:
        return Finding("certificate", True, "somebody else looks after it")
    left = vitals.certificate_ends_at - vitals.now
    if left < CERTIFICATE_BEFORE:
        return Finding(
            "certificate",
            False,
            f"The certificate ends on {vitals.certificate_ends_at:%d %B %Y}; then no phone gets its camera. "
            "`make run` renews its own when it starts and every minute: look at what it printed.",
        )
    return Finding("certificate", True, f"good for {left.days} days")


def _worker(vitals: Vitals) -> Finding:
    if vitals.worker_at is None or vitals.now - vitals.worker_at > WORKER_WITHIN:
        since = f"for {_span(vitals.now - vitals.worker_at)}" if vitals.worker_at else "yet"
        return Finding(
            "worker",
            False,
            f"The worker has not been heard of {since}: no letter goes out and no face is trained. Start it "
            f"again (make run, or systemctl restart attendance-worker); {vitals.jobs_waiting} jobs wait.",
        )
    if vitals.jobs_lost:
        return Finding(
            "worker",
            False,
            f"{vitals.jobs_lost} jobs wait although the worker lives: more work comes than it does. Give it "
            "more --workers, or look into its log.",
        )
    return Finding("worker", True, f"alive, {vitals.jobs_waiting} jobs wait")


def _night(vitals: Vitals) -> Finding:
    began = vitals.night_at or vitals.oldest_entry_at
    if began is not None and vitals.now - began > NIGHT_WITHIN:
        return Finding(
            "night",
            False,
            f"The night's work was last done {_span(vitals.now - began)} ago: what is too old stays. The "
            "worker does it at 02:30; look into its log.",
        )
    return Finding(
        "night", True, "the night's work is done" if vitals.night_at else "no night has passed yet"
    )


def _letters(vitals: Vitals) -> Finding:
    if vitals.oldest_letter_at and vitals.now - vitals.oldest_letter_at > LETTERS_WITHIN:
        return Finding(
            "letters",
            False,
            f"{vitals.letters_waiting} letters to families wait, the oldest for "
            f"{_span(vitals.now - vitals.oldest_letter_at)}. Each lecture's mail page says why.",
        )
    said = f"{vitals.letters_waiting} wait, {vitals.letters_unsent} of the last week were not sent"
    return Finding("letters", True, said)


def _backup(vitals: Vitals, backup_days: int) -> Finding:
    if backup_days == 0:
        return Finding("backup", True, "made elsewhere (WARN_BACKUP_DAYS=0)")
    if vitals.backup_at is None:
        age = vitals.now - vitals.oldest_entry_at if vitals.oldest_entry_at else timedelta()
        is_new = age <= FIRST_BACKUP_WITHIN
        said = (
            "none yet"
            if is_new
            else "No backup was ever written. docs/administrator.md says how, every night."
        )
        return Finding("backup", is_new, said)
    age = vitals.now - vitals.backup_at
    if age > timedelta(days=backup_days):
        return Finding(
            "backup", False, f"The newest backup is {_span(age)} old. Look at the nightly backup's log."
        )
    return Finding("backup", True, f"{_span(age)} old")


def _span(length: timedelta) -> str:
    """Return a length in the largest unit that says enough."""
    minutes = length.total_seconds() / 60
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * size:
            return f"{minutes / size:.0f} {unit}s"
    return f"{length.total_seconds():.0f} seconds"
