"""`make serve` works on a fresh checkout: the database is made, and the first admin's password told once."""

import os
import stat

import pytest

from launcher import first_run


@pytest.fixture(autouse=True)
def _installation(monkeypatch, tmp_path):
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_first_time_makes_the_database_and_tells_the_password_and_then_it_is_silent(capsys, tmp_path):
    assert first_run.main() == 0
    told = capsys.readouterr().out
    assert "signs in at the office as admin@localhost" in told
    assert "shown this once only" in told
    assert not stat.S_IMODE((tmp_path / "attendance.sqlite3").stat().st_mode) & 0o077
    assert first_run.main() == 0
    assert capsys.readouterr().out == ""


def test_a_damaged_database_is_told_in_a_sentence(capsys, tmp_path):
    (tmp_path / "attendance.sqlite3").write_bytes(b"no database" * 500)
    assert first_run.main() == 1
    assert "The file is damaged" in capsys.readouterr().err
