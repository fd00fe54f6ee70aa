"""Connects to the database and migrates it: SQLite on one machine, MySQL or MariaDB in a school."""

import sqlite3
import threading
import time
from functools import cache
from pathlib import Path
from select import POLLIN, poll
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import (
    URL,
    Engine,
    column,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.exc import IntegrityError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from shared.errors import DatabaseUnusable
from shared.settings import VERSION

__all__ = [
    "RELEASED",
    "UNREACHABLE",
    "AlreadyThere",
    "Engine",
    "Session",
    "Sessions",
    "connect",
    "find_damage",
    "is_migrated",
    "known_revisions",
    "leave_no_trace",
    "migrate",
    "read_ends",
    "reading_sessions",
    "request_sessions",
    "revision_of",
    "writing_sessions",
]

Sessions = sessionmaker[Session]

# A unique or foreign key said no: somebody else wrote the same thing first.
AlreadyThere = IntegrityError

# The database is stopped, silent, or too busy to answer in time; SQLite's file is gone or damaged.
UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout)

MIGRATIONS_DIR = Path(__file__).resolve().parents[2] / "migrations"

# At which revision each release left the tables: the way back from a later one. A release adds its own.
RELEASED = {"0.2.0": "0007"}

# SQLite allows one writer at a time; a second one waits this long before "database is locked".
SQLITE_WAIT_S = 10

# How long a request waits for a free connection or a silent server before it fails with a sentence.
CONNECT_TIMEOUT_S = 5
POOL_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 30
# A connection that was let go so short ago, and not hung up since, is taken without asking the server.
TRUSTED_FOR_S = 1.0
# One statement of a migration goes over a large school's marks; a second machine waits for all statements.
MIGRATION_PATIENCE_S = 3600


def connect(database_url: str, *, patience_s: int = STATEMENT_TIMEOUT_S) -> Engine:
    """Make the engine. "mysql://" and "mariadb://" addresses are served by mysqlclient.

    A server that is silent for `patience_s` while a statement runs has failed.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _connect_sqlite(url)
    url = url.set(drivername="mysql+mysqldb").update_query_dict({"charset": "utf8mb4"})
    engine = create_engine(
        url,
        pool_recycle=1800,
        pool_timeout=POOL_TIMEOUT_S,
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # an error's text goes into the log
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "read_timeout": patience_s,
            "write_timeout": patience_s,
        },
    )
    _ask_before_use(engine)
    return engine


def _ask_before_use(engine: Engine) -> None:
    """Ask the server whether a pooled connection still stands, where that is not known.

    As `pool_pre_ping` does, whose seven questions took 1.4 ms of a check-in's 38 of processor time.
    """

    @event.listens_for(engine, "checkin")
    def leave(_connection: Any, record: Any) -> None:
        record.info["left_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _lent: Any) -> None:
        left_at = record.info.get("left_at")
        if left_at is None or (time.monotonic() - left_at < TRUSTED_FOR_S and not _is_hung_up(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as cause:
            raise InvalidatePoolError from cause


def _is_hung_up(connection: Any) -> bool:
    """Tell whether a server sent something that nobody asked for: its farewell, unless it is TLS's own."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


def _connect_sqlite(url: URL) -> Engine:
    path = _sqlite_file(url)
    # Opened, never made: beside a deleted file an empty one would begin, and hold a part of the marks.
    url = url.set(database=f"file:{quote(str(path))}").update_query_dict({"mode": "rw", "uri": "true"})
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": SQLITE_WAIT_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours to say, below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def look(_connection: Any, record: Any, _lent: Any) -> None:
        # A deleted or replaced file would go on taking marks that nobody reads again.
        if record.info["file"] != _identity(path):
            raise InvalidatePoolError

    @event.listens_for(engine, "handle_error")
    def explain(context: ExceptionContext) -> None:
        # A damaged file raises the base class, which all of SQLite's errors have in common.
        if type(context.original_exception) is sqlite3.DatabaseError:
            raise OperationalError(context.statement, None, context.original_exception)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turns writer half-way is refused at once when another wrote in between,
        # so a transaction that will write takes the write lock at its start.
        begin_with = connection.get_execution_options().get("sqlite_begin", "BEGIN")
        if begin_with:
            connection.exec_driver_sql(begin_with)

    return engine


def _sqlite_file(url: URL) -> Path:
    return Path(url.database or "").absolute()


def _file_of(engine: Engine) -> Path:
    return Path(unquote(str(engine.url.database).removeprefix("file:")))


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file lies at the path, whatever its name: device and inode; None if none does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def writing_sessions(engine: Engine) -> Sessions:
    """Return sessions for services: `with sessions.begin() as session:` is one transaction."""
    return sessionmaker(engine.execution_options(sqlite_begin="BEGIN IMMEDIATE"), expire_on_commit=False)


def reading_sessions(engine: Engine) -> Sessions:
    """Return sessions for pages: they never commit."""
    return sessionmaker(engine, expire_on_commit=False)


