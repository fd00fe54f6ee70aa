"""How long wrong tries make the next one wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta

FREE_TRIES = 5
WINDOW = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# Failures older than this no longer count at all.
MEMORY = timedelta(hours=1)


def wait_until(failures: Sequence[datetime]) -> datetime | None:
    """Tell until when the next try must wait, given the times of earlier failures, oldest first.

    Free of delay until the sixth failure within five minutes; that one costs 30 seconds, and each further
    failure doubles the wait, up to 15 minutes.
    """
    wait = timedelta(0)
    for index, failed_at in enumerate(failures):
        recent = sum(1 for earlier in failures[: index + 1] if failed_at - earlier <= WINDOW)
        if wait:
            wait = min(wait * 2, LONGEST_WAIT)
        elif recent > FREE_TRIES:
            wait = FIRST_WAIT
    return failures[-1] + wait if wait else None
