"""Kiosks come to be spread evenly over a site's workers."""

import random

import pytest

from launcher import neighbours
from launcher.neighbours import GONE_AFTER_S, LASTS_S, Neighbours


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(neighbours, "time", clock)
    return clock


def workers_of_a_site(count: int) -> list[Neighbours]:
    """Each as in a process of its own, over the same memory."""
    shared = Neighbours(count)
    workers = []
    for _ in range(count):
        worker = object.__new__(Neighbours)
        worker.__dict__ = {**shared.__dict__, "_seen": {}}
        worker.begin()
        workers.append(worker)
    return workers


@pytest.mark.parametrize("count", [2, 3])
def test_kiosks_that_all_came_to_one_worker_spread(clock, count):
    workers, dealt = workers_of_a_site(count), random.Random(7)  # noqa: S311
    kiosks = dict.fromkeys((f"phone {number}" for number in range(8)), 0)
    for _ in range(20):
        clock.now += 5
        for phone in list(kiosks):
            for worker in workers:
                worker.beat()
            if workers[kiosks[phone]].leaves(phone):
                kiosks[phone] = dealt.randrange(count)
    spread = [list(kiosks.values()).count(number) for number in range(count)]
    assert max(spread) - min(spread) <= 1


def test_a_worker_alone_sends_nobody_away(clock):
    (worker,) = workers_of_a_site(1)
    assert not any(worker.leaves(f"phone {number}") for number in range(8))


def test_nobody_is_sent_away_for_a_worker_that_is_gone_or_a_phone_that_has_left(clock):
    first, second = workers_of_a_site(2)
    assert [first.leaves(name) for name in ("a", "b")] == [False, True]
    clock.now += GONE_AFTER_S + 1
    first.beat()
    assert not first.leaves("b")
    second.beat()
    clock.now += LASTS_S + 1
    second.beat()
    assert not first.leaves("c")  # "a" was last seen too long ago
