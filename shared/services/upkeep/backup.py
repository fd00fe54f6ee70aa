"""Writes the whole database into one sealed file, and puts a file's rows in place of a database's.

The file is one stream, sealed in pieces (`shared.security.sealed_stream`) and packed with gzip. In it are
lines of JSON: the head with the counts, then some rows of a table each, then the end.
"""

import base64
import contextlib
import gzip
import io
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from shared.errors import BackupRefused
from shared.persistence import faces
from shared.persistence.database import connect, is_migrated, known_revisions, migrate, revision_of
from shared.persistence.snapshot import (
    Batch,
    RowsDoNotFit,
    copy_over,
    fill,
    holds_a_school,
    settle_the_past,
    take_snapshot,
)
from shared.security.sealed_stream import BrokenFile, SealedReader, SealedWriter, UnknownKey
from shared.security.tokens import keyed_digest
from shared.services import audit
from shared.services.audit import Actor
from shared.services.people import erasure
from shared.services.people.erasure import LEDGER_NAME, LedgerLine
from shared.settings import Settings
from shared.toolbox import Toolbox

_KIND = "attendance-backup-1"
# Emptying a table of a million rows is one statement.
_PATIENCE_S = 900

OnRows = Callable[[int, int], None]
"""Told the rows just done and the rows of all."""


@dataclass(frozen=True)
class Restored:
    """What a restored backup was: when it was made, its rows, and how many were erased again.

    `knows_later_erasures` is false where no ledger holds an erasure after the backup: nobody may have been
    erased since, or the ledgers are as old as the backup.
    """

    made_at: str
    rows: int
    erased_again: int
    ledgers: tuple[str, ...]
    knows_later_erasures: bool


def write_backup(
    toolbox: Toolbox, actor: Actor, path: Path, *, on_rows: OnRows = lambda _done, _all: None
) -> int:
    """Write everything as it stands at one moment into a new file, read it back, and give its rows.

    People go on working meanwhile. The ledger of erasures is written beside it. Raise BackupRefused if the
    file exists or what was written does not read back.
    """
    if not path.name or os.path.lexists(path):
        raise BackupRefused(f"{path} is already there. Please choose another name.")
    found, known = revision_of(toolbox.engine), known_revisions()
    if found != known[0]:
        if found is not None and found not in known:
            raise BackupRefused("The database is of a newer version. Please write the backup with that one.")
        raise BackupRefused("The database is of an older version. Please start the product once, then again.")
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            total = _write(toolbox, file, on_rows)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            for _batch in _read(toolbox.settings, file)[1]:
                pass
        draft.rename(path)
    except OSError as cause:
        raise BackupRefused(f"{path} cannot be written: {cause.strerror}.") from cause
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    ledger = path.with_name(LEDGER_NAME)
    try:
        erasure.write_ledger(ledger, erasure.list_ledger(toolbox))
    except OSError as cause:
        raise BackupRefused(f"{path} is whole, but {ledger} cannot be written: {cause.strerror}.") from cause
    with toolbox.sessions.begin() as session:
        audit.record(session, toolbox, actor, "write backup", path.name, after={"rows": total})
    return total


def restore_backup(
    toolbox: Toolbox,
    actor: Actor,
    path: Path,
    *,
    may_replace: bool = False,
    ledger_files: Collection[Path] = (),
    on_rows: OnRows = lambda _done, _all: None,
) -> Restored:
    """Put a backup's rows in place of the database's, but for whoever was erased since: all or nothing.

    Who was erased is told by the ledgers of the database that is there, of this installation, beside the
    file and in `ledger_files`. Sign-ins and kiosks of the time end; letters that waited then are not sent by
    themselves. Raise BackupRefused and changes nothing if the file is not whole, its key is missing, it is
    of a newer version, or there is a school already that it may not replace.
    """
    if not path.name:
        raise BackupRefused("Please name a file.")
    ledger, names = _gather_ledger(toolbox, path, ledger_files)
    if not may_replace and _holds_a_school(toolbox):
        raise BackupRefused(
            "This database holds a school already. Say --replace to put the backup in its place."
        )
    instance_dir = toolbox.settings.instance_dir
    try:
        head, total, erased = _put_in_place(toolbox, actor, path, ledger, on_rows)
    except OSError as cause:
        raise BackupRefused(
            f"There is no room for it in {instance_dir} ({cause.strerror}). Nothing was changed; "
            "please make room and restore it again."
        ) from cause
    erasure.settle(toolbox)
    made_at = datetime.fromisoformat(head["made_at"])
    is_later = any(line.erased_at > made_at for line in ledger)
    return Restored(head["made_at"], total, erased, tuple(names), is_later)


def _put_in_place(
    toolbox: Toolbox, actor: Actor, path: Path, ledger: set[LedgerLine], on_rows: OnRows
) -> tuple[dict[str, Any], int, int]:
    """Return the backup's head, its rows, and how many were erased again."""
    instance_dir = toolbox.settings.instance_dir
    instance_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The rows are made whole in an SQLite file of their own before anything that stands is touched.
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=instance_dir) as folder:
        url = f"sqlite:///{Path(folder) / 'restored.sqlite3'}"
        restored = Toolbox(replace(toolbox.settings, database_url=url), now=toolbox.now)
        try:
            head = _unpack(toolbox.settings, path, url, lambda count, total: on_rows(count, 2 * total))
            erased = erasure.replay_ledger(restored, ledger)
            total = sum(head["counts"].values())
            with restored.sessions.begin() as session:
                settle_the_past(session, toolbox.now(), newest_faces=_newest_faces(toolbox))
                after = {"made at": head["made_at"], "rows": total, "erased again": erased}
                audit.record(session, toolbox, actor, "restore backup", path.name, after=after)
            _take_over(toolbox, restored, lambda count: on_rows(count, 2 * total))
        finally:
            restored.engine.dispose()
    return head, total, erased


