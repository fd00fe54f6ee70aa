"""The stock of crops for the texture network: of every picture, and no source outweighs the others."""

from pathlib import Path

import numpy as np
import pytest

from modelling.spoof_crops import COLLECTED_SIZE, Crops, collect_frames, collect_pictures, draw, mix
from shared.vision.spoof_views import CLOSE_SIZE
from tests.support.pictures import person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: one of two photographs, one of a single tight crop in which no detector finds a face."""
    for name in ("wide/obama.jpg", "wide/biden.jpg", "tight/obama2.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        photo = person(path.name)
        (photo if path.parent.name == "wide" else photo.crop((280, 180, 360, 240))).save(path)
    (tmp_path / "wide" / "notes.txt").write_text("no picture")
    return tmp_path


def test_every_picture_is_cut_at_both_views_as_it_is_and_recaptured(folder: Path) -> None:
    crops = collect_pictures([folder], np.random.default_rng(1))
    assert crops.pixels.shape[1:] == (COLLECTED_SIZE, COLLECTED_SIZE, 3)
    assert len(crops.pixels) >= 2 * (10 + 10 + 6)
    assert (crops.views[0::2] == 0).all()
    assert (crops.views[1::2] == 1).all()
    # The near and the wide crop are one where the picture ends first.
    assert len({crop.tobytes() for crop in crops.pixels}) >= 10 + 10 + 6
    assert crops.chances.sum() == pytest.approx(1)


def test_of_frames_each_source_weighs_as_the_root_of_its_crops(folder: Path) -> None:
    crops = collect_frames([folder], np.random.default_rng(1))
    tight, wide = 2 * 4, 2 * 2 * 23  # sources come in the order of their names
    assert len(crops.pixels) == tight + wide
    of_tight, of_wide = crops.chances[:tight].sum(), crops.chances[tight:].sum()
    assert of_wide / of_tight == pytest.approx((wide / tight) ** 0.5)


def test_what_is_drawn_is_a_window_of_what_was_collected_by_its_chances() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (3, COLLECTED_SIZE, COLLECTED_SIZE, 3), np.uint8)
    crops = Crops(pixels, np.array([0, 1, 0]), np.array([0.0, 1.0, 0.0]))
    drawn, views = draw(crops, 5, rng)
    assert (views == 1).all()
    windows = np.lib.stride_tricks.sliding_window_view(pixels[1], (CLOSE_SIZE, CLOSE_SIZE, 3))
    for window in drawn:
        assert (windows == window).all(axis=(-3, -2, -1)).any()


def test_mixing_changes_crops_and_leaves_the_drawn_ones_alone() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 256, (64, CLOSE_SIZE, CLOSE_SIZE, 3), np.uint8)
    before = drawn.copy()
    mixed = mix(drawn, rng)
    assert (drawn == before).all()
    assert (mixed.shape, mixed.dtype) == (drawn.shape, np.uint8)
    assert 0.5 < (mixed != drawn).any(axis=(1, 2, 3)).mean() < 1
