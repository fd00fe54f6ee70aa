"""What frames of a head that was asked to turn prove, for the kiosk and `spoof evaluate-turns` alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.domain.face_model import CURRENT, FaceModel
from shared.domain.head_turn import (
    MOST_FRAMES,
    Side,
    TurnEvidence,
    TurnVerdict,
    decide_turn,
    judge_turn,
    turned_places,
)
from shared.domain.languages import phrase
from shared.errors import PhotoRefused
from shared.toolbox import Toolbox
from shared.vision.images import open_frame

# Of the turned frames those that are turned least are looked at: from the side nobody is known again.
TURNED_LOOKED_AT = 2


@dataclass
class Frame:
    """One frame and what was found out about it; the costly parts once, where they are needed.

    `seen` is what the toolbox's reader of head turns saw in it.
    """

    rgb: np.ndarray
    seen: Any
    doubt: float | None = None
    descriptor: np.ndarray | None = None


@dataclass(frozen=True)
class Known:
    """Who should be turning: the first photo's descriptor, and the face model of the roll id."""

    descriptor: np.ndarray
    model: FaceModel


def open_film(film: Sequence[bytes], photo: bytes) -> list[np.ndarray]:
    """Open the frames of a film, in order; one that is there twice, or is the photo itself, counts once.

    Raise PhotoRefused if there are too many or one is not a small JPEG.
    """
    if len(film) > MOST_FRAMES:  # not opened at all
        raise PhotoRefused(phrase("The film has too many pictures. Please try again."))
    return [open_frame(frame) for frame in dict.fromkeys(film) if frame != photo]


def look_at(toolbox: Toolbox, frames: Sequence[np.ndarray]) -> list[Frame]:
    """Find the face in each frame, RGB uint8 of shape (height, width, 3). Raise ModelUnavailable."""
    return [Frame(rgb, toolbox.head_turn_reader.look(rgb)) for rgb in frames]


def judge_frames(
    toolbox: Toolbox, frames: Sequence[Frame], side: Side, *, known: Known | None = None
) -> TurnVerdict:
    """Judge frames in the order they were taken: did the head turn to this side, one living face throughout,
    and that of the roll id if it is `known`? Raise ModelUnavailable."""
    turn = toolbox.head_turn_reader.compare([frame.seen for frame in frames])
    verdict = judge_turn(turn, side)
    if verdict is not TurnVerdict.TURNED:
        return verdict
    straight = frames[0]
    turned = [frames[place] for place in turned_places(turn, side)[:TURNED_LOOKED_AT]]
    doubts = tuple(_doubt(toolbox, frame) for frame in (straight, *turned))
    limits = toolbox.spoof_detector.limits.of_film
    verdict = TurnVerdict.ANOTHER_FACE
    for frame in turned:
        similarity, matches = _compare(toolbox, straight, frame, known)
        verdict = decide_turn(
            TurnEvidence(
                TurnVerdict.TURNED,
                similarity,
                known is not None,
                matches,
                doubts=doubts,
                limits=limits,
            )
        )
        if verdict is not TurnVerdict.ANOTHER_FACE:  # the next one is described only where this is not known
            break
    return verdict


def _compare(
    toolbox: Toolbox, straight: Frame, turned: Frame, known: Known | None
) -> tuple[float, tuple[float, ...]]:
    """Return the least similarity of the faces, and the matches with the model of who is `known`."""
    described = [_describe(toolbox, straight), _describe(toolbox, turned)]
    if known is not None:
        described.append(known.descriptor)
    faces = [numbers / np.linalg.norm(numbers) for numbers in described]
    similarity = min(float(one @ other) for place, one in enumerate(faces) for other in faces[:place])
    if known is None:
        return similarity, ()
    return similarity, (_match(toolbox, straight, known.model), _match(toolbox, turned, known.model))


def _match(toolbox: Toolbox, frame: Frame, model: FaceModel) -> float:
    if frame.seen.face is None:
        return float("nan")
    if model.network is CURRENT:
        return model.score(_describe(toolbox, frame).tolist())
    return model.score(toolbox.face_matcher.describe_by(model.network, frame.rgb, frame.seen.face).tolist())


def _doubt(toolbox: Toolbox, frame: Frame) -> float:
    if frame.doubt is None and frame.seen.face is not None:
        frame.doubt = toolbox.spoof_detector.judge(frame.rgb, frame.seen.face).seen_score
    return 1.0 if frame.doubt is None else frame.doubt


def _describe(toolbox: Toolbox, frame: Frame) -> np.ndarray:
    if frame.descriptor is None and frame.seen.face is not None:
        frame.descriptor = toolbox.face_matcher.describe_accurate(frame.rgb, frame.seen.face)
    return np.full(1, np.nan) if frame.descriptor is None else frame.descriptor
