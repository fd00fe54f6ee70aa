"""Receives what requests bring, as slow as it may come, without keeping a thread for it."""

import asyncio
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

# A body may take so long in total, and longer only by what it brings: a kiosk's photo of 200 kB has half a
# minute, a class's photos of 200 MB more than an hour.
REQUEST_DEADLINE_S = 30.0
SLOWEST_BYTES_PER_S = 50_000

# Unfinished bodies of one address and of all, in one worker. A kiosk's photo is there in a tenth of a second:
# a whole school behind one address has some ten at once. Beyond these the one that was silent for the longest
# is given up, never the newcomer: who sends is served, however many only pretend to.
MOST_OF_ONE_ADDRESS = 32
MOST_AT_ONCE = 256

# What a photo needs stays in memory, as in Werkzeug's parser; the rest goes to a file without a name.
IN_MEMORY_BYTES = 500 * 1024


class BodyLost(Exception):
    """The sender hung up, was too slow, or made room for others."""


@dataclass(eq=False)
class _Unfinished:
    address: str
    heard_at: float
    deadline: asyncio.Timeout


class Bodies:
    """The bodies that one worker is receiving; for the thread of its event loop alone."""

    def __init__(self) -> None:
        self._unfinished: list[_Unfinished] = []

    async def receive(self, parts: AsyncIterable[bytes], length: int, *, address: str) -> BinaryIO:
        """Return a body of `length` bytes as a file at its beginning. Raise BodyLost."""
        file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 whoever reads it closes it
        try:
            await self._follow(parts, length, file.write, address)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file  # type: ignore[return-value]  # a BinaryIO in all but name

    async def pass_over(self, parts: AsyncIterable[bytes], length: int, *, address: str) -> None:
        """Let a body come that nobody reads, so that its sender may see the answer. Raise BodyLost."""
        await self._follow(parts, length, len, address)

    async def _follow(
        self, parts: AsyncIterable[bytes], length: int, keep: Callable[[bytes], object], address: str
    ) -> None:
        clock = asyncio.get_running_loop().time
        received = 0
        try:
            async with asyncio.timeout(REQUEST_DEADLINE_S) as deadline:
                with self._listed(_Unfinished(address, clock(), deadline)) as unfinished:
                    async for part in parts:
                        keep(part)
                        received += len(part)
                        unfinished.heard_at = clock()
                        deadline.reschedule((deadline.when() or 0.0) + len(part) / SLOWEST_BYTES_PER_S)
        except TimeoutError as cause:
            raise BodyLost from cause
        if received != length:
            raise BodyLost

    @contextmanager
    def _listed(self, unfinished: _Unfinished) -> Iterator[_Unfinished]:
        self._make_room(unfinished.address)
        self._unfinished.append(unfinished)
        try:
            yield unfinished
        finally:
            if unfinished in self._unfinished:
                self._unfinished.remove(unfinished)

    def _make_room(self, address: str) -> None:
        of_address = [each for each in self._unfinished if each.address == address]
        for those, most in ((of_address, MOST_OF_ONE_ADDRESS), (self._unfinished, MOST_AT_ONCE)):
            if len(those) >= most:
                silent = min(those, key=lambda each: each.heard_at)
                self._unfinished.remove(silent)
                silent.deadline.reschedule(asyncio.get_running_loop().time())
