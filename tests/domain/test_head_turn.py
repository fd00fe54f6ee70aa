"""A head that turned as it was asked to is told from everything else."""

import math
from dataclasses import replace

import pytest

from shared.domain.head_turn import (
    DoubtLimits,
    Side,
    TurnEvidence,
    TurnFrame,
    TurnVerdict,
    decide_turn,
    judge_turn,
    turned_places,
)

FAR = 0.3  # a parallax that a head easily reaches


def row(*parallaxes: float | None, start: float = 0.0) -> list[TurnFrame]:
    """Frames of one face with these parallaxes; the nose moves sideways twice as far, as a head's does."""
    return [
        TurnFrame(0) if parallax is None else TurnFrame(1, start + 2 * parallax, parallax)
        for parallax in parallaxes
    ]


LEFT = row(0, 0.01, 0, 0.05, 0.12, 0.2, FAR, FAR, 0.28, FAR)
RIGHT = row(0, 0.01, 0, -0.05, -0.12, -0.2, -FAR, -FAR, -0.28, -FAR)


def test_a_head_passes_to_the_side_it_turned_to():
    assert judge_turn(LEFT, Side.LEFT) is TurnVerdict.TURNED
    assert judge_turn(RIGHT, Side.RIGHT) is TurnVerdict.TURNED


def test_a_head_does_not_pass_to_the_other_side():
    assert judge_turn(LEFT, Side.RIGHT) is TurnVerdict.WRONG_WAY
    assert judge_turn(RIGHT, Side.LEFT) is TurnVerdict.WRONG_WAY


@pytest.mark.parametrize(
    ("what", "frames", "verdict"),
    [
        ("back again in time", row(0, 0, 0.1, 0.2, FAR, 0.2, 0.1, 0), TurnVerdict.TURNED),
        ("at once", row(0, 0, 0, FAR, FAR, FAR, FAR, FAR), TurnVerdict.TURNED),
        ("two frames lost", row(0, None, 0.1, None, 0.2, FAR, FAR, FAR), TurnVerdict.TURNED),
        ("lost between both turned frames", row(0, 0, 0.1, 0.2, None, FAR, 0.1, 0), TurnVerdict.TURNED),
        ("nothing moves", row(*[0] * 10), TurnVerdict.NOT_TURNED),
        ("a little less than needed", row(*[0] * 6, 0.13, 0.13, 0.13, 0.13), TurnVerdict.NOT_TURNED),
        ("only one frame is turned", row(0, 0, 0, 0, FAR, 0, 0, 0), TurnVerdict.NOT_TURNED),
        ("first the other way", row(0, -0.1, -0.2, 0, FAR, FAR, FAR, FAR), TurnVerdict.NOT_STEADY),
        ("frames out of order", row(0, 0.12, 0, 0.12, 0.01, FAR, FAR, FAR), TurnVerdict.NOT_STEADY),
        ("three frames lost", row(0, None, None, None, 0.2, FAR, FAR, FAR), TurnVerdict.NO_FACE),
        ("the first frame lost", row(None, 0, 0.1, 0.2, FAR, FAR, FAR, FAR), TurnVerdict.NO_FACE),
        (
            "turned from the start",
            row(0, 0, 0.1, 0.2, FAR, FAR, FAR, FAR, start=0.3),
            TurnVerdict.NOT_STRAIGHT,
        ),
        ("seven frames", row(0, 0, 0.1, FAR, FAR, FAR, FAR), TurnVerdict.TOO_FEW_FRAMES),
        ("none", [], TurnVerdict.TOO_FEW_FRAMES),
    ],
)
def test_what_a_row_of_frames_proves(what, frames, verdict):
    assert judge_turn(frames, Side.LEFT) is verdict
    mirrored = [
        TurnFrame(each.faces, *(None if n is None else -n for n in (each.sideways, each.parallax)))
        for each in frames
    ]
    assert judge_turn(mirrored, Side.RIGHT) is verdict


