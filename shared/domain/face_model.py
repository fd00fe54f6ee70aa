"""What the 8 KB of one roll id hold, and how a face is scored against them."""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import mul
from typing import Any


class Network(IntEnum):
    """The networks whose descriptors a face model may hold; a model names its own by this number.

    The descriptors of one mean nothing to another, and differ in length, so none is ever taken for another's.
    """

    # 128 numbers of length 1, then a commonness: how much nearer than usual the face lies to typical faces.
    DLIB = 1
    # 128 numbers; in a model of length 1, of a photo that is compared as long as PHOTO_LENGTHS tells.
    SFACE = 2

    @property
    def length(self) -> int:
        """How many numbers a descriptor has."""
        return FACE_NUMBERS + 1 if self is Network.DLIB else FACE_NUMBERS


FACE_NUMBERS = 128
# Every face is enrolled with this one. Models of the other are served until their students enrol again.
CURRENT = Network.SFACE
DESCRIPTOR_LENGTH = CURRENT.length

# A match is a score of at least this: aimed at taking one wrong face in 10,000. On 155 people of LFW with 5
# photos enrolled it takes 9 in 100,000, most of them two brothers, and refuses 0.5 right ones in 100.
# November 2026; models/README.md has the figures.
MATCH_THRESHOLD = 0.485

# Within this much below and above the threshold a fast look leaves doubt, and an accurate one decides.
# Of right tries 0.7 % fall in between, and one in ten of those is decided otherwise then.
DOUBT_BELOW, DOUBT_ABOVE = 0.06, 0.05

# SFace's own numbers are short of a face that it sees badly: dark, blurred, from the side. Right scores of
# such a face are lower, wrong ones hardly. So the descriptor of a photo is made longer for it, and of a clear
# one shorter, but never beyond these, and the score with it (models/README.md).
PHOTO_LENGTHS = (0.945, 1.055)

# A score of dlib's network is put on the same scale, so that its own threshold falls on the one above and
# every margin means about the same: from one wrong face in 1,000 to one in 100,000 the threshold of dlib's
# cosine goes from 0.940 to 0.963, of SFace's from 0.39 to 0.54 (LFW, 5 enrolled).
DLIB_THRESHOLD = 0.959
DLIB_STRETCH = 6.5
# How much a common face loses and a rare one gains, half for the model's commonness and half for the probe's.
COMMONNESS_WEIGHT = 0.3

# Below this cosine a photo is of somebody else than its companions: of LFW's right photos 0.1 % score lower
# against the mean of five, of wrong ones 99.9 % (155 people, November 2026).
SAME_PERSON_THRESHOLD = 0.40
# The same, for one photo against one other: right pairs 0.4 %, wrong pairs 99 %.
SAME_PAIR_THRESHOLD = 0.30

# A roll id with fewer photos is said to have a weak model.
FEW_PHOTOS = 3
# 24 photos make 6,712 bytes; sealed as well they stay below the 8,192 a roll id may take.
MAX_PHOTOS = 24

_HEADER = struct.Struct("<4sBBBB")  # magic, format, network, number of photos, flags (none yet: zero)
_MAGIC = b"FACE"
_FORMAT = 1


class UnreadableFaceModel(ValueError):
    """The bytes are not a face model of this version, or not a whole and sane one."""


@dataclass(frozen=True)
class FaceModel:
    """The enrolled face of one roll id.

    `descriptors` are one for each photo, all of one network, `qualities` 0…1 one for each; `template` is the
    mean of the descriptors, its 128 numbers of length 1 again.
    """

    descriptors: tuple[tuple[float, ...], ...]
    qualities: tuple[float, ...]
    template: tuple[float, ...]

    @property
    def network(self) -> Network:
        """Whose descriptors the model holds, and can be scored."""
        return network_of(self.template)

    @classmethod
    def train(cls, descriptors: Sequence[Sequence[float]], qualities: Sequence[float]) -> "FaceModel":
        """Learn a face from its photos; beyond 24 the ones of lowest quality are left out.

        Qualities choose, but do not weigh: weighted means refused more right people. Raise ValueError
        without photos, or if the descriptors are not finite numbers of one network, or if the photos
        contradict each other so much that they have no mean.
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

        Raise ValueError if `descriptor` is not of the model's network, or not finite.
        """
        return score_of(_as_photo(descriptor), self.template)

    def score_carefully(
        self, fast: Sequence[float], describe_accurate: Callable[[], Sequence[float]]
    ) -> float:
        """Score a fast description; where that leaves doubt, score what `describe_accurate` gives instead."""
        score = self.score(fast)
        if MATCH_THRESHOLD - DOUBT_BELOW <= score < MATCH_THRESHOLD + DOUBT_ABOVE:
            return self.score(describe_accurate())
        return score

    def to_bytes(self) -> bytes:
        """Write the model down: at most 6,712 bytes, nothing in them can be executed."""
        count = len(self.descriptors)
        numbers = [number for descriptor in self.descriptors for number in descriptor]
        return (
            _HEADER.pack(_MAGIC, _FORMAT, self.network, count, 0)
            + struct.pack(f"<{count}e", *self.qualities)
            + struct.pack(f"<{len(numbers)}e", *numbers)
            + struct.pack(f"<{len(self.template)}f", *self.template)
        )

    @staticmethod
    def template_bytes(content: bytes) -> bytes:
        """Cut the template out of what `to_bytes` wrote: little-endian float32, not yet looked at.

        Raise UnreadableFaceModel for bytes of another kind, version or size.
        """
        network, _ = _checked_header(content)
        return content[-4 * network.length :]

    @classmethod
    def from_bytes(cls, content: bytes) -> "FaceModel":
        """Read what `to_bytes` wrote. Raise UnreadableFaceModel for anything else."""
        network, count = _checked_header(content)
        at = _HEADER.size
        qualities = struct.unpack_from(f"<{count}e", content, at)
        at += 2 * count
        numbers = struct.unpack_from(f"<{count * network.length}e", content, at)
        template = struct.unpack(f"<{network.length}f", content[-4 * network.length :])
        starts = range(0, len(numbers), network.length)
        descriptors = tuple(numbers[start : start + network.length] for start in starts)
        if not all(0 <= quality <= 1 for quality in qualities):
            raise UnreadableFaceModel("a photo's quality is not between 0 and 1")
        if not all(_is_sane(descriptor) for descriptor in (*descriptors, template)):
            raise UnreadableFaceModel("a descriptor does not have the length 1")
        return cls(descriptors, qualities, template)


