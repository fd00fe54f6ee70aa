"""Measures how many check-ins two workers answer over HTTPS: `make load`, some three minutes.

Starts the web server as `make run` does, a worker for each core, over a private MariaDB, and kiosks in this
process, so that server and kiosks share the machine. Every check-in is a real one: photographs, networks, a
mark. Three rounds: kiosks that send without a pause; kiosks as in a school, one check-in each five seconds;
more kiosks than can be answered, and a teacher who looks at pages meanwhile. Fails where a limit is passed.
One check-in in ten is asked to turn the head and sends a film; `make load ASKED=0` asks nobody.
"""

import argparse
import http.client
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

from benchmarks.check_in import ASKED
from benchmarks.load_server import Answer, Kiosk, Server, Visitor
from benchmarks.school import TEACHER_EMAIL, Pupil, Shot, film_turn, found_school
from shared.domain.head_turn import Side
from shared.persistence.database import migrate
from shared.persistence.tables import Teacher
from shared.services.accounts.lifecycle import renew_password
from shared.services.audit import Actor
from shared.settings import read_settings
from shared.toolbox import Toolbox
from tests.conftest import variables_for
from tests.support.phones import Refused
from tests.support.pictures import jpeg, person
from tests.support.servers import MariaDB

CONSTANT_KIOSKS, SCHOOL_KIOSKS, TOO_MANY_KIOSKS = 8, 20, 60
ROUND_S, OVERLOAD_S = 60.0, 20.0
PAUSE_S = 5.0  # of a school's kiosk, from one check-in to the next
PEOPLE = ("obama.jpg", "biden.jpg", "astronaut.png")


@dataclass
class Tally:
    """What came of one round: milliseconds by answer, and who was marked."""

    seconds: float
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    films: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, answer: Answer) -> None:
        self.outcomes[answer.outcome] += 1
        times = self.films if answer.of_film else self.taken
        (self.refused if answer.outcome == "overloaded" else times).append(answer.taken_ms)

    @property
    def per_second(self) -> float:
        return len(self.taken) / self.seconds

    @property
    def errors(self) -> int:
        """Answers that are none: neither an outcome nor "try again in a moment"."""
        return sum(count for name, count in self.outcomes.items() if name.startswith("error"))


def run_round(
    server: Server,
    kiosks: list[Kiosk],
    *,
    seconds: float,
    pause_s: float = 0.0,
    teacher: Visitor | None = None,
) -> Tally:
    """Let the kiosks check in for some seconds; print what came of it."""
    tally, until = Tally(seconds), time.monotonic() + seconds

    def work(kiosk: Kiosk, number: int) -> None:
        at = time.monotonic() + pause_s * number / len(kiosks)  # as in a school, not all at once
        while at < until:
            time.sleep(max(0.0, at - time.monotonic()))
            overloaded = False
            try:
                for answer in kiosk.check_in():
                    tally.count(answer)
                    overloaded = answer.outcome == "overloaded"
            except (OSError, http.client.HTTPException, Refused) as failure:
                tally.count(Answer(0.0, f"error {type(failure).__name__}"))
            # As the page does, who was told to wait a moment waits a second.
            at = max(at + pause_s, time.monotonic()) + (1.0 if overloaded else 0.0)

    def look() -> None:
        while teacher and time.monotonic() < until:
            began = time.perf_counter()
            for path in ("/", "/lectures"):
                tally.outcomes["error page"] += teacher.open(path) != 200
                tally.pages.append((time.perf_counter() - began) * 1e3)
                began = time.perf_counter()
            time.sleep(0.3)

    threads = [threading.Thread(target=work, args=(kiosk, at)) for at, kiosk in enumerate(kiosks)]
    threads.append(threading.Thread(target=look))
    before, memory = server.processor_s(), server.memory_mb()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = {name: now - before.get(name, 0.0) for name, now in server.processor_s().items()}
    _print_round(tally, used, memory, server.memory_mb(), kiosks=len(kiosks))
    return tally


def _print_round(
    tally: Tally, used: Mapping[str, float], before: list[float], after: list[float], *, kiosks: int
) -> None:
    outcomes = ", ".join(f"{count} {name}" for name, count in tally.outcomes.items() if count)
    print(f"\n{kiosks} kiosks, {tally.seconds:.0f} s: {tally.per_second:.1f} check-ins a second ({outcomes})")
    rows = {"check-in": tally.taken, "film": tally.films, "told to wait": tally.refused, "page": tally.pages}
    for name, of in rows.items():
        if len(of) > 1:
            print(f"  {name:13}{_spread(of)}")
    shares = ", ".join(f"{name} {seconds / tally.seconds:.0%}" for name, seconds in used.items())
    print(f"  share of a core: {shares}")
    memory = ", ".join(f"{was:.0f} to {now:.0f} MB" for was, now in zip(before, after, strict=True))
    print(f"  memory of the workers: {memory}; the machine's load {os.getloadavg()[0]:.1f}", flush=True)


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _spread(values: list[float]) -> str:
    p50, p95, p99 = (_percentile(values, percent) for percent in (50, 95, 99))
    return f"p50 {p50:5.0f} ms  p95 {p95:5.0f} ms  p99 {p99:5.0f} ms  slowest {max(values):5.0f} ms"


