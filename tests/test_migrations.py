"""The migrations are the tables: upgraded they equal them, and every step goes down and up again."""

import contextlib
import threading
import time

import MySQLdb
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, func, inspect, select

from shared.errors import DatabaseUnusable
from shared.persistence import database
from shared.persistence.database import MIGRATIONS_DIR, RELEASED, UNREACHABLE, connect, migrate
from shared.persistence.tables import Base, Mark, Student
from tests.support.whole_school import fill_school


def test_an_upgraded_database_equals_the_tables(bare_database_url):
    migrate(bare_database_url)
    engine = connect(bare_database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_step_goes_down_and_up_again(bare_database_url):
    steps = [script.revision for script in ScriptDirectory(str(MIGRATIONS_DIR)).walk_revisions()]
    migrate(bare_database_url)
    for revision in steps:
        migrate(bare_database_url, "-1")
        migrate(bare_database_url, revision)
        migrate(bare_database_url, "-1")
    assert inspect(connect(bare_database_url)).get_table_names() == ["alembic_version"]
    migrate(bare_database_url)


def test_a_filled_school_goes_down_and_up_and_keeps_its_students_and_marks(toolbox):
    fill_school(toolbox)
    url = toolbox.settings.database_url

    def count() -> list[int]:
        with toolbox.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in (Student, Mark)]

    before = count()
    assert min(before) > 0
    for _ in range(len(list(ScriptDirectory(str(MIGRATIONS_DIR)).walk_revisions())) - 12):
        migrate(url, "-1")
        assert count() == before
    migrate(url)
    assert count() == before


def test_migrating_twice_changes_nothing(bare_database_url):
    migrate(bare_database_url)
    migrate(bare_database_url)
    assert "mark" in inspect(connect(bare_database_url)).get_table_names()


def test_an_earlier_audit_entry_is_found_by_the_lecture_that_its_subject_names(bare_database_url):
    subjects = {
        "lecture 12: Algebra": 12,
        "lecture 7": 7,
        "lecture 3: 15203A0042": 3,
        "lecture hall": None,
        "15203A0042": None,
    }
    migrate(bare_database_url, "0020")
    engine = connect(bare_database_url)
    with engine.begin() as connection:
        for subject in subjects:
            entry = f"('2026-01-10 06:30:00', 'office', 'a@b.in', '', 'open kiosk', '{subject}')"
            connection.exec_driver_sql(
                f"INSERT INTO audit_entry (at, site, actor, address, act, subject) VALUES {entry}"  # noqa: S608
            )
    migrate(bare_database_url)
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT subject, lecture_id FROM audit_entry").all()
        assert dict(rows) == subjects
    migrate(bare_database_url, "0020")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_entry").scalar() == len(subjects)
    engine.dispose()


def test_mariadb_keeps_every_table_in_innodb_with_whole_unicode(mariadb_url):
    with connect(mariadb_url).connect() as connection:
        rows = connection.exec_driver_sql(
            "select engine, table_collation from information_schema.tables where table_schema = database()"
            " and table_name <> 'alembic_version'"
        ).all()
    assert rows
    assert all(engine == "InnoDB" and collation.startswith("utf8mb4") for engine, collation in rows)


def test_sqlite_waits_for_the_disk_and_overwrites_what_was_deleted_however_it_was_built(sqlite_url):
    engine = connect(sqlite_url)

    def come_otherwise(connection, _record):
        for pragma in ("secure_delete=OFF", "synchronous=NORMAL", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", come_otherwise, insert=True)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "secure_delete": 1}
    engine.dispose()


def test_of_two_machines_that_migrate_at_once_the_second_waits(mariadb):
    url = mariadb.create("two_machines")
    other = MySQLdb.connect(host="127.0.0.1", port=mariadb.port, user="root")
    other.query("DO GET_LOCK('attendance_migrations', 0)")
    here = threading.Thread(target=migrate, args=(url,))
    here.start()
    try:
        while not mariadb.execute("SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'"):
            assert here.is_alive(), "it did not wait"
            time.sleep(0.05)
        assert inspect(connect(url)).get_table_names() == []
    finally:
        other.close()
        here.join()
    assert "mark" in inspect(connect(url)).get_table_names()


def test_a_second_machine_waits_for_longer_than_a_statement_may_take(mariadb, monkeypatch):
    monkeypatch.setattr(database.connect, "__kwdefaults__", {"patience_s": 1})
    url = mariadb.create("two_machines")
    other = MySQLdb.connect(host="127.0.0.1", port=mariadb.port, user="root")
    other.query("DO GET_LOCK('attendance_migrations', 0)")
    ending = threading.Timer(3, other.close)
    ending.start()
    migrate(url)
    ending.join()
    assert "mark" in inspect(connect(url)).get_table_names()


def test_who_waited_in_vain_for_another_machine_does_not_migrate_beside_it(mariadb, monkeypatch):
    monkeypatch.setattr(database, "MIGRATION_PATIENCE_S", 2)
    url = mariadb.create("two_machines")
    other = MySQLdb.connect(host="127.0.0.1", port=mariadb.port, user="root")
    other.query("DO GET_LOCK('attendance_migrations', 0)")
    with pytest.raises(DatabaseUnusable, match="Another machine"):
        migrate(url)
    other.close()
    assert inspect(connect(url)).get_table_names() == []


class CutOff(Exception):
    """The power went."""


@pytest.fixture
def cut_off_after_every_statement(monkeypatch):
    """Whatever has changed a table for the first time is the last that a migration does."""
    seen = set()
    really = database.connect

    def connect_and_cut(url, **how):
        engine = really(url, **how)

        @event.listens_for(engine, "after_cursor_execute")
        def cut(_connection, _cursor, statement, *_more):
            if statement.lstrip().startswith(("CREATE", "ALTER", "DROP", "INSERT")) and statement not in seen:
                seen.add(statement)
                raise CutOff

        return engine

    monkeypatch.setattr(database, "connect", connect_and_cut)
    return seen


def test_on_mariadb_a_migration_goes_on_wherever_it_was_cut_off(mariadb, cut_off_after_every_statement):
    url = mariadb.create("cut_off")
    for revision, least_cuts in (("head", 50), (RELEASED["0.2.0"], 100)):
        is_done = False
        while not is_done:
            with contextlib.suppress(CutOff):
                migrate(url, revision)
                is_done = True
        assert len(cut_off_after_every_statement) > least_cuts
    migrate(url)  # every statement of it was the last one once
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert connection.exec_driver_sql("SELECT count(*) FROM face_version").scalar() == 1
    engine.dispose()


def test_a_table_of_somebody_elses_is_not_taken_for_ours(mariadb):
    url = mariadb.create("shared_with_others")
    mariadb.execute("CREATE TABLE shared_with_others.student (number INT)")
    with pytest.raises(UNREACHABLE, match="already exists"):
        migrate(url)


def test_a_mariadb_that_falls_silent_in_a_statement_has_failed(mariadb_url):
    engine = connect(mariadb_url, patience_s=1)
    with engine.connect() as connection, pytest.raises(UNREACHABLE):
        connection.exec_driver_sql("SELECT SLEEP(5)")
    engine.dispose()
