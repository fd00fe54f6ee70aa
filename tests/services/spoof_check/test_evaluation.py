"""The spoof evaluation counts what the kiosk would have answered."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from shared.domain.second_lock import ZoneLimits
from shared.errors import InvalidInput
from shared.services.spoof_check import evaluation as spoof_evaluation
from shared.services.spoof_check.evaluation import Judged, apcer_at, find_pictures, judge_pictures, summarise

LIMITS = ZoneLimits(living_below=0.5, attack_from=0.65)
ONE_LIMIT = ZoneLimits(0.5, 0.5)


def answers(label: str, source: str, *scores: float | None) -> list[Judged]:
    return [Judged(Path("x.jpg"), label, source, score) for score in scores]


def save_picture(path: Path, brightness: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (120, 120), (brightness,) * 3).save(path)


def test_each_label_and_source_is_counted_and_no_face_is_neither_passed_nor_refused() -> None:
    figures = summarise(
        answers("live", "ann", 0.1, 0.2, 0.3, 0.7)
        + answers("attack_phone", "ann", 0.9, 0.4, None)
        + answers("attack_phone", "bob", 0.6)
        + answers("attack_print", "bob", 0.2, 0.8, None, None),
        LIMITS,
    )
    assert figures["bpcer"] == 0.25
    assert figures["apcer"] == 0.4  # two of five with a face
    assert figures["apcer_over_all"] == 0.25  # two of eight
    assert figures["apcer_worst"] == 0.5  # print
    assert (figures["live_at_once"], figures["live_asked"]) == (0.75, 0.0)
    phone = figures["labels"]["attack_phone"]
    names = ("n", "at_once", "passed", "asked", "refused", "no_face")
    assert tuple(phone[name] for name in names) == (4, 1, 1, 1, 1, 1)
    bob = figures["sources"]["attack_phone"]["bob"]
    assert (bob["at_once"], bob["asked"], bob["refused"]) == (0, 1, 0)


@pytest.mark.parametrize(("bpcer", "apcer"), [(0.0, 1.0), (0.25, 0.5), (0.49, 0.5), (0.5, 0.0)])
def test_it_tells_what_would_pass_if_some_of_the_living_were_refused(bpcer: float, apcer: float) -> None:
    judged = answers("live", "", 0.1, 0.2, 0.4, 0.9) + answers("attack_phone", "", 0.3, 0.8)
    assert apcer_at(judged, bpcer=bpcer) == apcer
    assert apcer_at(judged[:4], bpcer=bpcer) is None


def test_a_score_at_the_limit_is_refused() -> None:
    figures = summarise(answers("attack_phone", "", 0.5) + answers("live", "", 0.5), ONE_LIMIT)
    assert (figures["apcer"], figures["bpcer"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("live", "attacks", "area"),
    [
        ((0.1, 0.2), (0.8, 0.9), 1.0),
        ((0.8, 0.9), (0.1, 0.2), 0.0),
        ((0.5,), (0.5,), 0.5),
        ((0.1, 0.5), (0.3,), 0.5),
    ],
)
def test_the_area_under_the_curve_is_how_often_an_attack_scores_higher(
    live: tuple[float, ...], attacks: tuple[float, ...], area: float
) -> None:
    figures = summarise(answers("live", "", *live) + answers("attack_print", "", *attacks, None), LIMITS)
    assert figures["auc"] == area


def test_pictures_are_found_by_label_and_source(tmp_path: Path) -> None:
    for name in (
        "live/ann/1.jpg",
        "live/2.png",
        "attack_phone/bob/deep/3.jpeg",
        "attack_phone/4.jpg",
        "other/4.jpg",
    ):
        save_picture(tmp_path / name, 9)
    (tmp_path / "live" / "notes.txt").write_text("not a picture")
    found = find_pictures(tmp_path)
    assert [(label, source) for _, label, source in found] == [
        ("attack_phone", ""),
        ("attack_phone", "bob"),
        ("live", ""),
        ("live", "ann"),
    ]


def test_to_learn_from_phones_are_attacks_and_other_folders_are_refused(tmp_path: Path) -> None:
    for name in ("Live/ann/1.jpg", "attack_phone/2.jpg", "phones/nokia/3.jpg"):
        save_picture(tmp_path / name, 9)
    (tmp_path / "notes").mkdir()
    found = find_pictures(tmp_path, to_learn=True)
    assert {(label, source) for _, label, source in found} == {
        ("live", "ann"),
        ("attack_phone", ""),
        ("phones", "nokia"),
    }
    save_picture(tmp_path / "holiday" / "x" / "1.jpg", 9)
    with pytest.raises(InvalidInput, match="“holiday” does not say"):
        find_pictures(tmp_path, to_learn=True)


def test_a_folder_without_live_pictures_is_refused_in_words(tmp_path: Path) -> None:
    save_picture(tmp_path / "attack_phone" / "1.png", 9)
    with pytest.raises(InvalidInput, match="live/"):
        find_pictures(tmp_path)


def test_a_picture_is_judged_from_its_file_and_an_unreadable_one_has_no_face(tmp_path: Path) -> None:
    save_picture(tmp_path / "live" / "ann" / "bright.png", 200)
    save_picture(tmp_path / "attack_phone" / "dark.png", 50)
    (tmp_path / "attack_phone" / "broken.jpg").write_bytes(b"not a picture")

    def brightness(rgb: np.ndarray, face: object) -> SimpleNamespace:
        return SimpleNamespace(score=1 - rgb.mean() / 255)

    toolbox = SimpleNamespace(
        face_matcher=SimpleNamespace(read=lambda rgb: SimpleNamespace(face="found", turn=lambda rgb: rgb)),
        spoof_detector=SimpleNamespace(judge=brightness),
    )
    found = {answer.path.name: answer for answer in judge_pictures(toolbox, find_pictures(tmp_path))}
    assert found["broken.jpg"].score is None
    assert found["bright.png"].score < 0.5 < found["dark.png"].score
    drawing = spoof_evaluation.draw_errors(list(found.values()), LIMITS)
    assert drawing.count("<polyline") == 5
