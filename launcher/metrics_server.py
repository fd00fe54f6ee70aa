"""Gives /metrics on a port of its own: `python -m launcher.metrics_server --port 9464`.

It adds up what the sites' processes wrote into the metrics' folder, and looks how the installation is. It
listens on loopback unless told otherwise, and names nobody.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import logs, metrics
from shared.domain.health import Vitals
from shared.errors import SettingsError
from shared.persistence.database import UNREACHABLE
from shared.services.upkeep.health import take_vitals
from shared.settings import Settings, read_environ, read_settings
from shared.toolbox import Toolbox

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

# Several Prometheus servers may ask; the database is asked once.
ASK_AGAIN_AFTER_S = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Serve the figures until SIGTERM or SIGINT. Returns 1, with a sentence, where that cannot be."""
    parser = argparse.ArgumentParser(prog="launcher.metrics_server", description="Serve /metrics.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="instead of METRICS_PORT")
    asked = parser.parse_args(arguments)
    logs.configure()
    try:
        environ, settings = read_environ(), read_settings()
        port = asked.port or metrics.port_of(environ)
    except SettingsError as failure:
        print(failure, file=sys.stderr)
        return 1
    folder = metrics.folder_of(environ, settings.instance_dir)
    if port is None or folder is None:
        print("No port was chosen: METRICS_PORT is not set, so nothing is counted.", file=sys.stderr)
        return 1
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, asked.address, make_registry(settings, folder))
    except OSError as cause:
        print(f"Cannot listen on {asked.address} port {port}: {cause.strerror}.", file=sys.stderr)
        return 1
    stopping.wait()
    server.shutdown()
    thread.join()
    return 0


def make_registry(settings: Settings, folder: Path) -> Any:
    """Return what is asked at each scrape: the processes' figures, and how the installation is."""
    os.environ[metrics.FOLDER] = str(folder)
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(Installation(Toolbox(settings)))
    return registry


class Installation:
    """How the installation is, as gauges; `attendance_database_up` is all that is told where it is not."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._asking = threading.Lock()
        self._asked_at = -ASK_AGAIN_AFTER_S
        self._vitals: Vitals | None = None

    def describe(self) -> list["Metric"]:
        """Name nothing: the library would collect once to learn the names, and so ask the database."""
        return []

    def collect(self) -> Iterator["Metric"]:
        """Yield the library's name for a scrape."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        vitals = self._look()
        figures = {"database_up": ("The database answers.", float(vitals is not None))}
        for name, (words, value) in {**figures, **(_figures(vitals) if vitals else {})}.items():
            if value is not None:
                yield GaugeMetricFamily(f"attendance_{name}", words, value=value)

    def _look(self) -> Vitals | None:
        with self._asking:
            if time.monotonic() - self._asked_at >= ASK_AGAIN_AFTER_S:
                try:
                    self._vitals = take_vitals(self._toolbox)
                except UNREACHABLE:
                    self._vitals = None
                self._asked_at = time.monotonic()
            return self._vitals


def _figures(vitals: Vitals) -> dict[str, tuple[str, float | None]]:
    """Return name, words and value; None for what there is not, such as the age of a backup never written."""

    def age(moment: Any) -> float | None:
        return None if moment is None else float((vitals.now - moment).total_seconds())

    ends_at = vitals.certificate_ends_at
    left = None if ends_at is None else (ends_at - vitals.now).total_seconds()
    clock = abs((vitals.now - vitals.database_now).total_seconds())
    return {
        "jobs_waiting": ("Jobs that wait for a worker.", vitals.jobs_waiting),
        "jobs_lost": ("Jobs that a free worker would have begun.", vitals.jobs_lost),
        "letters_waiting": (
            "Letters and phone messages that wait or are on their way.",
            vitals.letters_waiting,
        ),
        "oldest_letter_age_seconds": ("How long the oldest of them waits.", age(vitals.oldest_letter_at)),
        "letters_unsent": ("Letters refused or in doubt in a week.", vitals.letters_unsent),
        "backup_age_seconds": ("Age of the newest backup.", age(vitals.backup_at)),
        "night_age_seconds": ("Since the night's work was last done.", age(vitals.night_at)),
        "worker_age_seconds": ("Since a worker last said that it lives.", age(vitals.worker_at)),
        "certificate_left_seconds": ("Until the sites' own certificate ends.", left),
        "clock_difference_seconds": ("Between this machine's clock and the database's.", clock),
        "disk_free_bytes": ("Free where the instance folder is.", vitals.disk_free_bytes),
        "disk_bytes": ("The size of that disk.", vitals.disk_bytes),
    }


if __name__ == "__main__":
    sys.exit(main())
