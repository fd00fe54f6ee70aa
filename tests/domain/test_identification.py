"""Whose name may be told to a face that nobody has typed a roll id for."""

import pytest

from shared.domain.face_model import MATCH_THRESHOLD as PASS
from shared.domain.identification import (
    IDENTIFICATION_LEAD,
    IDENTIFICATION_MARGIN,
    LEAST_AVERAGE,
    identify,
    without_near_matches,
)

NAN = float("nan")
LEAST = IDENTIFICATION_LEAD + LEAST_AVERAGE


@pytest.mark.parametrize(
    ("scores", "student_id", "is_certain"),
    [
        ({}, None, False),
        ({1: PASS - 0.001}, None, False),
        ({1: NAN}, None, False),
        ({1: LEAST + 0.001}, 1, True),
        ({1: LEAST - 0.001}, 1, False),  # it would match a typed roll id
        ({1: LEAST + 0.001, 2: -0.5, 3: -0.5}, 1, True),
        ({1: LEAST - 0.001, 2: -0.5, 3: -0.5}, 1, False),  # however unlike the others
        ({1: 0.6, 2: 0.1, 3: 0.2}, 1, True),
        ({1: 0.6, 2: 0.2, 3: 0.2}, 1, False),  # a face that is a little like everybody
        ({1: 0.57, 2: 0.57 - IDENTIFICATION_MARGIN + 0.001, 3: -0.5}, 1, False),
        ({1: 0.57, 2: 0.57 - IDENTIFICATION_MARGIN - 0.001, 3: -0.5}, 1, True),
        ({1: 0.99, 2: PASS, 3: -0.5}, 1, False),  # the face would pass for another as well
        ({1: 0.99, 2: PASS - 0.001, 3: -0.5}, 1, True),
        ({1: NAN, 2: 0.9, 3: NAN}, 2, True),
        ({1: NAN, 2: 0.9, 3: 0.9}, 3, False),
    ],
)
def test_the_name_is_told_of_who_stands_out_alone(scores, student_id, is_certain):
    found = identify(scores)
    assert (found.student_id, found.score >= found.needed) == (student_id, is_certain)
    assert found.lead == (found.score - found.average if found.stands_out else float("-inf"))


def test_nobody_is_named_whom_a_look_alike_could_be_taken_for():
    found = identify({1: 0.99})
    assert without_near_matches(found, set()) == found
    doubted = without_near_matches(found, {7})
    assert (doubted.student_id, doubted.score >= doubted.needed) == (1, False)
