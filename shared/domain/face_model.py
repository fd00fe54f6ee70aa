"""What the 8 KB of one roll id hold, and how a face is scored against them."""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import mul

# A descriptor is 128 numbers of length 1, then its commonness: how much nearer than usual it lies to
# typical faces.
FACE_NUMBERS = 128
DESCRIPTOR_LENGTH = FACE_NUMBERS + 1

# A match is a score of at least this: aimed at taking one wrong face in 10,000. On 155 people of LFW, cross-
# fitted, 5 photos enrolled, it takes 2 in 100,000 and refuses 2.3 right ones in 100. They are easier than
# others: the plain cosine of 0.953 takes 1 in 10,000 of 311 people and 5 in 100,000 of these, so the
# threshold keeps that distance. November 2026; models/README.md has the figures.
MATCH_THRESHOLD = 0.959

# Within this much below and above the threshold a glance leaves doubt, and a careful look decides.
DOUBT_BELOW, DOUBT_ABOVE = 0.02, 0.01
# How much a common face loses and a rare one gains, half for the model's commonness and half for the probe's.
COMMONNESS_WEIGHT = 0.3

# Below this cosine a photo is of somebody else than its companions: of LFW's right photos 0.2 % score lower
# against the mean of five, of wrong ones 99 % (155 people, November 2026).
SAME_PERSON_THRESHOLD = 0.925
# The same, for one photo against one other: right pairs 0.5 %, wrong pairs 98 %.
SAME_PAIR_THRESHOLD = 0.90

# A roll id with fewer photos is said to have a weak model.
FEW_PHOTOS = 3
# 24 photos make 6,764 bytes; sealed as well they stay below the 8,192 a roll id may take.
MAX_PHOTOS = 24

# The descriptors of one encoder mean nothing to another: dlib's ResNet on five-point chips, mirror-averaged.
ENCODER = 1

_HEADER = struct.Struct("<4sBBBB")  # magic, format, encoder, number of photos, flags (none yet: zero)
_MAGIC = b"FACE"
_FORMAT = 1
_TEMPLATE = struct.Struct(f"<{DESCRIPTOR_LENGTH}f")
TEMPLATE_BYTES = _TEMPLATE.size


class UnreadableFaceModel(ValueError):
    """The bytes are not a face model of this version, or not a whole and sane one."""


@dataclass(frozen=True)
class FaceModel:
    """The enrolled face of one roll id.

    `descriptors` are 128 numbers of length 1 and a commonness for each photo, `qualities` 0…1 one for
    each; `template` is the mean of the descriptors, its 128 numbers of length 1 again.
    """

    descriptors: tuple[tuple[float, ...], ...]
    qualities: tuple[float, ...]
    template: tuple[float, ...]

    @classmethod
    def train(cls, descriptors: Sequence[Sequence[float]], qualities: Sequence[float]) -> "FaceModel":
        """Learn a face from its photos; beyond 24 the ones of lowest quality are left out.

        Qualities choose, but do not weigh: weighted means refused more right people. Raises ValueError
        without photos, or if a descriptor is not 129 finite numbers, or if the photos contradict each
        other so much that they have no mean.
        """
        if not descriptors or len(descriptors) != len(qualities):
            raise ValueError("a face model needs photos, and a quality for each")
        best = sorted(range(len(qualities)), key=lambda at: -qualities[at])[:MAX_PHOTOS]
        chosen = [_normalised(descriptors[at]) for at in sorted(best)]
        kept = [min(1.0, max(0.0, float(qualities[at]))) for at in sorted(best)]
        return cls(tuple(chosen), tuple(kept), _mean(chosen))

    @property
    def is_weak(self) -> bool:
        """Whether there are too few photos to rely on."""
        return len(self.descriptors) < FEW_PHOTOS

    def score(self, descriptor: Sequence[float]) -> float:
        """Score a face against this model: a match from MATCH_THRESHOLD on.

        The score is the cosine to the template, less what both owe to looking common. Raises
        ValueError if `descriptor` is not 129 finite numbers.
        """
        *face, commonness = _normalised(descriptor)
        *template, usual = self.template
        return _dot(face, template) - COMMONNESS_WEIGHT / 2 * (commonness + usual)

    def score_carefully(
        self, glance: Sequence[float], describe_accurate: Callable[[], Sequence[float]]
    ) -> float:
        """Score a glance; where that leaves doubt, score what `describe_accurate` gives instead."""
        score = self.score(glance)
        if MATCH_THRESHOLD - DOUBT_BELOW <= score < MATCH_THRESHOLD + DOUBT_ABOVE:
            return self.score(describe_accurate())
        return score

    def to_bytes(self) -> bytes:
        """Write the model down: at most 6,764 bytes, nothing in them can be executed."""
        count = len(self.descriptors)
        numbers = [number for descriptor in self.descriptors for number in descriptor]
        return (
            _HEADER.pack(_MAGIC, _FORMAT, ENCODER, count, 0)
            + struct.pack(f"<{count}e", *self.qualities)
            + struct.pack(f"<{len(numbers)}e", *numbers)
            + _TEMPLATE.pack(*self.template)
        )

    @staticmethod
    def template_bytes(content: bytes) -> bytes:
        """Cut the template out of what `to_bytes` wrote: 129 little-endian float32, not yet looked at.

        Raises UnreadableFaceModel for bytes of another kind, version or size.
        """
        _checked_count(content)
        return content[-TEMPLATE_BYTES:]

    @classmethod
    def from_bytes(cls, content: bytes) -> "FaceModel":
        """Read what `to_bytes` wrote; raises UnreadableFaceModel for anything else."""
        count = _checked_count(content)
        at = _HEADER.size
        qualities = struct.unpack_from(f"<{count}e", content, at)
        at += 2 * count
        numbers = struct.unpack_from(f"<{count * DESCRIPTOR_LENGTH}e", content, at)
        template = _TEMPLATE.unpack_from(content, len(content) - _TEMPLATE.size)
        starts = range(0, len(numbers), DESCRIPTOR_LENGTH)
        descriptors = tuple(numbers[start : start + DESCRIPTOR_LENGTH] for start in starts)
        if not all(0 <= quality <= 1 for quality in qualities):
            raise UnreadableFaceModel("a photo's quality is not between 0 and 1")
        if not all(_is_sane(descriptor) for descriptor in (*descriptors, template)):
            raise UnreadableFaceModel("a descriptor does not have the length 1")
        return cls(descriptors, qualities, template)


