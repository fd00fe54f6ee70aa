"""Frames of a head that turns are told from those of a picture that is moved."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from PIL import Image

from shared.domain.head_turn import Side, TurnFrame, TurnVerdict, judge_turn
from shared.errors import ModelUnavailable
from shared.vision.face_finder import FaceFinder
from shared.vision.face_mesh import POINTS, FaceMesh
from shared.vision.head_turn import HeadTurnReader, SeenFrame
from tests.support.turning_heads import FACES, MIDDLE, Move, clip, portrait, tilted, turned

READER = HeadTurnReader()


@cache
def seen_clip(move: Move, *, to_the_left: bool, name: str = "astronaut.png") -> list[TurnFrame]:
    frames = clip(move, to_the_left=to_the_left, name=name)
    return READER.compare([READER.look(np.asarray(frame)) for frame in frames])


# One portrait looks to its left already, by more than half of a turn: from there it has not far to go.
TURNS = [(side, name) for side in Side for name in FACES if (side, name) != (Side.LEFT, "obama2.jpg")]


@pytest.mark.parametrize(("side", "name"), TURNS)
def test_a_head_that_turns_is_seen_turning_to_its_side(side, name):
    frames = seen_clip(turned, to_the_left=side is Side.LEFT, name=name)
    assert judge_turn(frames, side) is TurnVerdict.TURNED
    assert judge_turn(frames, side.other) is TurnVerdict.WRONG_WAY


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("to_the_left", [True, False])
def test_a_picture_that_is_tilted_by_45_degrees_is_not_seen_turning(to_the_left, name):
    frames = seen_clip(tilted, to_the_left=to_the_left, name=name)
    assert {judge_turn(frames, side) for side in Side} == {TurnVerdict.NOT_TURNED}


def test_frames_in_another_order_prove_nothing():
    frames = [READER.look(np.asarray(frame)) for frame in clip(turned, to_the_left=True)]
    orders = {
        (0, 6, 1, 7, 2, 8, 3, 9, 4, 5): TurnVerdict.NOT_TURNED,
        (0, 6, 1, 2, 3, 7, 8, 9, 4, 5): TurnVerdict.NOT_STEADY,
        tuple(reversed(range(10))): TurnVerdict.NOT_STRAIGHT,
    }
    for order, verdict in orders.items():
        assert judge_turn(READER.compare([frames[place] for place in order]), Side.LEFT) is verdict


def test_one_frame_twelve_times_proves_nothing():
    frame = READER.look(np.asarray(portrait()))
    assert judge_turn(READER.compare([frame] * 12), Side.LEFT) is TurnVerdict.NOT_TURNED


def test_two_people_are_counted_and_somebody_far_behind_is_not():
    frame = portrait()
    beside = np.hstack([np.asarray(frame), np.asarray(frame)])
    assert READER.look(beside).faces == 2
    behind = np.asarray(frame).copy()
    behind[:120, :90] = np.asarray(frame.resize((90, 120)))
    assert READER.look(behind).faces == 1


def test_where_nobody_is_nothing_is_seen():
    assert READER.look(np.zeros((480, 360, 3), np.uint8)) == SeenFrame(0)
    assert READER.compare([SeenFrame(0), SeenFrame(0)]) == [TurnFrame(0), TurnFrame(0)]
    assert READER.compare([]) == []


def test_the_points_lie_on_the_face_even_if_it_leans():
    mesh = FaceMesh()
    for angle in (0, 30):
        leaning = portrait().rotate(angle, center=MIDDLE)
        seen = READER.look(np.asarray(leaning))
        assert seen.face is not None
        points = mesh.place(np.asarray(leaning), seen.face)
        assert points is not None
        assert points.shape == (POINTS, 2)
        assert np.abs(points.mean(axis=0) - MIDDLE).max() < 15


@pytest.mark.parametrize(("scale", "people"), [(0.66, 1), (0.8, 2)])
def test_a_face_behind_in_the_queue_is_no_second_person_in_a_film_either(scale, people):
    near = portrait()
    far = portrait("obama.jpg").resize((round(near.width * scale), round(near.height * scale)))
    both = Image.new("RGB", (near.width + far.width, near.height))
    both.paste(near, (0, 0))
    both.paste(far, (near.width, 0))
    rgb = np.asarray(both)
    assert len(FaceFinder().find_faces(rgb)) == 2
    assert READER.look(rgb).faces == people


def test_four_threads_see_what_one_sees():
    frames = [np.asarray(frame) for frame in clip(turned, to_the_left=True)] * 2

    def points_of(frame: np.ndarray) -> np.ndarray | None:
        return READER.look(frame).points

    alone = [points_of(frame) for frame in frames]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(points_of, frames))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_network_that_gives_no_numbers_is_no_answer(monkeypatch):
    mesh, face = FaceMesh(), READER.look(np.asarray(portrait())).face
    assert face is not None
    nothing = [np.full((1, 1, 1, 3 * POINTS), np.nan, np.float32), np.ones((1, 1, 1, 1), np.float32)]
    monkeypatch.setattr(mesh._network, "run", lambda squares: nothing)
    with pytest.raises(ModelUnavailable):
        mesh.place(np.asarray(portrait()), face)
