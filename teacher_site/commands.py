"""Commands of the classroom: `flask --app teacher_site …`."""

import json
from contextlib import ExitStack
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from shared.errors import ProductError
from shared.settings import PROJECT_DIR

TEST_PHOTOGRAPHS = PROJECT_DIR / "tests" / ".cache" / "photographs"

bench = AppGroup("bench", help="How fast it is.")


@bench.command("check-in")
@click.option(
    "--photos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Photos, in a folder per person or all in one. Default: the test photographs.",
)
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(min=0), help="How long.")
@click.option(
    "--asked",
    default=10.0,  # of benchmarks.check_in, whose ASKED it is
    show_default=True,
    type=click.FloatRange(0, 100),
    help="How many in a hundred are asked to turn the head.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures."
)
@click.option(
    "--baseline",
    type=click.Choice(["classic"]),
    help="Give the same photos to face_recognition's defaults and a Keras Inception v3, and the ratio.",
)
def bench_check_in(
    photos: Path | None, seconds: float, asked: float, json_file: Path | None, baseline: str | None
) -> None:
    """Time the check-in, from a 640x480 JPEG to the committed mark, stage by stage on one core."""
    # Only here: benches stand on what the tests have, which an installation has not.
    from benchmarks import check_in as check_in_bench
    from benchmarks.classic_check import classic_check

    photos = photos or TEST_PHOTOGRAPHS
    if not photos.is_dir():
        raise click.ClickException(
            "The test photographs are not here: `make setup` fetches them, or name a folder with --photos."
        )
    check_in_bench.stay_on_one_core()
    settings = current_app.extensions["toolbox"].settings
    try:
        with ExitStack() as stack:
            classic = stack.enter_context(classic_check()) if baseline else None
            figures = check_in_bench.measure(
                settings, photos, seconds=seconds, asked=asked / 100, classic=classic
            )
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    if json_file:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(check_in_bench.as_table(figures))


commands: tuple[click.Command, ...] = (bench,)
