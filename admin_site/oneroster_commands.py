"""Commands of OneRoster, `oneroster preview` and `oneroster import`: what the page does, for any size."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from admin_site.commands import FileToWrite, prepared_toolbox
from shared.errors import ProductError
from shared.services.audit import Actor
from shared.services.integrations.oneroster.folder import why_it_waits
from shared.services.integrations.oneroster.importing import import_package
from shared.services.integrations.oneroster.review import Review, review_package
from shared.toolbox import Toolbox

_ACTOR = Actor(site="command", email="oneroster import")

oneroster = AppGroup("oneroster", help="OneRoster packages: what one would do, and importing it.")
_file = click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_answer = click.option(
    "--answer", "answers", multiple=True, metavar="KEY=ANSWER", help="Answer a question by its key."
)


@oneroster.command("preview")
@_file
@_answer
@click.option("--json", "json_file", type=FileToWrite(), help="Write it all as JSON.")
def preview(package: Path, answers: tuple[str, ...], json_file: Path | None) -> None:
    """Say what the zip PACKAGE would do; nothing is saved."""
    try:
        found = _review(prepared_toolbox(), package, answers)
    except ProductError as refused:
        if json_file:
            _write(json_file, {"file": package.name, "refused": str(refused)})
        raise click.ClickException(str(refused)) from refused
    if json_file:
        _write(json_file, {"file": package.name, "refused": None, **_as_json(found)})
    click.echo("\n".join(_lines(found)))


@oneroster.command("import")
@_file
@_answer
@click.option("--yes", is_flag=True, help="Really import it.")
def import_(package: Path, answers: tuple[str, ...], yes: bool) -> None:
    """Import the zip PACKAGE: all of it, or nothing while anything is wrong or open."""
    toolbox = prepared_toolbox()
    try:
        found = _review(toolbox, package, answers)
        click.echo("\n".join(_lines(found)))
        if why_it_waits(found) or not yes:
            raise click.ClickException(
                f"Nothing was imported: {why_it_waits(found) or 'say --yes to do so.'}"
            )
        count = import_package(toolbox, _ACTOR, found.sealed) if found.sealed else 0
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"{count} changes were imported.")


commands = (oneroster,)


def _review(toolbox: Toolbox, package: Path, answers: tuple[str, ...]) -> Review:
    given = dict(each.partition("=")[::2] for each in answers)
    return review_package(toolbox, _ACTOR, package.read_bytes(), given)


def _lines(found: Review) -> list[str]:
    lines = [f"{found.source}, version {found.package.version or 'unknown'}"]
    lines += [f"  {count} {kind} {action}" for (kind, action), count in sorted(found.tally.items())]
    lines += [f"wrong: {problem}" for problem in found.problems]
    for question in found.questions:
        state = "open" if question.is_open else f"answered: {question.answer}"
        lines.append(f"question {question.key} ({state}): {question.sentence}")
        lines += [f"    {choice.answer}: {choice.words}" for choice in question.choices]
    for notice in found.notices:
        where = f"users.csv, line {notice.row}: " if notice.row else ""
        lines.append(f"to know: {where}{notice.sentence}")
    return lines


def _as_json(found: Review) -> dict[str, Any]:
    return {
        "source": found.source,
        "version": found.package.version,
        "bulk": found.package.is_whole,
        "problems": list(found.problems),
        "questions": [
            {
                "key": question.key,
                "sentence": question.sentence,
                "open": question.is_open,
                "choices": {choice.answer: choice.words for choice in question.choices},
                "lines": list(question.rows),
            }
            for question in found.questions
        ],
        "notices": [{"line": notice.row, "sentence": notice.sentence} for notice in found.notices],
        "changes": [
            {
                "kind": change.kind,
                "action": change.action,
                "words": change.words,
                "was": dict(change.was),
                "becomes": dict(change.becomes),
            }
            for change in found.changes
        ],
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
