"""How a site is served: `python -m launcher.web_server teacher_site:create_app --port 4545`.

Granian reads TLS and heads of requests in Rust, and starts a worker that died again. Its workers know the
sites through `launcher.reception`.
"""

import argparse
import asyncio
import contextlib
import faulthandler
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from launcher.ground import OWN_FILES, allow_files
from launcher.neighbours import Neighbours
from launcher.reception import Reception
from shared import metrics
from shared.confined import reading as confined
from shared.errors import ModelUnavailable, SettingsError
from shared.logs import logging_config
from shared.settings import read_environ, read_settings
from shared.vision.load_limiter import AT_ONCE

# Also how long a connection is kept for its next request: a kiosk's next student comes within seconds, which
# saves a TLS handshake on a phone.
HEAD_WITHIN_MS = 15_000
LARGEST_HEAD_BYTES = 16 * 1024
# Connections of a worker. Silent ones cost a descriptor and some kB each until their time is over.
MOST_CONNECTIONS = 4096
STOP_WITHIN_S = 10
# A worker that does nothing at all for so long says where it hangs and ends; another takes its place.
HANGS_AFTER_S = 60
LOOK_EVERY_S = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Serve one site until SIGTERM or SIGINT. Returns 1, with a sentence, where that cannot be."""
    asked = _read_arguments(arguments)
    try:
        files = allow_files(2 * MOST_CONNECTIONS)
        settings = read_settings()  # tells a wrong setting once, before workers begin
        logging = logging_config()
        for pem in filter(None, (asked.certificate, asked.key)):
            _require_readable(pem)
    except SettingsError as failure:
        print(failure, file=sys.stderr)
        return 1
    if folder := metrics.folder_of(read_environ(), settings.instance_dir):
        metrics.turn_on(folder)
    # Once for all workers, which begin as copies of this process; what they read and connect is their own.
    importlib.import_module(asked.application.partition(":")[0])
    neighbours = Neighbours(asked.workers)
    server = Server(
        asked.application,
        address=asked.address,
        port=asked.port,
        interface=Interfaces.RSGI,
        workers=asked.workers,
        loop=Loops.asyncio,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_WITHIN_MS, max_buffer_size=LARGEST_HEAD_BYTES),
        websockets=False,
        backlog=1024,
        backpressure=min(MOST_CONNECTIONS, files - OWN_FILES),
        ssl_cert=asked.certificate,
        ssl_key=asked.key or asked.certificate,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.error,  # a phone that does not trust the certificate yet hangs up: worth no line
        log_dictconfig=logging,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_S,
    )
    server.serve(
        target_loader=partial(
            _make_worker, asked.application, frozenset(asked.proxy), neighbours, os.getpid()
        ),
        wrap_loader=False,
    )
    return 0


def _read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launcher.web_server", description="Serve one of the sites.")
    parser.add_argument("application", help="for example teacher_site:create_app")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=_whole_number(most=65535), required=True)
    parser.add_argument("--workers", type=_whole_number(most=1024), default=1)
    parser.add_argument("--certificate", type=Path, help="PEM; without it the site answers plain HTTP")
    parser.add_argument("--key", type=Path, help="PEM, where it does not stand in the certificate's file")
    parser.add_argument(
        "--proxy", action="append", default=[], help="an address whose X-Forwarded-For is believed"
    )
    return parser.parse_args(arguments)


def _whole_number(*, most: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= most):
            raise argparse.ArgumentTypeError(f"{typed} is not a whole number from 1 to {most}")
        return int(typed)

    return read


def _require_readable(pem: Path) -> None:
    try:
        pem.read_bytes()
    except OSError as cause:
        raise SettingsError(f"{pem} cannot be read: {cause.strerror}.") from cause


class _Worker(Reception):
    """A site in a worker process, which watches that it lives and for whom."""

    def __init__(
        self, application: Any, proxies: frozenset[str], neighbours: Neighbours, *, master: int
    ) -> None:
        super().__init__(application, proxies=proxies, leaves=neighbours.leaves)
        self._neighbours, self._master = neighbours, master

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watching = loop.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True)
            self._neighbours.beat()
            if os.getppid() != self._master:  # it was killed; a new one has workers of its own
                signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(LOOK_EVERY_S)


def _make_worker(application: str, proxies: frozenset[str], neighbours: Neighbours, master: int) -> Any:
    """Build the site in a new worker, with networks and faces read before anybody is served."""
    module, _, factory = application.partition(":")
    site = getattr(importlib.import_module(module), factory)()
    if toolbox := site.extensions.get("toolbox"):
        _read_networks(toolbox)
    neighbours.begin()
    return _Worker(site, proxies, neighbours, master=master)


def _read_networks(toolbox: Any) -> None:
    # Here, because the master reads this file too and has no use for the database.
    from shared.persistence.database import UNREACHABLE
    from shared.services.faces.sealed_faces import refresh_index

    def read(at_once: int) -> None:
        # A network that is missing or altered is told to the first person it concerns, and by /readyz.
        with contextlib.suppress(ModelUnavailable):
            toolbox.face_matcher.warm_up(at_once)
            toolbox.spoof_detector.warm_up(at_once)

    read(1)
    with contextlib.suppress(*UNREACHABLE), toolbox.reading() as session:
        refresh_index(toolbox, session)
    threading.Thread(target=read, args=(AT_ONCE,), daemon=True).start()
    confined.start()


if __name__ == "__main__":
    sys.exit(main())
