"""A site's processes: they begin, are replaced and end as a school needs it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from launcher.addresses import LOOPBACK
from launcher.certificates import ensure_certificate
from launcher.children import ENDS_WITH_US, Child, replace, stop_all
from shared.settings import PROJECT_DIR
from tests.conftest import variables_for
from tests.support.installation import is_alive
from tests.support.servers import find_free_port, wait_until

WITHIN_S = 60


class OddServer:
    """The web server with a site of the tests."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port = find_free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environ = {**os.environ, **variables_for(folder, "sqlite://"), **variables}
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*ENDS_WITH_US, *self.command],
                env=self.environ,
                cwd=PROJECT_DIR,
                stderr=log,
                start_new_session=True,
            )

    @property
    def command(self) -> list[str]:
        site = "tests.support.odd_site:create_app"
        return [sys.executable, "-m", "launcher.web_server", site, "--port", str(self.port)]

    def worker(self) -> int:
        """The process that answers now; 0 while there is none."""
        with suppress(requests.RequestException):
            return int(requests.get(self.base + "/healthz", timeout=5).text)
        return 0


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., OddServer]]:
    started = []

    def start(**variables: str) -> OddServer:
        started.append(OddServer(tmp_path, **variables))
        return started[-1]

    yield start
    for server in started:
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()


def test_who_is_being_answered_when_the_server_stops_gets_the_answer(serve):
    server, answers = serve(), []
    wait_until(server.worker, within_s=WITHIN_S)
    asking = threading.Thread(
        target=lambda: answers.append(requests.get(server.base + "/slow", timeout=30).text)
    )
    asking.start()
    time.sleep(0.5)
    server.process.terminate()
    asking.join()
    assert answers == ["late"]
    assert server.process.wait(20) == 0


def test_a_worker_that_was_killed_or_hangs_is_replaced(serve):
    server = serve(HANGS_AFTER_S="3")
    wait_until(server.worker, within_s=WITHIN_S)
    first = server.worker()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: server.worker() not in (0, first), within_s=WITHIN_S)
    second = server.worker()
    time.sleep(6)  # two deaths within 5.5 seconds would be a crash loop
    with suppress(requests.RequestException):
        requests.get(server.base + "/hang", timeout=1)
    wait_until(lambda: not is_alive(second), within_s=WITHIN_S)
    wait_until(lambda: server.worker() not in (0, second), within_s=WITHIN_S)
    assert "in hang" in server.log.read_text()  # it said where


def test_no_worker_outlives_a_killed_master(serve):
    server = serve()
    wait_until(server.worker, within_s=WITHIN_S)
    worker = server.worker()
    server.process.kill()
    wait_until(lambda: not is_alive(worker), within_s=WITHIN_S)


def test_a_site_that_cannot_begin_ends_the_server(serve):
    server = serve(ODD="broken")
    assert server.process.wait(60) == 1
    assert "this site cannot begin" in server.log.read_text()


def test_a_wrong_setting_is_one_sentence(serve):
    server = serve(TIME_ZONE="Asia/Nowhere")
    assert server.process.wait(60) == 1
    said = server.log.read_text().strip()
    assert said.startswith("TIME_ZONE 'Asia/Nowhere' is not a time zone's name")
    assert "\n" not in said


def test_a_server_is_replaced_by_one_with_the_new_certificate_while_somebody_asks(serve, tmp_path):
    tls_dir, port = tmp_path / "tls", find_free_port()
    certificate = ensure_certificate(tls_dir, ["localhost"], [LOOPBACK])
    server = serve()  # for its environment
    command = [*server.command[:-1], str(port), "--certificate", str(certificate)]
    child = Child("The site", command, server.environ, stop_signal=signal.SIGTERM)
    child.start()
    asked, failed, done = [], [], threading.Event()

    def ask() -> int:
        answer = requests.get(
            f"https://localhost:{port}/healthz", verify=str(tls_dir / "authority.crt"), timeout=30
        )
        return int(answer.text)

    def keep_asking() -> None:
        while not done.wait(0.05):
            try:
                asked.append(ask())
            except requests.RequestException as failure:
                failed.append(failure)

    def is_there() -> bool:
        with suppress(requests.RequestException):
            return bool(ask())
        return False

    asking = threading.Thread(target=keep_asking)
    try:
        wait_until(is_there, within_s=WITHIN_S)
        first = ask()
        certificate.unlink()
        ensure_certificate(tls_dir, ["localhost"], [LOOPBACK])
        asking.start()
        replace(child, lambda: any(worker != first for worker in asked[-3:]), threading.Event())
        assert not is_alive(first)
        assert ask() != first
    finally:
        done.set()
        asking.join()
        stop_all([child])
    assert len(failed) <= 1  # one that was just being accepted when the first stopped
