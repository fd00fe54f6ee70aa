"""Judges how an installation is: what is well, what is red, and the way out in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.languages import counted, phrase

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

    None stands for never, or for a certificate that somebody else looks after. Messages to phones are among
    the letters; `letters_unsent` were refused or are in doubt for a week at most. `jobs_lost` wait although a
    free worker would have begun them.
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
            phrase(
                "This machine's clock and the database's differ by %(span)s. Let both follow a "
                "time server: sudo timedatectl set-ntp true",
                span=_span(off),
            ),
        )
    if vitals.newest_entry_at and vitals.newest_entry_at - vitals.now > CLOCK_WITHIN:
        behind = _span(vitals.newest_entry_at - vitals.now)
        return Finding(
            "clock",
            False,
            phrase(
                "This machine's clock is %(behind)s behind the newest entry of the audit trail. "
                "Set it: sudo timedatectl set-ntp true",
                behind=behind,
            ),
        )
    return Finding(
        "clock", True, phrase("%(now)s UTC, as the database's", now=f"{vitals.now:%Y-%m-%d %H:%M:%S}")
    )


def _disk(vitals: Vitals) -> Finding:
    free, least = vitals.disk_free_bytes, max(LEAST_DISK_BYTES, int(LEAST_DISK_SHARE * vitals.disk_bytes))
    said = phrase(
        "%(free)s GB of %(disk_bytes)s GB are free",
        free=f"{free / 1000000000.0:.1f}",
        disk_bytes=f"{vitals.disk_bytes / 1000000000.0:.0f}",
    )
    if free < least:
        return Finding(
            "disk", False, phrase("Only %(said)s. Make room, or marks cannot be stored any more.", said=said)
        )
    return Finding("disk", True, said)


def _certificate(vitals: Vitals) -> Finding:
    if vitals.certificate_ends_at is None:
        return Finding("certificate", True, phrase("somebody else looks after it"))
    left = vitals.certificate_ends_at - vitals.now
    if left < CERTIFICATE_BEFORE:
        return Finding(
            "certificate",
            False,
            phrase(
                "The certificate ends on %(certificate_ends_at)s; then no phone gets its camera. "
                "`make run` renews its own when it starts and every minute: look at what it "
                "printed.",
                certificate_ends_at=f"{vitals.certificate_ends_at:%d %B %Y}",
            ),
        )
    return Finding("certificate", True, phrase("good for %(days)s days", days=left.days))


def _worker(vitals: Vitals) -> Finding:
    if vitals.worker_at is None or vitals.now - vitals.worker_at > WORKER_WITHIN:
        since = (
            phrase("for %(span)s", span=_span(vitals.now - vitals.worker_at))
            if vitals.worker_at
            else phrase("yet")
        )
        return Finding(
            "worker",
            False,
            phrase(
                "The worker has not been heard of %(since)s: no letter goes out and no face is "
                "trained. Start it again (make run, or systemctl restart attendance-worker); "
                "%(jobs_waiting)s jobs wait.",
                since=since,
                jobs_waiting=vitals.jobs_waiting,
            ),
        )
    if vitals.jobs_lost:
        return Finding(
            "worker",
            False,
            phrase(
                "%(jobs_lost)s jobs wait although the worker lives: more work comes than it "
                "does. Give it more --workers, or look into its log.",
                jobs_lost=vitals.jobs_lost,
            ),
        )
    return Finding(
        "worker", True, phrase("running, %(jobs_waiting)s jobs wait", jobs_waiting=vitals.jobs_waiting)
    )


def _night(vitals: Vitals) -> Finding:
    began = vitals.night_at or vitals.oldest_entry_at
    if began is not None and vitals.now - began > NIGHT_WITHIN:
        return Finding(
            "night",
            False,
            phrase(
                "The night's work was last done %(span)s ago: what is too old stays. The worker "
                "does it at 02:30; look into its log.",
                span=_span(vitals.now - began),
            ),
        )
    return Finding(
        "night",
        True,
        phrase("the night's work is done") if vitals.night_at else phrase("no night has passed yet"),
    )


def _letters(vitals: Vitals) -> Finding:
    if vitals.oldest_letter_at and vitals.now - vitals.oldest_letter_at > LETTERS_WITHIN:
        return Finding(
            "letters",
            False,
            counted(
                "%(num)d letter or message to families has waited for %(span)s. Each lecture's mail "
                "page says why.",
                "%(num)d letters or messages to families wait, the oldest for %(span)s. Each lecture's mail "
                "page says why.",
                vitals.letters_waiting,
                span=_span(vitals.now - vitals.oldest_letter_at),
            ),
        )
    said = phrase(
        "%(letters_waiting)s wait, %(letters_unsent)s of the last week were not sent",
        letters_waiting=vitals.letters_waiting,
        letters_unsent=vitals.letters_unsent,
    )
    return Finding("letters", True, said)


def _backup(vitals: Vitals, backup_days: int) -> Finding:
    if backup_days == 0:
        return Finding("backup", True, phrase("made elsewhere (WARN_BACKUP_DAYS=0)"))
    if vitals.backup_at is None:
        age = vitals.now - vitals.oldest_entry_at if vitals.oldest_entry_at else timedelta()
        is_new = age <= FIRST_BACKUP_WITHIN
        said = (
            phrase("none yet")
            if is_new
            else phrase("No backup was ever written. docs/administrator.md says how, every night.")
        )
        return Finding("backup", is_new, said)
    age = vitals.now - vitals.backup_at
    if age > timedelta(days=backup_days):
        return Finding(
            "backup",
            False,
            phrase("The newest backup is %(span)s old. Look at the nightly backup's log.", span=_span(age)),
        )
    return Finding("backup", True, phrase("%(span)s old", span=_span(age)))


def _span(length: timedelta) -> str:
    """Return a length as people say it: "3 days"."""
    minutes = length.total_seconds() / 60
    if minutes >= 2 * 24 * 60:
        return counted("%(num)d day", "%(num)d days", round(minutes / 24 / 60))
    if minutes >= 2 * 60:
        return counted("%(num)d hour", "%(num)d hours", round(minutes / 60))
    if minutes >= 2:
        return counted("%(num)d minute", "%(num)d minutes", round(minutes))
    return counted("%(num)d second", "%(num)d seconds", round(minutes * 60))
