"""Commands of the office: `flask --app admin_site …`."""

import click
from flask import current_app
from flask.cli import with_appcontext

from shared.errors import ProductError
from shared.services import accounts
from shared.services.audit import Actor


@click.command("create-admin")
@click.argument("email")
@click.option("--name", default="Admin", show_default=True, help="The admin's name.")
@with_appcontext
def create_admin(email: str, name: str) -> None:
    """Make an admin and show the first-time password once."""
    try:
        password = accounts.create_admin(
            current_app.extensions["toolbox"],
            Actor(site="command", email="create-admin"),
            email=email,
            name=name,
        )
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"First-time password of {email}: {password}")


commands: tuple[click.Command, ...] = (create_admin,)
