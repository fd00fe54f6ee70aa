"""Whose face it is when it may be two students' is for the teacher to say."""

import pytest

from shared.domain.face_model import MATCH_THRESHOLD as PASS
from shared.domain.near_match import NEAR_MATCH_MARGIN, RIVAL_MARGIN, find_near_match, list_near_matches


@pytest.mark.parametrize(
    ("score", "others", "near_matches", "rival"),
    [
        (0.88, {}, (), None),
        (0.88, {2: PASS - 0.01}, (), None),
        (0.88, {2: PASS}, (), None),  # passes, but fits clearly less than the typed one
        (PASS + 0.004, {2: PASS}, (), 2),
        (PASS + RIVAL_MARGIN + 0.001, {2: PASS}, (), None),
        (PASS, {2: PASS - 0.001}, (), None),  # near, but neither a look-alike nor passing
        (PASS, {2: PASS - 0.001}, (2,), 2),
        (0.88, {2: 0.88 - NEAR_MATCH_MARGIN + 0.001}, (2,), 2),
        (0.88, {2: 0.88 - NEAR_MATCH_MARGIN - 0.001}, (2,), None),
        (0.70, {2: 0.56}, (2,), 2),  # the margins as they were measured
        (0.70, {2: 0.54}, (2,), None),
        (0.88, {2: 0.882, 3: 0.885, 4: 0.7}, (4,), 3),  # the likest is named
        (0.88, {2: float("nan")}, (2,), None),
    ],
)
def test_a_rival_fits_about_as_well(score, others, near_matches, rival):
    assert find_near_match(score, others, near_matches=near_matches) == rival


def test_whom_a_face_would_pass_for_the_likest_first():
    assert list_near_matches({1: PASS, 2: PASS - 0.001, 3: 0.99, 4: float("nan")}) == [3, 1]
