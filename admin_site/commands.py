"""Commands of the office: `flask --app admin_site …`."""

import json
import os
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from shared.errors import DatabaseUnusable, ProductError
from shared.persistence.accounts import find_account
from shared.persistence.database import UNREACHABLE, migrate
from shared.persistence.tables import Admin
from shared.services.accounts import lifecycle, second_factor
from shared.services.audit import Actor
from shared.services.faces import evaluation as face_evaluation
from shared.services.faces import lookup_evaluation, tone_evaluation
from shared.services.faces.renewal import renew_models
from shared.services.spoof_check import evaluation as spoof_evaluation
from shared.services.spoof_check import training as spoof_training
from shared.services.spoof_check import turn_evaluation
from shared.services.spoof_check import versions as spoof_versions
from shared.services.spoof_check.training import Seen
from shared.toolbox import Toolbox


class FileToWrite(click.Path):
    """A file that a command writes at its end: a place where none can be is told before the work."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
            self.fail(f"{path.parent} is no folder that can be written to.", param, ctx)
        return path


def prepared_toolbox() -> Toolbox:
    """Return the toolbox over a database with all its tables: a command may be the first to ask for them."""
    toolbox: Toolbox = current_app.extensions["toolbox"]
    try:
        migrate(toolbox.settings.database_url)
    except DatabaseUnusable as refused:
        raise click.ClickException(str(refused)) from refused
    except UNREACHABLE as cause:
        raise click.ClickException("The database that DATABASE_URL names cannot be reached.") from cause
    return toolbox


@click.command("create-admin")
@click.argument("email")
@click.option("--name", default="Admin", show_default=True, help="The admin's name.")
@with_appcontext
def create_admin(email: str, name: str) -> None:
    """Make an admin and show the first-time password once."""
    try:
        password = lifecycle.create_admin(
            prepared_toolbox(),
            Actor(site="command", email="create-admin"),
            email=email,
            name=name,
        )
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"First-time password of {email}: {password}")


@click.command("reset-second-factor")
@click.argument("email")
@with_appcontext
def reset_second_factor(email: str) -> None:
    """Let an admin sign in without a code: for a lost phone when no other admin is there."""
    toolbox = prepared_toolbox()
    with toolbox.reading() as session:
        admin = find_account(session, Admin, email)
    if admin is None:
        raise click.ClickException(f"There is no admin with the address {email}.")
    second_factor.turn_off(toolbox, Actor(site="command", email="reset-second-factor"), admin.id)
    click.echo(f"{admin.email} is asked for no code any more.")


spoof = AppGroup("spoof", help="The spoof check: how good it is, and teaching it more.")


@spoof.command("evaluate")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "json_file", type=FileToWrite(), help="Write all figures.")
@click.option("--plot", type=FileToWrite(), help="Write both error rates as SVG.")
def evaluate_spoof_check(folder: Path, json_file: Path | None, plot: Path | None) -> None:
    """Judge the pictures in DIR, which holds live/ and attack_…/, with a folder per source in each."""
    toolbox = prepared_toolbox()
    try:
        limits = toolbox.spoof_detector.limits
        with click.progressbar(spoof_evaluation.find_pictures(folder), label="Judging") as pictures:
            answers = list(spoof_evaluation.judge_pictures(toolbox, pictures))
        figures = spoof_evaluation.summarise(answers, limits)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if plot:
        plot.write_text(spoof_evaluation.draw_errors(answers, limits), encoding="utf-8")
    click.echo(spoof_evaluation.as_table(figures))


@spoof.command("evaluate-turns")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "json_file", type=FileToWrite(), help="Write all figures.")
@click.option(
    "--frames-per-second",
    default=turn_evaluation.FRAMES_PER_SECOND,
    show_default=True,
    type=click.FloatRange(1, 60),
    help="How many frames of a clip are a second.",
)
def evaluate_turns(folder: Path, json_file: Path | None, frames_per_second: float) -> None:
    """Judge the clips in DIR: folders of frames, in the order of their names. For each clip and side it is
    told whether any two seconds of it would pass at the kiosk as a turn of the head."""
    toolbox = prepared_toolbox()
    try:
        with click.progressbar(turn_evaluation.find_clips(folder), label="Judging") as clips:
            judged = turn_evaluation.judge_clips(toolbox, folder, clips, frames_per_second=frames_per_second)
            figures = turn_evaluation.summarise(judged)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(turn_evaluation.as_table(figures))


@spoof.command("train")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    default="spoof-candidate.npz",
    show_default=True,
    type=FileToWrite(),
    help="Where the trained last layer goes; its card goes beside it.",
)
def train_spoof_check(folder: Path, out: Path) -> None:
    """Train the last layer on DIR, which holds live/, attack_…/ and phones/, with a folder per source in
    each: all pictures of one person or thing. A picture that lies in none counts as a source of its own."""
    toolbox = prepared_toolbox()
    cache_dir = toolbox.settings.instance_dir / "spoof-features"
    seen = []
    try:
        found = spoof_evaluation.find_pictures(folder, to_learn=True)
        with click.progressbar(found, label="Looking") as pictures:
            for path, label, source in pictures:
                source = source or path.stem
                is_attack = label != spoof_evaluation.LIVE
                sample = toolbox.spoof_trainer.look_at_file(
                    path, is_attack=is_attack, source=source, cache_dir=cache_dir
                )
                if sample is not None:
                    seen.append(Seen(path, label, source, sample))
        trained = spoof_training.train_on(
            toolbox, seen, on_progress=lambda done, of: click.echo(f"Training {done + 1} of {of}")
        )
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    out.write_bytes(trained.heads)
    out.with_suffix(".json").write_text(json.dumps(trained.card, indent=2) + "\n", encoding="utf-8")
    for words in ("before", "after"):
        click.echo(f"\nOn sources kept out, {words}:\n{spoof_evaluation.as_table(trained.card[words])}")
    click.echo(f"\nWritten to {out}. To use it: flask --app admin_site spoof activate {out}")


@spoof.command("activate")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shipped", is_flag=True, help="Go back to the version that came with the product.")
@click.option("--even-if-worse", is_flag=True, help="Also without a card, or with one that says it is worse.")
@with_appcontext
def activate_spoof_check(file: Path | None, shipped: bool, even_if_worse: bool) -> None:
    """Put a trained last layer into use, on all machines within seconds. Every version stays on the admin's
    page, to go back to."""
    if (file is None) != shipped:
        raise click.UsageError("Name a file, or say --shipped.")
    toolbox, actor = prepared_toolbox(), Actor(site="command", email="spoof activate")
    try:
        version_id = None
        if file is not None:
            card_file = file.with_suffix(".json")
            card = _read_card(card_file) if card_file.exists() else {}
            version_id = spoof_versions.add_version(toolbox, actor, file.read_bytes(), card)
        spoof_versions.activate(toolbox, actor, version_id, even_if_worse=even_if_worse)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo("In use.")


def _read_card(file: Path) -> dict[str, Any]:
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        card = None
    if not isinstance(card, dict):
        raise click.ClickException(f"{file} is damaged: it is no card of a version.")
    return card


faces = AppGroup("faces", help="The face matching: how good it is.")


@faces.command("evaluate")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--enrol", default=5, show_default=True, type=click.IntRange(1), help="Photos enrolled of each."
)
@click.option(
    "--draws", default=1, show_default=True, type=click.IntRange(1), help="How often others are enrolled."
)
@click.option("--seed", default=0, show_default=True, help="Which photos are enrolled.")
@click.option("--json", "json_file", type=FileToWrite(), help="Write all figures.")
@click.option("--plot", type=FileToWrite(), help="Write the DET curve as SVG.")
def evaluate_face_matching(
    folder: Path, enrol: int, draws: int, seed: int, json_file: Path | None, plot: Path | None
) -> None:
    """Enrol some photos of each person in DIR, a folder a person, and try the rest against everybody."""
    toolbox = current_app.extensions["toolbox"]
    try:
        with click.progressbar(face_evaluation.find_photos(folder), label="Reading") as photos:
            read = list(face_evaluation.read_photos(toolbox, photos))
        tries = face_evaluation.try_everybody(toolbox, read, enrol=enrol, draws=draws, seed=seed)
        figures = face_evaluation.summarise(read, tries)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if plot:
        plot.write_text(face_evaluation.draw_trade_off(tries), encoding="utf-8")
    click.echo(face_evaluation.as_table(figures))


@faces.command("evaluate-lookup")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--lecture", "size", default=60, show_default=True, type=click.IntRange(2), help="Its students."
)
@click.option(
    "--enrol", default=5, show_default=True, type=click.IntRange(1), help="Photos enrolled of each."
)
@click.option("--lectures", default=60, show_default=True, type=click.IntRange(1), help="How many are drawn.")
@click.option("--seed", default=0, show_default=True, help="Who is in which lecture.")
@click.option("--json", "json_file", type=FileToWrite(), help="Write all figures.")
def evaluate_lookup(
    folder: Path, size: int, enrol: int, lectures: int, seed: int, json_file: Path | None
) -> None:
    """Look the people in DIR, a folder a person, up in made-up lectures as roll id by face does."""
    toolbox = current_app.extensions["toolbox"]
    try:
        with click.progressbar(face_evaluation.find_photos(folder), label="Reading") as photos:
            read = list(face_evaluation.read_photos(toolbox, photos))
        found = lookup_evaluation.look_up_in_lectures(
            read, size=size, enrol=enrol, lectures=lectures, seed=seed
        )
        figures = lookup_evaluation.summarise(found, seed=seed)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(lookup_evaluation.as_table(figures, size=size, enrol=enrol))


@faces.command("evaluate-tones")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--enrol", default=5, show_default=True, type=click.IntRange(1), help="Photos enrolled of each."
)
@click.option("--json", "json_file", type=FileToWrite(), help="Write all figures.")
def evaluate_tones(folder: Path, enrol: int, json_file: Path | None) -> None:
    """Tell whether living people in DIR, a folder a person, are turned away by their skin's tone."""
    try:
        toolbox = prepared_toolbox()
        with click.progressbar(face_evaluation.find_photos(folder), label="Reading") as photos:
            read = list(tone_evaluation.read_photos(toolbox, photos))
        figures = tone_evaluation.summarise(tone_evaluation.count_people(read, enrol=enrol))
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(tone_evaluation.as_table(figures))


@faces.command("renew")
@with_appcontext
def renew_faces() -> None:
    """Train the face models of an earlier network anew, where the school kept the photos."""
    try:
        renewal = renew_models(prepared_toolbox(), Actor(site="command", email="faces renew"))
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"{renewal.renewed} face models were renewed.")
    if renewal.waiting:
        click.echo(f"{renewal.waiting} go on as they are; readiness lists whom to enrol again.")


commands: tuple[click.Command, ...] = (create_admin, reset_second_factor, faces, spoof)
