"""How long wrong tries make the next one wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.languages import counted

FREE_TRIES = 5
# A whole school may stand behind one address; six slips of its teachers must not lock out the others.
FREE_TRIES_OF_AN_ADDRESS = 30
# A whole class stands behind one phone too.
FREE_TRIES_OF_A_PHONE = 30
WINDOW = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# Failures older than this no longer count at all.
MEMORY = timedelta(hours=1)


def wait_until(failures: Sequence[datetime], *, free_tries: int = FREE_TRIES) -> datetime | None:
    """Tell until when the next try must wait, given the times of earlier failures, oldest first.

    Free of delay for `free_tries` failures within five minutes; the next one costs 30 seconds, and each
    further failure doubles the wait, up to 15 minutes.
    """
    wait = timedelta(0)
    for index, failed_at in enumerate(failures):
        recent = sum(1 for earlier in failures[: index + 1] if failed_at - earlier <= WINDOW)
        if wait:
            wait = min(wait * 2, LONGEST_WAIT)
        elif recent > free_tries:
            wait = FIRST_WAIT
    return failures[-1] + wait if wait else None


def spoken(seconds: int) -> str:
    """Return a wait as people say it."""
    if seconds < 120:
        return counted("%(num)d second", "%(num)d seconds", seconds)
    return counted("%(num)d minute", "%(num)d minutes", seconds // 60 + 1)
