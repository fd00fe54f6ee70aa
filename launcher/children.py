"""The programs that serve the sites, and how they are kept alive and ended together."""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from launcher.privileges import AsUser, User

STOP_S = 15.0  # the web server grants running requests 10 s
SERVES_WITHIN_S = 60.0
MAX_FALLS = 3
FALLS_WITHIN_S = 60.0

# Of util-linux, on every Debian: the program ends when this process does, even by kill -9. This process may
# have ended before the system knew that; then the program has another parent already and does not begin.
ENDS_WITH_US = (
    ["setpriv", "--pdeathsig", "TERM", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', str(os.getpid())]
    if shutil.which("setpriv")
    else []
)


class CrashLoop(Exception):
    """A program ended three times within a minute; its own last words stand above."""


@dataclass
class Child:
    """One program: started in its own process group and ended by its own signal."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    stop_signal: signal.Signals
    user: User | None = None
    process: subprocess.Popen[bytes] = field(init=False)
    falls: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it out of reach of the terminal's Ctrl-C, but never to outlive this process."""
        # First the user: the system forgets whom a program ends with when it becomes another's, and nothing
        # that the environment names (settings.env is the user's to write) may run with root's rights.
        as_user: AsUser = self.user.as_popen if self.user else {}
        no_way_back = ["setpriv", "--no-new-privs"] if self.user else []
        self.process = subprocess.Popen(
            [*no_way_back, *ENDS_WITH_US, *self.command],
            env=self.environ,
            start_new_session=True,
            **as_user,
        )

    def revive(self) -> None:
        """Start it again if it ended by itself.

        Raise CrashLoop if it has ended three times within a minute: what is wrong then
        is no accident, and a school must not wait in front of half a product.
        """
        if self.process.poll() is None:
            return
        now = time.monotonic()
        self.falls = [fall for fall in self.falls if now - fall < FALLS_WITHIN_S] + [now]
        if len(self.falls) >= MAX_FALLS:
            raise CrashLoop(
                f"{self.name} ended {MAX_FALLS} times within a minute, "
                f"last with exit code {self.process.returncode}; the reason stands above."
            )
        print(f"{self.name} ended with exit code {self.process.returncode}; starting it again.", flush=True)
        self.start()


def replace(child: Child, is_new_serving: Callable[[], bool], stopping: threading.Event) -> None:
    """Start a program a second time beside itself, and end the first when the second serves.

    If the second does not come to serve, the first stays, and the second is ended.
    """
    first, deadline = dataclasses.replace(child), time.monotonic() + SERVES_WITHIN_S
    first.process = child.process
    child.start()
    while not is_new_serving():
        if time.monotonic() > deadline or child.process.poll() is not None or stopping.wait(0.2):
            stop_all([child])
            child.process = first.process
            return
    stop_all([first])


def restart(children: Sequence[Child]) -> None:
    """End them and start them again, for what they read at their start has changed."""
    stop_all(children)
    for child in children:
        child.start()


def stop_all(children: Sequence[Child]) -> None:
    """Ask all, each started before, to end, wait, and kill what is left of their process groups."""
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(child.stop_signal)
    deadline = time.monotonic() + STOP_S
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):  # the whole group has ended, as it should
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
