"""`make run`: what it makes once, how phones can trust it, and that it stops without a trace."""

import contextlib
import os
import resource
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from launcher import certificates, children
from launcher.addresses import require_free_port
from launcher.certificates import ensure_certificate
from launcher.children import MAX_FALLS, Child, CrashLoop, stop_all
from shared.errors import SettingsError
from tests.support.installation import Installation, is_alive

LOOPBACK = IPv4Address("127.0.0.1")


@contextlib.contextmanager
def _serving(certificate: Path, action: Callable[[ssl.SSLSocket], object]) -> Iterator[int]:
    """Accept one connection with this certificate, `action` on it, and give the port meanwhile."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def serve() -> None:
        plain, _ = listener.accept()
        with (
            contextlib.suppress(ssl.SSLError, ConnectionError),
            plain,
            context.wrap_socket(plain, server_side=True) as connection,
        ):
            action(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match=r"is taken.*TEACHER_PORT="):
            require_free_port("127.0.0.1", taken.getsockname()[1], "TEACHER_PORT")


def test_a_certificate_is_kept_until_an_address_is_new(tmp_path: Path) -> None:
    school = {"networks": [IPv4Network("192.168.1.0/24")]}
    path = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK], **school)
    first, authority = path.read_bytes(), (tmp_path / "tls" / "authority.crt").read_bytes()
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK], **school)
    assert path.read_bytes() == first
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK, IPv4Address("192.168.1.20")])
    assert path.read_bytes() != first
    assert (tmp_path / "tls" / "authority.crt").read_bytes() == authority


@pytest.mark.parametrize(
    "damage", [lambda pem: pem[:200], lambda pem: pem[:-300], lambda _: b"", lambda _: b"\xff"]
)
@pytest.mark.parametrize("name", ["server.pem", "authority.pem", "authority.crt"])
def test_a_cut_or_damaged_certificate_is_made_anew(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    tls_dir = tmp_path / "tls"
    ensure_certificate(tls_dir, ["localhost"], [LOOPBACK])
    (tls_dir / name).write_bytes(damage((tls_dir / name).read_bytes()))
    path = ensure_certificate(tls_dir, ["localhost"], [LOOPBACK])
    with _serving(path, lambda connection: connection.send(b"hello")) as port:
        trust = ssl.create_default_context(cafile=tls_dir / "authority.crt")
        with socket.create_connection(("127.0.0.1", port)) as plain:
            assert trust.wrap_socket(plain, server_hostname="localhost").recv(5) == b"hello"


def test_a_key_of_another_certificate_is_not_served(tmp_path: Path) -> None:
    paths = [ensure_certificate(tmp_path / name, ["localhost"], [LOOPBACK]) for name in ("one", "two")]
    keys, certificates_ = zip(*(path.read_bytes().split(b"-----BEGIN CERT") for path in paths), strict=True)
    paths[0].write_bytes(keys[1] + b"-----BEGIN CERT" + certificates_[0])
    ensure_certificate(tmp_path / "one", ["localhost"], [LOOPBACK])
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(paths[0])


def _set_clock(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=days)

    monkeypatch.setattr(certificates, "datetime", Moved)


def test_a_clock_before_the_certificates_first_day_is_told_and_the_authority_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    before = {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    _set_clock(monkeypatch, -400)
    with pytest.raises(SettingsError, match=r"clock says.*before the first day.*timedatectl"):
        ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    assert {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == before


def test_a_server_certificate_of_tomorrow_is_made_anew_by_an_authority_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    (tmp_path / "tls" / "server.pem").unlink()
    with monkeypatch.context() as moved:
        _set_clock(moved, 3)
        path = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    of_tomorrow = path.read_bytes()
    assert ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK]).read_bytes() != of_tomorrow


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
    # Work is counted instead of time, for other tests use the cores too: 9 s of processor time for all,
    # networks read, where nothing disturbs it, and 16 s with a load of 25 on two cores.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 25


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


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ADMIN_PORT": "4899", "TEACHER_PORT": "4899"}, "ADMIN_PORT and TEACHER_PORT are the same."),
        ({"ADMIN_WORKERS": "0"}, "ADMIN_WORKERS must be between 1 and 64."),
        ({"TEACHER_WORKERS": "two"}, "TEACHER_WORKERS must be a whole number."),
        ({"LOG_LEVEL": "verbose"}, "LOG_LEVEL must be debug, info, warning, error or critical."),
    ],
)
def test_sites_that_could_not_be_served_are_not_started(
    installation: Installation, variables: dict[str, str], sentence: str
) -> None:
    said = installation.start(**variables)
    assert sentence in said
    assert "Traceback" not in said
    assert installation.process.wait(timeout=30) == 1


def test_sites_that_listen_on_one_address_alone_are_found_to_answer(installation: Installation) -> None:
    assert "attendance is running" in installation.start(BIND="127.0.0.2")
    assert installation.end(signal.SIGTERM) == 0


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


def test_what_a_program_left_behind_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    leaves_one = ["sh", "-c", f"sleep 300 & echo $! > {note}.part; mv {note}.part {note}; wait"]
    child = Child("The worker", leaves_one, os.environ, stop_signal=signal.SIGTERM)
    child.start()
    _wait_until(note.exists)
    left = int(note.read_text())
    assert is_alive(left)
    stop_all([child])
    _wait_until(lambda: not is_alive(left))


def test_a_servers_certificate_lives_no_longer_than_phones_take(tmp_path: Path) -> None:
    path = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    server = x509.load_pem_x509_certificates(path.read_bytes())[0]
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=398)