def network_of(descriptor: Sequence[float]) -> Network:
    """Tell whose descriptor this is. Raise ValueError for numbers of no network's length."""
    for network in Network:
        if len(descriptor) == network.length:
            return network
    raise ValueError("these are no network's numbers")


def score_of(descriptor: Sequence[float], template: Sequence[float]) -> float:
    """Score a photo's descriptor against a template of the same network, on the scale of MATCH_THRESHOLD.

    SFace's score is the cosine times the photo's length. Of dlib's it is the cosine less what both owe to
    looking common, stretched to the same scale. Raise ValueError if they are of two networks.
    """
    if len(descriptor) != len(template):
        raise ValueError("descriptors of two networks cannot be compared")
    cosine = _dot(descriptor[:FACE_NUMBERS], template[:FACE_NUMBERS])
    if network_of(template) is Network.SFACE:
        return cosine
    return float(score_dlib(cosine, descriptor[FACE_NUMBERS] + template[FACE_NUMBERS]))


def score_dlib(cosine: Any, common: Any) -> Any:
    """Return the score of dlib's cosine and the sum of both commonnesses: numbers, or arrays of them."""
    return MATCH_THRESHOLD + DLIB_STRETCH * (cosine - COMMONNESS_WEIGHT / 2 * common - DLIB_THRESHOLD)


def odd_ones_out(descriptors: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Name, by position, the photos that do not show the same person as the others.

    The photo most like the rest stands for the person; of two that differ the later one is named.
    Raise ValueError if a descriptor is not one of the current network, or not finite.
    """
    if len(descriptors) < 2:
        return ()
    faces = [_normalised(descriptor) for descriptor in descriptors]
    if any(network_of(face) is not CURRENT for face in faces):
        raise ValueError("only photos described by the current network are compared")
    agreement = [sorted((_dot(one, other) for other in faces), reverse=True) for one in faces]
    # Each row starts with the photo itself; the middle of the others withstands a few strangers.
    typical = max(range(len(faces)), key=lambda at: agreement[at][len(faces) // 2])
    alike = [face for face in faces if _dot(face, faces[typical]) >= SAME_PAIR_THRESHOLD]
    if len(alike) < FEW_PHOTOS:
        return tuple(at for at, face in enumerate(faces) if _dot(face, faces[typical]) < SAME_PAIR_THRESHOLD)
    mean = _unit([sum(numbers) for numbers in zip(*alike, strict=True)])
    return tuple(at for at, face in enumerate(faces) if _dot(face, mean) < SAME_PERSON_THRESHOLD)


def _checked_header(content: bytes) -> tuple[Network, int]:
    """Return the network and the number of photos of bytes that have the size to hold them."""
    if len(content) < _HEADER.size:
        raise UnreadableFaceModel("the face model is cut off")
    magic, version, number, count, flags = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise UnreadableFaceModel("these bytes are not a face model")
    if (version, flags) != (_FORMAT, 0):
        raise UnreadableFaceModel("the face model is of another version")
    try:
        network = Network(number)
    except ValueError as cause:
        raise UnreadableFaceModel("the face model is of an unknown network") from cause
    expected = _HEADER.size + count * (2 + 2 * network.length) + 4 * network.length
    if not 1 <= count <= MAX_PHOTOS or len(content) != expected:
        raise UnreadableFaceModel("the face model has the wrong size")
    return network, int(count)


def _normalised(descriptor: Sequence[float]) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in descriptor)
    network_of(numbers)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a descriptor has finite numbers")
    return (*_unit(numbers[:FACE_NUMBERS]), *numbers[FACE_NUMBERS:])


def _as_photo(descriptor: Sequence[float]) -> tuple[float, ...]:
    face = _normalised(descriptor)
    if network_of(face) is not Network.SFACE:
        return face
    least, most = PHOTO_LENGTHS
    length = min(max(math.hypot(*descriptor), least), most)
    return tuple(length * number for number in face)


def _unit(numbers: Sequence[float]) -> tuple[float, ...]:
    length = math.hypot(*numbers)
    if length == 0:
        raise ValueError("a descriptor needs a direction")
    return tuple(number / length for number in numbers)


def _mean(descriptors: Sequence[Sequence[float]]) -> tuple[float, ...]:
    # Strict, so that descriptors of two networks are refused.
    sums = [math.fsum(numbers) for numbers in zip(*descriptors, strict=True)]
    return (*_unit(sums[:FACE_NUMBERS]), *(total / len(descriptors) for total in sums[FACE_NUMBERS:]))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))


def _is_sane(descriptor: Sequence[float]) -> bool:
    # float16 keeps three digits; both comparisons also refuse NaN and infinity.
    is_unit = abs(math.hypot(*descriptor[:FACE_NUMBERS]) - 1) < 0.01
    return is_unit and all(abs(commonness) <= 1 for commonness in descriptor[FACE_NUMBERS:])
