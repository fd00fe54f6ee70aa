"""How the second lock does on clips: whether any two seconds of one would pass as a turn of the head."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain.head_turn import LEAST_FRAMES, MOST_FRAMES, Side, TurnVerdict
from shared.errors import InvalidInput, PhotoRefused
from shared.services.kiosk.head_turn import Frame, judge_frames, look_at
from shared.toolbox import Toolbox
from shared.vision.images import PICTURES, open_photo

SECONDS = 2.0
# How many frames a second the clips have, unless told otherwise.
FRAMES_PER_SECOND = 8.0


@dataclass(frozen=True)
class JudgedClip:
    """What a clip came to: how often each verdict was given of its windows, side by side."""

    name: str
    frames: int
    verdicts: dict[Side, Counter[TurnVerdict]]

    def passes(self, side: Side) -> bool:
        """Tell whether any window passes as a turn to this side."""
        return self.verdicts[side][TurnVerdict.TURNED] > 0

    @property
    def reason(self) -> str:
        """How many windows pass to each side, or what was most often missing."""
        return "; ".join(f"{side}: {self._reason_of(side)}" for side in Side)

    def _reason_of(self, side: Side) -> str:
        verdicts = self.verdicts[side]
        if not verdicts:
            return "too few frames"
        if self.passes(side):
            return f"{verdicts[TurnVerdict.TURNED]} of {verdicts.total()} windows turned"
        return str(verdicts.most_common(1)[0][0]).replace("_", " ")


def find_clips(folder: Path) -> list[Path]:
    """Return every folder from `folder` down that holds pictures itself. Raise InvalidInput if there is
    none."""
    clips = sorted({path.parent for path in folder.rglob("*") if path.suffix.lower() in PICTURES})
    if not clips:
        raise InvalidInput(f"{folder} needs clips: a folder for each, with its frames as pictures in order.")
    return clips


def judge_clips(
    toolbox: Toolbox, folder: Path, clips: Iterable[Path], *, frames_per_second: float = FRAMES_PER_SECOND
) -> Iterator[JudgedClip]:
    """Judge each clip, its frames in the order of their names; what cannot be opened is left out.

    Raise ModelUnavailable if a model is missing, altered or failing.
    """
    for clip in clips:
        frames = _look_at_clip(toolbox, clip)
        verdicts: dict[Side, Counter[TurnVerdict]] = {side: Counter() for side in Side}
        for window in windows(frames, frames_per_second=frames_per_second):
            for side in Side:
                verdicts[side][judge_frames(toolbox, window, side)] += 1
        yield JudgedClip(clip.relative_to(folder).as_posix(), len(frames), verdicts)


def windows(frames: Sequence[Frame], *, frames_per_second: float) -> Iterator[list[Frame]]:
    """Yield every row of frames of at most two seconds, as many of them as the kiosk's page sends at most.

    A shorter rest at the end is a row too, as long as it has enough frames.
    """
    length = max(LEAST_FRAMES, round(SECONDS * frames_per_second))
    for start in range(max(0, len(frames) - LEAST_FRAMES + 1)):
        row = frames[start : start + length]
        count = min(MOST_FRAMES, len(row))
        yield [row[round(place * (len(row) - 1) / (count - 1))] for place in range(count)]


def summarise(judged: Iterable[JudgedClip]) -> dict[str, Any]:
    """Return the answers by clip, ready for JSON."""
    return {
        "seconds": SECONDS,
        "clips": {
            clip.name: {
                "frames": clip.frames,
                "passes_left": clip.passes(Side.LEFT),
                "passes_right": clip.passes(Side.RIGHT),
                "reason": clip.reason,
            }
            for clip in judged
        },
    }


def as_table(figures: dict[str, Any]) -> str:
    """Return the answers as a table."""
    clips = figures["clips"]
    width = max(map(len, clips), default=0)
    words = {True: "passes", False: "-"}
    return "\n".join(
        [f"{'clip':{width}}  {'left':6}  {'right':6}  why"]
        + [
            f"{name:{width}}  {words[clip['passes_left']]:6}  {words[clip['passes_right']]:6}  "
            f"{clip['reason']}"
            for name, clip in clips.items()
        ]
    )


def _look_at_clip(toolbox: Toolbox, clip: Path) -> list[Frame]:
    frames = []
    for path in sorted(path for path in clip.iterdir() if path.suffix.lower() in PICTURES):
        try:
            frames += look_at(toolbox, [open_photo(path.read_bytes())])
        except PhotoRefused:
            continue
    return frames
