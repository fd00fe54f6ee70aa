"""Keeps parts that no two threads may use at once, and makes no more of them than are used at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Part = TypeVar("Part")


class Pool(Generic[Part]):
    """Lends a part to one thread at a time.

    A part of its own for every thread would cost a web worker 70 MB a thread, though only a few of its
    threads look at photos at once; and what one thread made early would not serve the next.
    """

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._idle: list[Part] = []

    def fill(self, count: int) -> None:
        """Make parts until `count` are there, before they are asked for. Raise what making one raises."""
        self._idle += [self._make() for _ in range(count - len(self._idle))]

    @contextmanager
    def acquire(self) -> Iterator[Part]:
        """Lend the part that came back last, or a new one if all are lent. Raise what making one raises."""
        try:
            part = self._idle.pop()  # one step, which no other thread can come into
        except IndexError:
            part = self._make()
        try:
            yield part
        finally:
            self._idle.append(part)
