"""Whether a head turned as it was asked to, told from a row of frames.

A picture that is tilted shows all its points in one plane, and a plane seen from the side is a homography of
itself seen from the front. What moves against that plane is depth: the tip of the nose of a head that turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, log

from shared.domain.face_model import DOUBT_BELOW, MATCH_THRESHOLD
from shared.domain.languages import phrase


class Side(StrEnum):
    """Where to turn, as the person says it: in a picture that is not mirrored, LEFT is its right."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class TurnVerdict(StrEnum):
    """What a row of frames shows. Only TURNED ever helps anybody."""

    TURNED = "turned"
    TOO_FEW_FRAMES = "too_few_frames"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    NOT_STRAIGHT = "not_straight"
    NOT_TURNED = "not_turned"
    WRONG_WAY = "wrong_way"
    NOT_STEADY = "not_steady"
    ANOTHER_FACE = "another_face"
    PICTURE_SEEN = "picture_seen"
    UNAVAILABLE = "unavailable"

    @property
    def sentence(self) -> str:
        """What to do better, for the person before the camera."""
        return _SENTENCES[self]


_SENTENCES = {
    TurnVerdict.TURNED: phrase("Thank you."),
    TurnVerdict.TOO_FEW_FRAMES: phrase("The camera was too slow. Please try again."),
    TurnVerdict.NO_FACE: phrase(
        "Your face was not seen all the time. Turn only a little, towards the light."
    ),
    TurnVerdict.SEVERAL_FACES: phrase("Only you, please. Ask your friends to step back."),
    TurnVerdict.NOT_STRAIGHT: phrase("Begin by looking straight at the camera."),
    TurnVerdict.NOT_TURNED: phrase("Turn your head a little more."),
    TurnVerdict.WRONG_WAY: phrase("Turn your head the way the arrow points."),
    TurnVerdict.NOT_STEADY: phrase("Turn your head once, slowly."),
    TurnVerdict.ANOTHER_FACE: phrase("The face was not the same all the time."),
    TurnVerdict.PICTURE_SEEN: phrase("Show your own face, with no phone, photo or screen in view."),
    TurnVerdict.UNAVAILABLE: phrase("The camera check is not available."),
}


@dataclass(frozen=True)
class TurnFrame:
    """What one frame shows; None: no face was found, or not surely.

    `faces` counts those that could be a person who stands here. `sideways` says how far the tip of the nose
    lies from the middle between the eyes, along their line. `parallax` says how far it moved that way since
    the first frame, against the plane that the face's points would lie in if it were a picture. Both are in
    distances between the eyes, positive towards the person's own left.
    """

    faces: int
    sideways: float | None = None
    parallax: float | None = None


# What the page may send of at most two seconds.
LEAST_FRAMES = 8
MOST_FRAMES = 12
# A face that moves fast blurs; more lost frames than these leave too little to see.
MOST_LOST = 2
# models/README.md says how these were measured: heads that turn a little reach a parallax of 0.20 to 0.50
# with 0.35 to 1.0 sideways. Pictures reach 0.03 moved by hand on phones, 0.13 with 0.20 tilted by up to 60
# degrees, and, folded along the nose and turned by 25 to 45, 0.19 with 0.29 (November 2026).
LEAST_PARALLAX = 0.16
LEAST_SIDEWAYS = 0.30
LEAST_TURNED = 2  # frames in a row: a hand before the face makes one
# A camera from below and a nose that is not straight make up to 0.16.
STRAIGHT_WITHIN = 0.25
# Points shake by 0.03.
MOST_RETREAT = 0.10
# From the side a face is known again less surely (SFace's cosine, November 2026): of 1,382 pairs of different
# people in the clips 1 in 50 is so much alike; of 44 turns the first turned frame is in 5 of 6, and of the
# two first one in more.
LEAST_SIMILARITY = LEAST_TURNED_MATCH = 0.36


def judge_turn(frames: Sequence[TurnFrame], side: Side) -> TurnVerdict:
    """Judge frames in the order they were taken, the first of them straight."""
    if len(frames) < LEAST_FRAMES:
        return TurnVerdict.TOO_FEW_FRAMES
    if any(frame.faces > 1 for frame in frames):
        return TurnVerdict.SEVERAL_FACES
    moves = _moves(frames, side)
    if moves[0] is None or moves.count(None) > MOST_LOST:
        return TurnVerdict.NO_FACE
    if abs(frames[0].sideways or 0.0) > STRAIGHT_WITHIN:
        return TurnVerdict.NOT_STRAIGHT
    turned = _first_turned(moves)
    if turned is None:
        other_way = _first_turned(_moves(frames, side.other))
        return TurnVerdict.NOT_TURNED if other_way is None else TurnVerdict.WRONG_WAY
    return TurnVerdict.TURNED if _is_steady(moves[: turned + 1]) else TurnVerdict.NOT_STEADY


