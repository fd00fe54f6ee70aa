"""Who starts the product as root serves it as somebody else, who cannot read the authority's key."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from launcher import __main__ as launcher
from launcher import certificates, privileges
from launcher.addresses import LOOPBACK, find_addresses, find_networks
from launcher.certificates import ensure_certificate
from launcher.children import Child, stop_all
from launcher.ground import require_writable, take_alone
from launcher.privileges import User, acting_as, choose_user, hand_over
from shared.errors import SettingsError
from shared.security.certificates import fingerprint
from shared.services.people.erasure import write_ledger
from shared.settings import PROJECT_DIR, draw_face_key, read_settings
from tests.support.installation import Installation
from tests.support.servers import wait_until

NOBODY = User(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
PACKAGES = sysconfig.get_path("purelib")
SCHOOL = IPv4Network("192.168.7.0/24")


def authority_of(tls_dir: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((tls_dir / "authority.crt").read_bytes())


def make(tls_dir: Path, **how) -> Path:
    addresses = [LOOPBACK, IPv4Address("192.168.7.20")]
    return ensure_certificate(
        tls_dir, ["localhost", "desk", "desk.local"], addresses, networks=[SCHOOL], **how
    )


def test_the_authority_is_for_servers_of_its_own_names_and_networks_for_two_years(tmp_path):
    make(tmp_path / "tls")
    authority = authority_of(tmp_path / "tls")
    extensions = authority.extensions
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    permitted = extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    assert {str(each.value) for each in permitted} == {
        *("localhost", "desk", "desk.local"),
        *("127.0.0.0/8", "192.168.7.0/24"),
    }
    assert authority.not_valid_after_utc - authority.not_valid_before_utc == timedelta(days=730)


def test_a_server_never_outlives_its_authority(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "AUTHORITY_LIFE", timedelta(days=90))
    path = make(tmp_path / "tls")
    served = x509.load_pem_x509_certificate(path.read_bytes())
    assert served.not_valid_after_utc == authority_of(tmp_path / "tls").not_valid_after_utc


@pytest.mark.parametrize("life", [timedelta(days=3650), timedelta(days=59)])
def test_an_authority_of_another_version_or_near_its_end_is_made_anew(tmp_path, monkeypatch, life):
    monkeypatch.setattr(certificates, "AUTHORITY_LIFE", life)
    if life > timedelta(days=730):  # as earlier versions made it, for everything a certificate can be
        monkeypatch.setattr(x509, "ExtendedKeyUsage", lambda _usages: x509.OCSPNoCheck())
        make(tmp_path / "tls")
        monkeypatch.undo()
    else:
        make(tmp_path / "tls")
        monkeypatch.undo()
    before = authority_of(tmp_path / "tls")
    make(tmp_path / "tls")
    after = authority_of(tmp_path / "tls")
    assert after.serial_number != before.serial_number
    assert after.not_valid_after_utc > datetime.now(UTC) + timedelta(days=700)


def test_the_fingerprint_is_the_one_that_openssl_and_phones_show(tmp_path):
    make(tmp_path / "tls")
    pem = tmp_path / "tls" / "authority.crt"
    command = ["openssl", "x509", "-in", str(pem), "-noout", "-fingerprint", "-sha256"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.strip().partition("=")[2] == fingerprint(pem.read_text())


def test_the_machines_networks_hold_its_addresses():
    networks = find_networks()
    for address in find_addresses():
        assert address.is_loopback or any(address in network for network in networks)


def test_who_is_not_root_stays_who_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose_user({"RUN_AS": "nobody"}, tmp_path) is None


def test_root_runs_the_sites_as_whom_run_as_names_or_instance_belongs_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(privileges, "_can_run", lambda _user: True)
    assert choose_user({"RUN_AS": "nobody"}, tmp_path) == NOBODY
    assert choose_user({"SUDO_UID": "1234", "SUDO_GID": "1235"}, tmp_path / "instance") in (
        User(1234, 1235),
        User(tmp_path.stat().st_uid, tmp_path.stat().st_gid),
    )
    with pytest.raises(SettingsError, match="no user nobody-here"):
        choose_user({"RUN_AS": "nobody-here"}, tmp_path)


def test_root_is_nobody_to_run_as(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SettingsError, match=r"root is root\. Name an ordinary user"):
        choose_user({"RUN_AS": "root"}, tmp_path)


def test_who_may_not_read_the_program_is_not_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(privileges, "_can_run", lambda _user: False)
    assert choose_user({"SUDO_UID": "1234", "SUDO_GID": "1235"}, tmp_path) is None
    with pytest.raises(SettingsError, match="may not read"):
        choose_user({"RUN_AS": "nobody"}, tmp_path)


def test_another_address_of_the_machine_is_told_to_the_sites_unless_somebody_named_one():
    environ = {"ADMIN_SITE_URL": "https://attendance.school.example"}
    ports, given = {"admin": 4555, "teacher": 4545}, frozenset(environ)
    assert launcher._name_sites(environ, ports, "192.168.7.20", given)
    assert not launcher._name_sites(environ, ports, "192.168.7.20", given)
    assert launcher._name_sites(environ, ports, "192.168.7.21", given)
    assert environ["TEACHER_SITE_URL"] == "https://192.168.7.21:4545"
    assert environ["ADMIN_SITE_URL"] == "https://attendance.school.example"
    assert launcher._find_address({"BIND": "127.0.0.1"}) == "127.0.0.1"


def test_a_python_in_roots_own_folder_is_nothing_for_another_user(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copy("/bin/true", closed / "python")
    monkeypatch.setattr(sys, "executable", str(closed / "python"))
    prefix = NOBODY.prefix if os.geteuid() == 0 else ["false"]
    assert not privileges._can_run(SimpleNamespace(prefix=prefix))


@pytest.fixture
def open_folder(tmp_path) -> Path:
    """A folder whose way another user may go."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


