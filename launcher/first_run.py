"""Brings the database to what the sites expect: its tables, a first admin, on request a demo school.

`make serve` runs this alone before it serves one site: `python -m launcher.first_run`, DEMO=1 for the demo.
"""

import os
import sys
from collections.abc import Mapping

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from shared.errors import DatabaseUnusable, SettingsError
from shared.persistence import accounts
from shared.persistence.database import connect, migrate, reading_sessions
from shared.settings import Settings, read_settings


def prepare_database(settings: Settings, *, fill_demo: bool) -> dict[str, str]:
    """Migrate, make the first admin where there is none, and return the new accounts' passwords by e-mail.

    Raise SettingsError if the database of DATABASE_URL cannot be reached or is damaged, DatabaseUnusable if
    it is of a newer version.
    """
    address = make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        migrate(settings.database_url)
        engine = connect(settings.database_url)
        with reading_sessions(engine)() as session:
            has_admin = accounts.has_admin(session)
        engine.dispose()
    except OperationalError as cause:
        raise SettingsError(
            f"The database {address} does not answer: {cause.orig}.{_way_out(cause)}"
        ) from cause
    except ModuleNotFoundError as cause:
        raise SettingsError(
            f"The driver of {address} is not installed ({cause.name} is missing). "
            "./setup.sh says what it needs."
        ) from cause
    if has_admin and not fill_demo:
        return {}
    # Imported here only: with the networks' libraries behind it, it would slow every later start.
    from shared.services.accounts.lifecycle import create_first_admin
    from shared.toolbox import Toolbox

    toolbox = Toolbox(settings)
    password = create_first_admin(toolbox)
    passwords = {accounts.FIRST_ADMIN_EMAIL: password} if password else {}
    if fill_demo:
        from launcher.demo_school import fill_demo_school

        passwords |= fill_demo_school(toolbox)
    toolbox.engine.dispose()
    return passwords


def tell_passwords(settings: Settings, passwords: Mapping[str, str]) -> None:
    """Print the new accounts' passwords, at once: they cannot be shown again should the start fail."""
    for email, password in passwords.items():
        if email != accounts.FIRST_ADMIN_EMAIL:
            print(f"The demo's teacher {email} signs in at the classroom with {password}", flush=True)
            continue
        print(f"The first admin signs in at the office as {accounts.FIRST_ADMIN_EMAIL}")
        print(f"with the password {password} (shown this once only).")
        print(f"Keep a copy of {settings.instance_dir / 'settings.env'} away from this machine:")
        print("without its FACE_KEYS no enrolled face can be read again.", flush=True)


def _way_out(cause: OperationalError) -> str:
    """Return what helps where SQLite's file itself is the matter."""
    if any(words in str(cause.orig) for words in ("not a database", "malformed")):
        return (
            " The file is damaged: move it away with its -wal and -shm, and put the newest backup in its "
            "place: .venv/bin/flask --app admin_site restore FILE"
        )
    return ""


def main() -> int:
    """Prepare the installation that the environment names. Return 1 after saying why that cannot be."""
    os.umask(0o077)  # what is written is its owner's alone
    try:
        settings = read_settings()
        tell_passwords(settings, prepare_database(settings, fill_demo=os.environ.get("DEMO") == "1"))
    except (SettingsError, DatabaseUnusable) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
