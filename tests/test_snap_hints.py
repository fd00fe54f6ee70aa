"""What the pages say before the snap, case by case."""

from typing import Any

import pytest

from shared.vision.face_finder import DLIB_SIDE
from shared.vision.spoof_views import SCENE_FACES
from tests.support.scripts import run_script

WIDTH, HEIGHT = 192, 144
UPRIGHT = [108, 192]  # a phone's picture


def face(
    x: float = 96, y: float = 66, height: float = 66, *, nose: tuple = (0, 0.6), score: float = 0.9
) -> dict:
    """Return an upright face of this middle and height; the nose in eye distances from the eyes' middle."""
    half, eyes = height * 0.38, height * 0.4
    left, right = (x - eyes / 2, y - 5), (x + eyes / 2, y - 5)
    tip = (x + nose[0] * eyes, y - 5 + nose[1] * eyes)
    mouth = [(x - eyes / 2.4, y + eyes), (x + eyes / 2.4, y + eyes)]
    box = {"left": x - half, "right": x + half, "top": y - height / 2, "bottom": y + height / 2}
    return {**box, "points": [left, right, tip, *mouth], "score": score}


CASES: dict[str, tuple[list[dict] | None, dict[str, Any], str]] = {
    "a face in the outline": ([face()], {}, "good"),
    "nobody": ([], {}, ""),
    "no finder": (None, {}, ""),
    "no finder in the dark": (None, {"gray": 12}, "dark"),
    "a face in the dark": ([face()], {"gray": 12}, "dark"),
    "far": ([face(height=24)], {}, "closer"),
    "as far as it may be": ([face(height=29)], {}, "good"),
    "as far, but told so before": ([face(height=29)], {"before": "closer"}, "closer"),
    "in the outline of a camera of few pixels": ([face()], {"photoWidth": 320}, "good"),
    "before such a camera where another would do": ([face(height=50)], {"photoWidth": 320}, "closer"),
    "near": ([face(height=104)], {}, "back"),
    "as near as it may be": ([face(height=98)], {}, "good"),
    "as near, but told so before": ([face(height=98)], {"before": "back"}, "back"),
    "filling a phone's picture": ([face(54, 88, 88)], {"size": UPRIGHT}, "back"),
    "as near as the outline on a phone": ([face(54, 88, 50)], {"size": UPRIGHT}, "good"),
    "two people": ([face(60), face(140, height=60)], {}, "several"),
    "somebody behind in the queue": ([face(), face(160, 60, 40)], {}, "good"),
    "what is hardly a face": ([face(), face(160, height=60, score=0.7)], {}, "good"),
    # The camera's picture is not mirrored: what is on its left stands on the person's right.
    "beside the outline, on the picture's left": ([face(40)], {}, "left"),
    "beside the outline, on the picture's right": ([face(150)], {}, "right"),
    "half out of the outline": ([face(117)], {}, "good"),
    "above the outline": ([face(y=32, height=50)], {}, "down"),
    "below the outline": ([face(y=104, height=50)], {}, "up"),
    "tilted": ([face()], {"tilt": -22}, "tilted"),
    "hardly tilted": ([face()], {"tilt": 15}, "good"),
    "turned away": ([face(nose=(0.45, 0.6))], {}, "turned"),
    "bent down": ([face(nose=(0, 1.05))], {}, "turned"),
    "asked for the left and straight": ([face()], {"pose": "left"}, ""),
    "asked for the left and turned so": ([face(nose=(0.25, 0.6))], {"pose": "left"}, "good"),
    "asked for the left and turned to the right": ([face(nose=(-0.25, 0.6))], {"pose": "left"}, ""),
    "asked for the right and turned so": ([face(nose=(-0.25, 0.6))], {"pose": "right"}, "good"),
    "taken as it comes": ([face(nose=(0.45, 0.6))], {"pose": "any"}, "good"),
    "asked for the left, and far": ([face(height=24)], {"pose": "left"}, "closer"),
}


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    given = {name: {"faces": faces, **more} for name, (faces, more, _) in CASES.items()}
    return run_script(
        f"""Object.fromEntries(Object.entries(given).map(([name, seen]) => {{
            const [width, height] = seen.size ?? [{WIDTH}, {HEIGHT}];
            const data = new Uint8ClampedArray(width * height * 4).fill(seen.gray ?? 150);
            const picture = {{ width, height, data }};
            return [name, modules.judge({{ picture, ...seen }})];
        }}))""",
        given,
    )


@pytest.mark.parametrize("name", CASES)
def test_one_thing_at_a_time_is_said(said, name):
    assert said[name] == CASES[name][2]


def test_a_head_in_the_outline_leaves_room_round_it():
    """The spoof check looks at a square of five faces: about half of it is in the photo."""
    sizes = [(640, 480), (1280, 720), (720, 1280)]
    outlines = run_script("given.map((size) => modules.outlineIn(...size))", sizes)
    for (width, height), outline in zip(sizes, outlines, strict=True):
        tall = 0.75 * 2 * outline["ry"]  # from brow to chin
        side = SCENE_FACES * DLIB_SIDE * tall * 0.75**0.5
        seen = min(side, width) * min(side, height) / side**2
        assert seen > 0.48