@dataclass(frozen=True)
class DoubtLimits:
    """What the spoof check's scores of a film's frames must stay below, 0…1: each of them, and the mean of
    their log odds. One frame may look doubtful by chance, and hardly all of them."""

    each: float
    together: float


@dataclass(frozen=True)
class TurnEvidence:
    """What was found out about a row of frames. None means "not found out", and never counts as good.

    `similarity` is the least cosine between the faces of the first photo, of the straight and of a turned
    frame. `matches` are the scores of the straight and the turned face against the roll id's model;
    `names_somebody` says that there is one to compare with. `doubts` are the spoof check's scores of the
    frames, 0…1, the higher the more like an attack, and must stay below their `limits`.
    """

    verdict: TurnVerdict
    similarity: float | None = None
    names_somebody: bool = False
    matches: tuple[float, ...] = ()
    doubts: tuple[float, ...] = ()
    limits: DoubtLimits | None = None


def decide_turn(evidence: TurnEvidence) -> TurnVerdict:
    """Turn evidence into a verdict: TURNED only when everything else was ruled out."""
    if evidence.verdict is not TurnVerdict.TURNED:
        return evidence.verdict
    if evidence.similarity is None or not evidence.doubts or evidence.limits is None:
        return TurnVerdict.UNAVAILABLE
    # All are written so that what is not a number is refused.
    if not _stay_below(evidence.doubts, evidence.limits):
        return TurnVerdict.PICTURE_SEEN
    if not evidence.similarity >= LEAST_SIMILARITY:
        return TurnVerdict.ANOTHER_FACE
    if evidence.names_somebody and not _is_known(evidence.matches):
        return TurnVerdict.ANOTHER_FACE
    return TurnVerdict.TURNED


def _stay_below(doubts: Sequence[float], limits: DoubtLimits) -> bool:
    if not all(0.0 <= doubt < limits.each for doubt in doubts):
        return False
    return sum(map(_log_odds, doubts)) / len(doubts) < _log_odds(limits.together)


def _log_odds(share: float) -> float:
    return log(max(share, 1e-9) / max(1 - share, 1e-9))


def _is_known(matches: Sequence[float]) -> bool:
    if len(matches) != 2:
        return False
    straight, turned = matches
    return straight >= MATCH_THRESHOLD - DOUBT_BELOW and turned >= LEAST_TURNED_MATCH


def turned_places(frames: Sequence[TurnFrame], side: Side) -> list[int]:
    """Return the places of the frames that show a head turned to this side, in their order."""
    moves = _moves(frames, side)
    return [place for place, move in enumerate(moves) if move is not None and _is_turned(move)]


_Move = tuple[float, float]


def _moves(frames: Sequence[TurnFrame], side: Side) -> list[_Move | None]:
    """Return parallax and change of `sideways` towards `side`, frame by frame."""
    sign = 1.0 if side is Side.LEFT else -1.0
    start = frames[0].sideways if frames else None
    moves: list[_Move | None] = []
    for frame in frames:
        if frame.sideways is None or frame.parallax is None or start is None:
            moves.append(None)
            continue
        move = sign * frame.parallax, sign * (frame.sideways - start)
        moves.append(move if all(map(isfinite, move)) else None)
    return moves


def _is_turned(move: _Move) -> bool:
    parallax, change = move
    return parallax >= LEAST_PARALLAX and change >= LEAST_SIDEWAYS


def _first_turned(moves: Sequence[_Move | None]) -> int | None:
    """Return the first place of LEAST_TURNED frames in a row that show a turned head."""
    in_a_row = 0
    seen = [place for place, move in enumerate(moves) if move is not None]
    for place in seen:
        in_a_row = in_a_row + 1 if _is_turned(moves[place] or (0.0, 0.0)) else 0
        if in_a_row == LEAST_TURNED:
            return seen[seen.index(place) - LEAST_TURNED + 1]
    return None


def _is_steady(moves: Sequence[_Move | None]) -> bool:
    """Tell whether the way to the turned frame only goes there, as a head's does and shuffled frames do
    not."""
    furthest = 0.0
    for move in moves:
        if move is not None:
            if move[0] < furthest - MOST_RETREAT:
                return False
            furthest = max(furthest, move[0])
    return True
