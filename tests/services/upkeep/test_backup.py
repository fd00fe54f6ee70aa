"""A backup is whole, sealed and of one moment; restored anywhere it erases again whoever was erased since."""

import gzip
import io
import itertools
import json
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from sqlalchemy import event, func, select

from admin_site import create_app
from shared.domain.attendance import MarkStatus
from shared.domain.family_mail import MailState
from shared.errors import BackupRefused
from shared.persistence import faces, snapshot
from shared.persistence.database import connect, migrate
from shared.persistence.people import get_student
from shared.persistence.tables import (
    AuditEntry,
    Base,
    CheckIn,
    Job,
    KioskPass,
    Mark,
    MarkChange,
    OutgoingMail,
    SignIn,
    Student,
)
from shared.services import audit
from shared.services.accounts import sign_in
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from shared.services.people import consent, erasure
from shared.services.upkeep import backup
from shared.toolbox import Toolbox
from tests.support.office import add_student
from tests.support.whole_school import fill_school

ADMIN = Actor(site="command", email="tests")
# What a restore changes on purpose, in tests of their own below.
CHANGED = {"kiosk_pass", "job", "outgoing_mail", "sign_in", "face_version", "audit_entry"}


@pytest.fixture
def office(toolbox):
    return fill_school(toolbox)


@pytest.fixture
def empty_machine(toolbox, bare_database_url, tmp_path):
    """Another installation that was given the same secrets, with a database that has no table."""
    settings = replace(toolbox.settings, database_url=bare_database_url, instance_dir=tmp_path / "other")
    other = Toolbox(settings)
    yield other
    other.engine.dispose()


def rows_of(toolbox):
    with toolbox.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(table.c.id))]
            for table in Base.metadata.sorted_tables
        }


