"""`make run`: what it makes once, how phones can trust it, and that it stops without a trace."""

import contextlib
import os
import resource
import select
import signal
import socket
import ssl
import subprocess
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
from launcher.children import MAX_FALLS, Child, CrashLoop, stop_all
from shared.errors import SettingsError
from tests.support.installation import Installation, is_alive

LOOPBACK = IPv4Address("127.0.0.1")


@contextlib.contextmanager
def _serving(certificate: Path, action: Callable[[ssl.SSLSocket], object]) -> Iterator[int]:
    """Accept one connection as Gunicorn does, `action` on it, and give the port meanwhile."""

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
                action(connection)

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
    _wait_until(lambda: not is_alive(family[0]))
    _wait_until(lambda: installation.answers("TEACHER_PORT"))
    family = installation.child_pids()
    assert installation.end(signal.SIGINT) == 0
    assert [pid for pid in family if is_alive(pid)] == []
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
    _wait_until(lambda: not any(map(is_alive, family)))


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
    with pytest.raises(CrashLoop, match="The worker ended 3 times within a minute"):
        child.revive()


def test_a_program_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_S", 0.2)
    deaf = ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"]
    child = Child("The worker", deaf, os.environ, stop_signal=signal.SIGTERM)
    child.start()
    time.sleep(0.3)
    stop_all([child])
    assert not is_alive(child.process.pid)
