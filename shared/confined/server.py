"""Forks a process for each uploaded file: `python -m shared.confined.server` with its orders on stdin.

It starts without the environment's secrets and has no database. What reads a kind of file is imported with
the first of its kind; a process for one file is then there in some milliseconds, and is gone with all it did
after one answer.
"""

import contextlib
import json
import os
import resource
import signal
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.confined.limits import Limits
from shared.domain.languages import pack
from shared.errors import ProductError

LARGEST_ORDER_BYTES = 64 * 1024
# What is imported before any file came.
READERS = (
    *("shared.reports.uploaded_tables", "shared.reports.calendar_files"),
    *("icalendar", "recurring_ical_events", "charset_normalizer"),
)


def main() -> None:
    """Fork for every order until whoever gives them is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who started us
    signal.signal(
        signal.SIGCHLD, signal.SIG_IGN
    )  # nobody waits for the processes: the kernel clears them away
    for reader in READERS:
        import_module(reader)
    orders = socket.socket(fileno=0)
    while True:
        order, passed, _, _ = socket.recv_fds(orders, LARGEST_ORDER_BYTES, 2)
        if not order:
            return
        file, answer = passed
        told = json.loads(order)
        with contextlib.suppress(ImportError):  # whoever is forked says so
            import_module(told["function"].partition(":")[0])
        if os.fork() == 0:
            orders.close()
            _serve_one(told, file, answer)
        os.close(file)
        os.close(answer)


def _serve_one(order: dict[str, Any], file: int, answer: int) -> None:
    """Read one file under the limits, answer, and end. Never returns."""
    status = 1
    try:
        confine(Limits(**order["limits"]))
        told = answer_order(order, file)
        with socket.socket(fileno=answer) as line:
            for part in told:
                line.sendall(part)
        status = 0
    finally:
        os._exit(status)


def confine(limits: Limits) -> None:
    """Limit this process: processor time, memory, time on the clock, files; the kernel sees to it."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_s, limits.processor_s))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s)
    os.nice(5)  # check-ins first


def answer_order(order: dict[str, Any], file: int) -> list[bytes]:
    """Call the named function on the file. Return a line of JSON, and after it the bytes it announces."""
    try:
        module, _, name = order["function"].partition(":")
        function: Callable[..., tuple[Any, list[bytes]]] = getattr(import_module(module), name)
        # By its name it is opened anew, with a position of its own.
        with Path(f"/proc/self/fd/{file}").open("rb") as opened:
            value, blobs = function(opened, *order["arguments"])
    except ProductError as refused:
        field = getattr(refused, "field", None)
        return [
            _line({"refused": type(refused).__name__, "sentence": pack(refused.sentence), "field": field})
        ]
    except MemoryError:
        return [_line({"killed": "memory"})]
    except RecursionError:
        return [_line({"killed": "depth"})]
    return [_line({"value": value, "blobs": [len(blob) for blob in blobs]}), *blobs]


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


if __name__ == "__main__":
    main()
