"""Whose face it is when it may be two students' is for the teacher to say."""

import pytest

from shared.domain.face_model import MATCH_THRESHOLD as PASS
from shared.domain.look_alikes import LOOK_ALIKE_MARGIN, RIVAL_MARGIN, find_rival, passing


@pytest.mark.parametrize(
    ("score", "others", "look_alikes", "rival"),
    [
        (0.98, {}, (), None),
        (0.98, {2: PASS - 0.01}, (), None),
        (0.98, {2: PASS}, (), None),  # passes, but fits clearly less than the typed one
        (PASS + 0.004, {2: PASS}, (), 2),
        (PASS + RIVAL_MARGIN + 0.001, {2: PASS}, (), None),
        (PASS, {2: PASS - 0.001}, (), None),  # near, but neither a look-alike nor passing
        (PASS, {2: PASS - 0.001}, (2,), 2),
        (0.98, {2: 0.98 - LOOK_ALIKE_MARGIN + 0.001}, (2,), 2),
        (0.98, {2: 0.98 - LOOK_ALIKE_MARGIN - 0.001}, (2,), None),
        (0.98, {2: 0.982, 3: 0.985, 4: 0.7}, (4,), 3),  # the likest is named
        (0.98, {2: float("nan")}, (2,), None),
    ],
)
def test_a_rival_fits_about_as_well(score, others, look_alikes, rival):
    assert find_rival(score, others, look_alikes=look_alikes) == rival


def test_whom_a_face_would_pass_for_the_likest_first():
    assert passing({1: PASS, 2: PASS - 0.001, 3: 0.99, 4: float("nan")}) == [3, 1]
