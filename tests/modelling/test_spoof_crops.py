"""What the network of skin learns from: crops of every picture, and no source outweighs the others."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modelling import spoof_crops
from modelling.recapture import dim
from modelling.spoof_crops import Picture, Pool, Stock, collection_of, mix, open_shelf
from shared.vision.spoof_views import CLOSE_SIZE
from tests.support.pictures import person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: one of two photographs, one of a single tight crop in which no detector finds a face."""
    for name in ("wide_p1/obama.jpg", "wide_p1/biden.jpg", "tight/obama2.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        photo = person(path.name)
        (photo if path.parent.name == "wide_p1" else photo.crop((280, 180, 360, 240))).save(path)
    (tmp_path / "wide_p1" / "notes.txt").write_text("no picture")
    return tmp_path


def test_each_source_is_drawn_as_the_root_of_its_pictures(folder: Path) -> None:
    shelf = open_shelf(folder, 1.0)
    assert [picture.is_found for picture in shelf.pictures] == [False, True, True]
    assert shelf.chances[1:].sum() / shelf.chances[0] == pytest.approx(2**0.5)
    assert len(shelf.with_face) == 2


def test_a_collection_is_left_out_with_all_of_its_people_and_clips(folder: Path) -> None:
    assert len(open_shelf(folder, 1.0, without=["wide"]).pictures) == 1
    assert {collection_of(name) for name in ("group", "group_p03", "group_c2", "group_c3_p12")} == {"group"}
    assert collection_of("lestari15") == "lestari15"


def test_crops_are_drawn_of_all_pictures_and_of_what_is_made_of_them(folder: Path) -> None:
    stock = Stock([open_shelf(folder, 1.0)], np.random.default_rng(1))
    crops, _ = stock.draw(60)
    assert (crops.shape, crops.dtype) == ((60, CLOSE_SIZE, CLOSE_SIZE, 3), np.uint8)
    assert len({crop.tobytes() for crop in crops}) == 60
    assert stock._made._kept
    assert all(picture.is_found for picture in stock._made._kept)


def test_some_crops_are_dim_and_come_with_what_they_are_by_day(folder: Path) -> None:
    stock = Stock([open_shelf(folder, 1.0)], np.random.default_rng(1))
    crops, by_day = stock.draw(60)
    dimmed = (crops != by_day).any(axis=(1, 2, 3))
    assert 0.05 < dimmed.mean() < 0.5
    assert crops[dimmed].mean() < by_day[dimmed].mean()


def test_a_dim_room_takes_light_and_adds_noise() -> None:
    rng, grey = np.random.default_rng(5), Image.new("RGB", (120, 90), (120, 120, 120))
    dimmed = [np.asarray(dim(grey, rng), float) for _ in range(30)]
    assert all(picture.shape == (90, 120, 3) for picture in dimmed)
    assert all(picture.mean() < 125 for picture in dimmed)
    assert np.mean([picture.mean() for picture in dimmed]) < 100
    assert np.mean([picture.std() for picture in dimmed]) > 2


def test_a_made_picture_is_drawn_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Picture] = []

    def make() -> Picture:
        made.append(Picture(np.zeros((1, 1, 3), np.uint8), (0, 0, 1, 1), is_found=False))
        return made[-1]

    monkeypatch.setattr(spoof_crops, "KEPT", 5)
    pool = Pool(make, np.random.default_rng(2))
    drawn = [id(pool.draw()) for _ in range(400)]
    assert len(pool._kept) == 5
    assert 5 < len(made) < 60
    assert {id(picture) for picture in made} >= set(drawn)


def test_the_same_seed_draws_the_same_crops(folder: Path) -> None:
    shelves = [open_shelf(folder, 1.0)]
    one, two = (Stock(shelves, np.random.default_rng(4)).draw(8) for _ in range(2))
    assert (one[0] == two[0]).all()
    assert (one[1] == two[1]).all()


def test_mixing_changes_crops_and_leaves_the_drawn_ones_alone() -> None:
    rng = np.random.default_rng(3)
    drawn = np.repeat(rng.integers(0, 256, (64, 1, CLOSE_SIZE, CLOSE_SIZE, 3), np.uint8), 2, axis=1)
    before = drawn.copy()
    mixed = mix(drawn, rng)
    assert (drawn == before).all()
    assert (mixed.shape, mixed.dtype) == (drawn.shape, np.uint8)
    assert 0.5 < (mixed != drawn).any(axis=(1, 2, 3, 4)).mean() < 1
    assert (mixed[:, 0] == mixed[:, 1]).all()  # what is seen and what it is by day are mixed in one way
