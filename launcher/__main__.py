"""`make run`: prepares this installation and keeps both sites and the worker running until Ctrl-C."""

import argparse
import http.client
import io
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import segno

from launcher.addresses import (
    find_addresses,
    find_names,
    find_networks,
    find_phone_address,
    require_free_port,
)
from launcher.certificates import ensure_certificate
from launcher.children import Child, CrashLoop, replace, restart, stop_all
from launcher.first_run import prepare_database, tell_passwords
from launcher.ground import allow_files, require_writable, take_alone
from launcher.privileges import STAYS_ROOT, User, acting_as, choose_user, hand_over
from shared import logs, metrics
from shared.errors import DatabaseUnusable, SettingsError
from shared.security.certificates import fingerprint
from shared.setting_values import read_span
from shared.settings import VERSION, Settings, find_instance_dir, read_environ, read_settings

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 phones reach the sites over the school's network
ANSWER_WITHIN_S = (
    180.0  # a machine busy with other things took 70 s to read the networks; an idle one takes 3
)
LOOK_EVERY_S = 0.5
MOST_WORKERS = 64  # of a site; each keeps the networks in memory
MOST_FILES = 8192  # the sites' and the worker's, each; twice as many as a worker's connections
RENEW_EVERY_S = 60.0  # a laptop that changes its network serves a fitting certificate a minute later


def main() -> int:
    """Run the product. Return the exit code: 0 after Ctrl-C or SIGTERM, 1 after a failure."""
    _read_arguments()
    os.umask(0o077)  # what the sites and the worker write is their owner's alone
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    children: list[Child] = []
    try:
        _run(children, stopping)
    except (SettingsError, DatabaseUnusable, CrashLoop) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    finally:
        stop_all(children)
    print("Stopped.")
    return 0


def _run(children: list[Child], stopping: threading.Event) -> None:
    require_writable(find_instance_dir())
    take_alone(find_instance_dir())
    allow_files(MOST_FILES)
    environ = read_environ()
    ports, given = _choose_ports(environ), frozenset(environ)
    metrics.port_of(environ)
    logs.level_of(environ)
    environ.setdefault("LOG_LEVEL", "WARNING")  # a line a request would push the welcome off the screen
    address = _find_address(environ)
    _name_sites(environ, ports, address, given)
    settings = read_settings(environ)
    user = choose_user(environ, settings.instance_dir)
    if user is not None:
        hand_over(settings.instance_dir, user)
    with acting_as(user):
        tell_passwords(settings, prepare_database(settings, fill_demo=environ.get("DEMO") == "1"))
    certificate = _renew_certificate(settings, user)
    if user is None and os.geteuid() == 0:
        print(STAYS_ROOT, flush=True)
    _forget_figures(environ, settings)
    sites = _make_sites(environ, ports, certificate)
    for site in sites.values():
        _start(site, user, children)
    if not _wait_for_answers(settings, _own_host(environ), ports, children, stopping):
        return
    _welcome(settings, address, ports)
    # After the sites, which somebody is waiting for.
    others = [_make_worker(environ), *_make_metrics_server(environ)]
    for child in others:
        _start(child, user, children)
    served = certificate.read_bytes()
    while not stopping.is_set():
        served = _keep_running(settings, user, sites, others, served, stopping)
        address = _find_address(environ)
        if not stopping.is_set() and _name_sites(environ, ports, address, given):
            restart(children)
            _welcome(settings, address, ports)


def _start(child: Child, user: User | None, children: list[Child]) -> None:
    child.user = user
    child.start()
    children.append(child)


def _renew_certificate(settings: Settings, user: User | None) -> Path:
    tls_dir = settings.instance_dir / "tls"
    return ensure_certificate(tls_dir, find_names(), find_addresses(), networks=find_networks(), reader=user)


def _find_address(environ: Mapping[str, str]) -> str:
    """Return the one address by which the sites are reached, as far as nobody named another."""
    bound = _bind(environ)
    return str(find_phone_address()) if bound == EVERY_ADDRESS else bound


def _name_sites(
    environ: dict[str, str], ports: Mapping[str, int], address: str, given: Collection[str]
) -> bool:
    """Say where the sites are reached, unless somebody else did. Return whether that is new."""
    before = dict(environ)
    for name, port in ports.items():
        if f"{name.upper()}_SITE_URL" not in given:
            environ[f"{name.upper()}_SITE_URL"] = f"https://{address}:{port}"
    return environ != before


def _read_arguments() -> None:
    parser = argparse.ArgumentParser(prog="python -m launcher", description="Run both sites and the worker.")
    parser.add_argument("--version", action="version", version=VERSION)
    parser.parse_args()


def _choose_ports(environ: Mapping[str, str]) -> dict[str, int]:
    ports = {}
    for site, default in (("admin", "4555"), ("teacher", "4545")):
        name = f"{site.upper()}_PORT"
        chosen = environ.get(name, default)
        if not (chosen.isascii() and chosen.isdigit() and 0 < int(chosen) < 65536):
            raise SettingsError(f"{name} must be a port number from 1 to 65535.")
        ports[site] = int(chosen)
        require_free_port(_bind(environ), ports[site], name)
    # The system would let both listen, and mix the office's and the phones' requests.
    if ports["admin"] == ports["teacher"]:
        raise SettingsError("ADMIN_PORT and TEACHER_PORT are the same. Give each site a port of its own.")
    return ports


def _bind(environ: Mapping[str, str]) -> str:
    return environ.get("BIND", EVERY_ADDRESS)


def _own_host(environ: Mapping[str, str]) -> str:
    """Return by which name this machine reaches its own sites."""
    return "localhost" if _bind(environ) == EVERY_ADDRESS else _bind(environ)