def request_sessions(engine: Engine) -> scoped_session[Session]:
    """Return one session per thread, for the sign-in library; the site removes it after each request.

    The library reads an account and may write it much later in the same request, while our own services
    write in between; on SQLite its statements therefore stand alone instead of holding a snapshot.
    """
    return scoped_session(sessionmaker(engine.execution_options(sqlite_begin=None), expire_on_commit=False))


def is_migrated(engine: Engine, table: str = "audit_entry") -> bool:
    """Tell whether the tables are there. Raise one of UNREACHABLE if the database is not.

    An SQLite file that was not made yet is a database without tables.
    """
    if engine.dialect.name == "sqlite" and not _file_of(engine).exists():
        return False
    with engine.connect():
        return inspect(engine).has_table(table)


@cache
def known_revisions() -> tuple[str, ...]:
    """Return every revision of the tables this version knows, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS_DIR)).walk_revisions())


def revision_of(engine: Engine) -> str | None:
    """Return the revision a database is at; None if it has no tables yet."""
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def find_damage(engine: Engine) -> str:
    """Return what is wrong inside an SQLite file, in its own words; "" if nothing is. Raise one of
    UNREACHABLE.

    A server looks after its files by itself: there it is asked for an answer.
    """
    try:
        with engine.connect() as connection:
            if engine.dialect.name != "sqlite":
                connection.execute(text("SELECT 1"))
                return ""
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except OperationalError as cause:
        if type(cause.orig) is sqlite3.DatabaseError:  # too damaged to be opened at all
            return str(cause.orig)
        raise
    return "" if found == "ok" else " ".join(str(found).split())


def read_ends(engine: Engine) -> None:
    """Read both ends of every table of an SQLite file anew. Raise one of UNREACHABLE where it is damaged.

    A connection answers from its memory after a file was overwritten or cut short. This is as quick for a
    large file as for a small one; `find_damage` reads all of it.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA shrink_memory")
        for name in inspect(connection).get_table_names():
            for end in (func.min, func.max):
                connection.execute(select(end(column("rowid"))).select_from(table(name)))


def leave_no_trace(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, where deleted bytes still stand; while others read, a later call does.

    Its main file is kept clean by secure_delete. MariaDB overwrites what was deleted by itself, in its time.
    """
    if engine.dialect.name == "sqlite":
        with engine.execution_options(sqlite_begin=None).connect() as connection:
            # Whoever waits for readers here holds up the writers: a second must do.
            connection.exec_driver_sql("PRAGMA busy_timeout = 1000")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * SQLITE_WAIT_S}")


_migrating = threading.Lock()  # Alembic keeps its context in module globals


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the tables to a revision. Safe to call from two machines at once.

    Cut off on a server, it goes on where it stopped (`migrations/env.py`).
    Raise DatabaseUnusable, and changes nothing, for tables that a newer version made.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        _sqlite_file(url).touch()
    # A server that is silent from the beginning has failed; only the work itself may take long.
    asking = connect(database_url)
    try:
        _require_known(asking)
    finally:
        asking.dispose()
    engine = connect(database_url, patience_s=MIGRATION_PATIENCE_S)
    try:
        _step(engine, revision)
    finally:
        engine.dispose()


def _step(engine: Engine, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR))
    step = command.downgrade if _is_older(engine, revision) else command.upgrade
    with _migrating, engine.connect() as connection:
        locked = engine.dialect.name == "mysql"
        if locked:
            lock = text("SELECT GET_LOCK('attendance_migrations', :patience)")
            if not connection.scalar(lock, {"patience": MIGRATION_PATIENCE_S // 2}):
                raise DatabaseUnusable("Another machine migrates this database. Nothing was changed here.")
            connection.commit()
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            # SQLite changes a table by copying it and dropping the old one, which rows elsewhere point to. In
            # a transaction this pragma does nothing, so the driver's own connection is told, before one.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        config.attributes["connection"] = connection
        step(config, revision)
        if is_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise DatabaseUnusable("A migration would leave rows that point nowhere. Nothing was changed.")
        connection.commit()
        if locked:
            connection.execute(text("SELECT RELEASE_LOCK('attendance_migrations')"))


def _require_known(engine: Engine) -> None:
    found = revision_of(engine)
    if found is not None and found not in (known := known_revisions()):
        raise DatabaseUnusable(
            f"The database is of a newer version of this product: its tables are at {found}, and version "
            f"{VERSION} knows them up to {known[0]}. Start the newer version again, or restore the backup "
            "from before the upgrade into an empty database (docs/administrator.md, Upgrading)."
        )


def _is_older(engine: Engine, revision: str) -> bool:
    known, found = known_revisions(), revision_of(engine)
    if revision in known and found in known:
        return known.index(revision) > known.index(found)
    return revision == "base" or (revision.startswith("-") and inspect(engine).has_table("alembic_version"))
