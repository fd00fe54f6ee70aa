"""A database that locks, deadlocks, hangs up or stops: a sentence for the person, one mark in the end."""

import itertools
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import MySQLdb
import pytest
from bs4 import BeautifulSoup

from shared.domain.check_in import CheckInOutcome
from shared.persistence import database
from shared.persistence.database import UNREACHABLE
from shared.persistence.tables import CheckIn, Mark, Teacher
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.eyes import MEERA_LOOKS, Eyes, count, give_eyes, send
from tests.support.school import enrol, found_school, hand_round
from tests.teacher_site.conftest import Phone


@pytest.fixture
def open_school(make_settings):
    """Founds a school with a student enrolled and a phone handed round, over a database."""
    made = []

    def found(url: str):
        toolbox = Toolbox(make_settings(url))
        made.append(toolbox)
        school = found_school(toolbox)
        enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
        school.kiosk = hand_round(toolbox, school)
        give_eyes(toolbox, Eyes())
        return toolbox, school

    yield found
    for toolbox in made:
        toolbox.engine.dispose()


def assert_marked_once(toolbox, school):
    """The phone's next try, with the same key, is answered as if nothing had happened."""
    assert send(toolbox, school).outcome is CheckInOutcome.PRESENT
    assert (count(toolbox, Mark), count(toolbox, CheckIn)) == (1, 1)


def test_a_locked_sqlite_refuses_after_its_wait_and_marks_when_free(open_school, sqlite_url, monkeypatch):
    monkeypatch.setattr(database, "SQLITE_WAIT_S", 0.5)
    toolbox, school = open_school(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UNREACHABLE, match="locked"):
        send(toolbox, school)
    other.execute("ROLLBACK")
    other.close()
    assert_marked_once(toolbox, school)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MB; mounting one needs root, as the test command says."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_told_and_marks_again_when_there_is_room(open_school, migrated_sqlite, small_disk):
    path = shutil.copyfile(migrated_sqlite, small_disk / "attendance.sqlite3")
    toolbox, school = open_school(f"sqlite:///{path}")
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        file.writelines(itertools.repeat(bytes(4096)))
    with pytest.raises(UNREACHABLE, match="full"):
        send(toolbox, school)
    assert count(toolbox, Mark) == 0
    filler.unlink()
    assert_marked_once(toolbox, school)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"\xff" * 300_000)])
def test_an_sqlite_file_deleted_or_damaged_while_serving_marks_nobody_until_it_is_back(
    open_school, sqlite_url, tmp_path, harm
):
    toolbox, school = open_school(sqlite_url)
    path, kept = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "kept.sqlite3"
    with sqlite3.connect(path) as source, sqlite3.connect(kept) as copy:
        source.backup(copy)
    harm(path)
    for _ in range(2):  # the second with a connection that was opened since
        with pytest.raises(UNREACHABLE):
            send(toolbox, school)
    for left in path.parent.glob(f"{path.name}*"):
        left.rename(tmp_path / f"away-{left.name}")
    shutil.copyfile(kept, path)
    assert_marked_once(toolbox, school)


def overwrite(path: Path, begin: int) -> None:
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(b"\xff" * 100_000)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: overwrite(path, 0),
        lambda path: overwrite(path, path.stat().st_size // 2),
        lambda path: os.truncate(path, path.stat().st_size // 2),
    ],
    ids=["start", "middle", "cut short"],
)
def test_a_site_whose_sqlite_file_is_damaged_is_not_ready(migrated_sqlite, make_settings, tmp_path, harm):
    path = shutil.copyfile(migrated_sqlite, tmp_path / "school.sqlite3")
    toolbox = Toolbox(make_settings(f"sqlite:///{path}"))
    site = create_app(toolbox=toolbox).test_client()
    for _ in range(2):  # the second answers from what the connection has in memory
        found = site.get("/readyz")
        assert (found.status_code, found.json["database"]) == (200, True)
    harm(path)
    found = site.get("/readyz")
    assert (found.status_code, found.json["database"]) == (503, False)
    toolbox.engine.dispose()


def test_a_server_that_has_gone_away_is_found_again(open_school, mariadb_url, mariadb):
    toolbox, school = open_school(mariadb_url)
    connections = "SELECT id FROM information_schema.processlist WHERE db = 'attendance'"
    for (thread_id,) in mariadb.execute(connections):
        mariadb.execute(f"KILL {thread_id}")
    assert_marked_once(toolbox, school)


def test_of_two_phones_that_deadlock_one_is_told_to_try_again_and_both_end_well(
    open_school, mariadb_url, mariadb
):
    """The other phone's transaction is played by hand, heavier than ours, so that ours is given up."""
    toolbox, school = open_school(mariadb_url)
    other = MySQLdb.connect(host="127.0.0.1", port=mariadb.port, user="root", db="attendance")
    cursor = other.cursor()
    weights = [(f"weight {number}",) for number in range(50)]
    cursor.execute("SELECT id FROM lecture WHERE id = %s FOR UPDATE", (school.ids["lecture"],))
    cursor.executemany("INSERT INTO failed_try (subject, failed_at) VALUES (%s, NOW())", weights)
    failures: list[BaseException] = []

    def phone() -> None:
        try:
            send(toolbox, school)
        except UNREACHABLE as failure:
            failures.append(failure)

    thread = threading.Thread(target=phone)
    thread.start()
    while not mariadb.execute("SELECT 1 FROM information_schema.innodb_lock_waits"):
        assert thread.is_alive()
        time.sleep(0.2)  # asked more often than every 0.1 s, this table is never brought up to date
    cursor.execute("SELECT id FROM kiosk_pass WHERE id = %s FOR UPDATE", (school.kiosk.id,))
    thread.join(30)
    other.rollback()
    other.close()
    assert "Deadlock" in str(failures[0])
    assert count(toolbox, Mark) == 0
    assert_marked_once(toolbox, school)


def test_a_stopped_database_is_told_and_comes_back_without_a_restart(open_school, mariadb_url, mariadb):
    toolbox, school = open_school(mariadb_url)
    mariadb.stop()
    try:
        with pytest.raises(UNREACHABLE):
            send(toolbox, school)
    finally:
        mariadb.start()
    assert_marked_once(toolbox, school)


def test_the_page_that_says_so_keeps_its_looks(open_school, mariadb_url, mariadb):
    toolbox, school = open_school(mariadb_url)
    with toolbox.sessions.begin() as session:
        session.query(Teacher).one().must_change_password = False
    teacher = Phone(create_app(toolbox=toolbox))
    teacher.sign_in(school.password)
    mariadb.stop()
    try:
        page = teacher.get("/lectures")
        assert page.status_code == 503
        for looks in BeautifulSoup(page.text, "html.parser").select("link[href], script[src]"):
            with teacher.get(looks.get("href") or looks["src"]) as answer:
                assert answer.status_code == 200, looks
    finally:
        mariadb.start()
