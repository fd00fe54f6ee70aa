"""Measures several machines' worth of sites on this one: `make scale SITES=3`, about a minute.

Starts SITES classrooms, each a web server with one worker as on a machine of its own, behind nginx with
`deploy/nginx.conf`, over one MariaDB and one Redis, and kiosks that check in without a pause. What a check-in
costs each part is processor time, so that it holds for machines apart as well: docs/performance.md works out
what a university needs from it. Fails if a check-in got lost, was answered wrongly or came to one site alone.
"""

import argparse
import http.client
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

from sqlalchemy import func, select

from benchmarks.load_server import TICKS_PER_S, Kiosk, Visitor
from benchmarks.school import Shot, found_school
from launcher.addresses import LOOPBACK
from launcher.certificates import ensure_certificate
from launcher.children import ENDS_WITH_US
from shared.persistence.database import migrate
from shared.persistence.tables import Mark
from shared.settings import PROJECT_DIR, read_settings
from shared.toolbox import Toolbox
from tests.conftest import variables_for
from tests.support.nginx import Nginx
from tests.support.pictures import jpeg, person
from tests.support.servers import MariaDB, Redis, find_free_port

PEOPLE = ("obama.jpg", "biden.jpg", "astronaut.png")
KIOSKS_A_SITE = 4
# What MariaDB counts of itself: commits, statements by kind, and the bytes of its log.
COUNTERS = ("Com_commit", "Com_select", "Com_insert", "Com_update", "Com_delete", "Innodb_os_log_written")


class Site:
    """One classroom with one worker, as on a machine of its own."""

    def __init__(self, folder: Path, environ: dict[str, str], number: int) -> None:
        self.port, self.log = find_free_port(), folder / f"site{number}.log"
        command = [sys.executable, "-m", "launcher.web_server", "teacher_site:create_app"]
        command += ["--port", str(self.port), "--workers", "1", "--proxy", "127.0.0.1"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*ENDS_WITH_US, *command],
                env={**os.environ, **environ, "INSTANCE_DIR": str(folder / f"machine{number}")},
                cwd=PROJECT_DIR,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


class Balancer(Nginx):
    """nginx with several sites behind it; each new connection goes to the one with the fewest."""

    def __init__(self, home: Path, certificate: Path, ports: Sequence[int]) -> None:
        super().__init__(
            home, certificate=certificate, upstreams={"classroom": ports[0]}, names={"classroom": "localhost"}
        )
        servers = "".join(f"server 127.0.0.1:{port}; " for port in ports)
        path = home / "nginx.conf"
        text, count = re.subn(
            r"(upstream classroom \{ )server \S+;", rf"\1least_conn; {servers}", path.read_text()
        )
        if count != 1:
            raise RuntimeError("deploy/nginx.conf has no classroom to balance")
        path.write_text(text)


