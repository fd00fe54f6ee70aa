"""What the 8 KB of one roll id hold, and how a face is scored against them."""

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

DESCRIPTOR_LENGTH = 128

# A match is a cosine of at least this. Measured: see "Scoring" in models/README.md.
MATCH_THRESHOLD = 0.953

# Below this a photo is of somebody else than its companions: of LFW's right photos 0.2 % score lower
# against the mean of five, of wrong ones 99 % (155 people, November 2026).
SAME_PERSON_THRESHOLD = 0.925
# The same, for one photo against one other: right pairs 0.5 %, wrong pairs 98 %.
SAME_PAIR_THRESHOLD = 0.90

# A roll id with fewer photos is said to have a weak model.
FEW_PHOTOS = 3
# 24 photos make 6,716 bytes; sealed as well they stay below the 8,192 a roll id may take.
MAX_PHOTOS = 24

# The descriptors of one encoder mean nothing to another: dlib's ResNet on five-point chips, mirror-averaged.
ENCODER = 1

_HEADER = struct.Struct("<4sBBBB")  # magic, format, encoder, number of photos, flags (none yet: zero)
_MAGIC = b"FACE"
_FORMAT = 1
_MEAN = struct.Struct(f"<{DESCRIPTOR_LENGTH}f")


class UnreadableFaceModel(ValueError):
    """The bytes are not a face model of this version, or not a whole and sane one."""


@dataclass(frozen=True)
class FaceModel:
    """The enrolled face of one roll id.

    `descriptors` are 128 numbers of length 1 for each photo, `qualities` 0…1 one for each,
    `mean` is their mean, of length 1.
    """

    descriptors: tuple[tuple[float, ...], ...]
    qualities: tuple[float, ...]
    mean: tuple[float, ...]

    @classmethod
    def train(cls, descriptors: Sequence[Sequence[float]], qualities: Sequence[float]) -> "FaceModel":
        """Learn a face from its photos; beyond 24 the ones of lowest quality are left out.

        Raises ValueError without photos, or if a descriptor is not 128 finite numbers, or if the
        photos contradict each other so much that they have no mean.
        """
        if not descriptors or len(descriptors) != len(qualities):
            raise ValueError("a face model needs photos, and a quality for each")
        best = sorted(range(len(qualities)), key=lambda at: -qualities[at])[:MAX_PHOTOS]
        chosen = [_unit(descriptors[at]) for at in sorted(best)]
        kept = [min(1.0, max(0.0, float(qualities[at]))) for at in sorted(best)]
        return cls(tuple(chosen), tuple(kept), _mean(chosen))

    @property
    def is_weak(self) -> bool:
        """Whether there are too few photos to rely on."""
        return len(self.descriptors) < FEW_PHOTOS

    def score(self, descriptor: Sequence[float]) -> float:
        """Score a face against this model: the cosine to the mean, −1…1, a match from MATCH_THRESHOLD on.

        Raises ValueError if `descriptor` is not 128 finite numbers.
        """
        return _dot(_unit(descriptor), self.mean)

    def to_bytes(self) -> bytes:
        """Write the model down: at most 6,716 bytes, nothing in them can be executed."""
        count = len(self.descriptors)
        numbers = [number for descriptor in self.descriptors for number in descriptor]
        return (
            _HEADER.pack(_MAGIC, _FORMAT, ENCODER, count, 0)
            + struct.pack(f"<{count}e", *self.qualities)
            + struct.pack(f"<{len(numbers)}e", *numbers)
            + _MEAN.pack(*self.mean)
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> "FaceModel":
        """Read what `to_bytes` wrote; raises UnreadableFaceModel for anything else."""
        count = _checked_count(content)
        at = _HEADER.size
        qualities = struct.unpack_from(f"<{count}e", content, at)
        at += 2 * count
        numbers = struct.unpack_from(f"<{count * DESCRIPTOR_LENGTH}e", content, at)
        mean = _MEAN.unpack_from(content, len(content) - _MEAN.size)
        starts = range(0, len(numbers), DESCRIPTOR_LENGTH)
        descriptors = tuple(numbers[start : start + DESCRIPTOR_LENGTH] for start in starts)
        if not all(0 <= quality <= 1 for quality in qualities):
            raise UnreadableFaceModel("a photo's quality is not between 0 and 1")
        if not all(_has_unit_length(vector) for vector in (*descriptors, mean)):
            raise UnreadableFaceModel("a descriptor does not have the length 1")
        return cls(descriptors, qualities, mean)


def odd_ones_out(descriptors: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Name, by position, the photos that do not show the same person as the others.

    The photo most like the rest stands for the person; of two that differ the later one is named.
    Raises ValueError if a descriptor is not 128 finite numbers.
    """
    if len(descriptors) < 2:
        return ()
    units = [_unit(descriptor) for descriptor in descriptors]
    likeness = [sorted((_dot(one, other) for other in units), reverse=True) for one in units]
    # Each row starts with the photo itself; the middle of the others withstands a few strangers.
    typical = max(range(len(units)), key=lambda at: likeness[at][len(units) // 2])
    alike = [unit for unit in units if _dot(unit, units[typical]) >= SAME_PAIR_THRESHOLD]
    if len(alike) < FEW_PHOTOS:
        return tuple(at for at, unit in enumerate(units) if _dot(unit, units[typical]) < SAME_PAIR_THRESHOLD)
    mean = _mean(alike)
    return tuple(at for at, unit in enumerate(units) if _dot(unit, mean) < SAME_PERSON_THRESHOLD)


def _checked_count(content: bytes) -> int:
    if len(content) < _HEADER.size:
        raise UnreadableFaceModel("the face model is cut off")
    magic, version, encoder, count, flags = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise UnreadableFaceModel("these bytes are not a face model")
    if (version, encoder, flags) != (_FORMAT, ENCODER, 0):
        raise UnreadableFaceModel("the face model is of another version")
    expected = _HEADER.size + count * (2 + 2 * DESCRIPTOR_LENGTH) + _MEAN.size
    if not 1 <= count <= MAX_PHOTOS or len(content) != expected:
        raise UnreadableFaceModel("the face model has the wrong size")
    return int(count)


def _unit(descriptor: Iterable[float]) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in descriptor)
    length = math.hypot(*numbers)
    if len(numbers) != DESCRIPTOR_LENGTH or not math.isfinite(length) or length == 0:
        raise ValueError(f"a descriptor is {DESCRIPTOR_LENGTH} finite numbers, not all zero")
    return tuple(number / length for number in numbers)


def _mean(units: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return _unit(map(sum, zip(*units, strict=True)))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))


def _has_unit_length(vector: Sequence[float]) -> bool:
    # float16 keeps three digits; the comparison also refuses NaN and infinity.
    return abs(math.hypot(*vector) - 1) < 0.01
