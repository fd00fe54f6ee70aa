"""What the 8 KB of one roll id hold, how bad bytes are met, and who is odd among photos."""

import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.face_model import (
    COMMONNESS_WEIGHT,
    CURRENT,
    DLIB_STRETCH,
    DLIB_THRESHOLD,
    DOUBT_ABOVE,
    DOUBT_BELOW,
    MATCH_THRESHOLD,
    MAX_PHOTOS,
    PHOTO_LENGTHS,
    FaceModel,
    Network,
    UnreadableFaceModel,
    odd_ones_out,
)

# What sealing adds at most: a key number, a nonce of 12 bytes and a tag of 16.
SEAL_BYTES = 64


def person(seed: int) -> list[float]:
    chance = random.Random(seed)  # noqa: S311
    return [chance.gauss(0, 1) for _ in range(128)]


def by_dlib(seed: int, *, commonness: float = 0.0) -> list[float]:
    return [*person(seed), commonness]


def photos_of(seed: int, count: int, *, spread: float = 0.15) -> list[list[float]]:
    face, chance = person(seed), random.Random(seed + 1000)  # noqa: S311
    return [[number + chance.gauss(0, spread) for number in face] for _ in range(count)]


def trained(count: int = 5) -> FaceModel:
    return FaceModel.train(photos_of(1, count), [0.5] * count)


def test_the_right_face_scores_above_the_threshold_and_a_wrong_one_below():
    model = trained()
    assert model.score(photos_of(1, 6)[5]) > MATCH_THRESHOLD
    assert model.score(person(2)) < MATCH_THRESHOLD


def test_a_score_is_the_cosine_to_the_mean():
    first, second = [1.0] + [0.0] * 127, [0.0, 1.0] + [0.0] * 126
    model = FaceModel.train([first, second], [1, 1])
    assert model.score(first) == pytest.approx(math.sqrt(0.5))
    assert model.score([-number for number in first]) == pytest.approx(-math.sqrt(0.5))


@pytest.mark.parametrize(
    ("length", "counts"), [(0.95, 0.95), (1.05, 1.05), (0.1, PHOTO_LENGTHS[0]), (7.0, PHOTO_LENGTHS[1])]
)
def test_the_length_of_a_photo_counts_within_limits_and_that_of_an_enrolled_one_never(length, counts):
    first, second = [1.0] + [0.0] * 127, [0.0, 1.0] + [0.0] * 126
    model = FaceModel.train([first, [length * number for number in second]], [1, 1])
    assert model.score([length * number for number in first]) == pytest.approx(counts * math.sqrt(0.5))


def test_a_face_of_dlibs_network_matches_where_it_did_before():
    """At a cosine of 0.959 less what both owe to looking common, whatever the scale."""
    model = FaceModel.train([[1.0] + [0.0] * 128], [1])
    at_the_threshold = [DLIB_THRESHOLD, math.sqrt(1 - DLIB_THRESHOLD**2), *[0.0] * 127]
    assert model.network is Network.DLIB
    assert model.score(at_the_threshold) == pytest.approx(MATCH_THRESHOLD)
    assert model.score([*at_the_threshold[:128], 0.01]) < MATCH_THRESHOLD
    assert model.score([*at_the_threshold[:128], -0.01]) > MATCH_THRESHOLD


def test_a_common_face_has_to_be_nearer_than_a_rare_one_for_dlibs_network():
    rare, common = (FaceModel.train([by_dlib(1, commonness=at)] * 3, [1] * 3) for at in (-0.1, 0.1))
    step = DLIB_STRETCH * COMMONNESS_WEIGHT / 2 * 0.1
    plain = FaceModel.train([by_dlib(1)], [1]).score(by_dlib(1))
    assert rare.score(by_dlib(1)) == pytest.approx(plain + step)
    assert common.score(by_dlib(1)) == pytest.approx(plain - step)
    assert common.score(by_dlib(1, commonness=0.1)) == pytest.approx(plain - 2 * step)