def test_a_program_runs_as_the_user_and_ends_with_us(open_folder):
    told = open_folder / "told"
    told.touch(mode=0o666)
    told.chmod(0o666)
    command = ["sh", "-c", f"id -u > {told}; id -G >> {told}; exec sleep 60"]
    child = Child("A program", command, dict(os.environ), stop_signal=signal.SIGTERM, user=_user())
    child.start()
    wait_until(lambda: len(told.read_text().splitlines()) == 2, within_s=20)
    assert told.read_text().splitlines()[0] == str(_user_id())
    status = Path(f"/proc/{child.process.pid}/status").read_text()
    assert "Name:\tsleep" in status
    stop_all([child])


def test_nothing_that_settings_name_runs_as_root(open_folder):
    # LD_PRELOAD would do the same; PATH needs no compiler here.
    told, fake = open_folder / "told", open_folder / "setpriv"
    told.touch()
    told.chmod(0o666)
    fake.write_text(f"#!/bin/sh\nPATH={os.environ['PATH']}\nid -u >> {told}\n")
    fake.chmod(0o755)
    child = Child("A program", ["true"], {"PATH": str(open_folder)}, signal.SIGTERM, user=_user())
    child.start()
    child.process.wait(20)
    assert set(told.read_text().split()) <= {str(_user_id())}


def test_what_a_site_left_in_place_of_a_file_is_met_with_its_own_rights(open_folder):
    roots = open_folder / "roots"
    roots.mkdir(mode=0o700)
    with acting_as(_user()):
        assert os.geteuid() == _user_id()
        if _user():
            with pytest.raises(PermissionError):
                (roots / "file").touch()
            assert os.getgroups() == NOBODY.groups
    (roots / "file").touch()
    for start in (require_writable, take_alone):
        instance_dir = open_folder / start.__name__
        instance_dir.mkdir()
        (instance_dir / "launcher.lock").symlink_to(roots / "file")
        (instance_dir / f".probe.{os.getpid()}").symlink_to(roots / "file")
        with contextlib.suppress(SettingsError):
            start(instance_dir)
        assert (roots / "file").read_text() == ""


