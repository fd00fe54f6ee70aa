"""A few photos pass at once, a few more wait for a moment, the rest is turned away."""

import threading
import time

import pytest

from shared.errors import Overloaded
from shared.vision.load_limiter import LoadLimiter


def test_no_more_pass_at_once_than_may():
    gate, inside, most = LoadLimiter(at_once=2, most_waiting=20, patience_s=10), [], []

    def look():
        with gate.inference_slot():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=look) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 20
    assert max(most) == 2


def test_where_no_place_is_free_the_next_is_turned_away_at_once():
    gate = LoadLimiter(at_once=1, most_waiting=1, patience_s=60)
    with gate.admit(), gate.admit():
        with pytest.raises(Overloaded), gate.admit():
            pass
        with pytest.raises(Overloaded):
            gate.reject_if_full()
    gate.reject_if_full()
    with gate.admit(), gate.admit():
        pass


def test_who_waits_too_long_is_turned_away():
    gate = LoadLimiter(at_once=1, patience_s=0.05)
    with gate.inference_slot(), pytest.raises(Overloaded), gate.inference_slot():
        pass
    with gate.inference_slot():
        pass


def test_the_patience_begins_with_the_place():
    gate = LoadLimiter(at_once=1, patience_s=0.2)
    with gate.inference_slot(), gate.admit():
        time.sleep(0.2)
        began = time.monotonic()
        with pytest.raises(Overloaded), gate.inference_slot():
            pass
        assert time.monotonic() - began < 0.2


def test_a_failure_inside_frees_place_and_turn():
    gate = LoadLimiter(at_once=1, most_waiting=0, patience_s=0.05)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.admit(), gate.inference_slot():
            _ = 1 / 0
