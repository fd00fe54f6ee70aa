"""The spoof check refuses whenever it cannot judge, and judges the same in any thread."""

import dataclasses
import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.domain.second_lock import Strictness, Zone
from shared.errors import ModelUnavailable
from shared.vision.face_finder import Box, DetectedFace, FaceFinder
from shared.vision.model_files import MODELS_DIR
from shared.vision.spoof_detector import (
    LIVING_SHIFT,
    SURE_OF_DEVICE,
    SpoofDetector,
    SpoofFeatures,
    SpoofHeads,
    SpoofVerdict,
)
from shared.vision.spoof_views import SCENE_SIZE, cut_scene, describe_regions
from tests.support.pictures import on_a_phone, person

FACE = DetectedFace(
    250, 100, 390, 290, ((285, 170), (355, 170), (320, 210), (290, 245), (350, 245)), score=0.9
)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """A copy of the spoof models that a test may damage."""
    shutil.copytree(MODELS_DIR / "spoof", tmp_path / "spoof")
    shutil.copy(MODELS_DIR / "manifest.json", tmp_path)
    return tmp_path


def photo(seed: int, *, width: int = 640, height: int = 480) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def replace(models_dir: Path, key: str, content: bytes) -> None:
    """Put `content` in a model's place with a matching entry, as a bad training would."""
    manifest = json.loads((models_dir / "manifest.json").read_text())
    (models_dir / manifest[key]["file"]).write_bytes(content)
    manifest[key]["sha256"] = hashlib.sha256(content).hexdigest()
    (models_dir / "manifest.json").write_text(json.dumps(manifest))


def undecided(**numbers: float) -> SpoofHeads:
    """A last layer that looks at nothing, with these numbers."""
    shipped = SpoofHeads.from_bytes((MODELS_DIR / "spoof" / "heads.npz").read_bytes())
    weights = {view: np.zeros_like(vector) for view, vector in shipped.weights.items()}
    plain = SpoofHeads(weights, 0.0, 0.0, 0.5, SpoofFeatures().networks)
    return dataclasses.replace(plain, **numbers)


@pytest.mark.parametrize("threshold", [0.3, 0.5])
@pytest.mark.parametrize(
    ("strictness", "beyond", "zone"),
    [
        *((strictness, shift - 0.1, Zone.LIVING) for strictness, shift in LIVING_SHIFT.items()),
        *((strictness, shift + 0.1, Zone.DOUBTFUL) for strictness, shift in LIVING_SHIFT.items()),
        (Strictness.USUAL, 2.4, Zone.DOUBTFUL),
        (Strictness.USUAL, 2.6, Zone.ATTACK),
    ],
)
def test_a_photo_is_judged_by_how_far_its_score_lies_from_the_threshold(threshold, strictness, beyond, zone):
    logit = float(np.log(threshold / (1 - threshold))) + beyond
    heads = undecided(close_bias=logit, threshold=threshold)
    detector = SpoofDetector(find_trained=heads.to_bytes, find_strictness=lambda: strictness)
    verdict = detector.judge(photo(1), FACE)
    assert verdict.zone is zone
    assert verdict.is_live == (zone is Zone.LIVING)
    assert verdict.score == pytest.approx(1 / (1 + np.exp(-logit)))


def test_where_the_limits_lie_was_measured() -> None:
    assert LIVING_SHIFT == {Strictness.LIGHT: -0.5, Strictness.USUAL: -1.5, Strictness.STRICT: -2.5}


def test_a_frame_without_a_device_takes_no_doubt_away() -> None:
    features = {view: np.zeros_like(vector) for view, vector in undecided().weights.items()}
    features["room"] = np.array(1.0)
    scores = [undecided(close_bias=1.0, frame_bias=bias).score(features) for bias in (-9.0, 0.0, 1.0)]
    assert scores == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(-2))])


@pytest.mark.parametrize(("bias", "is_seen"), [(0.2, True), (0.0, False), (-0.2, False)])
def test_a_device_is_told_as_soon_as_the_surroundings_speak_for_one(bias: float, is_seen: bool) -> None:
    detector = SpoofDetector(find_trained=undecided(frame_bias=bias).to_bytes)
    assert detector.judge(photo(1), FACE).saw_device is is_seen


def judge(picture: Image.Image) -> SpoofVerdict:
    """As the kiosk does: find the face, judge the photo."""
    rgb = np.asarray(picture)
    (face,) = FaceFinder().find_faces(rgb)
    return SpoofDetector().judge(rgb, face)


@pytest.mark.parametrize("name", ["obama.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"])
def test_a_person_before_the_camera_passes(name: str) -> None:
    assert judge(person(name)).is_live


def test_a_person_whose_surroundings_look_a_little_like_a_device_is_not_taken_for_a_picture() -> None:
    assert judge(person("obama2.jpg")).zone is not Zone.ATTACK


