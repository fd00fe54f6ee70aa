"""Starts that cannot be: each ends with its cause and the way out in a sentence, and changes nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from launcher.first_run import prepare_database
from launcher.ground import take_alone
from shared.errors import DatabaseUnusable, SettingsError
from shared.persistence.database import connect, migrate
from shared.settings import PROJECT_DIR
from tests.conftest import settings_for
from tests.support.servers import find_free_port


def start(instance_dir: Path, *, limits: str = "") -> subprocess.CompletedProcess[str]:
    """Start the product as `make run` does, where it is expected to end by itself."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE")}
    environ |= {name: str(find_free_port()) for name in ("ADMIN_PORT", "TEACHER_PORT")}
    environ |= {"INSTANCE_DIR": str(instance_dir), "BIND": "127.0.0.1"}
    return subprocess.run(
        ["sh", "-c", f'{limits} exec "$@"', "sh", sys.executable, "-m", "launcher"],
        cwd=PROJECT_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_told(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    for each in words:
        assert each in done.stderr


def test_a_second_launcher_over_one_folder_names_the_first_on_whatever_ports(tmp_path: Path) -> None:
    lock = take_alone(tmp_path)
    done = start(tmp_path)
    assert_told(done, f"Another `make run` (process {os.getpid()})", "INSTANCE_DIR=/another/folder")
    os.close(lock)
    os.close(take_alone(tmp_path))  # what a killed launcher left behind is no lock


def test_too_few_open_files_are_told_before_anything_begins(tmp_path: Path) -> None:
    done = start(tmp_path / "instance", limits="ulimit -n 128;")
    assert_told(done, "only 128 files", "ulimit -n 4096")
    assert not (tmp_path / "instance" / "settings.env").exists()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB; mounting one needs root, as the test command says."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_a_full_disk_and_a_read_only_one_are_told_by_name(disk: Path) -> None:
    full = start(disk / "instance")
    assert_told(full, f"{disk / 'instance'} cannot be written (No space left on device)", "make room")
    assert list((disk / "instance").iterdir()) == []
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert_told(start(disk / "instance"), "(Read-only file system)", "mount it writable")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("")
    assert_told(start(tmp_path / "instance"), "cannot be written (File exists)")


def test_a_database_of_a_newer_version_is_left_alone(bare_database_url: str, tmp_path: Path) -> None:
    migrate(bare_database_url)
    engine = connect(bare_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match=r"its tables are at 9999.*Start the newer version again"):
        prepare_database(settings_for(tmp_path, bare_database_url), fill_demo=False)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@pytest.mark.parametrize("keeps", [0, 20_000])
def test_a_damaged_sqlite_file_ends_the_start_with_the_way_back(
    sqlite_url: str, tmp_path: Path, keeps: int
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.write_bytes(path.read_bytes()[:keeps] + b"\xff" * 40_000)
    with pytest.raises(SettingsError, match=r"(not a database|malformed).*The file is damaged.*restore FILE"):
        prepare_database(settings_for(tmp_path, sqlite_url), fill_demo=False)
