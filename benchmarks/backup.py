"""Measures backup and restore of a big school's term: `make bench-backup`.

5,000 students with face models of full size, 300,000 marks with their history, 60,000 check-ins, 50,000
letters and 100,000 entries of the audit trail, on SQLite and a private MariaDB. Prints seconds by the clock,
the file's size and how much memory the process took; fails where a way took more than two minutes.
"""

import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from shared.persistence.database import migrate
from shared.persistence.snapshot import Batch, fill
from shared.security import purposes
from shared.security.sealing import SEAL_OVERHEAD_BYTES, Sealer
from shared.services.audit import Actor
from shared.services.upkeep.backup import restore_backup, write_backup
from shared.settings import read_settings
from shared.toolbox import Toolbox
from tests.conftest import variables_for
from tests.support.servers import MariaDB

STUDENTS, CLASSES, LECTURES, MARKS_EACH = 5_000, 100, 6_000, 50
LIMIT_S = 120
ACTOR = Actor(site="command", email="bench")
NOW = "2026-11-23 04:30:00.000000"


def main() -> int:
    """Fill, write and restore on both databases; 1 where a limit is passed."""
    slowest = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = MariaDB(folder / "mariadb")
        server.start()
        try:
            for kind, source, target in (
                ("SQLite", f"sqlite:///{folder / 'a.sqlite3'}", f"sqlite:///{folder / 'b.sqlite3'}"),
                ("MariaDB", server.create("a"), server.create("b")),
            ):
                slowest = max(slowest, _measure(folder / kind, kind, source, target))
        finally:
            server.stop()
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return int(slowest > LIMIT_S)


def _measure(folder: Path, kind: str, source_url: str, target_url: str) -> float:
    folder.mkdir()
    settings = read_settings(variables_for(folder / "instance", source_url))
    source = Toolbox(settings)
    target = Toolbox(replace(settings, database_url=target_url, instance_dir=folder / "other"))
    migrate(source_url)
    fill(source.engine, _school(source.sealer))
    file = folder / "backup"
    wrote = _timed(lambda: write_backup(source, ACTOR, file))
    restored = _timed(lambda: restore_backup(target, ACTOR, file))
    size = file.stat().st_size / 1e6
    print(f"{kind}: backup {wrote:.1f} s, restore {restored:.1f} s, {size:.0f} MB", flush=True)
    for toolbox in (source, target):
        toolbox.engine.dispose()
    return max(wrote, restored)


def _timed(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _school(sealer: Sealer) -> Iterator[Batch]:
    """Yield the rows of a term, table by table."""
    model = os.urandom(8192 - SEAL_OVERHEAD_BYTES)
    yield from _rows("teacher", 1, _account)
    yield from _rows("school_class", CLASSES, lambda i: {"class_code": f"C{i}", "name": "", "active": 1})
    yield from _rows("student", STUDENTS, _student)
    yield from _rows(
        "face_model",
        STUDENTS,
        lambda i: {
            "student_id": i,
            "sealed_model": sealer.seal(model, purpose=purposes.face_model(i)),
            "photo_count": 5,
            "is_weak": 0,
            "trained_at": NOW,
            "version": i,
        },
    )
    yield from _rows("face_version", 1, lambda _i: {"version": STUDENTS, "removed_at": 0})
    yield from _rows("lecture", LECTURES, _lecture)
    yield from _rows("kiosk_pass", LECTURES, _kiosk_pass)
    marks = LECTURES * MARKS_EACH
    yield from _rows("mark", marks, lambda i: {**_mark(i), "status": "present", "marked_at": NOW})
    yield from _rows("mark_change", marks, lambda i: {**_mark(i), "becomes": "present", "changed_at": NOW})
    yield from _rows("check_in", 60_000, _check_in)
    yield from _rows("outgoing_mail", 50_000, _letter)
    yield from _rows("audit_entry", 100_000, _entry)


def _rows(table: str, count: int, row: Callable[[int], dict[str, object]]) -> Iterator[Batch]:
    for start in range(1, count + 1, 500):
        rows = [{"id": i, **row(i)} for i in range(start, min(start + 500, count + 1))]
        yield Batch(table, list(rows[0]), [list(each.values()) for each in rows])


def _account(i: int) -> dict[str, object]:
    names = {"name": "Asha Rao", "email": f"{i}@school.example", "password": "x", "fs_uniquifier": f"{i}"}
    return {**names, "must_change_password": 0, "active": 1, "created_at": NOW}


def _student(i: int) -> dict[str, object]:
    names = {"roll_id": f"15203A{i:04}", "name": f"Child {i}", "parent1_email": f"family{i}@home.example"}
    key = secrets.token_hex(32)
    return {**names, "class_id": i % CLASSES + 1, "language": "en", "active": 1, "erasure_key": key}


def _lecture(i: int) -> dict[str, object]:
    when = {"starts_at": NOW, "ends_at": NOW, "closed_at": NOW}
    return {**when, "subject": "Databases", "teacher_id": 1, "opening_key": f"{i}"}


def _kiosk_pass(i: int) -> dict[str, object]:
    when = {"opened_at": NOW, "last_seen_at": NOW, "ended_at": NOW}
    return {**when, "token_digest": f"{i}", "lecture_id": i, "teacher_id": 1, "device": "a phone"}


def _mark(i: int) -> dict[str, object]:
    """Return a mark of the i-th student and lecture: each class of 50 is at its own lectures."""
    lecture, seat = (i - 1) // MARKS_EACH + 1, (i - 1) % MARKS_EACH
    student = lecture % CLASSES + seat * CLASSES + 1
    return {"lecture_id": lecture, "student_id": student, "source": "face", "note": ""}


def _check_in(i: int) -> dict[str, object]:
    lecture = (i - 1) // 10 + 1
    key = {"kiosk_pass_id": lecture, "idempotency_key": f"{i}", "lecture_id": lecture}
    return {**key, "student_id": i % STUDENTS + 1, "outcome": "present", "answered_at": NOW}


def _letter(i: int) -> dict[str, object]:
    to = {"lecture_id": i % LECTURES + 1, "student_id": i % STUDENTS + 1, "address": f"{i}@home.example"}
    result = {"status": "present", "state": "sent", "reason": "", "tries": 1, "corrections": 0}
    return {**to, **result, "queued_at": NOW, "try_at": NOW, "settled_at": NOW}


def _entry(i: int) -> dict[str, object]:
    who = {"at": NOW, "site": "classroom", "actor": "asha.rao@school.example", "address": "192.0.2.7"}
    return {**who, "act": "change mark", "subject": f"lecture {i}: 15203A0042", "after": '{"status": "late"}'}


if __name__ == "__main__":
    sys.exit(main())
