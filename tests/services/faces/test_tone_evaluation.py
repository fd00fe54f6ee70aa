"""A group of skin tone that is turned away more often than chance is named, and one that is not is not."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from admin_site import create_app
from shared.domain.second_lock import Zone
from shared.errors import InvalidInput
from shared.services.faces.evaluation import ReadPhoto
from shared.services.faces.tone_evaluation import (
    ASKED,
    NOT_COMPARED,
    NOT_MATCHED,
    REFUSED,
    TonedPhoto,
    as_table,
    count_people,
    summarise,
)
from shared.toolbox import Toolbox
from shared.vision.skin_tone import typology_angle
from tests.support.photographs import photograph


def look(axis: int) -> tuple[float, ...]:
    numbers = [0.0] * 128
    numbers[axis] = 1.0
    return tuple(numbers)


def photo(person: str, tone: float, zone: Zone = Zone.LIVING, axis: int = 0) -> TonedPhoto:
    return TonedPhoto(ReadPhoto(person, "good", look(axis), look(axis), 1.0), tone, zone)


@pytest.mark.parametrize(
    ("colour", "low", "high"),
    [((238, 205, 184), 41, 90), ((200, 150, 120), 10, 41), ((90, 60, 45), -90, 10), ((60, 60, 60), -90, 0)],
)
def test_the_typology_angle_falls_with_the_light(colour, low, high):
    chip = np.zeros((112, 112, 3), np.uint8)
    chip[:] = colour
    assert low < typology_angle(chip) < high


def test_only_the_cheeks_count():
    chip = np.zeros((112, 112, 3), np.uint8)
    chip[66:86, 26:44] = chip[66:86, 68:86] = (238, 205, 184)
    assert typology_angle(chip) > 41


def test_everybody_is_counted_under_the_median_tone_of_their_photos():
    photos = [photo("ann", 50), photo("ann", 45, Zone.DOUBTFUL), photo("ann", 5, Zone.ATTACK)]
    photos += [TonedPhoto(ReadPhoto("ann", "too_dark")), TonedPhoto(ReadPhoto("nobody", "no_face"))]
    (ann,) = count_people(photos, enrol=1, draws=2)
    assert ann.tone == "light"
    assert ann.counts == {NOT_COMPARED: (1, 4), NOT_MATCHED: (0, 4), ASKED: (1, 3), REFUSED: (1, 3)}


def test_who_is_not_matched_is_counted_in_every_draw():
    photos = [photo("ann", 20), photo("ann", 20, axis=1)]
    (ann,) = count_people(photos, enrol=1, draws=3)
    assert (ann.tone, ann.counts[NOT_MATCHED]) == ("brown", (3, 3))


def test_a_group_that_fares_worse_is_named_and_one_unlucky_person_is_not():
    """Of twenty people each, all dark ones are asked once in two, and one light one is refused."""
    photos = [
        photo(f"{tone} {number}", angle, zone)
        for tone, angle, second in (("dark", 0, Zone.DOUBTFUL), ("light", 50, Zone.LIVING))
        for number in range(20)
        for zone in (Zone.LIVING, second)
    ]
    photos.append(photo("light 0", 50, Zone.ATTACK))
    figures = summarise(count_people(photos))
    assert figures[ASKED]["dark"]["beyond_chance"]
    assert (figures[ASKED]["dark"]["count"], figures[ASKED]["dark"]["of"]) == (20, 40)
    assert not any(found["beyond_chance"] for found in figures[REFUSED].values())
    assert not figures[ASKED]["light"]["beyond_chance"]
    told = as_table(figures)
    assert told.count("BEYOND CHANCE") == 1


def test_one_tone_alone_is_compared_with_nobody():
    with pytest.raises(InvalidInput, match="two skin tones"):
        summarise(count_people([photo("ann", 50), photo("bob", 60)]))


def test_the_command_reads_real_photographs(make_settings, sqlite_url, tmp_path: Path):
    people = {"obama": ["obama.jpg", "obama2.jpg"], "biden": ["biden.jpg"], "astronaut": ["astronaut.png"]}
    for person, names in people.items():
        (tmp_path / person).mkdir()
        for name in names:
            shutil.copy(photograph(name), tmp_path / person)
    (tmp_path / "biden" / "broken.jpg").write_bytes(b"no photo")
    settings = make_settings(sqlite_url)
    runner = create_app(settings, Toolbox(settings)).test_cli_runner()
    result = runner.invoke(args=["faces", "evaluate-tones", str(tmp_path), "--enrol", "1"])
    assert result.exit_code == 0, result.output
    assert "not matched:" in result.output
    assert "0 of" in result.output
