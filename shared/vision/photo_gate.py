"""Lets only as many photos at once to the networks as a worker can look at while somebody waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from shared.errors import Overloaded

# Two, so that a worker whose neighbours have nothing to do uses their core too; every further one would
# only slow these, and cost a set of networks (70 MB).
AT_ONCE = 2
# Who waits has at most eight photos before him: on one core of the machine that served for the measurements
# they take half a second. Together with AT_ONCE well below Gunicorn's threads, so that pages find one free.
MOST_WAITING = 8
PATIENCE_S = 0.6


class PhotoGate:
    """One for each process, for any number of threads."""

    def __init__(
        self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self._places = BoundedSemaphore(at_once + most_waiting)
        self._networks = BoundedSemaphore(at_once)
        self._patience_s = patience_s

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises Overloaded if there is no place to wait, or no turn comes within the patience.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            if not self._networks.acquire(timeout=self._patience_s):
                raise Overloaded
            try:
                yield
            finally:
                self._networks.release()
        finally:
            self._places.release()

    def require_place(self) -> None:
        """Raises Overloaded if `passed` would at once, which saves reading the photo."""
        if not self._places.acquire(blocking=False):
            raise Overloaded
        self._places.release()
