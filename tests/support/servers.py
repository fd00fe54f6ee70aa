"""Private servers for the tests: on free ports of 127.0.0.1, and gone when the tests are.

Each pytest worker has its own, so a test may stop its database without disturbing another's.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import MySQLdb
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from launcher.children import ENDS_WITH_US

START_S = 30
STOP_S = 20


def find_program(name: str, *, package: str) -> str:
    """Return the program's path; RuntimeError naming the Debian package that holds it."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise RuntimeError(f"{name} is missing: `make setup` adds it (Debian's package {package}).")
    return path


def find_free_port() -> int:
    """Return a port of 127.0.0.1 nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Server:
    """A program with a home folder and a port, which can be stopped and started again."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        self.home = home
        self.port = find_free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with its last words."""
        log_path = self.home / "log"
        with log_path.open("ab") as log:
            # Out of reach of Ctrl-C: the fixture ends it, after the test that still uses it.
            self.process = subprocess.Popen(
                [*ENDS_WITH_US, *self._command()], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                last_words = log_path.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{type(self).__name__} did not start: {last_words}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; its port and what it stored stay for the next start."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class MariaDB(_Server):
    """A MariaDB whose root needs no password, tuned for a short life."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._data, self._socket = home / "data", home / "socket"
        install = find_program("mariadb-install-db", package="mariadb-server-core")
        subprocess.run(
            [install, *self._common(), "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def url(self, database: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"mysql+mysqldb://root@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database (dropping what had its name) and return its address."""
        self.execute(f"DROP DATABASE IF EXISTS {database}")
        self.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        return self.url(database)

    def empty(
        self, database: str, *, keep: frozenset[str] = frozenset({"alembic_version", "face_version"})
    ) -> None:
        """Delete every row, except in the tables of `keep`."""
        with self._connected() as run:
            tables = [name for (name,) in run(f"SHOW TABLES FROM {database}") if name not in keep]
            # Asked in one go, for it is asked after every test.
            filled = (f"(SELECT '{name}' FROM {database}.`{name}` LIMIT 1)" for name in tables)  # noqa: S608
            for (name,) in run(" UNION ALL ".join(filled)) if tables else ():
                run(f"TRUNCATE {database}.`{name}`")

    def execute(self, statement: str) -> tuple[tuple[Any, ...], ...]:
        """Run one statement as root and return its rows."""
        with self._connected() as run:
            return run(statement)

    @contextmanager
    def _connected(self) -> Iterator[Callable[[str], tuple[tuple[Any, ...], ...]]]:
        """One connection as root; gives what runs a statement and returns its rows."""
        connection = MySQLdb.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=5)

        def run(statement: str) -> tuple[tuple[Any, ...], ...]:
            cursor.execute(statement)
            rows: tuple[tuple[Any, ...], ...] = cursor.fetchall()
            connection.commit()
            return rows

        try:
            cursor = connection.cursor()
            # A test that left a transaction open is told so instead of waiting for a day.
            cursor.execute("SET SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 10")
            yield run
        finally:
            connection.close()

    def _common(self) -> list[str]:
        user = ["--user=root"] if os.getuid() == 0 else []
        return ["--no-defaults", *user, f"--datadir={self._data}", "--innodb-log-file-size=8M"]

    def _command(self) -> list[str]:
        return [
            find_program("mariadbd", package="mariadb-server-core"),
            *self._common(),
            f"--socket={self._socket}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=64M",
            # What a power cut would lose, a test never asks for.
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
            "--skip-innodb-doublewrite",
            "--skip-log-bin",
        ]

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except MySQLdb.OperationalError:
            return False
        return True


class Redis(_Server):
    """A Redis that writes nothing to disk."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        # Debian's redis-tools holds the server under another name, without starting a service.
        program = self.home / "redis-server"
        if not program.exists():
            program.symlink_to(find_program("redis-check-rdb", package="redis-tools"))
        return [
            str(program),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.home)),
            *("--save", "", "--appendonly", "no"),
        ]

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


class MailServer:
    """An SMTP server that keeps what it received, in order of arrival.

    `answer` may be replaced: it sees the recipients and returns the reply to the message's end,
    such as "550 no such user"; a message that is not answered with 250 is not kept.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer: Callable[[list[str]], str] = lambda recipients: "250 kept"
        self.port = find_free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Listen; returns when the server answers."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook for a whole message; the envelope's recipients become X-Envelope-To."""
        reply = self.answer(envelope.rcpt_tos)
        if reply.startswith("250"):
            message = BytesParser(EmailMessage, policy=policy.default).parsebytes(
                envelope.original_content or b""
            )
            message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
            self.messages.append(message)
        return reply


def wait_until(is_so: Callable[[], bool], *, within_s: float) -> float:
    """Wait, and give how long it took in seconds."""
    begin = time.monotonic()
    while not is_so():
        assert time.monotonic() - begin < within_s, "it took too long"
        time.sleep(0.1)
    return time.monotonic() - begin
