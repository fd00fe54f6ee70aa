"""The face evaluation counts right and wrong tries as the kiosk would score them."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest

from admin_site import create_app
from shared.domain.face_model import MATCH_THRESHOLD
from shared.errors import InvalidInput
from shared.security.sealing import Sealer
from shared.services.faces.evaluation import (
    CrossFitted,
    ReadPhoto,
    Tries,
    as_table,
    draw_trade_off,
    find_photos,
    summarise,
    threshold_at,
    try_everybody,
)
from shared.toolbox import Toolbox
from tests.support.photographs import photograph

TOOLBOX = SimpleNamespace(sealer=Sealer({1: bytes(32)}))


def looks(axis: int, other: float = 0.0) -> tuple[float, ...]:
    """A face along one axis, leaning towards the next."""
    numbers = [0.0] * 128
    numbers[axis], numbers[axis + 1] = 1.0, other
    return tuple(numbers)


def photos_of(person: str, axis: int, count: int) -> list[ReadPhoto]:
    return [ReadPhoto(person, "good", looks(axis), looks(axis), 1.0) for _ in range(count)]


def test_everybody_is_tried_against_everybody() -> None:
    photos = photos_of("ann", 0, 7) + photos_of("bob", 5, 6) + photos_of("cleo", 9, 2)
    tries = try_everybody(TOOLBOX, photos, enrol=5)
    assert tries.people == 3
    assert tries.genuine == pytest.approx([1.0] * 3)  # two of ann's, one of bob's
    assert len(tries.impostor) == 2 + 1 + 2 * 2  # cleo has too few to be enrolled
    assert max(tries.impostor) == 0.0
    assert tries.largest_model_bytes == 8 + 5 * (2 + 2 * 128) + 4 * 128 + 30


def test_a_stranger_among_the_enrolled_photos_is_left_out() -> None:
    stranger = ReadPhoto("ann", "good", looks(3), looks(3), 1.0)
    photos = [*photos_of("ann", 0, 4), stranger, *photos_of("bob", 5, 5)]
    scores = {
        round(score, 3)
        for seed in range(20)
        for score in try_everybody(TOOLBOX, photos, enrol=4, seed=seed).genuine
    }
    # Tried, the stranger scores 0; enrolled, it would pull ann's own face down to 0.949.
    assert scores == {0.0, 1.0}


def test_a_doubtful_glance_counts_as_what_the_careful_look_gives() -> None:
    lean = (1 - MATCH_THRESHOLD**2) ** 0.5 / MATCH_THRESHOLD
    doubtful = ReadPhoto("ann", "good", looks(0, lean), looks(0), 1.0)
    tries = try_everybody(TOOLBOX, photos_of("ann", 0, 1) + photos_of("bob", 5, 2) + [doubtful], enrol=1)
    assert tries.genuine == pytest.approx([1.0, 1.0])


def test_every_draw_enrols_other_photos_and_counts_all_tries() -> None:
    photos = photos_of("ann", 0, 7) + photos_of("bob", 5, 6)
    tries = try_everybody(TOOLBOX, photos, enrol=5, draws=3)
    assert (len(tries.genuine), len(tries.impostor)) == (3 * 3, 3 * 3)


def test_half_of_the_people_are_judged_by_the_threshold_of_the_others() -> None:
    """Four pairs of people, each pair less alike than the one before: the threshold of a half that holds a
    pair is that pair's likeness."""
    photos = [
        ReadPhoto(f"{axis}-{lean}", "good", looks(axis, lean), looks(axis, lean), 1.0)
        for axis in range(0, 40, 10)
        for lean in (0.0, 0.5 + axis / 20)
        for _ in range(2)
    ]
    crossed = try_everybody(TOOLBOX, photos, enrol=1, draws=20).cross_fitted
    # Each half has four people with one try each: 4 right and 12 wrong ones.
    assert (crossed.genuine, crossed.impostor) == (20 * 2 * 4, 20 * 2 * 12)
    assert crossed.refused == 0  # everybody is more like themselves than like the other of the pair
    # Where each half holds a pair, the more alike one is taken by the threshold of the other half.
    assert 0 < crossed.taken <= 20 * 2


