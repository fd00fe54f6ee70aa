"""`make run`: what it makes once, how phones can trust it, and that it stops without a trace."""

import contextlib
import http.client
import os
import resource
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gunicorn.config import Config

from launcher import certificates, children, web_server
from launcher.addresses import require_free_port
from launcher.certificates import ensure_certificate
from launcher.children import MAX_FALLS, Child, ChildKeepsFalling, stop_all
from shared.errors import SettingsError
from shared.settings import PROJECT_DIR
from tests.servers import find_free_port

LOOPBACK = IPv4Address("127.0.0.1")


@contextlib.contextmanager
def _serving(certificate: Path, act: Callable[[ssl.SSLSocket], object]) -> Iterator[int]:
    """Accept one connection as Gunicorn does, `act` on it, and give the port meanwhile."""

    def make_context() -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        return context

    def serve() -> None:
        plain, _ = listener.accept()
        context = web_server.ssl_context(None, make_context)
        with contextlib.suppress(ssl.SSLError, ConnectionError), plain:
            connection = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
            with connection:
                connection.do_handshake()
                connection.setblocking(True)
                act(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def _worker(pid: int) -> web_server.TurnWorker:
    worker = object.__new__(web_server.TurnWorker)
    worker.cfg, worker.pid, worker.nr_conns = Config(), pid, 0
    worker.cfg.set("workers", 2)
    worker.enqueue_req = lambda _connection: None
    return worker


def test_workers_take_new_connections_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "TURN_S", 0.1)  # longer than a busy machine takes to wake the other
    workers, done = [_worker(1), _worker(2)], threading.Event()

    def serve(worker: web_server.TurnWorker) -> None:
        while not done.is_set():
            if select.select([listener], [], [], 0.01)[0]:
                worker.accept(listener)

    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as kept:
        listener.setblocking(False)
        threads = [threading.Thread(target=serve, args=(worker,)) for worker in workers]
        for thread in threads:
            thread.start()
        for _ in range(6):
            kept.enter_context(socket.create_connection(listener.getsockname()))
            time.sleep(2 * web_server.TURN_S)
        done.set()
        for thread in threads:
            thread.join()
    assert [worker.nr_conns for worker in workers] == [3, 3]


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match=r"is taken.*TEACHER_PORT="):
            require_free_port("127.0.0.1", taken.getsockname()[1], "TEACHER_PORT")


def test_a_certificate_is_kept_until_an_address_is_new(tmp_path: Path) -> None:
    path = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    first, authority = path.read_bytes(), (tmp_path / "tls" / "authority.crt").read_bytes()
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    assert path.read_bytes() == first
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK, IPv4Address("192.168.1.20")])
    assert path.read_bytes() != first
    assert (tmp_path / "tls" / "authority.crt").read_bytes() == authority


def test_an_address_the_authority_may_not_sign_for_gets_a_new_authority(tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    authority = (tmp_path / "tls" / "authority.crt").read_bytes()
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK, IPv4Address("8.8.4.4")])
    assert (tmp_path / "tls" / "authority.crt").read_bytes() != authority


def test_no_private_key_can_be_read_by_others(tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "tls").iterdir()} == {0}


@pytest.mark.parametrize(
    ("name", "is_trusted"), [("localhost", True), ("127.0.0.1", True), ("bank.example", False)]
)
def test_who_trusts_the_authority_trusts_this_machine_only(
    tmp_path: Path, name: str, is_trusted: bool
) -> None:
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    with _serving(certificate, lambda connection: connection.send(b"hello")) as port:
        trust = ssl.create_default_context(cafile=tmp_path / "tls" / "authority.crt")
        with socket.create_connection(("127.0.0.1", port)) as plain:
            if is_trusted:
                assert trust.wrap_socket(plain, server_hostname=name).recv(5) == b"hello"
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    trust.wrap_socket(plain, server_hostname=name)


