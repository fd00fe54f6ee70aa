"""A whole product, installed and started as people start it."""

import http.client
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path

from shared.settings import PROJECT_DIR
from tests.support.servers import find_free_port


class Installation:
    """A whole product in a folder of its own, started as `make run` starts it."""

    def __init__(self, home: Path) -> None:
        self.instance_dir = home / "instance"
        self.ports = {"ADMIN_PORT": find_free_port(), "TEACHER_PORT": find_free_port()}

    def start(self, *, python: str = sys.executable, **variables: str) -> str:
        """Start it, wait until it says that it runs or ends, and return what it said."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE")}
        environ |= {"INSTANCE_DIR": str(self.instance_dir), "BIND": "127.0.0.1"}
        environ |= {name: str(port) for name, port in self.ports.items()} | variables
        self.process = subprocess.Popen(
            [python, "-m", "launcher"],
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


def is_alive(pid: int) -> bool:
    """Tell whether a process runs, which one that has ended and was not waited for does not."""
    return _read_stat(Path(f"/proc/{pid}/stat"))[0] != "Z"


def _read_stat(path: Path) -> tuple[str, int]:
    """A process's state and its parent, of proc(5)'s stat; "Z" and 0 once it is gone."""
    try:
        state, parent = path.read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return "Z", 0
    return state, int(parent)