def _write(toolbox: Toolbox, file: BinaryIO, on_rows: OnRows) -> int:
    """Write head, rows and end; return the number of rows."""
    sealed = SealedWriter(file, toolbox.settings.face_keys, kind=_KIND)
    with take_snapshot(toolbox.engine) as snapshot:
        total = sum(snapshot.counts.values())
        with gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=1, mtime=0) as packed:
            packed.write(_line(_head(toolbox, dict(snapshot.counts))))
            for batch in snapshot.batches():
                rows = [[_packed(value) for value in row] for row in batch.rows]
                packed.write(_line({"table": batch.table, "columns": batch.columns, "rows": rows}))
                on_rows(len(batch.rows), total)
            packed.write(_line({"end": True}))
    sealed.finish()
    return total


def _head(toolbox: Toolbox, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "revision": known_revisions()[0],
        "made_at": toolbox.now().isoformat(timespec="seconds"),
        "password_salt": _mark_of_salt(toolbox.settings),
        "counts": counts,
    }


def _mark_of_salt(settings: Settings) -> str:
    """Tell another PASSWORD_SALT, under which nobody could sign in, without telling which it is."""
    return keyed_digest("the password salt of a backup", key=settings.password_salt)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _packed(value: Any) -> Any:
    return {"b": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: Any) -> Any:
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value


def _read(settings: Settings, file: BinaryIO) -> tuple[dict[str, Any], Iterator[Batch]]:
    """Return the head and the rows of a file. Raise BackupRefused, also while the rows are read."""
    with _told_apart():
        sealed = io.BufferedReader(SealedReader(file, settings.face_keys, kind=_KIND))
        packed = gzip.GzipFile(fileobj=sealed, mode="rb")
        head = json.loads(packed.readline())
    if head["revision"] not in known_revisions():
        raise BackupRefused("This backup was made by a newer version of the product. Please update it first.")
    if head["password_salt"] != _mark_of_salt(settings):
        raise BackupRefused(
            "This backup was made with another PASSWORD_SALT, so nobody could sign in. Please set that one."
        )
    return head, _read_batches(packed, head["counts"])


def _read_batches(packed: gzip.GzipFile, counts: dict[str, int]) -> Iterator[Batch]:
    left = dict(counts)
    with _told_apart():
        while True:
            line = json.loads(packed.readline())
            if "end" in line:
                break
            rows = [[_unpacked(value) for value in row] for row in line["rows"]]
            left[line["table"]] -= len(rows)
            yield Batch(line["table"], line["columns"], rows)
        if any(left.values()) or packed.read(1):
            raise BrokenFile


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Yield what can be wrong with a file, as sentences."""
    try:
        yield
    except BrokenFile as cause:
        raise BackupRefused(
            "This is no backup, or it was altered or cut off, or its key is another. Nothing was changed."
        ) from cause
    except UnknownKey as cause:
        raise BackupRefused(
            f"This backup was sealed with key {cause.number}, which FACE_KEYS lacks. Nothing was changed."
        ) from cause


def _unpack(settings: Settings, path: Path, url: str, on_rows: OnRows) -> dict[str, Any]:
    """Write a file's rows into a new SQLite database, brought to the newest revision; return its head."""
    try:
        file = path.open("rb")
    except OSError as cause:
        raise BackupRefused(f"{path} cannot be read: {cause.strerror}.") from cause
    with file:
        head, batches = _read(settings, file)
        migrate(url, head["revision"])
        total = sum(head["counts"].values())

        def counted() -> Iterator[Batch]:
            for batch in batches:
                yield batch
                on_rows(len(batch.rows), total)

        engine = connect(url)
        try:
            fill(engine, counted())
        except RowsDoNotFit as cause:
            raise BackupRefused(
                f"The backup contradicts itself in its table {cause}: a row does not fit the others. Nothing"
                " was changed; please take another backup."
            ) from cause
        finally:
            engine.dispose()
    migrate(url)
    return head


def _gather_ledger(
    toolbox: Toolbox, path: Path, ledger_files: Collection[Path]
) -> tuple[set[LedgerLine], list[str]]:
    """Return every ledger there is, and the names of those that were found."""
    ledger: set[LedgerLine] = set()
    names: list[str] = []
    if is_migrated(toolbox.engine, "erasure"):
        ledger |= erasure.list_ledger(toolbox)
        names.append("the database that was there")
    own, beside = toolbox.settings.instance_dir / LEDGER_NAME, path.with_name(LEDGER_NAME)
    for file in dict.fromkeys((own, beside, *ledger_files)):
        if file.exists():
            ledger |= erasure.read_ledger(file)
            names.append(str(file))
        elif file in ledger_files:
            raise BackupRefused(f"There is no file {file}.")
    return ledger, names


def _holds_a_school(toolbox: Toolbox) -> bool:
    if not is_migrated(toolbox.engine):
        return False
    with toolbox.reading() as session:
        return holds_a_school(session)


def _newest_faces(toolbox: Toolbox) -> int:
    """Return the version of the face models that processes may have in memory."""
    if not is_migrated(toolbox.engine, "face_version"):
        return 0
    with toolbox.reading() as session:
        return faces.find_version(session)[0]


def _take_over(toolbox: Toolbox, restored: Toolbox, on_rows: Callable[[int], None]) -> None:
    migrate(toolbox.settings.database_url)
    target = connect(toolbox.settings.database_url, patience_s=_PATIENCE_S)
    copy_over(restored.engine, target, on_rows=on_rows)
    target.dispose()
