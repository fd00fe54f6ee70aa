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
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import segno

from launcher.addresses import find_addresses, find_names, find_phone_address, require_free_port
from launcher.certificates import ensure_certificate
from launcher.children import Child, CrashLoop, replace, stop_all
from launcher.first_run import FIRST_ADMIN_EMAIL, prepare_database
from shared.errors import SettingsError
from shared.settings import VERSION, Settings, read_environ, read_settings

ANSWER_WITHIN_S = (
    180.0  # a machine busy with other things took 70 s to read the networks; an idle one takes 3
)
LOOK_EVERY_S = 0.5
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
        environ = read_environ()
        ports = _choose_ports(environ)
        phone_address = find_phone_address()
        environ.setdefault("LOG_LEVEL", "WARNING")  # a line a request would push the welcome off the screen
        for name, port in ports.items():
            environ.setdefault(f"{name.upper()}_SITE_URL", f"https://{phone_address}:{port}")
        settings = read_settings(environ)
        settings.instance_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _tell_passwords(settings, prepare_database(settings, fill_demo=environ.get("DEMO") == "1"))
        certificate = ensure_certificate(settings.instance_dir / "tls", find_names(), find_addresses())
        sites = _make_sites(environ, ports, certificate)
        for site in sites.values():
            site.start()
            children.append(site)
        if _wait_for_answers(settings, ports, children, stopping):
            _welcome(settings, str(phone_address), ports)
            # After the sites, which somebody is waiting for.
            worker = _make_worker(environ)
            worker.start()
            children.append(worker)
            _keep_running(settings, sites, worker, stopping)
    except (SettingsError, CrashLoop) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    finally:
        stop_all(children)
    print("Stopped.")
    return 0


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
    return ports


def _bind(environ: Mapping[str, str]) -> str:
    return environ.get("BIND", "0.0.0.0")  # noqa: S104 phones reach the sites over the school's network


def _make_sites(environ: Mapping[str, str], ports: Mapping[str, int], certificate: Path) -> dict[int, Child]:
    """The sites' programs by port."""
    # One office worker and two classroom workers: eight kiosks' requests at once.
    workers = {"admin": environ.get("ADMIN_WORKERS", "1"), "teacher": environ.get("TEACHER_WORKERS", "2")}
    sites = {}
    for site, title in (("teacher", "The classroom site"), ("admin", "The office site")):
        command = [sys.executable, "-m", "launcher.web_server", f"{site}_site:create_app"]
        command += ["--address", _bind(environ), "--port", str(ports[site])]
        command += ["--workers", workers[site], "--certificate", str(certificate)]
        sites[ports[site]] = Child(title, command, environ, stop_signal=signal.SIGTERM)
    return sites


def _make_worker(environ: Mapping[str, str]) -> Child:
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "shared.jobs.worker.huey", "--quiet"]
    # Somebody at the desk waits for a training: a second thread so that no letters are in its way, and
    # an idle worker looks again after half a second instead of the library's ten.
    command += ["--workers", "2", "--max-delay", "0.5"]
    # Huey finishes the job at hand on SIGINT and drops it on SIGTERM.
    return Child("The worker", command, environ, stop_signal=signal.SIGINT)


def _wait_for_answers(
    settings: Settings, ports: Mapping[str, int], children: list[Child], stopping: threading.Event
) -> bool:
    """Wait until both sites answer over HTTPS; False if stopped meanwhile."""
    trust = ssl.create_default_context(cafile=settings.instance_dir / "tls" / "authority.crt")
    waiting = set(ports.values())
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while waiting and not stopping.wait(0.05):
        for child in children:
            child.revive()
        waiting = {port for port in waiting if not _answers(port, trust)}
        if time.monotonic() > deadline:
            raise CrashLoop(f"The sites did not answer within {ANSWER_WITHIN_S:.0f} seconds.")
    return not waiting


def _answers(port: int, trust: ssl.SSLContext) -> bool:
    connection = http.client.HTTPSConnection("localhost", port, timeout=5, context=trust)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _tell_passwords(settings: Settings, passwords: Mapping[str, str]) -> None:
    # At once, for they cannot be shown a second time should the start fail.
    for email, password in passwords.items():
        if email != FIRST_ADMIN_EMAIL:
            print(f"The demo's teacher {email} signs in at the classroom with {password}", flush=True)
            continue
        print(f"The first admin signs in at the office as {FIRST_ADMIN_EMAIL}")
        print(f"with the password {password} (shown this once only).")
        print(f"Keep a copy of {settings.instance_dir / 'settings.env'} away from this machine:")
        print("without its FACE_KEYS no enrolled face can be read again.", flush=True)


def _welcome(settings: Settings, phone_address: str, ports: Mapping[str, int]) -> None:
    teacher_url = f"https://{phone_address}:{ports['teacher']}/"
    print(f"\n{settings.school_name}: attendance is running. Ctrl-C stops it.\n")
    print(f"  Office     https://{phone_address}:{ports['admin']}/")
    print(f"  Classroom  {teacher_url}\n")
    drawn = io.StringIO()
    segno.make(teacher_url, micro=False).terminal(out=drawn, compact=True)
    # White on black whatever the terminal's colours are: some phones cannot read it the other way round.
    print("\n".join(f"  \x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines()))
    print(
        "\n  A phone's camera reads this; its browser warns once that it does not know this school yet.",
        flush=True,
    )


def _keep_running(
    settings: Settings, sites: Mapping[int, Child], worker: Child, stopping: threading.Event
) -> None:
    tls_dir = settings.instance_dir / "tls"
    renew_at, served = time.monotonic() + RENEW_EVERY_S, (tls_dir / "server.pem").read_bytes()
    while not stopping.wait(LOOK_EVERY_S):
        for child in (*sites.values(), worker):
            child.revive()
        if time.monotonic() > renew_at:
            issued = ensure_certificate(tls_dir, find_names(), find_addresses()).read_bytes()
            if issued != served:
                _serve_anew(sites, issued, stopping)
            renew_at, served = time.monotonic() + RENEW_EVERY_S, issued


def _serve_anew(sites: Mapping[int, Child], certificate: bytes, stopping: threading.Event) -> None:
    """Let each site serve a certificate that was issued anew, and nobody wait meanwhile."""
    for port, site in sites.items():
        # The second's workers listen on the same port beside the first's.
        replace(site, partial(_serves, port, certificate), stopping)


def _serves(port: int, certificate: bytes) -> bool:
    """Tell whether this certificate is served at the port; while two programs serve, one of them answers."""
    try:
        return ssl.get_server_certificate(("localhost", port), timeout=5).encode() in certificate
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
