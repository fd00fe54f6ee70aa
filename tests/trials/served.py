"""Sites as a school serves them: real web servers on loopback, and browsers that speak to them over HTTP."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from bs4 import BeautifulSoup

from launcher.children import ENDS_WITH_US
from shared.settings import PROJECT_DIR
from tests.conftest import variables_for
from tests.support.servers import find_free_port

READY_WITHIN_S = 60


class ServedSite:
    """One site behind the web server with one worker; the master starts another if that one dies."""

    def __init__(
        self,
        site: str,
        folder: Path,
        database_url: str,
        *,
        app: str = "",
        certificate: Path | None = None,
        proxy: str = "",
        **variables: str,
    ) -> None:
        self.port = find_free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.verify = ""
        plain = {"SECURE_COOKIES": "0", "OMP_NUM_THREADS": "1"}
        environ = variables_for(folder, database_url, **(plain | variables))
        server = ["-m", "launcher.web_server", app or f"{site}_site:create_app", "--port", str(self.port)]
        if certificate:
            server += ["--certificate", str(certificate)]
            self.base, self.verify = (
                f"https://localhost:{self.port}",
                str(certificate.parent / "authority.crt"),
            )
        if proxy:
            server += ["--proxy", proxy]
        self.master = subprocess.Popen(
            [*ENDS_WITH_US, sys.executable, *server],
            env={**os.environ, **environ},
            cwd=PROJECT_DIR,
            start_new_session=True,
        )

    @property
    def worker(self) -> int:
        """The process id of the worker that answers now."""
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text()
        return int(children.split()[-1])

    def memory_mb(self) -> float:
        """What the worker holds in memory now."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def processor_s(self) -> float:
        """The processor time the worker took so far: what an answer costs, however busy the machine is."""
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self, path: str = "/readyz") -> None:
        """Wait until the site is ready: database there, networks whole."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if requests.get(self.base + path, timeout=5, verify=self.verify or None).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{self.base} is not ready")

    def stop(self) -> None:
        self.master.send_signal(signal.SIGTERM)
        self.master.wait(30)


@contextmanager
def served(
    site: str,
    folder: Path,
    database_url: str,
    *,
    app: str = "",
    certificate: Path | None = None,
    proxy: str = "",
    **variables: str,
) -> Iterator[ServedSite]:
    """Serve a site, or another `app` by its factory's name, until the block ends."""
    served_site = ServedSite(
        site, folder, database_url, app=app, certificate=certificate, proxy=proxy, **variables
    )
    try:
        served_site.wait()
        yield served_site
    finally:
        served_site.stop()


class Browser:
    """Cookies, and the token of the page shown last."""

    def __init__(self, site: ServedSite) -> None:
        self.base, self.session, self.token = site.base, requests.Session(), ""
        self.session.verify, self.session.trust_env = site.verify or True, False

    def open(self, path: str) -> requests.Response:
        answer = self.session.get(self.base + path, timeout=60)
        meta = BeautifulSoup(answer.text, "html.parser").select_one("meta[name=csrf-token]")
        self.token = str(meta["content"]) if meta else self.token
        return answer

    def post(self, path: str, **how: object) -> requests.Response:
        headers = {"X-CSRFToken": self.token, "Referer": self.base + "/", **how.pop("headers", {})}
        return self.session.post(self.base + path, headers=headers, timeout=60, **how)

    def sign_in(self, email: str, password: str) -> None:
        self.open("/sign-in")
        answer = self.post("/sign-in", data={"email": email, "password": password})
        assert answer.ok, answer.text[:500]
        assert not answer.url.endswith("/sign-in"), answer.text[:500]
        self.open("/password")
