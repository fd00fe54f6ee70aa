"""Commands that keep an installation safe: `flask --app admin_site` backup, restore, migrate, doctor …"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from shared.errors import ProductError
from shared.persistence import accounts
from shared.persistence.database import RELEASED, UNREACHABLE, known_revisions, migrate
from shared.services.accounts.lifecycle import create_first_admin
from shared.services.audit import Actor
from shared.services.people.erasure import LEDGER_NAME
from shared.services.upkeep import backup, health, key_rotation
from shared.settings import draw_face_key

_FILE = click.Path(dir_okay=False, path_type=Path)


@contextmanager
def _as_sentences() -> Iterator[None]:
    try:
        yield
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    except UNREACHABLE as cause:
        raise click.ClickException(f"The database does not answer: {cause.__cause__ or cause}") from cause


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a bar that learns its length with the first step."""
    with click.progressbar(length=1, label=label) as bar:

        def step(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done)

        yield step


@click.command("backup")
@click.argument("file", type=_FILE)
@with_appcontext
def write_backup(file: Path) -> None:
    """Write the whole database into FILE, sealed with the newest of FACE_KEYS. People may go on working."""
    toolbox = current_app.extensions["toolbox"]
    with _as_sentences(), _progress("Writing") as step:
        rows = backup.write_backup(toolbox, Actor(site="command", email="backup"), file, on_rows=step)
    size = file.stat().st_size / 1e6
    click.echo(f"{rows} rows in {file} ({size:.1f} MB), read back and found whole.")
    click.echo(f"Keep {file.with_name(LEDGER_NAME)} beside it: it names, for nobody to read, who was erased.")


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Also where there is a school already; it is gone then.")
@click.option(
    "--erasures",
    "ledger_files",
    type=_FILE,
    multiple=True,
    help=f"A newer {LEDGER_NAME} than the one beside FILE.",
)
@with_appcontext
def restore_backup(file: Path, replace: bool, ledger_files: tuple[Path, ...]) -> None:
    """Put FILE's rows in place of the database's, but for whoever was erased since."""
    toolbox = current_app.extensions["toolbox"]
    os.umask(0o077)  # a new database is its owner's alone, as the launcher makes it
    with _as_sentences(), _progress("Reading") as step:
        restored = backup.restore_backup(
            toolbox,
            Actor(site="command", email="restore"),
            file,
            may_replace=replace,
            ledger_files=ledger_files,
            on_rows=step,
        )
    click.echo(f"{restored.rows} rows of {restored.made_at} are in place.")
    if restored.ledgers:
        click.echo(f"Erased again: {restored.erased_again}, by the ledger of {', '.join(restored.ledgers)}.")
    else:
        click.echo(f"No {LEDGER_NAME} was found: who was erased after the backup is not known here.")
    if not restored.knows_later_erasures:
        click.echo(
            f"If anybody was erased after the backup, they are here again: give the newest {LEDGER_NAME} of "
            "the lost machine's instance folder by --erasures, and --replace."
        )
    click.echo(
        "Everybody signs in again. Accounts deactivated since are active again: please look through them."
    )


@click.command("rotate-keys")
@click.option(
    "--draw", is_flag=True, help="First draw a new key into instance/settings.env; nothing is sealed yet."
)
@with_appcontext
def rotate_keys(draw: bool) -> None:
    """Seal all photos and face models anew with the newest of FACE_KEYS. People may go on working."""
    toolbox = current_app.extensions["toolbox"]
    if draw:
        with _as_sentences():
            number = draw_face_key(toolbox.settings.instance_dir)
        click.echo(
            f"Key {number} is in instance/settings.env; keep a copy of that file away from this machine."
        )
        click.echo("Start every site and the worker again, then run rotate-keys without --draw.")
        return
    with _as_sentences(), _progress("Sealing") as step:
        left = key_rotation.rotate_keys(toolbox, Actor(site="command", email="rotate-keys"), on_values=step)
    for number in sorted(toolbox.settings.face_keys.keys() | left.keys()):
        click.echo(f"Key {number} seals {left.get(number, 0)} values.")
    click.echo(key_rotation.advice(toolbox.settings.face_keys, left))


@click.command("migrate")
@click.option(
    "--first-admin", is_flag=True, help="Make the first admin where there is none, and show the password."
)
@click.option(
    "--back-to", type=click.Choice(sorted(RELEASED)), help="Bring them back to an earlier version's."
)
@with_appcontext
def bring_up_to_date(first_admin: bool, back_to: str | None) -> None:
    """Make the tables, or bring those of an earlier version up to date; done already, it changes nothing.

    The way back keeps every row that the earlier version knows; stop all sites and workers first.
    """
    toolbox = current_app.extensions["toolbox"]
    os.umask(0o077)  # a new database is its owner's alone
    if back_to is not None:
        with _as_sentences():
            migrate(toolbox.settings.database_url, RELEASED[back_to])
        click.echo(f"The tables are as version {back_to} made them. Start that version now.")
        return
    with _as_sentences():
        migrate(toolbox.settings.database_url)
        password = create_first_admin(toolbox) if first_admin else None
    click.echo(f"The tables are at {known_revisions()[0]}.")
    if password:
        click.echo(f"The first admin signs in at the office as {accounts.FIRST_ADMIN_EMAIL}")
        click.echo(f"with the password {password} (shown this once only).")


@click.command("doctor")
@click.option("--letter", metavar="ADDRESS", help="Send a letter there, to see that letters arrive.")
@with_appcontext
def examine(letter: str | None) -> None:
    """Look whether this installation is well, a line for each thing; exit status 1 if one is not."""
    from shared.web.school_sign_in import examination  # with all that asks the provider

    toolbox, is_well = current_app.extensions["toolbox"], True
    with _as_sentences():
        for finding in health.examine(toolbox, letter_to=letter, also=examination.examine):
            is_well &= finding.is_well
            click.echo(f"{'well' if finding.is_well else 'RED '}  {finding.name:<12} {finding.sentence}")
    if not is_well:
        raise click.exceptions.Exit(1)


commands: tuple[click.Command, ...] = (write_backup, restore_backup, rotate_keys, bring_up_to_date, examine)