def test_descriptors_of_two_networks_are_never_compared_nor_learnt_together():
    with pytest.raises(ValueError, match="two networks"):
        trained().score(by_dlib(1))
    with pytest.raises(ValueError, match="two networks"):
        FaceModel.train([by_dlib(1)], [1]).score(person(1))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        FaceModel.train([person(1), by_dlib(1)], [1, 1])
    with pytest.raises(ValueError, match="current network"):
        odd_ones_out([by_dlib(1), by_dlib(1)])


def at_score(score: float) -> list[float]:
    """A face that scores so much against a model of the first axis."""
    return [score, math.sqrt(1 - score**2), *[0.0] * 126]


@pytest.mark.parametrize(
    ("glance", "is_asked"),
    [
        (MATCH_THRESHOLD - DOUBT_BELOW - 0.001, False),
        (MATCH_THRESHOLD - DOUBT_BELOW + 0.001, True),
        (MATCH_THRESHOLD + DOUBT_ABOVE - 0.001, True),
        (MATCH_THRESHOLD + DOUBT_ABOVE + 0.001, False),
    ],
)
def test_only_a_doubtful_glance_is_looked_at_again(glance, is_asked):
    model = FaceModel.train([at_score(1.0)], [1.0])
    asked = []

    def describe_accurate():
        asked.append(True)
        return at_score(0.6)

    score = model.score_carefully(at_score(glance), describe_accurate)
    assert asked == [True] * is_asked
    assert score == pytest.approx(0.6 if is_asked else glance)


def test_a_descriptor_of_nothing_but_zeros_is_refused():
    with pytest.raises(ValueError, match="direction"):
        trained().score([0.0] * 128)


@pytest.mark.parametrize("count", [1, 2, 5, MAX_PHOTOS])
def test_a_model_of_dlibs_network_survives_being_written_down(count):
    model = FaceModel.train([by_dlib(at, commonness=0.1) for at in range(count)], [0.5] * count)
    content = model.to_bytes()
    again = FaceModel.from_bytes(content)
    assert len(content) + SEAL_BYTES <= 8192
    assert again.network is Network.DLIB
    assert again.score(by_dlib(1)) == pytest.approx(model.score(by_dlib(1)), abs=1e-5)
    assert again.to_bytes() == content


@pytest.mark.parametrize("count", [1, 2, 5, MAX_PHOTOS])
def test_a_model_survives_being_written_down(count):
    model = trained(count)
    assert model.network is CURRENT
    again = FaceModel.from_bytes(model.to_bytes())
    assert again.score(person(1)) == pytest.approx(model.score(person(1)), abs=1e-6)
    assert len(again.descriptors) == count
    assert again.to_bytes() == model.to_bytes()


@pytest.mark.parametrize("count", [1, 24, 25, 300])
def test_a_stored_model_never_outgrows_its_8192_bytes(count):
    assert len(trained(count).to_bytes()) + SEAL_BYTES <= 8192


def test_of_too_many_photos_the_best_are_kept():
    qualities = [0.1] * 10 + [0.9] * MAX_PHOTOS
    model = FaceModel.train(photos_of(1, len(qualities)), qualities)
    assert model.qualities == (0.9,) * MAX_PHOTOS


@pytest.mark.parametrize(("count", "weak"), [(1, True), (2, True), (3, False), (5, False)])
def test_fewer_than_three_photos_are_a_weak_model(count, weak):
    assert trained(count).is_weak is weak


NOT_DESCRIPTORS = {
    "too short": [0.1] * 127,
    "too long": [0.1] * 130,
    "nothing": [],
    "NaN": [math.nan] + [0.1] * 127,
    "infinite": [math.inf] + [0.1] * 127,
    "a commonness that is no number": [0.1] * 128 + [math.nan],
}


@pytest.mark.parametrize("name", NOT_DESCRIPTORS)
def test_what_is_no_descriptor_is_neither_scored_nor_learnt(name):
    with pytest.raises(ValueError, match="numbers"):
        trained().score(NOT_DESCRIPTORS[name])
    with pytest.raises(ValueError, match="numbers"):
        FaceModel.train([NOT_DESCRIPTORS[name]], [1.0])


