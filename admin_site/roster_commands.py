"""Commands of class lists, `roster preview` and `roster import`, for schools that import every night.

Both read a list exactly as the page does.
"""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from admin_site.commands import FileToWrite, prepared_toolbox
from shared.errors import ProductError
from shared.persistence import people
from shared.services.audit import Actor
from shared.services.people.list_import import import_list
from shared.services.people.list_preview import ListPreview, SentList, preview_list
from shared.toolbox import Toolbox

_ACTOR = Actor(site="command", email="roster import")

roster = AppGroup("roster", help="Class lists: what one would do, and importing it.")
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_class = click.option(
    "--class", "class_code", required=True, metavar="CODE", help="The class the list is for."
)
_answer = click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="KEY=ANSWER",
    help="Answer a question by its key, as the preview names it; column/B=name ties a column.",
)


@roster.command("preview")
@_file
@_class
@_answer
@click.option("--json", "json_file", type=FileToWrite(), help="Write it all as JSON.")
def preview(file: Path, class_code: str, answers: tuple[str, ...], json_file: Path | None) -> None:
    """Say what the class list FILE would do; nothing is saved."""
    toolbox = prepared_toolbox()
    try:
        found = _preview(toolbox, file, class_code, answers)
    except ProductError as refused:
        if json_file:
            _write(json_file, {"file": file.name, "class": class_code, "refused": str(refused)})
        raise click.ClickException(str(refused)) from refused
    if json_file:
        _write(json_file, {"file": file.name, "class": class_code, "refused": None, **as_json(found)})
    click.echo("\n".join(_lines(found)))


@roster.command("import")
@_file
@_class
@_answer
@click.option("--yes", is_flag=True, help="Really import it.")
def import_(file: Path, class_code: str, answers: tuple[str, ...], yes: bool) -> None:
    """Import the class list FILE: all of it, or nothing while a question is open."""
    toolbox = prepared_toolbox()
    try:
        found = _preview(toolbox, file, class_code, answers)
        if found.is_open:
            click.echo("\n".join(_lines(found)))
            raise click.ClickException(
                "Nothing was imported: answer the questions first, here or at the office."
            )
        if not yes:
            click.echo("\n".join(_lines(found)))
            raise click.ClickException("Nothing was imported: say --yes to do so.")
        count = (
            import_list(toolbox, _ACTOR, _class_id(toolbox, class_code), found.sealed) if found.sealed else 0
        )
    except ProductError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"Imported: {count} students of {class_code} added or changed.")


def _preview(toolbox: Toolbox, file: Path, class_code: str, answers: tuple[str, ...]) -> ListPreview:
    given = dict(answer.partition("=")[::2] for answer in answers)
    sent = SentList(file.name, file.read_bytes())
    return preview_list(toolbox, _ACTOR, _class_id(toolbox, class_code), sent, given)


def _class_id(toolbox: Toolbox, class_code: str) -> int:
    with toolbox.reading() as session:
        school_class = people.find_class_by_code(session, class_code)
    if school_class is None:
        raise click.ClickException(f"There is no class {class_code}.")
    return school_class.id


def as_json(found: ListPreview) -> dict[str, Any]:
    """Return a preview as plain values; rows count as in the file, from 1."""
    layout, encoding = found.layout, found.encoding
    columns = [
        {
            "column": column.letter,
            "heading": column.heading,
            "field": column.field.value if column.field else None,
        }
        for column in layout.columns
    ]
    return {
        "sheet": layout.sheet,
        "header_row": layout.header_row or None,
        "encoding": encoding
        and {
            "name": encoding.chosen.name,
            "guessed": True,
            "names": list(encoding.chosen.names),
            "others": [each.name for each in encoding.choices if each != encoding.chosen],
        },
        "columns_used": [column for column in columns if column["field"]],
        "columns_unused": [
            {"column": column["column"], "heading": column["heading"]}
            for column in columns
            if not column["field"]
        ],
        "notices": [{"row": notice.row, "sentence": notice.sentence} for notice in found.notices],
        "questions": [
            {
                "key": question.key,
                "open": question.is_open,
                "rows": list(question.rows),
                "sentence": question.sentence,
                "about": [
                    {"row": each.row, "words": each.words, "reading": each.reading or None}
                    for each in question.concerns
                ],
                "choices": [{"answer": each.answer, "words": each.words} for each in question.choices],
                "answer": question.answer or None,
            }
            for question in found.questions
        ],
        "skipped_rows": [{"row": each.row, "text": each.text, "why": each.why} for each in found.skipped],
        "rows": [
            {
                "row": row.number,
                "action": row.action.value,
                "roll_id": row.roll_id or None,
                "name": row.name or None,
                "email": row.email,
                "parent1_email": row.parent1_email,
                "parent2_email": row.parent2_email,
                "addresses": [each for each in (row.email, row.parent1_email, row.parent2_email) if each],
                "phones": row.phones.split(),
                "language": row.language,
                "was": dict(row.was),
                "becomes": dict(row.becomes),
            }
            for row in found.rows
        ],
        "not_in_list": found.unlisted,
        "can_be_imported": not found.is_open,
    }


def _lines(found: ListPreview) -> list[str]:
    """Return a preview for the terminal."""
    used = [
        f"{column.heading or column.letter} ({column.field.value})"
        for column in found.layout.columns
        if column.field
    ]
    unused = [column.heading or column.letter for column in found.layout.columns if not column.field]
    lines = [f"Columns used: {', '.join(used) or 'none'}", f"Columns not used: {', '.join(unused) or 'none'}"]
    lines += [
        f"{row.action}: {row.roll_id or '?'} {row.name or '?'} (row {row.number})" for row in found.rows
    ]
    lines += [f"skipped: row {each.row}: {each.text} ({each.why})" for each in found.skipped]
    lines += [f"notice: {f'row {each.row}: ' if each.row else ''}{each.sentence}" for each in found.notices]
    for question in found.questions:
        state = "question" if question.is_open else "answered"
        rows = f" rows {', '.join(map(str, question.rows))}:" if question.rows else ""
        answers = "; ".join(f"{question.key}={choice.answer}: {choice.words}" for choice in question.choices)
        lines.append(f"{state}:{rows} {question.sentence} [{answers or 'column/B=name ties a column'}]")
    return lines


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


commands: tuple[click.Command, ...] = (roster,)
