"""How long a check-in takes, stage by stage, through the product's own code.

It checks in the students of a made-up school, round after round. Only photos that lead to a mark
are timed: a refusal ends early. A share of the students is asked to turn the head first, and sends a film of
it that is made up from the photo.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

from benchmarks.school import Pupil, film_turn, forget_marks, found_school, hand_round, read_shots
from benchmarks.stopwatch import STAGES, Stopwatch, TimedSessions, timed_as
from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import FaceModel
from shared.domain.head_turn import Side
from shared.errors import InvalidInput
from shared.persistence.database import Sessions, migrate
from shared.security.draws import Draws
from shared.services.kiosk import check_in as service
from shared.services.kiosk.passes import find_pass, issue_ticket
from shared.settings import Settings, read_settings
from shared.toolbox import Toolbox

# Checks a JPEG another way; gives the ms by the clock and of processor time.
Classic = Callable[[bytes], tuple[float, float]]

ASKED = 0.1  # the share of check-ins that are asked to turn the head, unless told otherwise


@dataclass
class _Kiosk:
    """A lecture of one student; `film` shows the head turning as it may be asked to."""

    pupil: Pupil
    token: str
    film: tuple[bytes, ...]


@dataclass
class _Asking(Draws):
    """Chance that asks the student who comes next, or does not."""

    asks: bool = False

    def one_in(self, count: int | None) -> bool:
        return self.asks

    def side(self) -> Side:
        return Side.RIGHT


def stay_on_one_core() -> None:
    """Keep every thread of this process, and the processes it starts from now on, on one core."""
    core = {min(os.sched_getaffinity(0))}
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), core)


def measure(
    settings: Settings,
    folder: Path,
    *,
    seconds: float,
    asked: float = ASKED,
    classic: Classic | None = None,
) -> dict[str, Any]:
    """Check in the people on the photos below `folder` for some seconds and give the figures.

    Of the check-ins the share `asked`, 0…1, is asked to turn the head. `classic`, where it is given, takes
    each photo in turn with the product. All times are in ms: `p50` and `p95` by the clock, `processor_p50`
    without what other programs took. Raise InvalidInput if no photo leads to a mark, or no film where one
    is asked for.
    """
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    # On the school's own disk, which a commit waits for.
    with TemporaryDirectory(dir=settings.instance_dir) as scratch:
        own = read_settings({"INSTANCE_DIR": scratch, "MODELS_DIR": str(settings.models_dir)})
        migrate(own.database_url)
        toolbox = Toolbox(own)
        try:
            pupils = found_school(toolbox, read_shots(toolbox, folder))
            return _measure(toolbox, pupils, seconds, asked, classic)
        finally:
            toolbox.engine.dispose()


def _measure(
    toolbox: Toolbox, pupils: Sequence[Pupil], seconds: float, asked: float, classic: Classic | None
) -> dict[str, Any]:
    draws = _Asking()
    toolbox = toolbox.with_(draws=draws)
    rounds: list[_Round] = []
    classic_times: list[tuple[float, float]] = []
    # One lecture each: the same face at two roll ids of a lecture would be a question for the teacher.
    kiosks = [
        _Kiosk(pupil, hand_round(toolbox, [pupil]), film_turn(toolbox, pupil.shot, draws.side()))
        for pupil in pupils
    ]
    # The first round warms up, and tells whose photo leads to a mark, and whose film.
    first = [_check_in(toolbox, kiosk) for kiosk in kiosks]
    marked = [kiosk for kiosk, done in zip(kiosks, first, strict=True) if done.is_marked]
    if not marked:
        raise InvalidInput(f"No photo led to a mark: {dict(Counter(done.outcome for done in first))}.")
    turning = _find_turning(toolbox, marked, draws) if asked else []
    if classic:
        classic(marked[0].pupil.shot.jpeg)
    until, owed = time.monotonic() + seconds, 0.0
    while time.monotonic() < until or len(rounds) < 2:
        for kiosk in marked:
            forget_marks(toolbox, kiosk.token)
            owed += asked
            draws.asks = owed >= 1 - 1e-9 and kiosk in turning
            owed -= draws.asks
            done = _check_in(toolbox, kiosk)
            if not done.is_marked:
                raise InvalidInput(f"A photo that led to a mark before was answered {done.outcome}.")
            rounds.append(done)
            if classic:
                classic_times.append(classic(kiosk.pupil.shot.jpeg))
    return _figures(rounds, classic_times, Counter(done.outcome for done in first))


def _find_turning(toolbox: Toolbox, kiosks: Sequence[_Kiosk], draws: _Asking) -> list[_Kiosk]:
    """Return the students whose film leads to a mark: who looks aside already has not far to turn."""
    draws.asks, found, outcomes = True, [], Counter[CheckInOutcome]()
    for kiosk in kiosks:
        forget_marks(toolbox, kiosk.token)
        done = _check_in(toolbox, kiosk)
        outcomes[done.outcome] += 1
        found += [kiosk] if done.is_marked else []
    if not found:
        raise InvalidInput(f"No film of a turn led to a mark: {dict(outcomes)}.")
    return found


@dataclass(frozen=True)
class _Round:
    """One check-in: its answer, and the times of its photo and of its film, if one was asked for."""

    outcome: CheckInOutcome
    photo: Stopwatch
    film: Stopwatch | None

    @property
    def is_marked(self) -> bool:
        return self.outcome is CheckInOutcome.PRESENT

    @property
    def clock_ms(self) -> float:
        return sum(sum(watch.clock.values()) for watch in (self.photo, self.film) if watch)

    @property
    def own_ms(self) -> float:
        return sum(sum(watch.own.values()) for watch in (self.photo, self.film) if watch)


def _check_in(toolbox: Toolbox, kiosk: _Kiosk) -> _Round:
    kiosk_pass, watch = find_pass(toolbox, kiosk.token), Stopwatch()
    if kiosk_pass is None:
        raise RuntimeError("the kiosk is gone")
    pupil, key = kiosk.pupil, str(uuid4())
    ticket = issue_ticket(toolbox, kiosk_pass)  # fetched while the photo is taken
    sent = service.CheckInRequest(pupil.class_code, pupil.roll_id, pupil.shot.jpeg, key, ticket)
    with _watched(toolbox, watch) as timed, watch.lap("other"):
        answer = service.check_in(timed, kiosk_pass, sent)
    if answer.outcome is not CheckInOutcome.TURN_HEAD:
        return _Round(answer.outcome, watch, None)
    film_watch, ticket = Stopwatch(), issue_ticket(toolbox, kiosk_pass)
    film = service.FilmRequest(
        pupil.class_code, pupil.roll_id, pupil.shot.jpeg, str(uuid4()), ticket, key, kiosk.film
    )
    with _watched(toolbox, film_watch) as timed, film_watch.lap("other"):
        answer = service.turn_head(timed, kiosk_pass, film)
    return _Round(answer.outcome, watch, film_watch)


@contextmanager
def _watched(toolbox: Toolbox, watch: Stopwatch) -> Iterator[Toolbox]:
    """Yield a toolbox whose parts report to `watch`; what they are is as before afterwards."""
    matcher = toolbox.face_matcher
    timed = toolbox.with_(
        face_matcher=matcher,
        spoof_detector=toolbox.spoof_detector,
        head_turn_reader=toolbox.head_turn_reader,
        draws=toolbox.draws,
        sealer=toolbox.sealer,
        face_index=toolbox.face_index,
        load_limiter=toolbox.load_limiter,
        reading=cast(Sessions, TimedSessions(toolbox.reading, watch)),
        sessions=cast(Sessions, TimedSessions(toolbox.sessions, watch)),
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
            stack.enter_context(timed_as(owner, name, stage, watch))
        yield timed


def _figures(
    rounds: list[_Round], classic_times: list[tuple[float, float]], outcomes: Mapping[str, int]
) -> dict[str, Any]:
    watches = [done.photo for done in rounds]
    films = [done.film for done in rounds if done.film]
    stages = {
        name: _spread([watch.clock[name] for watch in watches], [watch.own[name] for watch in watches])
        for name in STAGES
    }
    if len(films) > 1:
        stages["film"] = _spread(
            [sum(film.clock.values()) for film in films], [sum(film.own.values()) for film in films]
        )
    stages["total"] = _spread([done.clock_ms for done in rounds], [done.own_ms for done in rounds])
    figures: dict[str, Any] = {
        "check_ins": len(rounds),
        "asked": len(films),
        "photos": dict(outcomes),
        "stages": stages,
        "peak_mb": _peak_mb(),
        "load": os.getloadavg()[0],
    }
    if classic_times:
        figures["classic"] = _spread([clock for clock, _ in classic_times], [own for _, own in classic_times])
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
    """Return the figures as a table; times in ms."""
    lines = [f"{'ms':10}{'p50':>8}{'p95':>8}{'processor':>11}"]
    rows = figures["stages"] | ({"classic": figures["classic"]} if "classic" in figures else {})
    for name, of in rows.items():
        lines.append(f"{name:10}{of['p50']:8.1f}{of['p95']:8.1f}{of['processor_p50']:11.1f}")
    if "ratio" in figures:
        lines.append(f"The classic way takes {figures['ratio']:.1f} times as long.")
    photos = ", ".join(f"{count} {outcome}" for outcome, count in figures["photos"].items())
    lines.append(
        f"{figures['check_ins']} check-ins on one core, {figures['asked']} asked to turn the head; "
        f"photos: {photos}."
    )
    lines.append(f"At most {figures['peak_mb']:.0f} MB; the machine's load was {figures['load']:.1f}.")
    return "\n".join(lines)
