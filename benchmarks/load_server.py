"""A classroom served as `make run` serves it, and phones that speak to it: what `make load` measures with."""

import http.client
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bs4 import BeautifulSoup
from urllib3 import encode_multipart_formdata

from benchmarks.school import Pupil, forget_marks, hand_round
from launcher.addresses import LOOPBACK
from launcher.certificates import ensure_certificate
from launcher.children import ENDS_WITH_US
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
        body, kind = encode_multipart_formdata({**data, **(files or {})})
        return self._told(*self.visitor.ask("POST", path, body, {**headers, "Content-Type": str(kind)}))

    def _told(self, status: int, body: bytes) -> SimpleNamespace:
        return SimpleNamespace(status_code=status, text=body.decode(), json=lambda: json.loads(body))


class Kiosk:
    """A phone in the class: checks in one student after the other, and again when all have been."""

    def __init__(self, visitor: Visitor, toolbox: Toolbox, pupils: Sequence[Pupil]) -> None:
        self._toolbox, self._pupils, self._waiting = toolbox, pupils, list(pupils)
        self._token = hand_round(toolbox, pupils)
        visitor.cookies = {"__Host-kiosk_pass": self._token}
        self._phone = Phone(_Requests(visitor))
        self._phone.open()

    def check_in(self) -> tuple[float, str]:
        """Return the milliseconds the answer took, and the outcome, "overloaded" or what went wrong."""
        if not self._waiting:
            forget_marks(self._toolbox, self._token)
            self._waiting = list(self._pupils)
        pupil = self._waiting[-1]
        # The ticket is there before Enter is pressed: the page fetches it at the shutter.
        request = self._phone.write("/kiosk/check-in", pupil.roll_id, pupil.shot.jpeg, pupil.class_code)
        began = time.perf_counter()
        answer = self._phone.client.post("/kiosk/check-in", **request)
        taken = (time.perf_counter() - began) * 1e3
        if answer.status_code == 503:
            return taken, "overloaded"
        self._waiting.pop()
        return taken, answer.json()["outcome"] if answer.status_code == 200 else f"error {answer.status_code}"


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
