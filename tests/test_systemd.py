"""`make install` and the units: what systemd itself says of them, and that they start what there is."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.settings import PROJECT_DIR

UNITS = PROJECT_DIR / "deploy" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
# systemd-analyze's own scale, 0 to 10; it calls up to 2.0 "OK" after hardening, a plain unit has 9.6.
MOST_EXPOSED = 2.0


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make install PREFIX=/opt/school DESTDIR=…` lays out, with our packages linked in."""
    root = tmp_path_factory.mktemp("root")
    environ = {**os.environ, "PACKAGES": "0"}
    command = [
        "make",
        "--no-print-directory",
        "install",
        "PREFIX=/opt/school",
        f"DESTDIR={root}",
        "PACKAGES=0",
    ]
    subprocess.run(command, cwd=PROJECT_DIR, env=environ, check=True, capture_output=True)
    (root / "opt/school/.venv").symlink_to((PROJECT_DIR / ".venv").resolve())
    return root


def test_everything_lies_where_the_units_look_for_it(installed: Path) -> None:
    units = installed / "etc/systemd/system"
    assert {path.name for path in units.iterdir()} >= {
        *SERVICES,
        "attendance.target",
        "attendance-backup.timer",
    }
    for path in units.glob("*.service"):
        text = path.read_text()
        assert "/srv/" not in text
        assert f"WorkingDirectory={'/opt/school'}" in text
        for command in re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE):
            program = shlex.split(command)[0]
            assert (installed / program.lstrip("/")).exists() or Path(program).exists(), command
    assert not list(installed.rglob("__pycache__"))
    assert [path for path in (installed / "opt/school").rglob("*.py") if path.stat().st_mode & 0o022] == []


def test_what_was_laid_out_runs_alone(installed: Path, tmp_path: Path) -> None:
    """The tables' unit, from the laid-out program, in an environment without this project's folder."""
    (line,) = [
        line.removeprefix("ExecStart=")
        for line in (installed / "etc/systemd/system/attendance-tables.service").read_text().splitlines()
        if line.startswith("ExecStart=")
    ]
    program, *arguments = shlex.split(line)
    environ = {"INSTANCE_DIR": str(tmp_path / "state"), "PATH": os.environ["PATH"], "LOG_LEVEL": "ERROR"}
    where = {"cwd": installed / "opt/school", "env": environ, "capture_output": True, "text": True}
    command = [str(installed / program.lstrip("/")), *arguments]
    done = subprocess.run(command, check=False, **where)
    assert done.returncode == 0, done.stderr
    assert "The first admin signs in at the office as admin@localhost" in done.stdout
    again = subprocess.run(command, check=True, **where)
    assert "password" not in again.stdout


def test_a_prefix_that_would_hurt_is_refused() -> None:
    for prefix in ("relative", "/srv/with space", "/"):
        environ = {**os.environ, "PREFIX": prefix, "DESTDIR": "/nonexistent", "PACKAGES": "0"}
        done = subprocess.run(
            [PROJECT_DIR / "deploy/install.sh"], env=environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "PREFIX m" in done.stderr) == (1, True), prefix


@pytest.mark.parametrize("where", ["elsewhere", "here"])
def test_what_lies_at_the_prefix_and_is_not_ours_stays(tmp_path: Path, where: str) -> None:
    root, prefix = tmp_path, "/usr/local"
    theirs = root / "usr/local/shared/theirs"
    theirs.parent.mkdir(parents=True)
    theirs.touch(mode=0o600)
    if where == "here":
        prefix, root = str(PROJECT_DIR), Path("/")
    command = [str(PROJECT_DIR / "deploy/install.sh")]
    environ = {**os.environ, "PREFIX": prefix, "DESTDIR": str(root), "PACKAGES": "0"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Give a PREFIX of its own" in done.stderr
    assert theirs.stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "usr/local").iterdir()) == [theirs.parent]


def test_an_upgrade_opens_nothing_that_an_earlier_start_left_beside_the_program(tmp_path: Path) -> None:
    command = [str(PROJECT_DIR / "deploy/install.sh")]
    environ = {**os.environ, "PREFIX": "/opt/school", "DESTDIR": str(tmp_path), "PACKAGES": "0"}
    subprocess.run(command, env=environ, check=True, capture_output=True)
    secret = tmp_path / "opt/school/instance/settings.env"
    secret.parent.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    subprocess.run(command, env=environ, check=True, capture_output=True)
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.parent.stat().st_mode & 0o777 == 0o700


def test_every_service_has_the_whole_hardening() -> None:
    blocks = {
        name: (UNITS / name).read_text().partition("# Nothing of the machine")[2].partition("\n\n")[0].strip()
        for name in SERVICES
    }
    assert len(set(blocks.values())) == 1
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "CapabilityBoundingSet=\n"):
        assert line in blocks[SERVICES[0]]


if ANALYZE:  # of systemd, which a container for tests may lack

    def test_systemd_finds_nothing_wrong_with_the_units(installed: Path, tmp_path: Path) -> None:
        units = []
        for source in (installed / "etc/systemd/system").iterdir():
            units.append(tmp_path / source.name)
            units[-1].write_text(source.read_text().replace("/opt/school", f"{installed}/opt/school"))
        done = subprocess.run(
            [ANALYZE, "verify", "--man=no", *units], capture_output=True, text=True, check=False
        )
        ours = [line for line in done.stderr.splitlines() if "attendance" in line]
        assert (ours, done.returncode) == ([], 0), done.stderr

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_service_is_little_exposed(service: str) -> None:
        done = subprocess.run(
            [ANALYZE, "security", "--offline=yes", f"--threshold={MOST_EXPOSED * 10:.0f}", UNITS / service],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