def test_the_authority_cannot_vouch_for_the_rest_of_the_world(tmp_path: Path) -> None:
    """Even whoever steals its key cannot read a phone's bank."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = certificates._make_authority(key, ["localhost"], [LOOPBACK])
    forged = certificates._sign_server(authority, key, key.public_key(), ["bank.example"], [LOOPBACK])
    pem, trusted = tmp_path / "forged.pem", tmp_path / "authority.crt"
    pem.write_bytes(certificates._pem(key) + forged.public_bytes(serialization.Encoding.PEM))
    trusted.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    with (
        _serving(pem, lambda connection: None) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
    ):
        trust = ssl.create_default_context(cafile=trusted)
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
            trust.wrap_socket(plain, server_hostname="bank.example")


def _read_all(connection: ssl.SSLSocket, received: list[bytes]) -> None:
    with contextlib.suppress(TimeoutError):
        while part := connection.recv(4096):
            received.append(part)
    received.append(b"end")


def test_a_client_that_falls_silent_frees_its_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "REQUEST_DEADLINE_S", 0.3)
    received: list[bytes] = []
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    trust = ssl.create_default_context(cafile=tmp_path / "tls" / "authority.crt")
    with (
        _serving(certificate, lambda connection: _read_all(connection, received)) as port,
        trust.wrap_socket(
            socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
        ) as client,
    ):
        for _ in range(6):  # a byte now and then does not buy time
            with contextlib.suppress(OSError):
                client.send(b"G")
            time.sleep(0.1)
        assert received[-1] == b"end"


def test_a_slow_but_steady_upload_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "REQUEST_DEADLINE_S", 0.3)
    received: list[bytes] = []
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    trust = ssl.create_default_context(cafile=tmp_path / "tls" / "authority.crt")
    with (
        _serving(certificate, lambda connection: _read_all(connection, received)) as port,
        trust.wrap_socket(
            socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
        ) as client,
    ):
        for _ in range(10):
            client.send(bytes(2 * 50_000 // 10))  # twice the slowest pace
            time.sleep(0.1)
    assert sum(map(len, received)) == 10 * 10_000 + len(b"end")


class Installation:
    """A whole product in a folder of its own, started as `make run` starts it."""

    def __init__(self, home: Path) -> None:
        self.instance_dir = home / "instance"
        self.ports = {"ADMIN_PORT": find_free_port(), "TEACHER_PORT": find_free_port()}

    def start(self, **variables: str) -> str:
        """Start it, wait until it says that it runs or ends, and return what it said."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE")}
        environ |= {"INSTANCE_DIR": str(self.instance_dir), "BIND": "127.0.0.1"}
        environ |= {name: str(port) for name, port in self.ports.items()} | variables
        self.process = subprocess.Popen(
            [sys.executable, "-m", "launcher"],
            cwd=PROJECT_DIR,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        for line in self.process.stdout or ():
            said.append(line)
            if "its browser warns" in line:
                break
        return "".join(said)

    def answers(self, setting: str) -> bool:
        """Does the site on the port of this setting answer with a certificate its authority signed?"""
        trust = ssl.create_default_context(cafile=self.instance_dir / "tls" / "authority.crt")
        connection = http.client.HTTPSConnection("localhost", self.ports[setting], timeout=10, context=trust)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()

    def child_pids(self) -> list[int]:
        """The process ids of what it started and of what those started."""
        parents = {int(path.parent.name): _read_stat(path)[1] for path in Path("/proc").glob("[0-9]*/stat")}
        family = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return sorted(family - {self.process.pid})

    def end(self, number: signal.Signals) -> int:
        """Send it a signal and return its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation nobody has started yet."""
    product = Installation(tmp_path)
    yield product
    if product.process.poll() is None:
        product.end(signal.SIGTERM)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 seconds for nothing"
        time.sleep(0.1)


def _read_stat(path: Path) -> tuple[str, int]:
    """A process's state and its parent, of proc(5)'s stat; "Z" and 0 once it is gone."""
    try:
        state, parent = path.read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return "Z", 0
    return state, int(parent)


def _is_alive(pid: int) -> bool:
    return _read_stat(Path(f"/proc/{pid}/stat"))[0] != "Z"


def test_the_product_starts_from_nothing_survives_a_fall_and_leaves_nothing(
    installation: Installation,
) -> None:
    assert "shown this once only" in installation.start()
    assert installation.answers("ADMIN_PORT")
    assert installation.answers("TEACHER_PORT")
    visible = [path for path in installation.instance_dir.rglob("*") if path.stat().st_mode & 0o077]
    assert visible == []
    family = installation.child_pids()
    os.kill(family[0], signal.SIGKILL)  # the classroom's master: the first program started
    _wait_until(lambda: not _is_alive(family[0]))
    _wait_until(lambda: installation.answers("TEACHER_PORT"))
    family = installation.child_pids()
    assert installation.end(signal.SIGINT) == 0
    assert [pid for pid in family if _is_alive(pid)] == []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "shown this once only" not in installation.start()
    assert installation.end(signal.SIGTERM) == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Under 5 s on two idle cores. Work is counted instead of time: other tests use the cores too.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2 * 5


def test_nothing_outlives_a_killed_launcher(installation: Installation) -> None:
    installation.start()
    family = installation.child_pids()
    assert family
    installation.end(signal.SIGKILL)
    _wait_until(lambda: not any(map(_is_alive, family)))


def test_a_program_whose_launcher_is_gone_already_does_not_begin() -> None:
    of_another = [*children.ENDS_WITH_US[:-1], str(os.getppid())]
    done = subprocess.run([*of_another, "echo", "begun"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    of_mine = subprocess.run(
        [*children.ENDS_WITH_US, "echo", "begun"], capture_output=True, text=True, check=True
    )
    assert of_mine.stdout == "begun\n"


def test_a_wrong_setting_ends_the_start_with_its_name(installation: Installation) -> None:
    assert "TIME_ZONE 'Asia/Nowhere' is not a time zone's name" in installation.start(
        TIME_ZONE="Asia/Nowhere"
    )
    assert installation.process.wait(timeout=30) == 1


def test_a_program_that_keeps_falling_is_not_started_for_ever() -> None:
    child = Child("The worker", ["false"], os.environ, stop_signal=signal.SIGTERM)
    child.start()
    for _ in range(MAX_FALLS - 1):
        child.process.wait()
        child.revive()
    child.process.wait()
    with pytest.raises(ChildKeepsFalling, match="The worker ended 3 times within a minute"):
        child.revive()


def test_a_program_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_S", 0.2)
    deaf = ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"]
    child = Child("The worker", deaf, os.environ, stop_signal=signal.SIGTERM)
    child.start()
    time.sleep(0.3)
    stop_all([child])
    assert not _is_alive(child.process.pid)