@pytest.mark.parametrize(
    ("descriptors", "qualities"), [([], []), ([[0.1] * 128], []), ([[0.1] * 128], [1, 1])]
)
def test_training_needs_photos_and_a_quality_for_each(descriptors, qualities):
    with pytest.raises(ValueError, match="quality for each"):
        FaceModel.train(descriptors, qualities)


GOOD = trained(2).to_bytes()
DLIB = FaceModel.train([by_dlib(1)], [1.0]).to_bytes()


def with_bytes(at: int, new: bytes) -> bytes:
    return GOOD[:at] + new + GOOD[at + len(new) :]


DAMAGED = {
    "empty": b"",
    "one byte": b"F",
    "header only": GOOD[:8],
    "cut off": GOOD[:-1],
    "one byte more": GOOD + b"\0",
    "another magic": with_bytes(0, b"PACE"),
    "another format version": with_bytes(4, b"\x63"),
    "an unknown network": with_bytes(5, b"\x63"),
    "another network": with_bytes(5, b"\1"),
    "no photos": with_bytes(6, b"\0"),
    "more photos than there are": with_bytes(6, b"\3"),
    "unknown flags": with_bytes(7, b"\1"),
    "a quality that is no number": with_bytes(8, struct.pack("<e", math.nan)),
    "a quality of two": with_bytes(8, struct.pack("<e", 2.0)),
    "NaN in a descriptor": with_bytes(12, struct.pack("<e", math.nan)),
    "a descriptor far too long": with_bytes(12, struct.pack("<e", 5.0)),
    "NaN in the template": with_bytes(len(GOOD) - 8, struct.pack("<f", math.nan)),
    "infinity in the template": with_bytes(len(GOOD) - 8, struct.pack("<f", math.inf)),
    "NaN as the template's commonness": DLIB[:-4] + struct.pack("<f", math.nan),
    "a commonness of two": DLIB[:-4] + struct.pack("<f", 2.0),
    "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_bytes_are_refused(damage):
    with pytest.raises(UnreadableFaceModel):
        FaceModel.from_bytes(DAMAGED[damage])


@given(st.binary(max_size=9000))
def test_random_bytes_are_refused(content):
    with pytest.raises(UnreadableFaceModel):
        FaceModel.from_bytes(content)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_leaves_a_sane_model(at, change):
    content = with_bytes(at, bytes([GOOD[at] ^ change]))
    try:
        model = FaceModel.from_bytes(content)
    except UnreadableFaceModel:
        return
    assert -1.4 <= model.score(person(1)) <= 1.4


def test_photos_of_one_person_have_no_odd_one():
    assert odd_ones_out(photos_of(1, 6)) == ()


@pytest.mark.parametrize("at", [0, 2, 5])
def test_the_one_stranger_among_photos_is_named(at):
    photos = photos_of(1, 5)
    photos.insert(at, person(2))
    assert odd_ones_out(photos) == (at,)


def test_several_different_strangers_are_named():
    photos = [person(2), *photos_of(1, 4), person(3)]
    assert odd_ones_out(photos) == (0, 5)


def test_the_smaller_group_is_odd():
    assert odd_ones_out([*photos_of(2, 2), *photos_of(1, 4)]) == (0, 1)


def test_of_two_different_photos_the_later_is_named():
    assert odd_ones_out([person(1), person(2)]) == (1,)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_photos_cannot_disagree(count):
    assert odd_ones_out(photos_of(1, count)) == ()


@pytest.mark.parametrize(("cosine", "odd"), [(0.35, (23,)), (0.39, ())])
def test_a_photo_less_like_its_companions_than_one_person_is_is_a_strangers(cosine, odd):
    assert odd_ones_out([at_score(1.0)] * 23 + [at_score(cosine)]) == odd


@pytest.mark.parametrize(("cosine", "odd"), [(0.29, (1,)), (0.31, ())])
def test_of_two_photos_less_alike_than_one_person_is_the_later_is_a_strangers(cosine, odd):
    assert odd_ones_out([at_score(1.0), at_score(cosine)]) == odd
