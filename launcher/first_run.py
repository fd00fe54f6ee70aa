"""Brings the database to what the sites expect: its tables, a first admin, on request a demo school."""

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from shared.errors import SettingsError
from shared.persistence import accounts
from shared.persistence.database import connect, migrate, reading_sessions
from shared.settings import Settings

FIRST_ADMIN_EMAIL = "admin@localhost"


def prepare_database(settings: Settings, *, fill_demo: bool) -> dict[str, str]:
    """Migrate, make the first admin where there is none, and give the new accounts' passwords by e-mail.

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
    password = create_first_admin(toolbox, email=FIRST_ADMIN_EMAIL)
    passwords = {FIRST_ADMIN_EMAIL: password} if password else {}
    if fill_demo:
        from launcher.demo_school import fill_demo_school

        passwords |= fill_demo_school(toolbox)
    toolbox.engine.dispose()
    return passwords


def _way_out(cause: OperationalError) -> str:
    """Return what helps where SQLite's file itself is the matter."""
    if any(words in str(cause.orig) for words in ("not a database", "malformed")):
        return (
            " The file is damaged: move it away with its -wal and -shm, and put the newest backup in its "
            "place: .venv/bin/flask --app admin_site restore FILE"
        )
    return ""
