"""The bench of the check-in: figures that add up, from the product's own code, and nobody else's database."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.check_in import as_table, measure
from benchmarks.classic_check import classic_check
from benchmarks.stopwatch import STAGES
from shared.errors import InvalidInput
from shared.persistence.tables import Mark, Student
from shared.settings import PROJECT_DIR
from shared.toolbox import Toolbox
from tests.conftest import variables_for
from tests.support.pictures import jpeg, person, wall


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three people, one of them with two photos, and a wall."""
    folder = tmp_path_factory.mktemp("photos")
    for name, picture in {
        "one/obama": person("obama.jpg"),
        "one/obama3": person("obama3.jpg"),
        "other/biden": person("biden.jpg"),
        "third/astronaut": person("astronaut.png"),
        "other/wall": wall(),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.jpg").write_bytes(jpeg(picture))
    return folder


def test_the_stages_add_up_to_the_whole(sqlite_url, make_settings, photos):
    settings = make_settings(sqlite_url)
    figures = measure(settings, photos, seconds=0, asked=0)
    assert set(figures["stages"]) == {*STAGES, "total"}
    assert figures["photos"] == {"present": 4}
    assert figures["check_ins"] == 4
    total, parts = figures["stages"]["total"], [figures["stages"][name] for name in STAGES]
    assert all(0 < part["p50"] <= part["p95"] for part in parts)
    assert sum(part["p50"] for part in parts) == pytest.approx(total["p50"], rel=0.3)
    # Whatever a check-in comes to do besides must get a stage of its own.
    assert figures["stages"]["other"]["processor_p50"] < 0.1 * total["processor_p50"]
    assert figures["peak_mb"] > 50
    assert "4 check-ins on one core, 0 asked" in as_table(figures)


def test_a_share_of_the_check_ins_turns_the_head_first(sqlite_url, make_settings, photos):
    figures = measure(make_settings(sqlite_url), photos, seconds=0, asked=0.5)
    stages = figures["stages"]
    assert figures["asked"] == 2
    assert "2 asked to turn the head" in as_table(figures)
    # A film is ten frames, of which some are looked at as carefully as the photo.
    assert stages["film"]["processor_p50"] > stages["detect"]["processor_p50"]
    assert stages["total"]["p95"] > stages["film"]["p50"]


def test_the_bench_leaves_the_schools_own_rows_as_they_were(sqlite_url, make_settings, photos):
    toolbox = Toolbox(make_settings(sqlite_url))
    before = sorted(path.name for path in toolbox.settings.instance_dir.iterdir())
    measure(toolbox.settings, photos, seconds=0, asked=0, classic=lambda _jpeg: (1.0, 1.0))
    with toolbox.reading() as session:
        assert session.query(Student).count() == session.query(Mark).count() == 0
    assert sorted(path.name for path in toolbox.settings.instance_dir.iterdir()) == before
    toolbox.engine.dispose()


def test_photos_without_a_face_are_said_to_be_none(sqlite_url, make_settings, tmp_path):
    (tmp_path / "wall.jpg").write_bytes(jpeg(wall()))
    (tmp_path / "text.jpg").write_bytes(b"no photo")
    with pytest.raises(InvalidInput, match="no photo with a face"):
        measure(make_settings(sqlite_url), tmp_path, seconds=0)


def run(tmp_path, sqlite_url, *arguments):
    environ = {**os.environ, **variables_for(tmp_path, sqlite_url)}
    command = [sys.executable, "-m", "flask", "--app", "teacher_site", "bench", "check-in", *arguments]
    return subprocess.run(
        command, env=environ, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_command_compares_with_the_classic_way(tmp_path, sqlite_url, photos):
    file = tmp_path / "figures.json"
    options = ("--seconds", "0", "--asked", "0", "--json", file, "--baseline", "classic")
    done = run(tmp_path, sqlite_url, "--photos", photos, *options)
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    assert figures["ratio"] == figures["classic"]["p50"] / figures["stages"]["total"]["p50"]
    assert figures["ratio"] > 1
    assert "times as long" in done.stdout


def test_an_empty_folder_is_told(tmp_path, sqlite_url):
    done = run(tmp_path, sqlite_url, "--photos", tmp_path)
    assert done.returncode == 1
    assert "There is no photo with a face" in done.stderr


def test_a_classic_check_that_died_is_told():
    with classic_check() as check, pytest.raises(RuntimeError, match="did not answer"):
        check(b"not a photo")