def _make_sites(environ: Mapping[str, str], ports: Mapping[str, int], certificate: Path) -> dict[int, Child]:
    """Return the sites' programs by port."""
    # One office worker and two classroom workers: eight kiosks' requests at once.
    workers = {"admin": _read_workers(environ, "ADMIN_WORKERS", 1)}
    workers["teacher"] = _read_workers(environ, "TEACHER_WORKERS", 2)
    sites = {}
    for site, title in (("teacher", "The classroom site"), ("admin", "The office site")):
        command = [sys.executable, "-m", "launcher.web_server", f"{site}_site:create_app"]
        command += ["--address", _bind(environ), "--port", str(ports[site])]
        command += ["--workers", str(workers[site]), "--certificate", str(certificate)]
        sites[ports[site]] = Child(title, command, environ, stop_signal=signal.SIGTERM)
    return sites


def _read_workers(environ: Mapping[str, str], name: str, default: int) -> int:
    return read_span(environ, name, default, most=MOST_WORKERS)


def _make_worker(environ: Mapping[str, str]) -> Child:
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "shared.jobs.worker.huey", "--quiet"]
    # Somebody at the desk waits for a training: a second thread so that no letters are in its way, and
    # an idle worker looks again after half a second instead of the library's ten.
    command += ["--workers", "2", "--max-delay", "0.5"]
    # Huey finishes the job at hand on SIGINT and drops it on SIGTERM.
    return Child("The worker", command, environ, stop_signal=signal.SIGINT)


def _make_metrics_server(environ: Mapping[str, str]) -> list[Child]:
    if metrics.port_of(environ) is None:
        return []
    command = [sys.executable, "-m", "launcher.metrics_server"]
    return [Child("The metrics' server", command, environ, stop_signal=signal.SIGTERM)]


def _forget_figures(environ: Mapping[str, str], settings: Settings) -> None:
    """Remove what the processes of an earlier start counted: a file for each of them, which add up."""
    if folder := metrics.folder_of(environ, settings.instance_dir):
        for file in folder.glob("*.db"):
            file.unlink()


def _wait_for_answers(
    settings: Settings, host: str, ports: Mapping[str, int], children: list[Child], stopping: threading.Event
) -> bool:
    """Wait until both sites answer over HTTPS; False if stopped meanwhile."""
    trust = ssl.create_default_context(cafile=settings.instance_dir / "tls" / "authority.crt")
    trust.check_hostname = False  # where they listen need not be an address that the certificate names
    waiting = set(ports.values())
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while waiting and not stopping.wait(0.05):
        for child in children:
            child.revive()
        waiting = {port for port in waiting if not _answers(host, port, trust)}
        if time.monotonic() > deadline:
            raise CrashLoop(f"The sites did not answer within {ANSWER_WITHIN_S:.0f} seconds.")
    return not waiting


def _answers(host: str, port: int, trust: ssl.SSLContext) -> bool:
    connection = http.client.HTTPSConnection(host, port, timeout=5, context=trust)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _welcome(settings: Settings, address: str, ports: Mapping[str, int]) -> None:
    teacher_url = f"https://{address}:{ports['teacher']}/"
    authority = (settings.instance_dir / "tls" / "authority.crt").read_text(encoding="ascii")
    print(f"\n{settings.school_name}: attendance is running. Ctrl-C stops it.\n")
    print(f"  Office     https://{address}:{ports['admin']}/")
    print(f"  Classroom  {teacher_url}\n")
    drawn = io.StringIO()
    segno.make(teacher_url, micro=False).terminal(out=drawn, compact=True)
    # White on black whatever the terminal's colours are: some phones cannot read it the other way round.
    print("\n".join(f"  \x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines()))
    pairs = fingerprint(authority).split(":")
    print("\n  SHA-256 fingerprint of this school's certificate:")
    print("\n".join(f"  {':'.join(pairs[at : at + 8])}" for at in range(0, len(pairs), 8)))
    print(
        "\n  A phone's camera reads this; its browser warns once that it does not know this school yet.",
        flush=True,
    )


def _keep_running(
    settings: Settings,
    user: User | None,
    sites: Mapping[int, Child],
    others: Sequence[Child],
    served: bytes,
    stopping: threading.Event,
) -> bytes:
    """Keep the programs running, and the certificate fresh, until it is time to look for another address.

    Return the certificate that is served then.
    """
    look_at = time.monotonic() + RENEW_EVERY_S
    while time.monotonic() < look_at:
        if stopping.wait(LOOK_EVERY_S):
            return served
        for child in (*sites.values(), *others):
            child.revive()
    try:
        issued = _renew_certificate(settings, user).read_bytes()
    except (SettingsError, OSError) as failure:
        # A full disk or a clock that jumped back ends no lesson: what is served goes on being served.
        print(f"The certificate could not be looked after: {failure}", file=sys.stderr, flush=True)
        return served
    if issued != served:
        _serve_anew(sites, issued, stopping)
    return issued


def _serve_anew(sites: Mapping[int, Child], certificate: bytes, stopping: threading.Event) -> None:
    """Let each site serve a certificate that was issued anew, and nobody wait meanwhile."""
    for port, site in sites.items():
        # The second's workers listen on the same port beside the first's.
        replace(site, partial(_serves, _own_host(site.environ), port, certificate), stopping)


def _serves(host: str, port: int, certificate: bytes) -> bool:
    """Tell whether this certificate is served at the port; while two programs serve, one of them answers."""
    try:
        return ssl.get_server_certificate((host, port), timeout=5).encode() in certificate
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
