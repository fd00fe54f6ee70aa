"""Clips are judged as the kiosk would judge any two seconds of them."""

import json

import pytest
from PIL import Image

from admin_site import create_app
from shared.domain.head_turn import MOST_FRAMES, Side
from shared.errors import InvalidInput
from shared.services.spoof_check import turn_evaluation
from shared.services.spoof_check.turn_evaluation import find_clips, windows
from tests.services.kiosk.test_turns import TO_THE_LEFT, Film, give_film

STRAIGHT_THEN_LEFT = [0.0] * 4 + TO_THE_LEFT


def save_clip(folder, name, frames):
    (folder / name).mkdir(parents=True)
    for number in range(frames):
        Image.new("RGB", (120, 120), (number,) * 3).save(folder / name / f"{number:04}.jpg")


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def test_every_folder_that_holds_pictures_is_a_clip(tmp_path):
    save_clip(tmp_path, "live/ann", 2)
    save_clip(tmp_path, "attack_phone/bob", 2)
    assert [clip.name for clip in find_clips(tmp_path)] == ["bob", "ann"]
    with pytest.raises(InvalidInput):
        find_clips(tmp_path / "live" / "nobody")


@pytest.mark.parametrize(
    ("frames", "rate", "rows", "longest"), [(28, 8, 21, 12), (28, 30, 21, 12), (8, 4, 1, 8), (7, 8, 0, 0)]
)
def test_a_row_is_two_seconds_of_at_most_as_many_frames_as_the_page_sends(frames, rate, rows, longest):
    found = list(windows(list(range(frames)), frames_per_second=rate))
    assert (len(found), max(map(len, found), default=0)) == (rows, longest)
    for row in found:
        assert row == sorted(set(row))
        assert row[-1] - row[0] < max(8, 2 * rate)
        assert len(row) <= MOST_FRAMES


def test_the_command_tells_for_each_clip_and_side_whether_it_passes_and_why(toolbox, tmp_path):
    save_clip(tmp_path / "clips", "live/ann", 12)
    save_clip(tmp_path / "clips", "live/few", 3)
    give_film(toolbox, Film(moves=STRAIGHT_THEN_LEFT))
    told = (
        create_app(toolbox=toolbox)
        .test_cli_runner()
        .invoke(
            args=["spoof", "evaluate-turns", str(tmp_path / "clips"), "--json", str(tmp_path / "out.json")]
        )
    )
    assert told.exit_code == 0, told.output
    clips = json.loads((tmp_path / "out.json").read_text())["clips"]
    assert (clips["live/ann"]["passes_left"], clips["live/ann"]["passes_right"]) == (True, False)
    assert "right: wrong way" in clips["live/ann"]["reason"]
    assert (clips["live/few"]["passes_left"], clips["live/few"]["passes_right"]) == (False, False)
    assert "too few frames" in clips["live/few"]["reason"]
    assert turn_evaluation.as_table({"clips": clips}).count("passes") == 1
    assert set(Side) == {"left", "right"}