def test_the_user_reads_what_is_served_and_not_the_authoritys_key(open_folder):
    instance_dir = open_folder / "instance"
    instance_dir.mkdir(mode=0o700)
    (instance_dir / "settings.env").touch(mode=0o600)
    served = make(instance_dir / "tls", reader=_user())
    hand_over(instance_dir, _user() or User(os.geteuid(), os.getegid()))
    assert _can_read(served)
    assert _can_read(instance_dir / "tls" / "authority.crt")
    assert _can_read(instance_dir / "settings.env")
    assert _can_read(instance_dir / "tls" / "authority.pem") == (_user() is None)


def test_what_a_command_of_roots_writes_into_instance_is_its_owners(open_folder):
    instance_dir = open_folder / "instance"
    instance_dir.mkdir()
    hand_over(instance_dir, _user() or User(os.geteuid(), os.getegid()))
    environ = {"INSTANCE_DIR": str(instance_dir)}
    read_settings(environ)
    draw_face_key(instance_dir, environ)
    write_ledger(instance_dir / "erasures.txt", [])
    assert {path.stat().st_uid for path in instance_dir.iterdir()} == {_user_id()}


def _user() -> User | None:
    return NOBODY if os.geteuid() == 0 else None


def _user_id() -> int:
    return NOBODY.uid if os.geteuid() == 0 else os.geteuid()


def _can_read(path: Path) -> bool:
    prefix = NOBODY.prefix if os.geteuid() == 0 else []
    return subprocess.run([*prefix, "cat", str(path)], capture_output=True, check=False).returncode == 0


@pytest.fixture
def product(open_folder) -> Iterator[Installation]:
    """The whole product, started by whoever runs the tests; where that is root, for nobody."""
    product = Installation(open_folder)
    if _user() and not privileges._can_run(NOBODY):  # this Python lies in root's own folder
        said = product.start(python="/usr/bin/python3.11", PYTHONPATH=PACKAGES, RUN_AS="nobody")
    else:
        said = product.start(**({"RUN_AS": "nobody"} if _user() else {}))
    assert "its browser warns" in said, said
    yield product
    product.end(signal.SIGTERM)


def test_the_whole_product_runs_as_its_user_and_so_does_what_it_writes(product):
    wait_until(lambda: "huey_consumer" in " ".join(map(_command, product.child_pids())), within_s=60)
    for pid in product.child_pids():
        assert (_ids(pid, "Uid"), _ids(pid, "NoNewPrivs")) == ({_user_id()}, {int(_user() is not None)})
    assert _ids(product.process.pid, "Uid") == {os.geteuid()}

    def owners() -> dict[str, tuple[int, int]]:
        inside = [path for path in product.instance_dir.rglob("*") if "tls" not in path.parts]
        return {path.name: (path.stat().st_uid, path.stat().st_mode & 0o077) for path in inside}

    assert product.answers("TEACHER_PORT")
    assert "attendance.sqlite3" in owners()
    assert set(owners().values()) == {(_user_id(), 0)}
    # A backup is taken by whoever keeps the machine, while the sites write.
    backup = product.instance_dir.parent / "school.backup"
    flask = [sys.executable, "-m", "flask", "--app", "admin_site", "backup", str(backup)]
    environ = {**os.environ, "INSTANCE_DIR": str(product.instance_dir)}
    subprocess.run(flask, cwd=PROJECT_DIR, env=environ, check=True, capture_output=True)
    assert (backup.stat().st_uid, backup.stat().st_mode & 0o077) == (os.geteuid(), 0)
    assert set(owners().values()) == {(_user_id(), 0)}
    assert product.answers("TEACHER_PORT")
    assert product.answers("ADMIN_PORT")
    assert _can_read(product.instance_dir / "tls" / "authority.pem") == (_user() is None)


def _ids(pid: int, name: str) -> set[int]:
    """What the kernel says of a process: all its user ids, or whether it may gain privileges."""
    status = Path(f"/proc/{pid}/status").read_text()
    return set(map(int, status.partition(f"{name}:")[2].splitlines()[0].split()))


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