def family_of(pid: int) -> list[int]:
    """Return a process and those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family_of(int(child)))]


def processor_s(pid: int) -> float:
    """Return the processor time of a process and its children, in seconds (proc(5): utime, stime)."""
    total = 0
    for each in family_of(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def own_memory_mb(pid: int) -> float:
    """Return what a process and its children hold, shared pages divided among those that have them."""
    texts = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in family_of(pid))
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in texts) / 1024


@contextmanager
def university(folder: Path, sites: int) -> Iterator[SimpleNamespace]:
    """Start it all, and end it all with the block."""
    with ExitStack() as running:
        database, queue = MariaDB(folder / "mariadb"), Redis(folder / "redis")
        for server in (database, queue):
            server.start()
            running.callback(server.stop)
        url = database.create("university")
        migrate(url)
        environ = variables_for(folder, url, REDIS_URL=queue.url, OMP_NUM_THREADS="1")
        toolbox = Toolbox(read_settings(environ))
        running.callback(toolbox.engine.dispose)
        pupils = found_school(toolbox, [Shot(name, jpeg(person(name))) for name in PEOPLE])
        machines = [Site(folder, environ, number) for number in range(sites)]
        for machine in machines:
            running.callback(machine.stop)
        (folder / "tls").mkdir()
        certificate = ensure_certificate(folder / "tls", ["localhost"], [LOOPBACK])
        _wait_until_ready([machine.port for machine in machines])
        front = Balancer(folder / "nginx", certificate, [machine.port for machine in machines])
        front.start()
        running.callback(front.stop)
        trust = ssl.create_default_context(cafile=folder / "tls" / "authority.crt")
        kiosks = [Kiosk(Visitor(front.port, trust), toolbox, pupils) for _ in range(sites * KIOSKS_A_SITE)]
        yield SimpleNamespace(
            database=database, queue=queue, toolbox=toolbox, machines=machines, front=front, kiosks=kiosks
        )


def _wait_until_ready(ports: Sequence[int]) -> None:
    """Wait for each site itself: nginx leaves one that refused it aside for ten seconds."""
    deadline, waiting = time.monotonic() + 120, list(ports)
    while waiting:
        connection = http.client.HTTPConnection("127.0.0.1", waiting[0], timeout=30)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                del waiting[0]
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise RuntimeError("the sites did not become ready")


def run(school: SimpleNamespace, seconds: float) -> tuple[list[float], Counter[str]]:
    """Let the kiosks check in without a pause; give the milliseconds, and what was answered how often."""
    taken: list[float] = []
    outcomes: Counter[str] = Counter()
    until = time.monotonic() + seconds

    def work(kiosk: Kiosk) -> None:
        while time.monotonic() < until:
            for answer in kiosk.check_in():
                taken.append(answer.taken_ms)
                outcomes[answer.outcome] += 1
                time.sleep(1.0 if answer.outcome == "overloaded" else 0.0)

    threads = [Thread(target=work, args=(kiosk,)) for kiosk in school.kiosks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, outcomes


def main() -> int:
    """Measure and print; 1 if something was lost or wrong."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale")
    parser.add_argument("--sites", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, university(Path(scratch), asked.sites) as school:
        run(school, 5.0)  # warms up
        parts = {f"site {at + 1}": machine.process.pid for at, machine in enumerate(school.machines)}
        parts |= {"database": school.database.process.pid, "queue": school.queue.process.pid}
        parts |= {"nginx": school.front.process.pid}
        used = {name: processor_s(pid) for name, pid in parts.items()}
        counted = _counters(school.database)
        taken, outcomes = run(school, asked.seconds)
        used = {name: processor_s(pid) - used[name] for name, pid in parts.items()}
        counted = {name: value - counted[name] for name, value in _counters(school.database).items()}
        memory = {name: own_memory_mb(pid) for name, pid in parts.items()}
        with school.toolbox.reading() as session:
            marks = session.scalar(select(func.count(Mark.id))) or 0
        photo = sum(len(jpeg(person(name))) for name in PEOPLE) / len(PEOPLE)
    answered = sum(count for name, count in outcomes.items() if name != "overloaded")
    taken.sort()
    print(f"{asked.sites} sites behind nginx, {len(school.kiosks)} kiosks, {asked.seconds:.0f} s")
    print(f"answers: {dict(outcomes)}")
    middle = taken[len(taken) // 2]
    print(f"{answered / asked.seconds:.1f} a second, median {middle:.0f} ms; load {os.getloadavg()[0]:.1f}")
    print(f"a photo of {photo / 1000:.0f} kB in; for each check-in:")
    for name, seconds in used.items():
        share = answered / asked.sites if name.startswith("site") else answered
        print(f"  {name:9} {seconds / max(share, 1) * 1e3:6.2f} ms of processor time, {memory[name]:5.0f} MB")
    for name, value in counted.items():
        print(f"  {name:22} {value / max(answered, 1):8.1f}")
    served = [used[f"site {at + 1}"] for at in range(asked.sites)]
    limits = {
        "every answer is right": set(outcomes) <= {"present", "overloaded"},
        "marks are there": marks > 0,
        "every site served": min(served) > 0.3 * max(served),
    }
    for name, kept in limits.items():
        print(f"{'kept  ' if kept else 'PASSED'}  {name}")
    return 0 if all(limits.values()) else 1


def _counters(database: MariaDB) -> dict[str, int]:
    names = ", ".join(f"'{name}'" for name in COUNTERS)
    rows = database.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    return {str(name): int(value) for name, value in rows}


if __name__ == "__main__":
    sys.exit(main())
