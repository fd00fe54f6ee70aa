"""A small last layer learns synthetic attacks, of people and of a generator setting it never saw."""

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from modelling.recapture import Attack, photograph, recapture
from shared.errors import InvalidInput
from shared.vision.face_finder import Box
from shared.vision.spoof_detector import SpoofFeatures, SpoofHeads
from shared.vision.spoof_training import Sample, fit, train
from shared.vision.spoof_views import VIEWS

SEEN = (Attack("screen", held=True), Attack("paper", held=True), Attack("screen", held=False))
UNSEEN = Attack("card", held=True)
BOX = (220.0, 130.0, 420.0, 330.0)


def draw_person(number: int) -> Image.Image:
    """A head and shoulders before a wall, with a camera's grain: nobody's, so the suite needs no photos."""
    rng = np.random.default_rng(number)
    picture = Image.new("RGB", (640, 480), tuple(int(v) for v in rng.integers(60, 220, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = rng.integers(0, 640), rng.integers(0, 480)
        pen.rectangle(
            (x, y, x + rng.integers(20, 160), y + 60), fill=tuple(int(v) for v in rng.integers(40, 230, 3))
        )
    skin = tuple(int(v) for v in rng.uniform(90, 235) * np.array([1.0, 0.78, 0.65]))
    pen.ellipse((170, 330, 470, 700), fill=tuple(int(v) for v in rng.integers(20, 220, 3)))
    pen.ellipse((225, 90, 415, 350), fill=skin)
    for eye in (280, 360):
        pen.ellipse((eye - 14, 190, eye + 14, 206), fill=(240, 240, 240))
        pen.ellipse((eye - 6, 191, eye + 6, 205), fill=(40, 30, 20))
    pen.polygon([(320, 210), (305, 265), (335, 265)], fill=tuple(int(v * 0.85) for v in skin))
    pen.ellipse((285, 290, 355, 310), fill=(150, 70, 70))
    picture = picture.filter(ImageFilter.GaussianBlur(1.2))
    grain = rng.normal(0, 3, (480, 640, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


@cache
def samples(people: range, attacks: tuple[Attack, ...]) -> list[Sample]:
    """Two live pictures and one of each attack of every person, all through the same camera."""
    networks = SpoofFeatures()

    def sample(picture: Image.Image, box: tuple[float, ...], *, is_attack: bool, person: int) -> Sample:
        face = Box(*(round(edge) for edge in box))
        return Sample(networks.of_photo(np.asarray(picture), face), is_attack, f"person {person}")

    found = []
    for person in people:
        rng = np.random.default_rng(1000 + person)
        live = draw_person(person)
        found += [
            sample(photograph(live, rng, harsh=0.3), BOX, is_attack=False, person=person) for _ in range(2)
        ]
        for attack in attacks:
            shown, box = recapture(live, BOX, attack, draw_person(500 + person), rng)
            found.append(sample(photograph(shown, rng, harsh=0.3), box, is_attack=True, person=person))
    return found


def blank() -> SpoofHeads:
    """A last layer that knows nothing."""
    features = samples(range(1), SEEN)[0].features
    return SpoofHeads({view: np.zeros_like(features[view]) for view in VIEWS}, 0.0, 0.0, 0.5)


def area_under_curve(heads: SpoofHeads, judged: list[Sample]) -> float:
    live = np.array([heads.score(sample.features) for sample in judged if not sample.is_attack])
    attacks = np.array([heads.score(sample.features) for sample in judged if sample.is_attack])
    return float((attacks[:, None] > live).mean() + (attacks[:, None] == live).mean() / 2)


def test_it_catches_attacks_on_people_it_never_saw() -> None:
    heads = fit(samples(range(12), SEEN), blank())
    assert area_under_curve(heads, samples(range(12, 18), SEEN)) >= 0.9


def test_it_catches_a_kind_of_attack_it_never_saw() -> None:
    heads = fit(samples(range(12), SEEN), blank())
    assert area_under_curve(heads, samples(range(12, 18), (UNSEEN,))) >= 0.9


def test_it_learns_nothing_from_shuffled_labels() -> None:
    known = samples(range(12), SEEN)
    rng = np.random.default_rng(3)
    areas = []
    for _ in range(20):  # one shuffle alone gives anything from 0.2 to 0.9
        labels = rng.permutation([sample.is_attack for sample in known])
        wrong = [
            Sample(sample.features, bool(label), sample.source)
            for sample, label in zip(known, labels, strict=True)
        ]
        areas.append(area_under_curve(fit(wrong, blank()), samples(range(12, 18), SEEN)))
    assert np.mean(areas) <= 0.65  # their mean strays by 0.06 from a half


def test_a_candidate_tells_what_it_makes_of_sources_kept_out() -> None:
    # Of twelve people a single one would decide: the order is over layers that each left others out.
    known, steps = samples(range(16), SEEN), []
    candidate = train(known, blank(), on_progress=lambda done, of: steps.append((done, of)))
    assert sorted(judged.place for judged in candidate.kept_out) == list(range(len(known)))
    assert {judged.before for judged in candidate.kept_out} == {0.5}  # a blank layer is undecided
    is_attack = np.array([known[judged.place].is_attack for judged in candidate.kept_out])
    after = np.array([judged.after for judged in candidate.kept_out])
    assert (after[is_attack][:, None] > after[~is_attack]).mean() >= 0.9
    assert (after[~is_attack] >= candidate.heads.threshold).mean() <= 0.05
    assert steps == [(0, 6), (1, 6), (2, 6), (3, 6), (4, 6), (5, 6)]


@pytest.mark.parametrize("names", ["abcdef", "fedcba", "aebfcd"])
def test_two_living_among_many_attacks_are_never_kept_out_together(names: str) -> None:
    features = samples(range(1), SEEN)[0].features
    known = [Sample(features, name not in "ae", name) for name in names]
    assert len(train(known, blank()).kept_out) == 6


def test_pictures_of_one_source_cannot_train() -> None:
    with pytest.raises(InvalidInput, match="two sources"):
        train(samples(range(1), SEEN), blank())
