"""What one photo at the kiosk proves: PRESENT only when every refusal was ruled out."""

from itertools import product
from math import inf, nan

import pytest

from shared.domain.check_in import CheckInOutcome, Evidence, decide
from shared.domain.photo_verdict import PhotoVerdict

GOOD = {"verdict": PhotoVerdict.GOOD, "is_live": True, "score": 0.97, "threshold": 0.95}


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ({}, CheckInOutcome.PRESENT),
        ({"score": 0.95}, CheckInOutcome.PRESENT),
        ({"score": 0.9499}, CheckInOutcome.NO_MATCH),
        ({"score": nan}, CheckInOutcome.NO_MATCH),
        ({"score": -inf}, CheckInOutcome.NO_MATCH),
        ({"threshold": nan}, CheckInOutcome.NO_MATCH),
        ({"score": None}, CheckInOutcome.UNAVAILABLE),
        ({"threshold": None}, CheckInOutcome.UNAVAILABLE),
        ({"is_live": None}, CheckInOutcome.UNAVAILABLE),
        ({"is_live": False}, CheckInOutcome.PICTURE_SEEN),
        ({"is_live": False, "score": None}, CheckInOutcome.PICTURE_SEEN),
        ({"verdict": None}, CheckInOutcome.UNAVAILABLE),
        ({"verdict": PhotoVerdict.NO_FACE}, CheckInOutcome.NO_FACE),
        ({"verdict": PhotoVerdict.SEVERAL_FACES}, CheckInOutcome.SEVERAL_FACES),
        ({"verdict": PhotoVerdict.TOO_SMALL}, CheckInOutcome.COME_CLOSER),
        ({"verdict": PhotoVerdict.TOO_DARK}, CheckInOutcome.TOO_DARK),
        ({"verdict": PhotoVerdict.BLURRED}, CheckInOutcome.PRESENT),
    ],
)
def test_the_first_refusal_is_told(found, outcome):
    assert decide(Evidence(**{**GOOD, **found})) is outcome


def test_nothing_found_out_marks_nobody():
    assert decide(Evidence()) is CheckInOutcome.UNAVAILABLE


def test_present_needs_a_face_a_living_person_and_a_match_at_once():
    verdicts = [None, *PhotoVerdict]
    numbers = [None, nan, 0.0, 0.94, 0.96, inf]
    for verdict, is_live, score, threshold in product(verdicts, [None, False, True], numbers, numbers):
        outcome = decide(Evidence(verdict, is_live, score, threshold))
        if outcome is CheckInOutcome.PRESENT:
            assert is_live is True
            assert verdict not in (None, PhotoVerdict.NO_FACE, PhotoVerdict.SEVERAL_FACES)
            assert score is not None
            assert threshold is not None
            assert score >= threshold


@pytest.mark.parametrize("outcome", CheckInOutcome)
def test_every_outcome_has_words_of_its_own(outcome):
    assert outcome.headline
    assert outcome.sentence
    same = [other for other in CheckInOutcome if other.headline == outcome.headline]
    assert same == [outcome]