def count(toolbox, table):
    with toolbox.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def flip_a_bit(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_every_table_comes_back_on_an_empty_machine_of_either_kind(toolbox, office, empty_machine, tmp_path):
    before = rows_of(toolbox)
    assert sum(map(bool, before.values())) >= 18
    told = []
    rows = backup.write_backup(
        toolbox, ADMIN, tmp_path / "b", on_rows=lambda done, of: told.append((done, of))
    )
    assert sum(done for done, _ in told) == told[0][1] == rows == sum(map(len, before.values()))
    restored = backup.restore_backup(empty_machine, ADMIN, tmp_path / "b")
    after = rows_of(empty_machine)
    assert restored.rows == rows
    assert {name: after[name] for name in before if name not in CHANGED} == {
        name: before[name] for name in before if name not in CHANGED
    }
    assert after["audit_entry"][:-1] == before["audit_entry"]
    with empty_machine.reading() as session:
        sealed = faces.find_sealed_model(session, office.meera)
    assert empty_machine.sealer.open(sealed, purpose=f"face-model:{office.meera}")


def test_nothing_of_a_backup_can_be_read_without_the_key(toolbox, office, tmp_path):
    backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    content = (tmp_path / "b").read_bytes()
    assert b"Meera" not in content
    assert b"@" not in content.split(b"\n")[0]
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_of_one_moment_while_marks_are_made(toolbox, office, empty_machine, tmp_path):
    students = [add_student(toolbox, office, f"Child {number}", f"F{number:03}") for number in range(40)]
    stop = threading.Event()

    def go_on_marking():
        was = None
        while not stop.is_set():
            becomes = MarkStatus.PRESENT if was is not MarkStatus.PRESENT else MarkStatus.LATE
            for student_id in students:
                set_mark(toolbox, office.teacher, office.lecture, student_id, becomes, expected=was)
                if stop.is_set():
                    return
            was = becomes

    marking = threading.Thread(target=go_on_marking)
    marking.start()
    try:
        for number in range(3):
            backup.write_backup(toolbox, ADMIN, tmp_path / f"{number}")
    finally:
        stop.set()
        marking.join()
    backup.restore_backup(empty_machine, ADMIN, tmp_path / "2")
    assert count(toolbox, MarkChange) > count(empty_machine, MarkChange) > 4
    with empty_machine.reading() as session:
        latest = select(func.max(MarkChange.id)).group_by(MarkChange.student_id)
        changes = session.scalars(select(MarkChange).where(MarkChange.id.in_(latest)))
        marks = {mark.student_id: mark.status for mark in session.scalars(select(Mark))}
        assert {change.student_id: change.becomes for change in changes} == marks
        trail = session.scalar(select(func.count()).where(AuditEntry.action.in_(("mark", "change mark"))))
        assert trail == count(empty_machine, MarkChange)


@pytest.mark.parametrize("known_by", ["the database", "the file beside the backup", "a file that was given"])
def test_people_erased_since_stay_erased(toolbox, office, empty_machine, tmp_path, known_by):
    (tmp_path / "old").mkdir()
    backup.write_backup(toolbox, ADMIN, tmp_path / "old" / "b")
    erasure.erase_student(toolbox, office.actor, office.meera)
    consent.withdraw_consent(toolbox, office.actor, office.ravi)
    given = ()
    if known_by == "the database":
        machine = toolbox
    else:
        machine = empty_machine
        backup.write_backup(toolbox, ADMIN, tmp_path / "new")
        newest = (tmp_path / "new").with_name(erasure.LEDGER_NAME)
        if known_by == "a file that was given":
            given = (newest,)
        else:
            newest.replace(tmp_path / "old" / erasure.LEDGER_NAME)
    restored = backup.restore_backup(
        machine, ADMIN, tmp_path / "old" / "b", may_replace=machine is toolbox, ledger_files=given
    )
    assert restored.erased_again == 2
    with machine.reading() as session:
        assert session.scalars(select(Student.id)).all() == [office.ravi]
        assert faces.find_sealed_model(session, office.ravi) is None
        assert get_student(session, office.ravi).consent is None
    assert len(erasure.list_ledger(machine)) == 2
    assert erasure.read_ledger(machine.settings.instance_dir / erasure.LEDGER_NAME) == erasure.list_ledger(
        machine
    )


def test_without_a_newer_ledger_nobody_is_erased_and_that_is_told(toolbox, office, empty_machine, tmp_path):
    backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    (tmp_path / erasure.LEDGER_NAME).unlink()
    restored = backup.restore_backup(empty_machine, ADMIN, tmp_path / "b")
    assert (restored.erased_again, restored.ledgers) == (0, ())


def test_what_was_under_way_is_over_after_a_restore(toolbox, office, empty_machine, tmp_path):
    sign_in.begin_sign_in(toolbox, site="office", account_id=1, device="a desk")
    with toolbox.sessions.begin() as session:
        session.add(Job(kind="read_class_photos", subject_id=1, created_at=toolbox.now()))
    backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    backup.restore_backup(empty_machine, ADMIN, tmp_path / "b")
    assert (count(toolbox, SignIn), count(empty_machine, SignIn)) == (1, 0)
    with empty_machine.reading() as session:
        assert all(phone.ended_at for phone in session.scalars(select(KioskPass)))
        assert {job.state for job in session.scalars(select(Job))} == {"done", "failed"}
        states = {letter.state for letter in session.scalars(select(OutgoingMail))}
    assert states == {MailState.PERHAPS_SENT}


def test_a_restore_on_a_running_school_is_newer_than_the_faces_in_anybodys_memory(toolbox, office, tmp_path):
    backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    consent.withdraw_consent(toolbox, office.actor, office.ravi)
    with toolbox.reading() as session:
        before = faces.find_version(session)[0]
    backup.restore_backup(toolbox, ADMIN, tmp_path / "b", may_replace=True)
    with toolbox.reading() as session:
        version, removed_at = faces.find_version(session)
    assert version == removed_at > before


def test_a_school_that_is_there_is_replaced_only_when_told(toolbox, office, tmp_path):
    backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    add_student(toolbox, office, "New Child", "N1")
    with pytest.raises(BackupRefused, match="--replace"):
        backup.restore_backup(toolbox, ADMIN, tmp_path / "b")
    assert count(toolbox, Student) == 3
    backup.restore_backup(toolbox, ADMIN, tmp_path / "b", may_replace=True)
    assert count(toolbox, Student) == 2


def test_a_file_that_is_there_is_not_written_over(toolbox, office, tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(BackupRefused, match="already there"):
        backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"


@pytest.mark.parametrize(
    "harm", ["cut in the middle", "cut at the end", "a bit", "the head", "more", "text", "none"]
)
def test_a_damaged_file_is_a_sentence_and_changes_nothing(toolbox, office, tmp_path, harm):
    path = tmp_path / "b"
    backup.write_backup(toolbox, ADMIN, path)
    size = path.stat().st_size
    if harm.startswith("cut"):
        path.write_bytes(path.read_bytes()[: size // 2 if "middle" in harm else size - 1])
    elif harm in ("a bit", "the head"):
        flip_a_bit(path, size // 2 if harm == "a bit" else 60)
    elif harm == "more":
        path.write_bytes(path.read_bytes() + b"x")
    elif harm == "text":
        path.write_text("no backup at all")
    else:
        path.unlink()
    before = rows_of(toolbox)
    with pytest.raises(BackupRefused) as refused:
        backup.restore_backup(toolbox, ADMIN, path, may_replace=True)
    assert str(refused.value).endswith(".")
    assert rows_of(toolbox) == before
    assert not list(toolbox.settings.instance_dir.glob(".restoring-*"))


@pytest.mark.parametrize("harm", ["short", "long"])
def test_a_sealed_file_with_other_rows_than_it_says_changes_nothing(toolbox, office, tmp_path, harm):
    """A seal says who wrote a file, not that the writer got to its end."""
    path, keys = tmp_path / "b", toolbox.settings.face_keys
    backup.write_backup(toolbox, ADMIN, path)
    lines = lines_of(path, keys)
    shorter = [line for line in lines if not line.startswith(b'{"table":"audit_entry"')]
    assert len(shorter) < len(lines)
    seal_lines(path, keys, [*lines, b"more"] if harm == "long" else shorter)
    before = rows_of(toolbox)
    with pytest.raises(BackupRefused, match="altered or cut off"):
        backup.restore_backup(toolbox, ADMIN, path, may_replace=True)
    assert rows_of(toolbox) == before


@pytest.mark.parametrize("harm", ["names a class that is not there", "stands there twice", "is too short"])
def test_rows_that_contradict_each_other_are_a_sentence_and_change_nothing(toolbox, office, tmp_path, harm):
    path, keys = tmp_path / "b", toolbox.settings.face_keys
    backup.write_backup(toolbox, ADMIN, path)
    lines = lines_of(path, keys)
    at = next(at for at, line in enumerate(lines) if line.startswith(b'{"table":"student"'))
    batch = json.loads(lines[at])
    if harm == "names a class that is not there":
        batch["rows"][0][batch["columns"].index("class_id")] = 999
    elif harm == "stands there twice":
        batch["rows"][1] = batch["rows"][0]
    else:
        batch["rows"][0].pop()
    lines[at] = json.dumps(batch).encode() + b"\n"
    seal_lines(path, keys, lines)
    before = rows_of(toolbox)
    with pytest.raises(BackupRefused, match="contradicts itself in its table student"):
        backup.restore_backup(toolbox, ADMIN, path, may_replace=True)
    assert rows_of(toolbox) == before


def lines_of(path, keys):
    with path.open("rb") as file:
        whole = io.BufferedReader(backup.SealedReader(file, keys, kind=backup._KIND)).read()
    return gzip.decompress(whole).splitlines(keepends=True)


def seal_lines(path, keys, lines):
    with path.open("wb") as file:
        sealed = backup.SealedWriter(file, keys, kind=backup._KIND)
        sealed.write(gzip.compress(b"".join(lines)))
        sealed.finish()


FULL = r"no room .*disk is full.* Nothing was changed"


def test_a_full_disk_is_told_from_a_backup_that_contradicts_itself(toolbox, office, tmp_path, monkeypatch):
    path = tmp_path / "a.backup"
    with toolbox.sessions.begin() as session:  # more than the pages of an empty database hold
        for _ in range(300):
            audit.record(session, toolbox, office.actor, "add student", "x" * 60, after={"words": "y" * 900})
    backup.write_backup(toolbox, office.actor, path)

    def connect_with_little_room(url, **how):
        engine = connect(url, **how)

        @event.listens_for(engine, "connect")
        def limit(connection, _record):
            connection.execute("PRAGMA max_page_count = 1")  # as many as there are

        return engine

    monkeypatch.setattr(backup, "connect", connect_with_little_room)
    with pytest.raises(BackupRefused, match=FULL):
        backup.restore_backup(toolbox, office.actor, path, may_replace=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_disk_that_is_full_at_the_end_of_a_restore_is_told_too(toolbox, office, tmp_path, monkeypatch):
    path = tmp_path / "a.backup"
    backup.write_backup(toolbox, office.actor, path)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    monkeypatch.setattr(snapshot, "_raw", lambda _connection: SimpleNamespace(backup=Mock(side_effect=full)))
    with pytest.raises(BackupRefused, match=FULL):
        backup.restore_backup(toolbox, office.actor, path, may_replace=True)


@pytest.mark.parametrize("name", ["file/x", "x" * 300, ""])
def test_a_place_where_no_backup_can_be_is_a_sentence(toolbox, office, tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(BackupRefused):
        backup.write_backup(toolbox, office.actor, tmp_path / name if name else Path())
    with pytest.raises(BackupRefused):
        backup.restore_backup(toolbox, office.actor, tmp_path / name if name else Path(), may_replace=True)


def test_a_database_of_a_newer_version_is_not_called_older(toolbox, office, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "revision_of", lambda _engine: "9999")
    with pytest.raises(BackupRefused, match="newer version"):
        backup.write_backup(toolbox, office.actor, tmp_path / "a.backup")


def test_a_backup_that_does_not_read_back_is_told_and_not_left_there(toolbox, office, tmp_path, monkeypatch):
    batches = snapshot.Snapshot.batches

    def all_but_one(self):
        yield from itertools.islice(batches(self), 1, None)

    monkeypatch.setattr(snapshot.Snapshot, "batches", all_but_one)
    with pytest.raises(BackupRefused):
        backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    assert not list(tmp_path.glob("*b*.part"))
    assert not (tmp_path / "b").exists()


def test_a_snapshot_does_not_see_what_is_written_after_it_was_taken(toolbox, office):
    with snapshot.take_snapshot(toolbox.engine) as taken:
        add_student(toolbox, office, "New Child", "N1")
        rows = [row for batch in taken.batches() if batch.table == "student" for row in batch.rows]
        assert len(rows) == taken.counts["student"] == 2
    assert count(toolbox, Student) == 3


def test_another_key_or_salt_is_told_from_a_damaged_file(toolbox, office, empty_machine, tmp_path):
    path = tmp_path / "b"
    backup.write_backup(toolbox, ADMIN, path)

    def refusal(**changed):
        machine = Toolbox(replace(empty_machine.settings, **changed))
        with pytest.raises(BackupRefused) as refused:
            backup.restore_backup(machine, ADMIN, path)
        machine.engine.dispose()
        return str(refused.value)

    assert "FACE_KEYS lacks" in refusal(face_keys={2: bytes(32)})
    assert "its key is another" in refusal(face_keys={1: bytes(32)})
    assert "PASSWORD_SALT" in refusal(password_salt="another salt than the one of then, and long")


def test_a_backup_of_a_newer_version_is_refused(toolbox, office, empty_machine, tmp_path, monkeypatch):
    backup.write_backup(toolbox, ADMIN, tmp_path / "b")
    monkeypatch.setattr(backup, "known_revisions", lambda: ["0001"])
    with pytest.raises(BackupRefused, match="newer version"):
        backup.restore_backup(empty_machine, ADMIN, tmp_path / "b")


def test_a_copy_that_fails_on_its_way_leaves_the_old_rows(toolbox, office, tmp_path):
    url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    migrate(url)
    before = rows_of(toolbox)

    def fail(_rows):
        raise OSError("the network is gone")

    if toolbox.engine.dialect.name == "mysql":
        with pytest.raises(OSError, match="gone"):
            snapshot.copy_over(connect(url), toolbox.engine, on_rows=fail)
        assert rows_of(toolbox) == before
    else:
        snapshot.copy_over(connect(url), toolbox.engine)
        assert count(toolbox, CheckIn) == 0


def test_the_commands_back_up_and_restore_and_say_what_to_keep(toolbox, office, empty_machine, tmp_path):
    path = tmp_path / "night.backup"
    answer = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["backup", str(path)])
    assert answer.exit_code == 0, answer.output
    assert "read back and found whole" in answer.output
    again = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["backup", str(path)])
    assert again.exit_code == 1
    assert "already there" in again.output
    erasure.erase_student(toolbox, office.actor, office.meera)
    ledger = toolbox.settings.instance_dir / erasure.LEDGER_NAME
    told = create_app(toolbox=empty_machine).test_cli_runner().invoke(args=["restore", str(path)])
    assert "they are here again: give the newest erasures.txt" in told.output
    restore = ["restore", str(path), "--replace", "--erasures", str(ledger)]
    told = create_app(toolbox=empty_machine).test_cli_runner().invoke(args=restore)
    assert told.exit_code == 0, told.output
    assert "Erased again: 1" in told.output
    assert "here again" not in told.output
    assert "Everybody signs in again" in told.output
    path.write_bytes(b"nothing")
    refused = create_app(toolbox=empty_machine).test_cli_runner().invoke(args=restore)
    assert refused.exit_code == 1
    assert "Error: This is no backup" in refused.output
