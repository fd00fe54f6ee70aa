"""What a start stands on: an instance folder that is its own and can be written, and enough open files.

Each that is missing ends the start with its cause and the way out, before anything is begun.
"""

import errno
import fcntl
import os
import resource
from pathlib import Path

from shared.errors import SettingsError

# A worker opens some 100 files before anybody comes: networks, the database's connections, the queue.
LEAST_FILES = 512
# What is left to a worker besides its connections.
OWN_FILES = 256

# Larger than what SQLite and the certificates write at a start.
_PROBE_BYTES = 256 * 1024

_WAYS_OUT = {
    errno.ENOSPC: "The disk is full: make room (df -h shows where) and start again.",
    errno.EDQUOT: "This user may store no more: make room or raise the quota, and start again.",
    errno.EROFS: "The disk is read-only: mount it writable, or name another folder by INSTANCE_DIR.",
}
_NOT_OURS = "It belongs to somebody else: start as its owner, or name another folder by INSTANCE_DIR."


def explain(cause: OSError, folder: Path) -> SettingsError:
    """Say why a folder cannot be written, and the way out."""
    way_out = _WAYS_OUT.get(cause.errno or 0, _NOT_OURS)
    return SettingsError(f"{folder} cannot be written ({os.strerror(cause.errno or 0)}). {way_out}")


def require_writable(folder: Path) -> None:
    """Raise SettingsError if nothing can be stored in the folder, which is made where it is missing."""
    probe = folder / f".probe.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            probe.unlink(missing_ok=True)  # it may be a link that a site left for root to follow
            with probe.open("xb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as cause:
        raise explain(cause, folder) from cause


def take_alone(folder: Path) -> int:
    """Take the folder for this process until it ends; return the open lock.

    Raise SettingsError if another launcher has it: two would each keep sites and a worker running over one
    database and one certificate, on other ports.
    """
    try:
        # No link is followed: the folder may be the sites', and what is root's must not be written over.
        lock = os.open(folder / "launcher.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as cause:
        raise explain(cause, folder / "launcher.lock") from cause
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise SettingsError(
            f"Another `make run` (process {holder}) runs over {folder} already. End it first, or give this "
            "one a folder of its own: make run INSTANCE_DIR=/another/folder"
        ) from cause
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def allow_files(wanted: int) -> int:
    """Let this process and those it starts open so many files, as far as the system lets it; return how many.

    Raise SettingsError below LEAST_FILES: a site would lose its database in the middle of a lesson.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if allowed < LEAST_FILES:
        raise SettingsError(
            f"This process may open only {allowed} files, and at least {LEAST_FILES} are needed. Raise it "
            "before the start: ulimit -n 4096, LimitNOFILE= in systemd, --ulimit nofile= for containers."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return allowed