@contextmanager
def school(
    folder: Path, asked: float
) -> Iterator[tuple[Server, Callable[[int], list[Kiosk]], Callable[[], Visitor]]]:
    """Yield a server, what makes kiosks for it, and what signs its teacher in; all gone at the end.

    `asked` is as in `Kiosk`.
    """
    database = MariaDB(folder / "mariadb")
    database.start()
    try:
        url = database.create("school")
        migrate(url)
        variables = variables_for(folder, url, OMP_NUM_THREADS="1")
        toolbox = Toolbox(read_settings(variables))
        pupils = found_school(toolbox, [Shot(name, jpeg(person(name))) for name in PEOPLE])
        others = {"database": database.process.pid if database.process else 0, "kiosks": os.getpid()}
        server = Server(folder, variables, others)
        try:
            yield server, _kiosk_maker(toolbox, server, pupils, asked), _sign_in_maker(toolbox, server)
        finally:
            server.stop()
            toolbox.engine.dispose()
    finally:
        database.stop()


def _kiosk_maker(
    toolbox: Toolbox, server: Server, pupils: Sequence[Pupil], asked: float
) -> Callable[[int], list[Kiosk]]:
    films = {(pupil, side): film_turn(toolbox, pupil.shot, side) for pupil in pupils for side in Side}

    def make(count: int) -> list[Kiosk]:
        visitors = [Visitor(server.port, server.trust) for _ in range(count)]
        return [Kiosk(visitor, toolbox, pupils, films, asked) for visitor in visitors]

    return make


def _sign_in_maker(toolbox: Toolbox, server: Server) -> Callable[[], Visitor]:
    """Return what signs the teacher in. Call it once all kiosks are made: handing over ends sign-ins."""
    password = renew_password(toolbox, Actor(site="command", email="bench"), Teacher, TEACHER_EMAIL)
    with toolbox.sessions.begin() as session:
        session.query(Teacher).update({"must_change_password": False})

    def sign_in() -> Visitor:
        teacher = Visitor(server.port, server.trust)
        teacher.open("/sign-in")
        fields = {"email": TEACHER_EMAIL, "password": password, "csrf_token": teacher.token}
        teacher.post("/sign-in", urlencode(fields).encode(), "application/x-www-form-urlencoded")
        if teacher.open("/") != 200:
            raise RuntimeError("the teacher could not sign in")
        return teacher

    return sign_in


def main() -> int:
    """Measure and print; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description="Run kiosks against served workers.")
    parser.add_argument(
        "--asked", type=float, default=100 * ASKED, help="how many in a hundred are asked to turn the head"
    )
    asked = parser.parse_args().asked / 100
    with (
        tempfile.TemporaryDirectory() as scratch,
        school(Path(scratch), asked) as (server, make_kiosks, sign_in),
    ):
        print(f"ready after {server.ready_s:.1f} s with {len(server.workers)} workers", flush=True)
        run_round(server, make_kiosks(CONSTANT_KIOSKS), seconds=5.0)  # warms up
        constant = run_round(server, make_kiosks(CONSTANT_KIOSKS), seconds=ROUND_S)
        usual = run_round(server, make_kiosks(SCHOOL_KIOSKS), seconds=ROUND_S, pause_s=PAUSE_S)
        many = make_kiosks(TOO_MANY_KIOSKS)
        over = run_round(server, many, seconds=OVERLOAD_S, teacher=sign_in())
        limits = {
            "20 check-ins a second": constant.per_second >= 20,
            "95 % of them within 400 ms": _percentile(constant.taken, 95) <= 400,
            "nobody told to wait": not constant.refused and not usual.refused,
            "no error": not (constant.errors or usual.errors or over.errors),
            "told to wait within a second": max(over.refused, default=0.0) <= 1000,
            "a worker below 500 MB": max(server.memory_mb()) < 500,
            "ready within 3 s": server.ready_s < 3,
        }
    print()
    for name, kept in limits.items():
        print(f"{'kept  ' if kept else 'PASSED'}  {name}")
    return 0 if all(limits.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
