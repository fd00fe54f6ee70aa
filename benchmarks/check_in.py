"""How long a check-in takes, stage by stage, through the product's own code.

It checks in the students of a made-up school, round after round. Only photos that lead to a mark
are timed: a refusal ends early.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

from benchmarks.school import Pupil, forget_marks, found_school, hand_round, read_shots
from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import FaceModel
from shared.errors import InvalidInput
from shared.persistence.database import Sessions, migrate
from shared.services.kiosk import check_in as service
from shared.services.kiosk.passes import find_pass, issue_ticket
from shared.settings import Settings, read_settings
from shared.toolbox import Toolbox

# Checks a JPEG another way; gives the ms by the clock and of processor time.
Classic = Callable[[bytes], tuple[float, float]]

STAGES = ("open", "detect", "describe", "spoof", "match", "database", "other")


@dataclass
class _Stopwatch:
    """Sums up, for one check-in, the milliseconds of each stage without those of the stages within it.

    `clock` is by the clock, `own` this thread's processor time, which other programs do not lengthen.
    """

    clock: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    own: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _running: list[str] = field(default_factory=list)
    _since: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def lap(self, stage: str) -> Iterator[None]:
        self._switch()
        self._running.append(stage)
        try:
            yield
        finally:
            self._switch()
            self._running.pop()

    def _switch(self) -> None:
        now = time.perf_counter(), time.thread_time()
        if self._running:
            self.clock[self._running[-1]] += (now[0] - self._since[0]) * 1e3
            self.own[self._running[-1]] += (now[1] - self._since[1]) * 1e3
        self._since = now


class _TimedSessions:
    """Sessions that count as the stage "database" from their begin to their end."""

    def __init__(self, sessions: Sessions, watch: _Stopwatch) -> None:
        self._sessions, self._watch = sessions, watch

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        with self._watch.lap("database"), self._sessions() as session:
            yield session

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self._watch.lap("database"), self._sessions.begin() as session:
            yield session


def stay_on_one_core() -> None:
    """Keep every thread of this process, and the processes it starts from now on, on one core."""
    core = {min(os.sched_getaffinity(0))}
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), core)


def measure(
    settings: Settings, folder: Path, *, seconds: float, classic: Classic | None = None
) -> dict[str, Any]:
    """Check in the people on the photos below `folder` for some seconds and give the figures.

    `classic`, where it is given, takes each photo in turn with the product. All times are in ms: `p50` and
    `p95` by the clock, `processor_p50` without what other programs took. Raise InvalidInput if no photo
    leads to a mark.
    """
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    # On the school's own disk, which a commit waits for.
    with TemporaryDirectory(dir=settings.instance_dir) as scratch:
        own = read_settings({"INSTANCE_DIR": scratch, "MODELS_DIR": str(settings.models_dir)})
        migrate(own.database_url)
        toolbox = Toolbox(own)
        try:
            return _measure(toolbox, found_school(toolbox, read_shots(toolbox, folder)), seconds, classic)
        finally:
            toolbox.engine.dispose()


def _measure(
    toolbox: Toolbox, pupils: Sequence[Pupil], seconds: float, classic: Classic | None
) -> dict[str, Any]:
    watches: list[_Stopwatch] = []
    rival: list[tuple[float, float]] = []
    # One lecture each: the same face at two roll ids of a lecture would be a question for the teacher.
    kiosks = [(pupil, hand_round(toolbox, [pupil])) for pupil in pupils]
    # The first round warms up, and tells whose photo leads to a mark.
    outcomes = [_check_in(toolbox, *kiosk)[0] for kiosk in kiosks]
    marked = [
        kiosk for kiosk, outcome in zip(kiosks, outcomes, strict=True) if outcome is CheckInOutcome.PRESENT
    ]
    if not marked:
        raise InvalidInput(f"No photo led to a mark: {dict(Counter(outcomes))}.")
    if classic:
        classic(marked[0][0].shot.jpeg)
    until = time.monotonic() + seconds
    while time.monotonic() < until or len(watches) < 2:
        for pupil, token in marked:
            forget_marks(toolbox, token)
            outcome, watch = _check_in(toolbox, pupil, token)
            if outcome is not CheckInOutcome.PRESENT:
                raise InvalidInput(f"A photo that led to a mark before was answered {outcome}.")
            watches.append(watch)
            if classic:
                rival.append(classic(pupil.shot.jpeg))
    return _figures(watches, rival, Counter(outcomes))


def _check_in(toolbox: Toolbox, pupil: Pupil, token: str) -> tuple[CheckInOutcome, _Stopwatch]:
    kiosk_pass, watch = find_pass(toolbox, token), _Stopwatch()
    if kiosk_pass is None:
        raise RuntimeError("the kiosk is gone")
    ticket = issue_ticket(toolbox, kiosk_pass)  # fetched while the photo is taken
    sent = service.CheckInRequest(pupil.class_code, pupil.roll_id, pupil.shot.jpeg, str(uuid4()), ticket)
    with _watched(toolbox, watch) as timed, watch.lap("other"):
        answer = service.check_in(timed, kiosk_pass, sent)
    return answer.outcome, watch


@contextmanager
def _watched(toolbox: Toolbox, watch: _Stopwatch) -> Iterator[Toolbox]:
    """Yield a toolbox whose parts report to `watch`; what they are is as before afterwards."""
    matcher = toolbox.face_matcher
    timed = toolbox.with_(
        face_matcher=matcher,
        spoof_detector=toolbox.spoof_detector,
        sealer=toolbox.sealer,
        face_index=toolbox.face_index,
        load_limiter=toolbox.load_limiter,
        reading=cast(Sessions, _TimedSessions(toolbox.reading, watch)),
        sessions=cast(Sessions, _TimedSessions(toolbox.sessions, watch)),
    )
    with ExitStack() as stack:
        for owner, name, stage in (
            (service, "open_photo", "open"),
            (matcher, "describe_fast", "describe"),
            (matcher, "describe_accurate", "describe"),
            (matcher.finder, "find_faces", "detect"),
            (toolbox.spoof_detector, "judge", "spoof"),
            (service, "compare_with_lecture", "match"),
            (toolbox.sealer, "open", "match"),
            (FaceModel, "from_bytes", "match"),
            (FaceModel, "score_carefully", "match"),
        ):
            stack.enter_context(_timed(owner, name, stage, watch))
        yield timed


@contextmanager
def _timed(owner: Any, name: str, stage: str, watch: _Stopwatch) -> Iterator[None]:
    """Let a function, or a method of an object or class, count as a stage."""
    whole, call = vars(owner).get(name), getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        with watch.lap(stage):
            return call(*args, **kwargs)

    setattr(owner, name, staticmethod(timed) if isinstance(whole, classmethod) else timed)
    try:
        yield
    finally:
        if whole is None:
            delattr(owner, name)  # an object's method: its class has it
        else:
            setattr(owner, name, whole)


def _figures(
    watches: list[_Stopwatch], rival: list[tuple[float, float]], outcomes: Mapping[str, int]
) -> dict[str, Any]:
    totals = [sum(watch.clock.values()) for watch in watches]
    stages = {
        name: _spread([watch.clock[name] for watch in watches], [watch.own[name] for watch in watches])
        for name in STAGES
    }
    stages["total"] = _spread(totals, [sum(watch.own.values()) for watch in watches])
    figures: dict[str, Any] = {
        "check_ins": len(watches),
        "photos": dict(outcomes),
        "stages": stages,
        "peak_mb": _peak_mb(),
        "load": os.getloadavg()[0],
    }
    if rival:
        figures["classic"] = _spread([clock for clock, _ in rival], [own for _, own in rival])
        figures["ratio"] = figures["classic"]["p50"] / stages["total"]["p50"]
    return figures


def _spread(clock: list[float], own: list[float]) -> dict[str, float]:
    p95 = quantiles(clock, n=20, method="inclusive")[-1]
    return {"p50": median(clock), "p95": p95, "processor_p50": median(own)}


def _peak_mb() -> float:
    """Return the most memory this process ever held; unlike getrusage's, not what its parent held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else float("nan")


def as_table(figures: Mapping[str, Any]) -> str:
    """Return the same for people; times in ms."""
    lines = [f"{'ms':10}{'p50':>8}{'p95':>8}{'processor':>11}"]
    rows = figures["stages"] | ({"classic": figures["classic"]} if "classic" in figures else {})
    for name, of in rows.items():
        lines.append(f"{name:10}{of['p50']:8.1f}{of['p95']:8.1f}{of['processor_p50']:11.1f}")
    if "ratio" in figures:
        lines.append(f"The classic way takes {figures['ratio']:.1f} times as long.")
    photos = ", ".join(f"{count} {outcome}" for outcome, count in figures["photos"].items())
    lines.append(f"{figures['check_ins']} check-ins on one core; photos: {photos}.")
    lines.append(f"At most {figures['peak_mb']:.0f} MB; the machine's load was {figures['load']:.1f}.")
    return "\n".join(lines)
