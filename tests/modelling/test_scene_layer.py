"""The last layer of the surroundings is judged by what saw nothing of a collection."""

from dataclasses import replace

import numpy as np
import pytest

from modelling.scene_layer import (
    LIVE,
    MARGIN_WEIGHT,
    Seen,
    collection_of,
    interval,
    judge_left_out,
    mirror,
    narrow,
    of_margins,
    tell,
)
from shared.vision.face_finder import Box
from shared.vision.spoof_detector import SpoofHeads
from shared.vision.spoof_training import Sample

SIZE = 6
HEADS = SpoofHeads({view: np.zeros(SIZE, np.float32) for view in ("near", "wide", "frame")}, 0.0, 0.0, 0.5)


def seen(collection: str, label: str, seed: int) -> Seen:
    """A picture of whose surroundings the first number tells the label, a little."""
    rng = np.random.default_rng(seed)
    features = {view: rng.normal(size=SIZE).astype(np.float32) for view in HEADS.weights}
    features["frame"][0] += 4.0 * (label != LIVE)
    features["room"] = np.array(1.0, np.float32)
    return Seen(label, f"{collection}_p{seed}", Sample(features, label != LIVE, collection), [])


def school(collections: int = 4) -> list[Seen]:
    return [
        seen(f"collection {number}", label, 10 * number + place)
        for number in range(collections)
        for place, label in enumerate((LIVE, LIVE, "attack_phone", "attack_phone"))
    ]


def test_attacks_of_a_collection_left_out_score_above_the_living() -> None:
    pictures = school()
    scores = judge_left_out(pictures, [], HEADS)
    attacks = np.array([each.sample.is_attack for each in pictures])
    # Where no device is seen, the surroundings say nothing: all of the living score the same.
    assert scores[~attacks] == pytest.approx(0.5)
    assert (scores[attacks] > 0.5).sum() >= 6


def test_what_a_collection_says_of_itself_does_not_reach_its_own_scores() -> None:
    pictures = school()
    lied = [
        replace(each, sample=replace(each.sample, is_attack=not each.sample.is_attack))
        if each.sample.source == "collection 0"
        else each
        for each in pictures
    ]
    before, after = judge_left_out(pictures, [], HEADS), judge_left_out(lied, [], HEADS)
    assert after[:4] == pytest.approx(before[:4])
    assert after[4:] != pytest.approx(before[4:])


def test_the_zones_are_told_by_label() -> None:
    pictures = school()
    scores = np.array([0.0 if each.label == LIVE else 1.0 for each in pictures])
    told = tell(pictures, scores, HEADS)
    assert "AUC: 1.000 (95 %: 1.000 to 1.000)" in told
    assert "attacks that pass where 5 % of the living are refused: 0.000 (95 %: 0.000 to 0.000)" in told
    assert "usual   live            8 living, 0 doubtful, 0 attack" in told


def test_an_interval_draws_people_and_not_their_pictures() -> None:
    right = np.repeat([0.0, 1.0], 50)  # of two people, one of whom is always judged wrongly
    alone = interval(lambda drawn: float(right[drawn].mean()), np.arange(100).astype(str))
    together = interval(lambda drawn: float(right[drawn].mean()), np.repeat(["one", "two"], 50))
    assert 0.35 < alone[0] < alone[1] < 0.65
    assert together == (0.0, 1.0)


def test_of_the_close_views_the_margins_alone_count() -> None:
    sample = seen("collection", LIVE, 1).sample
    of_skin = of_margins(replace(HEADS, close_bias=3.0, threshold=0.3), sample)
    margins = sample.features["near"][-1] + sample.features["wide"][-1]
    assert of_skin.close_logit(sample.features) == pytest.approx(MARGIN_WEIGHT * margins)
    assert of_skin.threshold == 0.5


def test_people_of_one_collection_are_left_out_together() -> None:
    assert collection_of("group_p03") == collection_of("group_p16") == "group"
    assert collection_of("lestari15") == "lestari15"


def test_variants_keep_the_face_where_it_is() -> None:
    rgb = np.zeros((480, 640, 3), np.uint8)
    rgb[100:200, 500:600] = 255
    face = Box(500, 100, 600, 200)
    for picture, moved in (mirror(rgb, face), narrow(rgb, face, 2.0), narrow(rgb, face, 9.0)):
        assert picture[moved.top : moved.bottom, moved.left : moved.right].min() == 255
        assert picture.sum() == rgb.sum()
    assert narrow(rgb, face, 2.0)[0].shape == (480, 240, 3)