@pytest.mark.parametrize(
    ("name", "wide"), [("obama.jpg", 240), ("obama3.jpg", 200), ("biden.jpg", 240), ("astronaut.png", 200)]
)
def test_a_portrait_twice_as_tall_as_wide_does_not_turn_a_person_into_a_picture(name: str, wide: int) -> None:
    assert judge(person(name).crop((320 - wide // 2, 0, 320 + wide // 2, 480))).zone is not Zone.ATTACK


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "biden.jpg"])
def test_a_person_on_a_phone_held_before_the_camera_is_refused(name: str) -> None:
    assert not judge(on_a_phone(name)).is_live


def judged_by(close: float, device: float, *, room: float = 1.0, threshold: float = 0.3) -> float:
    """The score of a photo whose skin and surroundings have these sums."""
    weights = {view: np.ones(1, np.float32) for view in ("near", "wide", "frame")}
    heads = SpoofHeads(weights, close_bias=0.0, frame_bias=0.0, threshold=threshold)
    values = {"near": [close], "wide": [0.0], "frame": [device], "room": room}
    features = {name: np.array(value) for name, value in values.items()}
    return heads.score({view: values.astype(np.float32) for view, values in features.items()})


@pytest.mark.parametrize("strictness", Strictness)
def test_where_a_device_is_surely_seen_nobody_is_clearly_living(strictness: Strictness) -> None:
    limits = SpoofHeads({}, 0.0, 0.0, threshold=0.3).limits(strictness)
    assert limits.zone_of(judged_by(-9.0, SURE_OF_DEVICE - 0.1)) is Zone.LIVING
    assert limits.zone_of(judged_by(-9.0, SURE_OF_DEVICE + 0.1)) is Zone.DOUBTFUL
    assert limits.zone_of(judged_by(-9.0, 12.0)) is Zone.ATTACK


def test_surroundings_without_a_device_prove_nothing() -> None:
    assert judged_by(1.0, -20.0) == judged_by(1.0, 0.0)
    assert judged_by(1.0, 0.5) > judged_by(1.0, 0.0)
    assert np.isnan(judged_by(1.0, float("nan")))
    assert np.isnan(judged_by(float("nan"), 1.0))


@pytest.mark.parametrize("room", [0.5, 0.9])
def test_where_enough_of_the_surroundings_is_seen_more_of_them_changes_nothing(room: float) -> None:
    assert judged_by(-2.0, 0.0, room=room) == judged_by(-2.0, 0.0)


def test_surroundings_out_of_sight_are_a_doubt_and_never_an_attack() -> None:
    limits = SpoofHeads({}, 0.0, 0.0, threshold=0.3).limits(Strictness.USUAL)
    even = float(np.log(0.3 / 0.7))
    sure, less_sure = even - 4.0, even - 2.5
    assert limits.zone_of(judged_by(sure, 0.0, room=0.1)) is Zone.LIVING
    assert limits.zone_of(judged_by(less_sure, 0.0)) is Zone.LIVING
    assert limits.zone_of(judged_by(less_sure, 0.0, room=0.1)) is Zone.DOUBTFUL
    assert 0.299 < judged_by(even - 0.5, 0.0, room=0.1) < 0.3
    assert judged_by(even + 0.5, 0.0, room=0.1) == judged_by(even + 0.5, 0.0)
    assert np.isnan(judged_by(-2.0, 0.0, room=float("nan")))


@pytest.mark.parametrize(
    ("width", "height", "zone"),
    [(400, 250, Zone.LIVING), (400, 249, Zone.DOUBTFUL), (249, 400, Zone.DOUBTFUL)],
)
def test_nobody_is_clearly_living_in_a_photo_that_was_shrunk(width: int, height: int, zone: Zone) -> None:
    detector = SpoofDetector(find_trained=undecided(close_bias=-9.0).to_bytes)
    face = dataclasses.replace(FACE, left=105, top=105, right=145, bottom=145)
    verdict = detector.judge(photo(1, width=width, height=height), face)
    assert verdict.zone is zone
    assert verdict.seen_score == pytest.approx(1 / (1 + np.exp(9.0)))


def test_a_film_is_not_judged_by_how_near_the_face_is() -> None:
    detector = SpoofDetector(find_trained=undecided(close_bias=-2.0).to_bytes)
    verdict = detector.judge(photo(1, width=240), dataclasses.replace(FACE, left=50, right=190))
    assert verdict.seen_score == pytest.approx(1 / (1 + np.exp(2.0)))
    assert verdict.score > verdict.seen_score


def test_the_surroundings_of_a_face_are_told_apart() -> None:
    photo = Image.new("RGB", (600, 400), "white")
    view, place = cut_scene(photo, Box(40, 40, 140, 140))  # less than five faces on two sides
    assert view.shape == (SCENE_SIZE, SCENE_SIZE, 3)
    assert (place.across, place.down) == pytest.approx((90 / 340, 90 / 340))
    assert (place.wide, place.high) == pytest.approx((100 / 340, 100 / 340))
    assert place.room == pytest.approx(340**2 / 500**2)
    grid = np.zeros((8, 8, 1), np.float32)
    grid[:4, :4] = 1.0  # the face and what borders on it
    face, held, rest, deviation = describe_regions(grid, place)
    assert face == 1.0
    assert 0.0 < held <= 1.0
    assert rest < 0.2
    assert deviation == pytest.approx(grid.std())


def test_a_region_outside_the_photo_is_described_as_all_of_it() -> None:
    grid = np.arange(64, dtype=np.float32).reshape(8, 8, 1)
    _, place = cut_scene(Image.new("RGB", (100, 100)), Box(0, 0, 100, 100))
    assert describe_regions(grid, place)[2] == pytest.approx(grid.mean())


@pytest.mark.parametrize("file", ["skin.tflite", "scene.tflite", "heads.npz"])
def test_a_missing_file_means_no_check(models_dir: Path, file: str) -> None:
    (models_dir / "spoof" / file).unlink()
    with pytest.raises(ModelUnavailable):
        SpoofDetector(models_dir)


@pytest.mark.parametrize("file", ["skin.tflite", "scene.tflite", "heads.npz"])
def test_an_altered_file_means_no_check(models_dir: Path, file: str) -> None:
    path = models_dir / "spoof" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable):
        SpoofDetector(models_dir)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04" + bytes(100)])
