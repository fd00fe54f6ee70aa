"""Reads every row of a database at one point in time, and puts rows in place of a database's own.

Rows travel as plain values that mean the same to SQLite and MariaDB: numbers, texts, bytes, and times as
"2026-11-23 04:30:00.000000" in UTC. So a backup of one can be restored into the other.
"""

import errno
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary, Table, delete, exists, func, inspect, select, text, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.domain.family_mail import MailState
from shared.persistence.tables import (
    AccountNotice,
    Base,
    FaceVersion,
    Job,
    KioskPass,
    KnownDevice,
    Lecture,
    OutgoingMail,
    PasswordLink,
    SchoolClass,
    SchoolVisit,
    SignIn,
    Student,
    Teacher,
)

_ROWS_AT_A_TIME = 500
_ROWS_WITH_PICTURES_AT_A_TIME = 10  # a photo has up to 5 MB


@dataclass(frozen=True)
class Batch:
    """Some rows of one table, in the order of `columns`."""

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Snapshot:
    """A database at one point in time, whatever is written meanwhile. `counts` are rows by table."""

    connection: Connection
    counts: Mapping[str, int]

    def batches(self) -> Iterator[Batch]:
        """Yield every row, tables before those that refer to them."""
        for table in Base.metadata.sorted_tables:
            yield from _batches(self.connection, table)


@contextmanager
def take_snapshot(engine: Engine) -> Iterator[Snapshot]:
    """Hold a transaction that reads only. The tables must be at the newest revision."""
    # Both databases fix what a transaction sees at its first query.
    if engine.dialect.name == "mysql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        }
        yield Snapshot(connection, counts)


def _batches(connection: Connection, table: Table) -> Iterator[Batch]:
    has_pictures = any(isinstance(column.type, LargeBinary) for column in table.columns)
    limit = _ROWS_WITH_PICTURES_AT_A_TIME if has_pictures else _ROWS_AT_A_TIME
    names = [column.name for column in table.columns]
    quote = connection.dialect.identifier_preparer.quote
    # As text: the columns' types would make Python's own of times and JSON.
    query = text(
        f"SELECT {', '.join(map(quote, names))} FROM {quote(table.name)}"  # noqa: S608 names of our own tables
        " WHERE id > :last ORDER BY id LIMIT :limit"
    )
    last, at = 0, names.index("id")
    while rows := connection.execute(query, {"last": last, "limit": limit}).all():
        yield Batch(table.name, names, [[_plain(value) for value in row] for row in rows])
        last = rows[-1][at]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value


class RowsDoNotFit(ValueError):
    """Rows that the tables refuse: one names another that is not there, or stands there twice."""


def fill(engine: Engine, batches: Iterable[Batch]) -> None:
    """Write rows into the tables of a new database, all in one transaction. Raise RowsDoNotFit, and OSError
    where the disk is full."""
    with _disk_told(), engine.begin() as connection:
        # A migration may have written a first row; the backup has its own.
        quote = connection.dialect.identifier_preparer.quote
        for name in inspect(connection).get_table_names():
            if name != "alembic_version":
                connection.exec_driver_sql(f"DELETE FROM {quote(name)}")  # noqa: S608
        for batch in batches:
            try:
                _insert(connection, batch)
            except (DBAPIError, TypeError) as cause:
                if _is_of_the_disk(cause):
                    raise
                raise RowsDoNotFit(batch.table) from cause


@contextmanager
def _disk_told() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as cause:
        if not _is_of_the_disk(cause):
            raise
        raise OSError(errno.ENOSPC, str(getattr(cause, "orig", cause))) from cause


def _is_of_the_disk(cause: Exception) -> bool:
    """Tell whether it was SQLite's disk that said no, not its tables."""
    code = getattr(getattr(cause, "orig", cause), "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def copy_over(
    source: Engine, target: Engine, *, on_rows: Callable[[int], None] = lambda _count: None
) -> None:
    """Put every row of `source` in place of those of `target`: all or, if it fails, none.

    Both must be at the newest revision; `source` is SQLite. Raise OSError where SQLite's disk is full.
    """
    with _disk_told(), take_snapshot(source) as snapshot:
        if target.dialect.name == "sqlite":
            with target.execution_options(sqlite_begin=None).connect() as connection:
                # SQLite's own copying is one transaction for whoever has the database open.
                _raw(snapshot.connection).backup(_raw(connection))
            on_rows(sum(snapshot.counts.values()))
            return
        with target.connect() as connection, _without_key_checks(connection), connection.begin():
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(delete(table))
            for batch in snapshot.batches():
                _insert(connection, batch)
                on_rows(len(batch.rows))


@contextmanager
def _without_key_checks(connection: Connection) -> Iterator[None]:
    """Leave foreign keys unchecked: they were held while `source` was filled, and once more only takes
    longer."""
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
    connection.commit()
    try:
        yield
    finally:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")
        connection.commit()


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _insert(connection: Connection, batch: Batch) -> None:
    quote = connection.dialect.identifier_preparer.quote
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(
        f"INSERT INTO {quote(batch.table)} ({', '.join(map(quote, batch.columns))})"  # noqa: S608
        f" VALUES ({', '.join([sign] * len(batch.columns))})",
        [tuple(row) for row in batch.rows],
    )


def holds_a_school(session: Session) -> bool:
    """Tell whether anybody or anything was registered, beyond the first admin."""
    return any(
        session.scalar(select(exists().where(table.id > 0)))
        for table in (SchoolClass, Teacher, Student, Lecture)
    )


def settle_the_past(session: Session, now: datetime, *, newest_faces: int) -> None:
    """End what was under way when a backup was made: sign-ins, kiosks, jobs, letters being sent.

    `newest_faces` is the version of face models that processes may hold in memory; this one is newer.
    """
    version = max(newest_faces, session.scalar(select(FaceVersion.version)) or 0) + 1
    session.execute(update(FaceVersion).values(version=version, removed_at=version))
    session.execute(delete(SignIn))
    session.execute(delete(KnownDevice))
    session.execute(delete(SchoolVisit))
    session.execute(delete(PasswordLink))
    session.execute(delete(AccountNotice))
    session.execute(update(KioskPass).where(KioskPass.ended_at.is_(None)).values(ended_at=now))
    under_way = update(Job).where(Job.finished_at.is_(None))
    session.execute(
        under_way.values(state="failed", sentence="The backup was made before its end.", finished_at=now)
    )
    waiting = OutgoingMail.state.in_((MailState.QUEUED, MailState.SENDING))
    session.execute(
        update(OutgoingMail)
        .where(waiting)
        .values(
            state=MailState.PERHAPS_SENT,
            reason="This letter was waiting when the backup was made; perhaps it was sent since.",
            claimed_at=None,
            settled_at=now,
        )
    )