def test_the_same_seed_enrols_the_same_photos() -> None:
    photos = [
        ReadPhoto(person, "good", looks(axis, number / 20), looks(axis, number / 20), 1.0)
        for person, axis in (("ann", 0), ("bob", 5))
        for number in range(8)
    ]
    first, again, other = (try_everybody(TOOLBOX, photos, enrol=3, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(("fmr", "threshold"), [(0.0, 10), (0.05, 10), (0.1, 9), (0.25, 8), (0.9, 1)])
def test_at_a_threshold_no_more_than_the_fmr_lie_above_it(fmr: float, threshold: float) -> None:
    assert threshold_at(fmr, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == threshold


def test_the_figures_are_counted_by_hand() -> None:
    genuine = sorted([0.44, 0.47, *[0.8] * 98])
    impostor = sorted([0.45, 0.5, *[0.1] * 998])
    photos = [ReadPhoto("ann", "good", looks(0)), ReadPhoto("ann", "no_face"), ReadPhoto("bob", "unreadable")]
    figures = summarise(photos, Tries(2, genuine, impostor, 1800))
    assert (figures["fnmr"], figures["fmr"]) == (0.02, 0.001)
    assert (figures["genuine_tries"], figures["impostor_tries"]) == (100, 1000)
    assert figures["photos_without_face"] == 2
    assert figures["failures_to_acquire"] == {"no_face": 1, "unreadable": 1}
    assert figures["fnmr_at_fmr"]["0.01"]["fnmr"] == 0.0
    assert figures["fnmr_at_fmr"]["0.001"]["fnmr"] == 0.01  # above 0.45 lies one of a thousand
    assert figures["fnmr_at_fmr"]["0.0001"]["fnmr"] == 0.02  # above 0.5 none
    assert figures["fnmr_at_fmr"]["0.001"]["low"] < 0.01 < figures["fnmr_at_fmr"]["0.001"]["high"]
    assert figures["cross_fitted"] is None
    assert "2 people" in as_table(figures)
    assert "1 no_face, 1 unreadable" in as_table(figures)


def test_what_was_cross_fitted_is_told() -> None:
    tries = Tries(2, [0.8], [0.1], 1800, CrossFitted(genuine=200, refused=1, impostor=10_000, taken=2))
    figures = summarise([], tries)
    assert (figures["cross_fitted"]["fnmr"], figures["cross_fitted"]["fmr"]) == (0.005, 0.0002)
    assert "FNMR 0.50%, FMR 0.0200%" in as_table(figures)


def test_nothing_to_try_is_said_in_words() -> None:
    with pytest.raises(InvalidInput, match="more photos"):
        summarise([], Tries(2, [], [], 0))


def test_people_are_the_folders(tmp_path: Path) -> None:
    for name in ("ann/1.jpg", "ann/2.PNG", "bob/1.jpeg", "bob/notes.txt", "stray.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [(person, path.name) for person, path in find_photos(tmp_path)]
    assert found == [("ann", "1.jpg"), ("ann", "2.PNG"), ("bob", "1.jpeg")]
    shutil.rmtree(tmp_path / "bob")
    with pytest.raises(InvalidInput, match="at least two people"):
        find_photos(tmp_path)


def test_the_drawing_is_an_svg_with_a_curve_and_a_dot() -> None:
    drawing = ET.fromstring(draw_trade_off(Tries(2, [0.75, 0.97, 0.99], [0.1 * n for n in range(10)], 1)))  # noqa: S314
    kinds = [element.tag.rpartition("}")[2] for element in drawing]
    assert (kinds.count("polyline"), kinds.count("circle")) == (1, 1)
    (curve,) = (element.get("points", "") for element in drawing if element.tag.endswith("polyline"))
    heights = [float(point.split(",")[1]) for point in curve.split()]
    assert heights == sorted(heights, reverse=True)  # the fewer are taken, the more are refused
    assert len(set(heights)) > 1


def test_the_command_measures_real_photographs(make_settings, sqlite_url, tmp_path: Path) -> None:
    people = {
        "obama": ["obama.jpg", "obama2.jpg", "obama3.jpg", "obama_partial_face.jpg"],
        "biden": ["biden.jpg"],
        "astronaut": ["astronaut.png"],
    }
    for person, names in people.items():
        (tmp_path / "people" / person).mkdir(parents=True)
        for name in names:
            shutil.copy(photograph(name), tmp_path / "people" / person)
    (tmp_path / "people" / "biden" / "broken.jpg").write_bytes(b"no photo")
    settings = make_settings(sqlite_url)
    runner = create_app(settings, Toolbox(settings)).test_cli_runner()
    json_file, plot = tmp_path / "figures.json", tmp_path / "det.svg"
    words = ["faces", "evaluate", str(tmp_path / "people"), "--enrol", "2"]
    result = runner.invoke(args=[*words, "--json", str(json_file), "--plot", str(plot)])
    assert result.exit_code == 0, result.output
    figures = json.loads(json_file.read_text())
    assert (figures["people"], figures["genuine_tries"], figures["impostor_tries"]) == (3, 2, 2)
    assert (figures["fnmr"], figures["fmr"]) == (0.0, 0.0)
    assert set(figures["fnmr_at_fmr"]) == {"0.01", "0.001", "0.0001"}
    assert figures["failures_to_acquire"] == {"unreadable": 1}
    assert figures["largest_model_bytes"] <= 8192
    assert plot.read_text().startswith("<svg")