def odd_ones_out(descriptors: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Name, by position, the photos that do not show the same person as the others.

    The photo most like the rest stands for the person; of two that differ the later one is named.
    Raises ValueError if a descriptor is not 129 finite numbers.
    """
    if len(descriptors) < 2:
        return ()
    faces = [_normalised(descriptor)[:FACE_NUMBERS] for descriptor in descriptors]
    agreement = [sorted((_dot(one, other) for other in faces), reverse=True) for one in faces]
    # Each row starts with the photo itself; the middle of the others withstands a few strangers.
    typical = max(range(len(faces)), key=lambda at: agreement[at][len(faces) // 2])
    alike = [face for face in faces if _dot(face, faces[typical]) >= SAME_PAIR_THRESHOLD]
    if len(alike) < FEW_PHOTOS:
        return tuple(at for at, face in enumerate(faces) if _dot(face, faces[typical]) < SAME_PAIR_THRESHOLD)
    mean = _unit([sum(numbers) for numbers in zip(*alike, strict=True)])
    return tuple(at for at, face in enumerate(faces) if _dot(face, mean) < SAME_PERSON_THRESHOLD)


def _checked_count(content: bytes) -> int:
    if len(content) < _HEADER.size:
        raise UnreadableFaceModel("the face model is cut off")
    magic, version, encoder, count, flags = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise UnreadableFaceModel("these bytes are not a face model")
    if (version, encoder, flags) != (_FORMAT, ENCODER, 0):
        raise UnreadableFaceModel("the face model is of another version")
    expected = _HEADER.size + count * (2 + 2 * DESCRIPTOR_LENGTH) + _TEMPLATE.size
    if not 1 <= count <= MAX_PHOTOS or len(content) != expected:
        raise UnreadableFaceModel("the face model has the wrong size")
    return int(count)


def _normalised(descriptor: Sequence[float]) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in descriptor)
    if len(numbers) != DESCRIPTOR_LENGTH or not all(map(math.isfinite, numbers)):
        raise ValueError(f"a descriptor is {DESCRIPTOR_LENGTH} finite numbers")
    return (*_unit(numbers[:FACE_NUMBERS]), numbers[FACE_NUMBERS])


def _unit(numbers: Sequence[float]) -> tuple[float, ...]:
    length = math.hypot(*numbers)
    if length == 0:
        raise ValueError("a descriptor needs a direction")
    return tuple(number / length for number in numbers)


def _mean(descriptors: Sequence[Sequence[float]]) -> tuple[float, ...]:
    sums = [math.fsum(numbers) for numbers in zip(*descriptors, strict=True)]
    return (*_unit(sums[:FACE_NUMBERS]), sums[FACE_NUMBERS] / len(descriptors))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))


def _is_sane(descriptor: Sequence[float]) -> bool:
    # float16 keeps three digits; both comparisons also refuse NaN and infinity.
    return abs(math.hypot(*descriptor[:FACE_NUMBERS]) - 1) < 0.01 and abs(descriptor[FACE_NUMBERS]) <= 1
