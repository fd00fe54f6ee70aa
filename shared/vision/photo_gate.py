"""Lets only as many photos at once to the networks as a worker can look at while somebody waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from shared.errors import Overloaded

# Two, so that a worker whose neighbours have nothing to do uses their core too; every further one would
# only slow these, and cost a set of networks (70 MB).
AT_ONCE = 2
# Eleven photos a second are one core's work (`make load`): of eight requests at once the last is served
# within the patience. Each holds one of Gunicorn's threads; the others stay free for pages.
MOST_WAITING = 6
PATIENCE_S = 0.5


class PhotoGate:
    """One for each process, for any number of threads."""

    def __init__(
        self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self._places = BoundedSemaphore(at_once + most_waiting)
        self._networks = BoundedSemaphore(at_once)
        self._patience_s = patience_s

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Hold one of the few places for photos that arrived. Raises Overloaded at once if none is free."""
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a turn at the networks and hold it. Raises Overloaded if none comes in the patience."""
        if not self._networks.acquire(timeout=self._patience_s):
            raise Overloaded
        try:
            yield
        finally:
            self._networks.release()

    def require_place(self) -> None:
        """Raises Overloaded if `entered` would now, which saves receiving the photo."""
        with self.entered():
            pass
