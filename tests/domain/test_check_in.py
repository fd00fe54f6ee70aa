"""What one photo at the kiosk proves: PRESENT only when every refusal was ruled out."""

from itertools import product
from math import inf, nan

import pytest

from shared.domain.check_in import CheckInOutcome, Evidence, decide
from shared.domain.head_turn import TurnVerdict
from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Zone

GOOD = {"verdict": PhotoVerdict.GOOD, "zone": Zone.LIVING, "score": 0.97, "threshold": 0.95}


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
        ({"zone": None}, CheckInOutcome.UNAVAILABLE),
        ({"zone": Zone.ATTACK}, CheckInOutcome.PICTURE_SEEN),
        ({"zone": Zone.ATTACK, "score": None}, CheckInOutcome.PICTURE_SEEN),
        ({"zone": Zone.DOUBTFUL}, CheckInOutcome.TURN_HEAD),
        ({"zone": Zone.DOUBTFUL, "score": 0.9}, CheckInOutcome.NO_MATCH),
        ({"zone": Zone.DOUBTFUL, "score": nan}, CheckInOutcome.NO_MATCH),
        ({"zone": Zone.DOUBTFUL, "turn": TurnVerdict.TURNED}, CheckInOutcome.PRESENT),
        ({"zone": Zone.DOUBTFUL, "turn": TurnVerdict.NOT_TURNED}, CheckInOutcome.TURN_AGAIN),
        ({"zone": Zone.LIVING, "turn": TurnVerdict.WRONG_WAY}, CheckInOutcome.TURN_AGAIN),
        ({"zone": Zone.ATTACK, "turn": TurnVerdict.TURNED}, CheckInOutcome.PICTURE_SEEN),
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
    turns = [None, TurnVerdict.TURNED, TurnVerdict.NOT_TURNED]
    for verdict, zone, score, threshold, turn in product(verdicts, [None, *Zone], numbers, numbers, turns):
        outcome = decide(Evidence(verdict, zone, score, threshold, turn))
        if outcome is CheckInOutcome.PRESENT:
            assert zone is Zone.LIVING or (zone is Zone.DOUBTFUL and turn is TurnVerdict.TURNED)
            assert turn in (None, TurnVerdict.TURNED)
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
