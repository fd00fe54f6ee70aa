"""Keeps the kiosks of a site spread evenly over its workers.

A kiosk keeps its connection and so its worker, and the system assigns new connections by chance: of 8 kiosks
on two workers one has 6 or more in every third lesson, and those of the fuller one wait by as much longer.
So a worker that serves two kiosks more than another closes one's connection after an answer, until they are
even; the phone opens the next by itself.
"""

import multiprocessing
import time
from multiprocessing.sharedctypes import RawArray

# Whoever sent a photo within so long is taken for a kiosk that will send the next.
LASTS_S = 15.0
# A worker that has not been heard of for so long is gone, and its place free.
GONE_AFTER_S = 5.0


class Neighbours:
    """What the workers of a site know of each other, in memory that they share; made before they begin."""

    def __init__(self, workers: int) -> None:
        # While workers are replaced, old and new ones serve side by side.
        self._heard_at = RawArray("d", 2 * workers)
        self._kiosks = RawArray("q", 2 * workers)
        self._choosing = multiprocessing.Lock()
        self._mine = 0
        self._seen: dict[str, float] = {}

    def begin(self) -> None:
        """Take a free place, in a new worker."""
        with self._choosing:
            self._mine = min(range(len(self._heard_at)), key=self._heard_at.__getitem__)
            self._kiosks[self._mine] = 0
            self.beat()

    def beat(self) -> None:
        """Say that this worker lives; every second."""
        self._heard_at[self._mine] = time.monotonic()

    def leaves(self, client: str) -> bool:
        """Note a photo on the connection of `client`; tell whether another worker should have the next."""
        now = time.monotonic()
        self._seen = {each: at for each, at in self._seen.items() if now - at < LASTS_S} | {client: now}
        others = [
            self._kiosks[place]
            for place, at in enumerate(self._heard_at)
            if place != self._mine and now - at < GONE_AFTER_S
        ]
        is_leaving = len(self._seen) - min(others, default=len(self._seen)) >= 2
        if is_leaving:
            del self._seen[client]
        self._kiosks[self._mine] = len(self._seen)
        return is_leaving
