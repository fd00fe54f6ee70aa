"""Commands of the office: `flask --app admin_site …`."""

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from shared.errors import ProductError
from shared.services import accounts, face_evaluation, spoof_evaluation
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


faces = AppGroup("faces", help="The face matching: how good it is.")


@faces.command("evaluate")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--enrol", default=5, show_default=True, type=click.IntRange(1), help="Photos enrolled of each."
)
@click.option("--seed", default=0, show_default=True, help="Which photos are enrolled.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures."
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write the DET curve as SVG.")
def evaluate_face_matching(
    folder: Path, enrol: int, seed: int, json_file: Path | None, plot: Path | None
) -> None:
    """Enrol some photos of each person in DIR, a folder a person, and try the rest against everybody."""
    toolbox = current_app.extensions["toolbox"]
    try:
        with click.progressbar(face_evaluation.find_photos(folder), label="Reading") as photos:
            read = list(face_evaluation.read_photos(toolbox, photos))
        tries = face_evaluation.try_everybody(toolbox, read, enrol=enrol, seed=seed)
        figures = face_evaluation.summarise(read, tries)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if plot:
        plot.write_text(face_evaluation.draw_trade_off(tries), encoding="utf-8")
    click.echo(face_evaluation.as_table(figures))


commands: tuple[click.Command, ...] = (create_admin, faces, spoof)
