"""Counts and times for Prometheus: no name, no roll id, no address is in them. Off, they cost nothing.

They are on where METRICS_PORT is set: each process writes its figures into a folder, and
`launcher.metrics_server` adds them up. Only then is the library imported.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shared.errors import SettingsError

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for it

# Upper ends in seconds. A check-in's stages take 0.2 to 100 ms, a slow page seconds.
_STAGE_ENDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_ANSWER_ENDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Instruments:
    """What is counted and timed; made once per process."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Histogram

        self.stages = Histogram(
            "attendance_check_in_stage_seconds",
            "How long a stage of a check-in took, waiting for its turn included.",
            ["stage"],
            buckets=_STAGE_ENDS,
        )
        self.outcomes = Counter("attendance_check_ins", "What kiosks were answered.", ["outcome"])
        self.zones = Counter("attendance_spoof_zones", "First looks of the spoof check by zone.", ["zone"])
        self.answers = Histogram(
            "attendance_answer_seconds",
            "How long a site took to answer, by the kind of page and the status.",
            ["site", "kind", "status"],
            buckets=_ANSWER_ENDS,
        )
        self.turned_away = Counter(
            "attendance_turned_away", "Told to come again, by what was full.", ["full"]
        )


_instruments: _Instruments | None = None


def turn_on(folder: Path) -> None:
    """Write figures into the folder from now on, in this process and those that begin as its copies."""
    global _instruments  # noqa: PLW0603 one set of files per process, as the library has it
    if _instruments is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[FOLDER] = str(folder)
        _instruments = _Instruments()


def port_of(environ: Mapping[str, str]) -> int | None:
    """Return METRICS_PORT, or None where it is not set. Raise SettingsError."""
    chosen = environ.get("METRICS_PORT", "")
    if not chosen:
        return None
    if not (chosen.isascii() and chosen.isdigit() and 0 < int(chosen) < 65536):
        raise SettingsError("METRICS_PORT must be a port number from 1 to 65535.")
    return int(chosen)


def folder_of(environ: Mapping[str, str], instance_dir: Path) -> Path | None:
    """Return where the figures are: METRICS_DIR, or a folder in the instance folder; None where they are
    off."""
    if not environ.get("METRICS_PORT"):
        return None
    return Path(environ.get("METRICS_DIR") or instance_dir / "metrics")


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time a stage of a check-in, whether or not it succeeds."""
    if _instruments is None:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        _instruments.stages.labels(name).observe(time.perf_counter() - began)


def count_outcome(outcome: str) -> None:
    """Count what a kiosk was answered."""
    if _instruments is not None:
        _instruments.outcomes.labels(outcome).inc()


def count_zone(zone: str) -> None:
    """Count where a first look put a face: clearly living, doubtful, clearly an attack."""
    if _instruments is not None:
        _instruments.zones.labels(zone).inc()


def count_answer(site: str, kind: str, status: int, duration_s: float) -> None:
    """Count a site's answer; `kind` is "kiosk" or "page"."""
    if _instruments is not None:
        _instruments.answers.labels(site, kind, str(status)).observe(duration_s)


def count_turned_away(full: str) -> None:
    """Count a request that was told to come again; `full` names what had no place: "turns", "threads"."""
    if _instruments is not None:
        _instruments.turned_away.labels(full).inc()
