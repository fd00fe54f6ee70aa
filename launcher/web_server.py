"""How Gunicorn serves a site: `gunicorn -c python:launcher.web_server 'teacher_site:create_app()'`.

What differs between the sites and machines (bind, workers, certificate) stands on the command line.
"""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from shared.errors import ModelUnavailable
from shared.logs import logging_config
from shared.vision.load_limiter import AT_ONCE

# A request's parts may keep a thread waiting for so long in total, and longer only by what they bring:
# a kiosk's photo of 200 kB has half a minute, a class's photos of 200 MB more than an hour.
REQUEST_DEADLINE_S = 30.0
SLOWEST_BYTES_PER_S = 50_000

# Who took a connection leaves the next one to the other workers for so long. Whoever took the last one stands
# in memory that the workers share, as this file is read before they begin.
TURN_S = 0.01
_took_last = RawValue("q", 0)

threads = (
    16  # the gate of photos (shared/vision/load_limiter.py) keeps at most six of them; pages have the rest
)
timeout = 60  # a worker that says nothing for so long is replaced
graceful_timeout = 10
keepalive = 15  # a kiosk's next student comes within seconds; saves a TLS handshake on a phone
max_requests = 0  # a worker keeps its loaded networks; it is replaced only when it dies
limit_request_line = 4094
limit_request_fields = 60
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 a heartbeat must not wait for a disk
control_socket_disable = True
logconfig_dict = logging_config()


class TurnWorker(ThreadWorker):  # type: ignore[misc]  # Gunicorn has no types
    """Takes new connections in turn with the other workers.

    A kiosk keeps its connection and so its worker. Left to whoever is woken first, 8 kiosks were 5 and 3 or 6
    and 2 on two workers, and those of the fuller one waited by as much longer.
    """

    def accept(self, listener: Any) -> None:
        had = self.nr_conns
        if _took_last.value == self.pid and self.cfg.workers > 1:
            time.sleep(TURN_S)
        super().accept(listener)  # takes it well if another was quicker
        if self.nr_conns > had:
            _took_last.value = self.pid


worker_class = TurnWorker


def post_worker_init(worker: Any) -> None:
    """Gunicorn calls this in each new worker: read networks and faces now, while nobody waits."""
    toolbox = worker.app.wsgi().extensions["toolbox"]
    threading.Thread(target=_read_networks, args=(toolbox,), daemon=True).start()


def _read_networks(toolbox: Any) -> None:
    # Here, because the master reads this file too and has no use for the database.
    from shared.persistence.database import UNREACHABLE
    from shared.services.faces.sealed_faces import refresh_index

    # A network that is missing or altered is told to the first person it concerns, and by /readyz.
    with contextlib.suppress(ModelUnavailable):
        for at_once in (1, AT_ONCE):  # the first set soon, then the others
            toolbox.face_matcher.warm_up(at_once)
            toolbox.spoof_detector.warm_up(at_once)
    with contextlib.suppress(*UNREACHABLE), toolbox.reading() as session:
        refresh_index(toolbox, session)


class DeadlineSocket(ssl.SSLSocket):
    """A client's connection that frees its thread when a request takes too long to arrive.

    Gunicorn itself waits for ever for the second half of a request, so a few silent phones
    would occupy every thread.
    """

    def setblocking(self, flag: bool) -> None:
        """Gunicorn calls this with True whenever a thread begins to serve the connection."""
        self._deadline = time.monotonic() + REQUEST_DEADLINE_S
        self.settimeout(REQUEST_DEADLINE_S if flag else 0)

    def do_handshake(self, block: bool = False) -> None:
        self.setblocking(True)
        super().do_handshake(block)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        # Close to zero, not zero: that would mean "do not wait at all".
        self.settimeout(max(0.01, self._deadline - time.monotonic()))
        part = super().recv(buflen, flags)
        self._deadline += len(part) / SLOWEST_BYTES_PER_S
        return part

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(REQUEST_DEADLINE_S)
        return super().send(data, flags)


def ssl_context(_config: object, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Called for each connection, so a certificate issued anew is served without a restart."""
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSocket
    return context
