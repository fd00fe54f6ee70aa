"""compose.yaml: what it says of every container, and its own commands run as a container would run them.

No container engine is asked. The sites, the worker, `prepare` and `tables` run by compose.yaml's commands and
settings in a root of their own: read-only but for their volumes, as user 10001 without any capability.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from launcher.for_containers import nginx_conf, prepare
from shared.errors import SettingsError
from shared.settings import IN_FILES, PROJECT_DIR
from tests.support.servers import Redis, find_free_port, find_program, wait_until

COMPOSE = yaml.safe_load((PROJECT_DIR / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("prepare", "tables", "office", "classroom", "worker")
CONTAINERFILE = (PROJECT_DIR / "deploy/containers/Containerfile").read_text()
USER = 10001
SITES = {"office": "172.30.231.11:4555", "classroom": "172.30.231.12:4545"}
# Where the volumes that `prepare` fills are in the others.
VOLUMES = {"secrets": "/run/attendance-secrets", "state": "/var/lib/attendance"}
IN_IMAGE = re.findall(r"^COPY (?:--from=\S+ )?(\S+) \1$", CONTAINERFILE, re.MULTILINE)


# Says who it is and what it may, and then each folder it can write to.
LOOK = """
import os, pathlib
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
print(os.getuid(), *(status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs")))
for folder in ("/", "/srv/attendance", "/run/attendance-secrets", "/etc", "/var/lib/attendance", "/tmp"):
    try:
        pathlib.Path(folder, "x").touch()
        print(folder)
    except OSError:
        pass
"""


def default(value: object) -> str:
    """A value of compose.yaml on a machine where nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_can_change_itself_or_get_more_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    if name in (*OURS, "front"):
        assert service["cap_drop"] == ["ALL"]
        assert service["user"].split(":")[0] not in ("", "0", "root")
    assert not service.get("privileged")
    assert ":latest" not in str(service["image"])


def test_every_secret_is_a_file_and_none_is_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            assert (
                variable.removesuffix("_FILE") not in IN_FILES
                or variable == "MAIL_USERNAME"
                or (variable.endswith("_FILE"))
            ), (name, variable)
            assert "PASSWORD" not in variable or variable.endswith(("_FILE", "RANDOM_ROOT_PASSWORD")), value
    sites = SERVICES["office"]["environment"]
    required = set(IN_FILES) - {"MAIL_USERNAME", "MAIL_PASSWORD", "REPORTS_DATABASE_URL"}
    required -= {"MESSAGES_URL", "MESSAGES_SECRET"}
    assert {f"{name}_FILE" for name in required} <= sites.keys()


def test_a_setting_of_the_administrators_page_reaches_the_containers_or_has_no_place_there() -> None:
    page = (PROJECT_DIR / "docs/administrator.md").read_text()
    table = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    # Where and as whom it runs is compose.yaml's own; the others need a folder or a second database.
    named -= {"RUN_AS", "ADMIN_PORT", "TEACHER_PORT", "BIND", "ADMIN_WORKERS", "TEACHER_WORKERS"}
    named -= {"METRICS_PORT", "METRICS_DIR", "ONEROSTER_DIR", "REPORTS_DATABASE_URL"}
    given = {name.removesuffix("_FILE") for name in SERVICES["office"]["environment"]}
    assert named - given == set()


def test_commands_are_told_for_a_container_that_has_no_fixed_address_and_reaches_the_mail_server() -> None:
    page = (PROJECT_DIR / "docs/administrator.md").read_text()
    asked = set(re.findall(r"docker compose run (?:--?[\w-]+ (?:/\S+ )?)*(\w+)", page))
    assert asked
    for name in asked:
        networks = SERVICES[name]["networks"]
        assert "outside" in networks
        # A second container of a service with a fixed address does not start beside the first.
        assert isinstance(networks, list)


def test_what_runs_for_long_says_whether_it_is_healthy_and_comes_back() -> None:
    for name in ("office", "classroom", "worker", "database", "queue"):
        assert SERVICES[name]["healthcheck"]["test"], name
        assert SERVICES[name]["restart"] == "unless-stopped"
    waits = SERVICES["classroom"]["depends_on"]
    assert waits["tables"] == {"condition": "service_completed_successfully"}


def test_only_nginx_is_reached_from_outside_and_the_database_reaches_nothing() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["front"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [
        name
        for name in ("database", "queue", "office", "classroom")
        if "outside" in SERVICES[name]["networks"]
    ] == []


def test_the_proxy_that_is_believed_is_nginx_and_its_upstreams_are_the_sites() -> None:
    front = SERVICES["front"]["networks"]["inside"]["ipv4_address"]
    asked = shlex.join(SERVICES["prepare"]["command"])
    for name, place in SITES.items():
        command = SERVICES[name]["command"]
        assert command[command.index("--proxy") + 1] == front
        assert SERVICES[name]["networks"]["inside"]["ipv4_address"] == place.partition(":")[0]
        assert f"--{name} {place}" in asked


def test_the_image_holds_the_program_and_nothing_else_of_this_folder() -> None:
    ignored = (PROJECT_DIR / "deploy/containers/Containerfile.dockerignore").read_text().splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*"
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE))
    assert {name for names in copied for name in names.split()} == kept
    assert all((PROJECT_DIR / name).exists() for name in kept)
    assert "USER 10001:10001" in CONTAINERFILE


def test_what_was_drawn_once_stays_and_a_strange_nginx_file_is_told(tmp_path: Path, monkeypatch) -> None:
    prepare(tmp_path, host="192.168.1.20", sites=SITES)
    drawn = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    prepare(tmp_path, host="192.168.1.20", sites=SITES)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == drawn
    assert b"PRIVATE" not in (tmp_path / "state/tls/server.pem").read_bytes()
    assert not list((tmp_path / "state").rglob("authority.pem"))
    secrets = [path for path in (tmp_path / "secrets").iterdir() if path.stat().st_mode & 0o077]
    assert secrets == []
    monkeypatch.setattr("launcher.for_containers.NGINX_CONF", tmp_path / "secrets/face_keys")
    with pytest.raises(SettingsError, match="to change for the container"):
        nginx_conf(SITES)


def test_a_certificate_of_the_schools_own_stays_when_it_starts_again(tmp_path: Path) -> None:
    served, told = tmp_path / "front/server.pem", tmp_path / "state/tls/server.pem"
    prepare(tmp_path, host="192.168.1.20", sites=SITES)
    prepare(tmp_path, host="192.168.1.21", sites=SITES)
    assert "192.168.1.21" in str(x509.load_pem_x509_certificate(served.read_bytes()).extensions)
    # As a public authority would issue it; its key may stand before or behind.
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A public authority")])
    was = x509.load_pem_x509_certificate(served.read_bytes())
    issued = x509.CertificateBuilder(
        name, was.subject, key.public_key(), 7, was.not_valid_before_utc, was.not_valid_after_utc
    ).sign(key, hashes.SHA256())
    certificate = issued.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    served.unlink()
    served.write_bytes(certificate + private)
    prepare(tmp_path, host="192.168.1.21", sites=SITES)
    assert served.read_bytes() == certificate + private
    assert told.read_bytes() == certificate


def test_nginx_takes_the_configuration_as_an_ordinary_user(tmp_path: Path) -> None:
    prepare(tmp_path, host="localhost", sites=SITES)
    front = tmp_path / "front"
    text = (front / "nginx.conf").read_text().replace("/run/prepared", str(front))
    (front / "here.conf").write_text(text)
    for path in (tmp_path, *tmp_path.parents, front, front / "here.conf"):
        if path.is_relative_to(tmp_path) or path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else 0o644)
    nginx = find_program("nginx", package="nginx-light")
    drop = ["setpriv", "--reuid=101", "--regid=101", "--clear-groups", "--no-new-privs"]
    command = [*drop, nginx, "-t", "-e", "stderr", "-c", str(front / "here.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "syntax is ok" in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


class Machine:
    """Runs compose.yaml's containers with their volumes in a folder."""

    def __init__(self, home: Path) -> None:
        self.home, self.volumes = home, home / "volumes"
        for name in ("secrets", "database", "queue", "front", "authority", "state"):
            (self.volumes / name).mkdir(parents=True)
            os.chown(self.volumes / name, USER, USER)

    def run(self, name: str, command: list[str] | None = None, **changes: str) -> list[str]:
        """The command line that runs a service of compose.yaml, or another command in its container."""
        service = SERVICES[name]
        words = [default(word) for word in command or service["command"]]
        told = service.get("environment", {}).items()
        environ = {key: default(value) for key, value in told if value is not None}
        environ |= {"PATH": "/srv/attendance/.venv/bin:/usr/bin:/bin", "INSTANCE_DIR": VOLUMES["state"]}
        environ |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", **changes}
        inside = ["env", "-i", *(f"{key}={value}" for key, value in environ.items()), *words]
        return ["unshare", "--mount", "sh", "-c", self._script(name), "sh", *inside]

    def _script(self, name: str) -> str:
        """Build the root as the image has it, in mounts nobody else sees, and go there without rights."""
        new = self.home / f"root-{name}"
        new.mkdir(exist_ok=True)
        layers = [(path, path, "ro") for path in ("/usr", "/bin", "/lib", "/lib64", "/etc")]
        python = Path(sys.base_prefix)
        layers += [(str(python), str(python), "ro")] if not str(python).startswith("/usr") else []
        layers += [
            (str(PROJECT_DIR / part), f"/srv/attendance/{part}", "ro") for part in IN_IMAGE if part != ".venv"
        ]
        # The image makes its environment in place; this one's programs begin with the path it was made at.
        packages = str((PROJECT_DIR / ".venv").resolve())
        layers += [(packages, "/srv/attendance/.venv", "ro"), (packages, packages, "ro")]
        for volume in SERVICES[name]["volumes"]:
            what, where, *mode = volume.split(":")
            layers.append((str(self.volumes / what.removesuffix("-secret")), where, *(mode or ["rw"])))
        lines = ["set -e", "umask 022", f"mount -t tmpfs -o size=16m,mode=755 tmpfs {new}"]
        for source, target, mode in layers:
            if not Path(source).exists():
                continue
            made = f"mkdir -p {new}{target}"
            if Path(source).is_file():
                made = f"mkdir -p {Path(f'{new}{target}').parent} && : >{new}{target}"
            lines += [made, f"mount --bind {source} {new}{target}"]
            lines += [f"mount -o remount,bind,ro {new}{target}"] if mode == "ro" else []
        lines += [
            f"mkdir -p {new}/tmp {new}/proc {new}/dev",
            f"mount -t tmpfs -o size=512m,mode=1777 tmpfs {new}/tmp",
            f"mount --rbind /proc {new}/proc",
            f"mount --rbind /dev {new}/dev",
            f"mount -o remount,ro {new}",
            f"cd {new}/srv/attendance",
            # setpriv looks itself up again inside, where it gives all rights away.
            f"exec chroot {new} sh -c 'cd /srv/attendance && exec setpriv --reuid={USER} --regid={USER} "
            '--clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"\' sh "$@"',
        ]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def school(mariadb, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """compose.yaml's containers as far as they are ours, over a MariaDB and a Redis of the tests."""
    home = tmp_path_factory.mktemp("containers")
    for parent in (home, *home.parents):
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(parent.stat().st_mode | 0o011)
    machine, redis = Machine(home), Redis(home / "redis")
    redis.start()
    ready = subprocess.run(machine.run("prepare"), capture_output=True, text=True, check=False)
    assert ready.returncode == 0, ready.stderr
    # The two servers are elsewhere than compose.yaml has them; their addresses come by the same files.
    for name, url in (("database_url", mariadb.create("containers")), ("redis_url", redis.url)):
        (machine.volumes / "secrets" / name).write_text(url)
    tables = subprocess.run(machine.run("tables"), capture_output=True, text=True, check=False)
    assert tables.returncode == 0, tables.stderr
    with ExitStack() as running:
        running.callback(redis.stop)
        ports = {}
        for name in ("office", "classroom", "worker"):
            command = [default(word) for word in SERVICES[name]["command"]]
            if "--port" in command:
                ports[name] = find_free_port()
                command[command.index("--port") + 1] = str(ports[name])
            running.enter_context(
                _ended(subprocess.Popen(machine.run(name, command), start_new_session=True))
            )
        wait_until(lambda: all(_is_ready(port) for port in ports.values()), within_s=90)
        yield SimpleNamespace(machine=machine, ports=ports, tables=tables)


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).ok
    except requests.RequestException:
        return False


def test_up_alone_gives_a_working_school(school) -> None:
    assert "The first admin signs in at the office" in school.tables.stdout
    password = re.search(r"the password (\S+)", school.tables.stdout)
    assert password
    for port in school.ports.values():
        assert json.loads(requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).text) == {
            "database": True,
            "networks": True,
        }
    visitor = requests.Session()
    proxied = {"X-Forwarded-Proto": "https"}
    base = f"http://127.0.0.1:{school.ports['office']}"
    page = visitor.get(f"{base}/sign-in", headers=proxied, timeout=30)
    assert page.status_code == 200
    assert "authority.crt" in requests.get(f"{base}/certificate", timeout=30).text


def test_a_container_sees_its_root_read_only_and_has_no_rights(school) -> None:
    command = school.machine.run("office", ["python", "-c", LOOK])
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rights, *writable = done.stdout.splitlines()
    assert rights.split() == ["10001", "0" * 16, "0" * 16, "1"]
    assert writable == ["/var/lib/attendance", "/tmp"]


@pytest.mark.parametrize("name", ["office", "classroom", "worker"])
def test_the_healthcheck_tells_what_is_healthy(school, name: str) -> None:
    command = [default(word) for word in SERVICES[name]["healthcheck"]["test"][1:]]
    if name in school.ports:
        command = [re.sub(r":\d+/", f":{school.ports[name]}/", word) for word in command]
        gone = [re.sub(r":\d+/", f":{find_free_port()}/", word) for word in command]
        assert subprocess.run(school.machine.run(name, gone), check=False).returncode == 1
    run = school.machine.run(name, command)
    wait_until(lambda: subprocess.run(run, check=False).returncode == 0, within_s=60)
