"""What a guided photo asks for is looked for, kindly, on heads that turn and heads that do not."""

from types import SimpleNamespace

import numpy as np
import pytest

from shared.domain.head_turn import Side
from shared.services.faces.poses import LEAST_POSE, ask_for_more
from shared.vision.head_turn import HeadTurnReader, measure_sideways
from tests.support.turning_heads import FACES, portrait, turned


@pytest.fixture(scope="module")
def toolbox():
    return SimpleNamespace(head_turn_reader=HeadTurnReader())


# The third portrait is taken from the side.
@pytest.mark.parametrize("name", [each for each in FACES if each != "obama2.jpg"])
def test_a_straight_head_is_asked_to_turn_and_a_turned_one_is_not(toolbox, name):
    straight = np.asarray(portrait(name))
    left, right = (np.asarray(turned(portrait(name), amount)) for amount in (0.7, -0.7))
    for side, there, elsewhere in ((Side.LEFT, left, right), (Side.RIGHT, right, left)):
        assert ask_for_more(toolbox, there, side) is None
        assert f"to the {side}" in ask_for_more(toolbox, straight, side)
        assert f"to the {side}" in ask_for_more(toolbox, elsewhere, side)
    assert abs(measure_sideways(toolbox.head_turn_reader.look(straight).points)) < LEAST_POSE


def test_where_no_face_is_seen_nothing_is_asked(toolbox):
    assert ask_for_more(toolbox, np.zeros((200, 200, 3), np.uint8), Side.LEFT) is None
