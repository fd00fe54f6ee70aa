"""What containers need besides the sites: `python -m launcher.for_containers prepare` and `healthy`.

`prepare` runs before everything else and draws what one installation needs once: its secrets, a file each,
the certificate, nginx's configuration. What is there stays. Each other container sees its own folder alone.
"""

import argparse
import base64
import http.client
import ipaddress
import os
import re
import secrets
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from launcher.addresses import LOOPBACK
from launcher.certificates import ensure_certificate, is_foreign
from shared.errors import ProductError, SettingsError
from shared.settings import PROJECT_DIR, read_settings

NGINX_CONF = PROJECT_DIR / "deploy" / "nginx.conf"
# Where nginx finds its folder in its own container.
IN_FRONT = "/run/prepared"
# A worker says every minute that it lives.
WORKER_WITHIN = timedelta(minutes=3)


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked. Returns 1, with a sentence, where that cannot be or something is not healthy."""
    parser = argparse.ArgumentParser(prog="launcher.for_containers")
    asked = parser.add_subparsers(dest="asked", required=True)
    preparing = asked.add_parser("prepare", help="draw secrets and certificate, write nginx's configuration")
    preparing.add_argument("--to", type=Path, required=True, help="the folder of the others' folders")
    preparing.add_argument("--host", default="localhost", help="by which phones reach this machine")
    for site in ("office", "classroom"):
        preparing.add_argument(f"--{site}", required=True, help="ADDRESS:PORT where nginx finds it")
    healthy = asked.add_parser("healthy", help="exit status 0 if a site, or the worker, is well")
    healthy.add_argument("what", help="an address such as http://127.0.0.1:4545/readyz, or: worker")
    given = parser.parse_args(arguments)
    try:
        if given.asked == "healthy":
            return 0 if _is_healthy(given.what) else 1
        os.umask(0o077)
        prepare(given.to, host=given.host, sites={"office": given.office, "classroom": given.classroom})
    except (ProductError, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"Secrets, certificate and nginx's configuration are in {given.to}.")
    return 0


def prepare(to: Path, *, host: str, sites: dict[str, str]) -> None:
    """Fill the folders secrets, database, queue, front, authority and state below `to`.

    Raise SettingsError where deploy/nginx.conf is not the file that is known here.
    """
    for name in ("secrets", "database", "queue", "front", "authority", "state"):
        (to / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    _draw_secrets(to)
    names, addresses = ["localhost"], [LOOPBACK]
    try:
        addresses.append(IPv4Address(host))
    except ipaddress.AddressValueError:
        names.append(host.lower())
    issued = ensure_certificate(to / "authority", list(dict.fromkeys(names)), addresses)
    served = to / "front" / "server.pem"
    if not is_foreign(served):  # else the school put one of its own there
        _write(served, issued.read_bytes(), mode=0o444)
    # For /certificate and `doctor`: the public halves, without a key.
    public = to / "state" / "tls"
    public.mkdir(mode=0o700, exist_ok=True)
    _write(public / "authority.crt", (to / "authority" / "authority.crt").read_bytes(), mode=0o400)
    certificates = re.findall(
        rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", served.read_bytes(), re.S
    )
    _write(public / "server.pem", b"".join(certificates), mode=0o400)
    _write(to / "front" / "nginx.conf", nginx_conf(sites).encode(), mode=0o444)


def _draw_secrets(to: Path) -> None:
    """Write what is not there yet: to draw a key again would lose every face."""
    own = to / "secrets"
    for name in ("admin_secret_key", "teacher_secret_key", "password_salt"):
        _write_once(own / name, secrets.token_urlsafe(48))
    _write_once(own / "face_keys", "1:" + base64.b64encode(secrets.token_bytes(32)).decode())
    # What its container alone sees may be read by whoever runs there.
    word = _write_once(to / "database" / "password", secrets.token_urlsafe(32), mode=0o444)
    _write_once(own / "database_url", f"mysql://attendance:{word}@database/attendance")
    configuration = _write_once(
        to / "queue" / "redis.conf",
        f"bind * -::*\nappendonly yes\ndir /data\nrequirepass {secrets.token_urlsafe(32)}\n",
        mode=0o444,
    )
    word = configuration.rpartition("requirepass ")[2].strip()
    _write_once(own / "redis_url", f"redis://:{word}@queue:6379/0")


def nginx_conf(sites: dict[str, str]) -> str:
    """Return deploy/nginx.conf for a container: both sites on ports of their own, whatever name is asked
    for."""
    text = NGINX_CONF.read_text(encoding="utf-8")
    changes = {
        r"listen 80;": "listen 8080;",
        r"/etc/ssl/attendance\.(pem|key)": f"{IN_FRONT}/server.pem",
        r"^events": "pid /tmp/nginx.pid;\nerror_log stderr warn;\n\nevents",
        r"^http \{": "http {\n"
        + "".join(
            f"    {kind}_temp_path /tmp/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    }
    for site, place in sites.items():
        port = place.rpartition(":")[2]
        changes[rf"(upstream {site} \{{\s+server) \S+;"] = rf"\1 {place};"
        changes[rf"listen 443 ssl;(\s+)server_name {site}\.\S+;"] = rf"listen {port} ssl;\1server_name _;"
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not count:
            raise SettingsError(f"{NGINX_CONF} has no {pattern!r} to change for the container.")
    return text


def _is_healthy(what: str) -> bool:
    if what != "worker":
        address = urlsplit(what)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
        try:
            connection.request("GET", address.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
    from shared.jobs.queue import JobQueue

    beat = JobQueue(read_settings()).last_beat()
    return beat is not None and datetime.now(UTC) - beat < WORKER_WITHIN


def _write_once(path: Path, value: str, *, mode: int = 0o400) -> str:
    """Write a value unless there is one; return the one that stands."""
    if not path.exists():
        _write(path, value.encode(), mode=mode)
    return path.read_text(encoding="utf-8")


def _write(path: Path, content: bytes, *, mode: int) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
