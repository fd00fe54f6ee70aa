"""A few photos pass at once, a few more wait for a moment, the rest is turned away."""

import threading
import time

import pytest

from shared.errors import Overloaded
from shared.vision.photo_gate import PhotoGate


def test_no_more_pass_at_once_than_may():
    gate, inside, most = PhotoGate(at_once=2, most_waiting=20, patience_s=10), [], []

    def look():
        with gate.passed():
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
    gate = PhotoGate(at_once=1, most_waiting=1, patience_s=60)
    with gate.entered(), gate.entered():
        with pytest.raises(Overloaded), gate.entered():
            pass
        with pytest.raises(Overloaded):
            gate.require_place()
    gate.require_place()
    with gate.entered(), gate.entered():
        pass


def test_who_waits_too_long_is_turned_away():
    gate = PhotoGate(at_once=1, patience_s=0.05)
    with gate.passed(), pytest.raises(Overloaded), gate.passed():
        pass
    with gate.passed():
        pass


def test_the_patience_begins_with_the_place():
    gate = PhotoGate(at_once=1, patience_s=0.2)
    with gate.passed(), gate.entered():
        time.sleep(0.2)
        began = time.monotonic()
        with pytest.raises(Overloaded), gate.passed():
            pass
        assert time.monotonic() - began < 0.2


def test_a_failure_inside_frees_place_and_turn():
    gate = PhotoGate(at_once=1, most_waiting=0, patience_s=0.05)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.entered(), gate.passed():
            _ = 1 / 0
