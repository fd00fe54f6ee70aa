"""Looks whether the head stands as an enrolment's guided photo asks for it, so that the photos differ."""

import numpy as np

from shared.domain.head_turn import Side
from shared.domain.languages import phrase
from shared.toolbox import Toolbox

# How far the tip of the nose lies beside the middle of the eyes, in eye distances. Bent portraits
# (tests/support/turning_heads.py) reach 0.25 to 0.28 at 20 degrees, 0.13 to 0.18 at 12 (November 2026). Who
# has a nose that is not straight may pass without turning: that costs a photo like the first, no more.
LEAST_POSE = 0.12

_TOO_LITTLE = {
    Side.LEFT: phrase("A good photo, but nearly straight. Turn the head a little more to the left."),
    Side.RIGHT: phrase("A good photo, but nearly straight. Turn the head a little more to the right."),
}
TOO_FAR = phrase("That is a little too far. Turn back towards the camera a bit.")


def ask_for_more(toolbox: Toolbox, rgb: np.ndarray, side: Side) -> str | None:
    """Return what to tell somebody who did not turn to this side; None if they did, or it cannot be seen.

    `rgb` is an upright RGB uint8 photo of shape (height, width, 3). Raise ModelUnavailable.
    """
    reader = toolbox.head_turn_reader
    sideways = reader.compare([reader.look(rgb)])[0].sideways
    if sideways is None:
        return None
    towards = sideways if side is Side.LEFT else -sideways
    return _TOO_LITTLE[side] if towards < LEAST_POSE else None
