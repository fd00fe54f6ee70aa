"""Times a check-in stage by stage, without changing what it does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.persistence.database import Sessions

STAGES = ("open", "detect", "describe", "spoof", "match", "database", "other")


@dataclass
class Stopwatch:
    """Sums up, for one check-in, the milliseconds of each stage without those of the stages within it.

    `clock` is by the clock, `own` this thread's processor time, which other programs do not lengthen.
    """

    clock: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    own: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _running: list[str] = field(default_factory=list)
    _since: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def lap(self, stage: str) -> Iterator[None]:
        self._switch()
        self._running.append(stage)
        try:
            yield
        finally:
            self._switch()
            self._running.pop()

    def _switch(self) -> None:
        now = time.perf_counter(), time.thread_time()
        if self._running:
            self.clock[self._running[-1]] += (now[0] - self._since[0]) * 1e3
            self.own[self._running[-1]] += (now[1] - self._since[1]) * 1e3
        self._since = now


class TimedSessions:
    """Sessions that count as the stage "database" from their begin to their end."""

    def __init__(self, sessions: Sessions, watch: Stopwatch) -> None:
        self._sessions, self._watch = sessions, watch

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        with self._watch.lap("database"), self._sessions() as session:
            yield session

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self._watch.lap("database"), self._sessions.begin() as session:
            yield session


@contextmanager
def timed_as(owner: Any, name: str, stage: str, watch: Stopwatch) -> Iterator[None]:
    """Let a function, or a method of an object or class, count as a stage."""
    whole, call = vars(owner).get(name), getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        with watch.lap(stage):
            return call(*args, **kwargs)

    setattr(owner, name, staticmethod(timed) if isinstance(whole, classmethod) else timed)
    try:
        yield
    finally:
        if whole is None:
            delattr(owner, name)  # an object's method: its class has it
        else:
            setattr(owner, name, whole)