def test_damaged_heads_mean_no_check(models_dir: Path, content: bytes) -> None:
    replace(models_dir, "spoof/heads", content)
    with pytest.raises(ModelUnavailable):
        SpoofDetector(models_dir)


def test_heads_that_are_not_numbers_mean_no_check(models_dir: Path) -> None:
    good = SpoofHeads.from_bytes((models_dir / "spoof" / "heads.npz").read_bytes())
    bad = SpoofHeads({view: w * np.float32("nan") for view, w in good.weights.items()}, 0.0, 0.0, 0.5)
    replace(models_dir, "spoof/heads", bad.to_bytes())
    with pytest.raises(ModelUnavailable):
        SpoofDetector(models_dir)


@pytest.mark.parametrize("name", ["skin", "scene"])
def test_a_network_that_does_not_run_means_no_check(models_dir: Path, name: str) -> None:
    replace(models_dir, f"spoof/{name}", b"not a network")
    with pytest.raises(ModelUnavailable):
        SpoofDetector(models_dir).judge(photo(1), FACE)


def test_heads_of_other_networks_mean_no_check(models_dir: Path) -> None:
    good = SpoofHeads.from_bytes((models_dir / "spoof" / "heads.npz").read_bytes())
    short = SpoofHeads({view: w[:-1] for view, w in good.weights.items()}, 0.0, 0.0, 0.5)
    replace(models_dir, "spoof/heads", short.to_bytes())
    with pytest.raises(ModelUnavailable):
        SpoofDetector(models_dir).judge(photo(1), FACE)


def trained_heads(networks: str) -> bytes:
    """The shipped last layer as a school's, which lets nobody pass."""
    shipped = SpoofDetector().heads
    return dataclasses.replace(shipped, threshold=1e-6, networks=networks).to_bytes()


def test_a_trained_last_layer_judges_as_soon_as_it_is_noticed(monkeypatch) -> None:
    in_use: list[bytes | None] = [None]
    detector = SpoofDetector(find_trained=lambda: in_use[0])
    shipped = detector.limits
    in_use[0] = trained_heads(SpoofFeatures().networks)
    assert detector.limits == shipped
    monkeypatch.setattr("shared.vision.spoof_detector.NOTICE_WITHIN_S", 0.0)
    assert not detector.judge(photo(1), FACE).is_live
    in_use[0] = None
    assert detector.limits == shipped


@pytest.mark.parametrize("networks", ["", "0" * 64])
def test_a_last_layer_of_other_networks_refuses_and_the_shipped_one_does_not_step_in(networks: str) -> None:
    with pytest.raises(ModelUnavailable, match="other networks"):
        SpoofDetector(find_trained=lambda: trained_heads(networks)).judge(photo(1), FACE)


def test_a_damaged_trained_last_layer_refuses_until_it_is_mended() -> None:
    found = [b"damaged", b"damaged", trained_heads(SpoofFeatures().networks)]
    detector = SpoofDetector(find_trained=lambda: found.pop(0))
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="damaged"):
            detector.judge(photo(1), FACE)
    assert not detector.judge(photo(1), FACE).is_live


def test_four_threads_with_mixed_sizes_judge_as_one_does() -> None:
    detector = SpoofDetector()
    photos = [photo(seed, width=640 + 40 * (seed % 3), height=480 + 60 * (seed % 2)) for seed in range(8)]
    alone = [detector.judge(rgb, FACE).score for rgb in photos]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda rgb: detector.judge(rgb, FACE).score, photos * 3))
    assert together == alone * 3
