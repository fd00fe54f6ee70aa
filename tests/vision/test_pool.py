"""A part serves one thread at a time, and no more are made than are used at once."""

import threading

import pytest

from shared.vision.pool import Pool


def test_what_came_back_serves_again():
    made = []
    pool = Pool(lambda: made.append(object()) or made[-1])
    for _ in range(3):
        with pool.acquire() as part:
            assert part is made[0]
    assert len(made) == 1


def test_a_part_that_is_lent_is_not_lent_again():
    pool = Pool(object)
    with pool.acquire() as one, pool.acquire() as other:
        assert one is not other


def test_what_was_made_early_is_lent_first():
    made = []
    pool = Pool(lambda: made.append(object()) or made[-1])
    pool.fill(2)
    pool.fill(2)
    with pool.acquire() as one, pool.acquire() as other:
        assert {one, other} == set(made)
    assert len(made) == 2


def test_a_failure_gives_the_part_back():
    pool = Pool(object)
    with pytest.raises(ZeroDivisionError), pool.acquire() as lent:
        _ = 1 / 0
    with pool.acquire() as again:
        assert again is lent


def test_many_threads_never_hold_the_same_part_and_make_one_each_at_most():
    made, held, clashes = [], set(), []

    def make():
        made.append(object())
        return made[-1]

    pool = Pool(make)

    def work():
        for _ in range(2000):
            with pool.acquire() as part:
                if part in held:
                    clashes.append(part)
                held.add(part)
                held.discard(part)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clashes == []
    assert 1 <= len(made) <= 8
