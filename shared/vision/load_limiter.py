"""Lets only as many photos at once to the networks as a worker can look at while somebody waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local
from time import monotonic

from shared.errors import Overloaded

# Two, so that a worker whose neighbours have nothing to do uses their core too; every further one would
# only slow these, and cost a set of networks (70 MB).
AT_ONCE = 2
# Fifteen photos a second are one core's work where one in ten is asked to turn (`make load`): of six requests
# at once the last is served within the patience. Each holds one of a worker's threads; the others stay free
# for pages. Of 60 kiosks' refusals 95 % come within 0.24 s and the last after 0.7 s; with eight places 0.56
# and 0.9 s (November 2026).
MOST_WAITING = 4
PATIENCE_S = 0.5


class _Here(local):
    """When this thread's photo got its place."""

    since: float | None = None


class LoadLimiter:
    """One for each process, for any number of threads."""

    def __init__(
        self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self._places = BoundedSemaphore(at_once + most_waiting)
        self._networks = BoundedSemaphore(at_once)
        self._patience_s = patience_s
        self._here = _Here()

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold one of the few places for photos that arrived. Raise Overloaded at once if none is free."""
        if not self._places.acquire(blocking=False):
            raise Overloaded
        before, self._here.since = self._here.since, monotonic()
        try:
            yield
        finally:
            self._here.since = before
            self._places.release()

    @contextmanager
    def inference_slot(self) -> Iterator[None]:
        """Wait for a turn at the networks and hold it. Raise Overloaded if none comes in the patience.

        The patience begins with the place, so that what an overloaded machine does in between, the ticket
        and the register, is not waited for besides.
        """
        waited_s = 0.0 if self._here.since is None else monotonic() - self._here.since
        if not self._networks.acquire(timeout=max(0.0, self._patience_s - waited_s)):
            raise Overloaded
        try:
            yield
        finally:
            self._networks.release()

    def reject_if_full(self) -> None:
        """Raise Overloaded if `admit` would now, which saves receiving the photo."""
        with self.admit():
            pass
