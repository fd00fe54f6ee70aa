"""The settings one installation keeps for itself: `instance/settings.env`, made once with its secrets."""

import base64
import os
import secrets
from pathlib import Path

from shared.errors import SettingsError

FIRST_CONTENT = """\
# Settings of this installation, one NAME=value a line. The environment wins over this file.
# Keep a copy of it away from this machine: without FACE_KEYS no enrolled face can be read again.
ADMIN_SECRET_KEY={admin_secret_key}
TEACHER_SECRET_KEY={teacher_secret_key}
PASSWORD_SALT={password_salt}
FACE_KEYS=1:{face_key}
SCHOOL_NAME=Our School
TIME_ZONE=Asia/Kolkata
"""


def make_instance_dir(instance_dir: Path) -> None:
    """Make the folder of everything this installation must keep, readable by its owner only."""
    instance_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    instance_dir.chmod(0o700)


def read_or_make_settings(path: Path) -> dict[str, str]:
    """Read the settings file; the first time, make it with secrets nobody chose.

    Raises SettingsError naming the line that is not NAME=value.
    """
    if not path.exists():
        write_private(
            path,
            FIRST_CONTENT.format(
                admin_secret_key=secrets.token_urlsafe(48),
                teacher_secret_key=secrets.token_urlsafe(48),
                password_salt=secrets.token_urlsafe(32),
                face_key=base64.b64encode(secrets.token_bytes(32)).decode(),
            ).encode(),
        )
    settings = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise SettingsError(f"Line {number} of {path} is not NAME=value.")
        settings[name.strip()] = value.strip()
    return settings


def write_private(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by its owner only from its first byte on."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
