"""Commands of the office: `flask --app admin_site …`."""

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from shared.errors import ProductError
from shared.services import accounts, spoof_evaluation
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


spoof = AppGroup("spoof", help="The spoof check: how good it is.")


@spoof.command("evaluate")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write both error rates as SVG."
)
def evaluate_spoof_check(folder: Path, json_file: Path | None, plot: Path | None) -> None:
    """Judge the pictures in DIR, which holds live/ and attack_…/, with a folder per source in each."""
    toolbox = current_app.extensions["toolbox"]
    try:
        with click.progressbar(spoof_evaluation.find_pictures(folder), label="Judging") as pictures:
            answers = list(spoof_evaluation.judge_pictures(toolbox, pictures))
        figures = spoof_evaluation.summarise(answers, toolbox.spoof_detector.threshold)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if plot:
        plot.write_text(spoof_evaluation.draw_errors(answers, figures["threshold"]), encoding="utf-8")
    click.echo(spoof_evaluation.as_table(figures))


commands: tuple[click.Command, ...] = (create_admin, spoof)
