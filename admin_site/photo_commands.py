"""The command `photos preview`: whose the photos of a zip are, exactly as the page reads it."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from admin_site.commands import FileToWrite, prepared_toolbox
from shared.errors import ProductError
from shared.services.faces.photo_plan import preview_photos

photos = AppGroup("photos", help="A class's zip of photos: what it would come to.")


@photos.command("preview")
@click.argument("file", metavar="ZIP", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--class", "class_code", required=True, metavar="CODE", help="The class the photos are of.")
@click.option("--json", "json_file", type=FileToWrite(), help="Write it all as JSON.")
@with_appcontext
def preview(file: Path, class_code: str, json_file: Path | None) -> None:
    """Say of every file in ZIP whose it is, or what would be asked. Nothing is stored."""
    try:
        with file.open("rb") as opened:
            found = preview_photos(prepared_toolbox(), class_code, opened)
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for entry in found["entries"]:
        click.echo(f"{entry['file']}: {_spoken(entry)}")
    for name in found["passed_over"]:
        click.echo(f"{name}: passed over")


def _spoken(entry: dict[str, Any]) -> str:
    """Return one line on an entry."""
    student, question = entry["student"], entry["question"]
    if question:
        likely = ", ".join(f"{each['roll_id']} {each['name']}" for each in question["likely"])
        words = f"{question['sentence']} Whose is it? {likely}" if likely else question["sentence"]
    else:
        words = f"{student['roll_id']} {student['name']}"
    return f"{words} (not stored: {entry['refused']})" if entry["refused"] else words


commands: tuple[click.Command, ...] = (photos,)
