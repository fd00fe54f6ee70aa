"""Chooses as whom the sites and the worker run when the product is started as root: another, if possible."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from shared.errors import SettingsError
from shared.settings import PROJECT_DIR

STAYS_ROOT = (
    "The sites run as root: nobody else owns instance/ and may read this folder. An ordinary user who may\n"
    "is named by: make run RUN_AS=name"
)


@dataclass(frozen=True)
class User:
    """An account of this machine that is not root's."""

    uid: int
    gid: int

    @property
    def prefix(self) -> list[str]:
        """What makes a command run as this user, with no way back."""
        groups = "--init-groups" if _is_named(self.uid) else "--clear-groups"
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", groups, "--no-new-privs"]

    @property
    def groups(self) -> list[int]:
        """All groups the user is in."""
        if not _is_named(self.uid):
            return [self.gid]
        return os.getgrouplist(pwd.getpwuid(self.uid).pw_name, self.gid)

    @property
    def as_popen(self) -> "AsUser":
        """What makes `subprocess.Popen` start a program as this user, before anything of it is read."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups}


class AsUser(TypedDict, total=False):
    """Arguments of `subprocess.Popen`."""

    user: int
    group: int
    extra_groups: list[int]


@contextlib.contextmanager
def acting_as(user: User | None) -> Iterator[None]:
    """Let this process have no more rights than the user meanwhile; without one it stays who it is.

    What a site could have put into instance/ (a link in place of the database) is met with the site's rights.
    """
    if user is None:
        yield
        return
    groups = os.getgroups()
    os.setgroups(user.groups)
    os.setegid(user.gid)
    os.seteuid(user.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def choose_user(environ: Mapping[str, str], instance_dir: Path) -> User | None:
    """Return who runs the sites: RUN_AS, who owns instance/, or who called sudo; None for whoever calls this.

    Raise SettingsError for a RUN_AS that is nobody here, root, or cannot run the product.
    """
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return None
    if name := environ.get("RUN_AS"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError as cause:
            raise SettingsError(f"RUN_AS: there is no user {name} on this machine.") from cause
        if entry.pw_uid == 0:  # a site could write it into settings.env, to be root after the next start
            raise SettingsError(f"RUN_AS: {name} is root. Name an ordinary user, or leave RUN_AS away.")
        named = User(entry.pw_uid, entry.pw_gid)
        if not _can_run(named):
            raise SettingsError(f"RUN_AS: the user {name} may not read {PROJECT_DIR} or its .venv.")
        return named
    return next((user for user in _candidates(environ, instance_dir) if _can_run(user)), None)


def _candidates(environ: Mapping[str, str], instance_dir: Path) -> Iterator[User]:
    for folder in (instance_dir, instance_dir.parent):
        if folder.is_dir() and (found := folder.stat()).st_uid != 0:
            yield User(found.st_uid, found.st_gid)
    uid, gid = environ.get("SUDO_UID", ""), environ.get("SUDO_GID", "")
    if uid.isdigit() and gid.isdigit() and int(uid) != 0:
        yield User(int(uid), int(gid))


def hand_over(instance_dir: Path, user: User) -> None:
    """Let everything in instance/ be the user's but the certificates, which `ensure_certificate` gives."""
    tls_dir = instance_dir / "tls"
    for path in (instance_dir, *instance_dir.rglob("*")):
        if path != tls_dir and tls_dir not in path.parents:
            os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _is_named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _can_run(user: User) -> bool:
    """Tell whether the user may read the program, which may lie in somebody's own folder.

    A shell of the user's starts it, as later: what setpriv starts itself is found with root's rights still.
    """
    as_later = [*user.prefix, "sh", "-c", 'exec "$@"', "sh"]
    try_it = [*as_later, sys.executable, "-c", "import flask, shared.settings"]
    return subprocess.run(try_it, cwd=PROJECT_DIR, capture_output=True, check=False).returncode == 0
