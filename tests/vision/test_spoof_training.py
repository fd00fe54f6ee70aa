"""A small last layer learns synthetic attacks, of people and of a generator setting it never saw."""

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from shared.errors import InvalidInput, ModelUnavailable
from shared.vision.faces import Face
from shared.vision.model_files import MODELS_DIR
from shared.vision.recapture import Attack, photograph, recapture
from shared.vision.spoof_detector import SpoofFeatures, SpoofHeads
from shared.vision.spoof_training import (
    Candidate,
    Figures,
    Sample,
    activate,
    active_heads,
    fit,
    train,
    write_candidate,
)

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
        face = Face(*(round(edge) for edge in box), landmarks=())
        return Sample(networks.of_photo(np.asarray(picture), face), is_attack, f"person {person}")

    found = []
    for person in people:
        rng = np.random.default_rng(1000 + person)
        live = draw_person(person)
        for _ in range(2):
            found.append(sample(photograph(live, rng, harsh=0.3), BOX, is_attack=False, person=person))
        for attack in attacks:
            shown, box = recapture(live, BOX, attack, draw_person(500 + person), rng)
            found.append(sample(photograph(shown, rng, harsh=0.3), box, is_attack=True, person=person))
    return found


def blank() -> SpoofHeads:
    """A last layer that knows nothing."""
    sizes = {view: len(vector) for view, vector in samples(range(1), SEEN)[0].features.items()}
    return SpoofHeads({view: np.zeros(size, np.float32) for view, size in sizes.items()}, 0.0, 0.0, 0.5)


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
    assert np.mean(areas) <= 0.6


def test_a_candidate_tells_what_it_makes_of_sources_kept_out() -> None:
    steps = []
    candidate = train(
        samples(range(12), SEEN), blank(), on_progress=lambda done, of: steps.append((done, of))
    )
    assert candidate.after.auc >= 0.9 > candidate.before.auc
    assert candidate.after.bpcer <= 0.1
    assert steps == [(0, 6), (1, 6), (2, 6), (3, 6), (4, 6), (5, 6)]


def test_pictures_of_one_source_cannot_train() -> None:
    with pytest.raises(InvalidInput, match="two sources"):
        train(samples(range(1), SEEN), blank())


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """A folder of models that a test may change."""
    shutil.copytree(MODELS_DIR / "spoof", tmp_path / "models" / "spoof")
    shutil.copy(MODELS_DIR / "manifest.json", tmp_path / "models")
    return tmp_path / "models"


def candidate_file(folder: Path, *, apcer: float) -> Path:
    """A candidate that lets `apcer` of the attacks pass where the active one lets half pass."""
    sizes = {
        view: np.zeros(len(vector), np.float32) for view, vector in active_heads(MODELS_DIR).weights.items()
    }
    before, after = Figures(0.5, 0.05, 0.8), Figures(apcer, 0.05, 0.8)
    path = folder / "candidate.npz"
    write_candidate(Candidate(SpoofHeads(sizes, 0.0, 0.0, 0.25), before, after), path, pictures=10)
    return path


def test_a_better_candidate_is_put_into_use_and_the_one_before_can_return(models_dir: Path) -> None:
    shipped = active_heads(models_dir)
    activate(candidate_file(models_dir.parent, apcer=0.4), models_dir)
    assert active_heads(models_dir).threshold == 0.25
    activate(models_dir / "spoof" / "heads.npz", models_dir, even_if_worse=True)
    assert active_heads(models_dir).threshold == shipped.threshold


def test_a_worse_candidate_is_put_into_use_only_if_told(models_dir: Path) -> None:
    worse = candidate_file(models_dir.parent, apcer=0.6)
    with pytest.raises(InvalidInput, match="worse"):
        activate(worse, models_dir)
    activate(worse, models_dir, even_if_worse=True)
    assert active_heads(models_dir).threshold == 0.25


def test_a_candidate_without_its_card_is_not_put_into_use(models_dir: Path) -> None:
    path = candidate_file(models_dir.parent, apcer=0.1)
    path.with_suffix(".json").unlink()
    with pytest.raises(InvalidInput, match="card"):
        activate(path, models_dir)


def test_a_damaged_candidate_is_not_put_into_use(models_dir: Path) -> None:
    path = candidate_file(models_dir.parent, apcer=0.1)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelUnavailable):
        activate(path, models_dir)
