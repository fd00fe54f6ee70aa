"""A classroom served as `make run` serves it, and phones that speak to it: what `make load` measures with."""

import http.client
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import random
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from bs4 import BeautifulSoup
from urllib3 import encode_multipart_formdata

from benchmarks.school import Pupil, forget_marks, hand_round, leave_doubt
from launcher.addresses import LOOPBACK
from launcher.certificates import ensure_certificate
from launcher.children import ENDS_WITH_US
from shared.domain.head_turn import Side
from shared.settings import PROJECT_DIR
from shared.toolbox import Toolbox
from tests.support.phones import Phone
from tests.support.servers import find_free_port

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Visitor:
    """One connection that is kept, its cookies, and the token of the page shown last."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        self._connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=trust)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def open(self, path: str) -> int:
        status, body = self.ask("GET", path)
        meta = BeautifulSoup(body, "html.parser").select_one("meta[name=csrf-token]")
        self.token = str(meta["content"]) if meta else self.token
        return status

    def post(self, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        """Send a form as the page shown last does."""
        return self.ask("POST", path, body, {"Content-Type": kind, "X-CSRFToken": self.token})

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        sent = {"Accept": "application/json" if body else "text/html", **(headers or {})}
        sent |= {"Referer": f"https://localhost:{self._connection.port}/"}
        sent |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # idle for longer than the server keeps a connection
            self._connection.close()
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, answer.read()


class _Requests:
    """A visitor with the manners of requests.Session, for a kiosk phone."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def get(self, path: str, *, headers: Mapping[str, str]) -> SimpleNamespace:
        return self._told(*self.visitor.ask("GET", path, headers=headers))

    def post(
        self, path: str, *, data: Mapping[str, str], files: Any, headers: Mapping[str, str]
    ) -> SimpleNamespace:
        parts = files.items() if isinstance(files, dict) else files or ()  # of a film some have one name
        body, kind = encode_multipart_formdata([*data.items(), *parts])
        return self._told(*self.visitor.ask("POST", path, body, {**headers, "Content-Type": str(kind)}))

    def _told(self, status: int, body: bytes) -> SimpleNamespace:
        return SimpleNamespace(status_code=status, text=body.decode(), json=lambda: json.loads(body))


# What is filmed of each pupil's head turning to either side.
Films = Mapping[tuple[Pupil, Side], Sequence[bytes]]


@dataclass(frozen=True)
class Answer:
    """The milliseconds an answer took, and the outcome, "overloaded" or what went wrong."""

    taken_ms: float
    outcome: str
    of_film: bool = False


class Kiosk:
    """A phone in the class: checks in one student after the other, and again when all have been.

    The share `asked` of them, 0…1, is asked to turn the head, as after a refusal, and sends the film at once.
    """

    def __init__(
        self,
        visitor: Visitor,
        toolbox: Toolbox,
        pupils: Sequence[Pupil],
        films: Films | None = None,
        asked: float = 0.0,
    ) -> None:
        self._toolbox, self._pupils, self._waiting = toolbox, pupils, list(pupils)
        self._films, self._asked = films or {}, asked
        self._owed = random() if asked else 0.0  # noqa: S311 nothing secret
        self._token = hand_round(toolbox, pupils)
        visitor.cookies = {"__Host-kiosk_pass": self._token}
        self._phone = Phone(_Requests(visitor))
        self._phone.open()

    def check_in(self) -> Iterator[Answer]:
        """Yield the answer to the photo, and to the film if one is asked for."""
        if not self._waiting:
            forget_marks(self._toolbox, self._token)
            self._waiting = list(self._pupils)
        pupil = self._waiting[-1]
        if self._owed >= 1:
            leave_doubt(self._toolbox, self._token, pupil.roll_id)
            self._owed -= 1
        key = str(uuid4())
        answer, told = self._send("/kiosk/check-in", pupil, idempotency_key=key)
        yield answer
        if answer.outcome == "overloaded":
            return
        self._waiting.pop()
        self._owed += self._asked
        if answer.outcome == "turn_head":
            film = key, self._films[pupil, Side(told["turn"]["side"])]
            answer, _ = self._send("/kiosk/turn", pupil, film=film)
            yield replace(answer, of_film=True)

    def _send(self, path: str, pupil: Pupil, **more: Any) -> tuple[Answer, dict[str, Any]]:
        # The ticket is there before Enter is pressed: the page fetches it at the shutter.
        request = self._phone.write(path, pupil.roll_id, pupil.shot.jpeg, pupil.class_code, **more)
        began = time.perf_counter()
        answer = self._phone.client.post(path, **request)
        taken = (time.perf_counter() - began) * 1e3
        if answer.status_code != 200:
            error = "overloaded" if answer.status_code == 503 else f"error {answer.status_code}"
            return Answer(taken, error), {}
        told = answer.json()
        return Answer(taken, told["outcome"]), told


class Server:
    """The web server with a worker for each core, and what its processes use."""

    def __init__(self, folder: Path, environ: Mapping[str, str], others: Mapping[str, int]) -> None:
        (folder / "tls").mkdir()
        certificate = ensure_certificate(folder / "tls", ["localhost"], [LOOPBACK])
        self.trust = ssl.create_default_context(cafile=folder / "tls" / "authority.crt")
        self.port, cores = find_free_port(), len(os.sched_getaffinity(0))
        command = [sys.executable, "-m", "launcher.web_server", "teacher_site:create_app"]
        command += ["--port", str(self.port), "--workers", str(cores), "--certificate", str(certificate)]
        began = time.monotonic()
        with (folder / "server.log").open("ab") as log:  # a line for every request
            self._master = subprocess.Popen(
                [*ENDS_WITH_US, *command],
                env={**os.environ, **environ},
                cwd=PROJECT_DIR,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
        self._log = folder / "server.log"
        self._others = others
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.ready_s = time.monotonic() - began

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if Visitor(self.port, self.trust).open("/readyz") == 200:
                    return
            except OSError:
                time.sleep(0.02)
        last_words = self._log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"the server was not ready within a minute: {last_words}")

    @property
    def workers(self) -> list[int]:
        children = Path(f"/proc/{self._master.pid}/task/{self._master.pid}/children").read_text(
            encoding="ascii"
        )
        return [int(child) for child in children.split()]

    def memory_mb(self) -> list[float]:
        """Return what each worker holds now."""
        texts = (Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in self.workers)
        return [int(text.partition("VmRSS:")[2].split()[0]) / 1024 for text in texts]

    def processor_s(self) -> dict[str, float]:
        """Return the processor time that every process has used so far."""
        named = {f"worker {number}": pid for number, pid in enumerate(self.workers, 1)}
        return {name: _processor_s(pid) for name, pid in {**named, **self._others}.items()}

    def stop(self) -> None:
        self._master.terminate()
        self._master.wait(30)


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S