def test_a_second_face_in_any_frame_is_told():
    for place in range(len(LEFT)):
        frames = [*LEFT]
        frames[place] = TurnFrame(2, frames[place].sideways, frames[place].parallax)
        assert judge_turn(frames, Side.LEFT) is TurnVerdict.SEVERAL_FACES


def test_a_plane_that_is_tilted_is_no_head():
    """The nose moves sideways in the picture, but not out of its plane."""
    frames = [TurnFrame(1, 0.05 * step, 0.005 * step) for step in range(12)]
    assert judge_turn(frames, Side.LEFT) is TurnVerdict.NOT_TURNED


def test_depth_without_a_turn_is_no_turn():
    frames = [TurnFrame(1, 0.0, 0.04 * step) for step in range(12)]
    assert judge_turn(frames, Side.LEFT) is TurnVerdict.NOT_TURNED


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_passes(number):
    frames = [TurnFrame(1, 0.0, 0.0)] + [TurnFrame(1, number, number)] * 9
    verdicts = {judge_turn(frames, side) for side in Side}
    assert TurnVerdict.TURNED not in verdicts
    assert judge_turn([TurnFrame(1, number, 0.0), *LEFT[1:]], Side.LEFT) is not TurnVerdict.TURNED


def test_the_frames_that_are_turned_are_found_in_their_order():
    assert turned_places(LEFT, Side.LEFT) == [5, 6, 7, 8, 9]
    assert turned_places(RIGHT, Side.RIGHT) == [5, 6, 7, 8, 9]
    assert turned_places(LEFT, Side.RIGHT) == turned_places([], Side.LEFT) == []


SOUND = TurnEvidence(
    TurnVerdict.TURNED, 0.6, True, (0.7, 0.5), doubts=(0.2, 0.4), limits=DoubtLimits(0.6, 0.5)
)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({}, TurnVerdict.TURNED),
        ({"names_somebody": False, "matches": ()}, TurnVerdict.TURNED),
        ({"verdict": TurnVerdict.NOT_TURNED}, TurnVerdict.NOT_TURNED),
        ({"similarity": 0.35}, TurnVerdict.ANOTHER_FACE),
        ({"similarity": math.nan}, TurnVerdict.ANOTHER_FACE),
        ({"similarity": None}, TurnVerdict.UNAVAILABLE),
        ({"matches": ()}, TurnVerdict.ANOTHER_FACE),
        ({"matches": (0.7,)}, TurnVerdict.ANOTHER_FACE),
        ({"matches": (0.4, 0.5)}, TurnVerdict.ANOTHER_FACE),
        ({"matches": (0.7, 0.3)}, TurnVerdict.ANOTHER_FACE),
        ({"matches": (math.nan, math.nan)}, TurnVerdict.ANOTHER_FACE),
        ({"doubts": (0.2, 1.0)}, TurnVerdict.PICTURE_SEEN),
        ({"doubts": (0.2, math.nan)}, TurnVerdict.PICTURE_SEEN),
        ({"doubts": ()}, TurnVerdict.UNAVAILABLE),
        ({"doubts": (0.59, 0.1, 0.55)}, TurnVerdict.TURNED),
        ({"doubts": (0.59, 0.59, 0.55)}, TurnVerdict.PICTURE_SEEN),
        ({"doubts": (0.61, 0.1, 0.1)}, TurnVerdict.PICTURE_SEEN),
        ({"doubts": (0.0, 0.0)}, TurnVerdict.TURNED),
        ({"doubts": (-1.0, 0.2)}, TurnVerdict.PICTURE_SEEN),
        ({"limits": None}, TurnVerdict.UNAVAILABLE),
        ({"limits": DoubtLimits(math.nan, 0.5)}, TurnVerdict.PICTURE_SEEN),
        ({"limits": DoubtLimits(0.6, math.nan)}, TurnVerdict.PICTURE_SEEN),
    ],
)
def test_a_turn_counts_only_if_everything_else_was_ruled_out(found, verdict):
    assert decide_turn(replace(SOUND, **found)) is verdict
