"""Has uploaded files read in a process of their own.

Every process that serves has one server of its own for it (`shared.confined.server`), which ends with it;
how many files are read at once is counted for the whole machine.
"""

import fcntl
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from shared import errors
from shared.confined.limits import FILE, PATIENCE_S, Limits
from shared.domain.languages import phrase, unpack
from shared.errors import InvalidInput, Overloaded, ProductError
from shared.settings import PROJECT_DIR, find_instance_dir

LARGEST_ANSWER_BYTES = 64 * 1024 * 1024

log = logging.getLogger(__name__)


def read_confined(
    function: str, file: bytes | BinaryIO, *arguments: Any, too_heavy: ProductError, limits: Limits = FILE
) -> tuple[Any, list[bytes]]:
    """Call `module:function` with an uploaded file and plain arguments in a process of its own.

    The function is given the file open for reading, and returns what JSON can say and a list of bytes, which
    come back as they are. Raise what it raised of shared.errors, `too_heavy` where it went beyond `limits`
    or failed, Overloaded where no turn came in time.
    """
    order = json.dumps({"function": function, "arguments": arguments, "limits": asdict(limits)}).encode()
    ours, theirs = socket.socketpair()
    with ours, theirs, _as_descriptor(file) as descriptor, _a_turn(limits):
        _server.send(order, [descriptor, theirs.fileno()])
        theirs.close()
        told, rest = _read_answer(ours, limits.wall_s + 1)
    if "refused" in told:
        raise _refusal(told)
    if "value" not in told:
        log.warning("a file was not read to its end", extra={"facts": {"reader": function, **told}})
        raise too_heavy
    blobs, at = [], 0
    for length in told["blobs"]:
        blobs.append(rest[at : at + length])
        at += length
    if at != len(rest):
        raise too_heavy
    return told["value"], blobs


def start(*, patience_s: float = PATIENCE_S) -> None:
    """Start this process's server now, so that the first file does not wait for it.

    `patience_s` is how long this process's files wait for their turn.
    """
    _server.patience_s = patience_s
    _server.start()


class _Server:
    """The child that forks the readers; started again if it is gone."""

    def __init__(self) -> None:
        self.patience_s = PATIENCE_S
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None
        self._of = 0

    def start(self) -> socket.socket:
        with self._lock:
            is_mine = self._of == os.getpid()  # a fork of a process has none yet
            if (
                self._orders is None
                or not is_mine
                or self._process is None
                or self._process.poll() is not None
            ):
                if self._orders is not None:
                    self._orders.close()
                self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with theirs:
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "shared.confined.server"],
                        stdin=theirs.fileno(),
                        # Threads of numpy's would wait for nothing, and each takes address space.
                        env={"PYTHONPATH": str(PROJECT_DIR), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
                        cwd="/",
                        start_new_session=True,
                    )
                self._of = os.getpid()
            return self._orders

    def send(self, order: bytes, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self.start(), [order], descriptors)
        except OSError:  # it ended in this very moment
            socket.send_fds(self.start(), [order], descriptors)


_server = _Server()


@contextmanager
def _as_descriptor(file: bytes | BinaryIO) -> Iterator[int]:
    if not isinstance(file, bytes):
        known = _find_descriptor(file)
        if known is not None:
            yield known
            return
        file.seek(0)
        file = file.read()
    descriptor = os.memfd_create("upload")
    try:
        with open(descriptor, "wb", closefd=False) as memory:
            memory.write(file)
        yield descriptor
    finally:
        os.close(descriptor)


def _find_descriptor(file: BinaryIO) -> int | None:
    """Return the descriptor of a file on disk; None for an upload that Werkzeug keeps in memory."""
    try:
        file.flush()
        return file.fileno()
    except (OSError, AttributeError):
        return None


@contextmanager
def _a_turn(limits: Limits) -> Iterator[None]:
    """Hold one of the machine's turns. Raise Overloaded where none came in the patience."""
    folder = find_instance_dir() / "readers"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    until = time.monotonic() + _server.patience_s
    while True:
        for number in range(limits.at_once):
            turn = _take(folder / f"{limits.turns}-{number}")
            if turn is not None:
                with turn:  # closing it gives it back, as the end of this process does
                    yield
                return
        if time.monotonic() > until:
            raise Overloaded(
                phrase("Other files are being read at this moment. Please try again in a moment.")
            )
        time.sleep(0.02)


def _take(path: Path) -> BinaryIO | None:
    turn = path.open("wb")
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        turn.close()
        return None
    return turn


def _read_answer(line: socket.socket, within_s: float) -> tuple[dict[str, Any], bytes]:
    """Return the reader's line and the bytes behind it; an empty one of a reader that was ended."""
    parts, received, until = [], 0, time.monotonic() + within_s
    try:
        while True:
            line.settimeout(max(0.01, until - time.monotonic()))
            part = line.recv(1024 * 1024)
            if not part:
                break
            parts.append(part)
            received += len(part)
            if received > LARGEST_ANSWER_BYTES:
                return {"killed": "too long an answer"}, b""
    except TimeoutError:
        return {"killed": "clock"}, b""
    told, ended, rest = b"".join(parts).partition(b"\n")
    return (json.loads(told.decode("utf-8", "surrogatepass")), rest) if ended else ({"killed": "limits"}, b"")


def _refusal(told: dict[str, Any]) -> ProductError:
    kind = getattr(errors, told["refused"], ProductError)
    if not (isinstance(kind, type) and issubclass(kind, ProductError)):
        kind = ProductError
    sentence = unpack(told["sentence"])
    if kind is InvalidInput:
        return InvalidInput(sentence, field=told["field"])
    return kind(sentence)
