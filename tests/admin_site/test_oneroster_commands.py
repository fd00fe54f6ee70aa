"""`oneroster preview` and `oneroster import`, as a school's scheduled task calls them."""

import json

import pytest

from admin_site import create_app
from shared.persistence.tables import Student
from tests.support.oneroster import find, pack, small_school, tables


@pytest.fixture
def toolbox(office):
    return office.toolbox


@pytest.fixture
def run(toolbox, tmp_path):
    """Run a command over a package of these rows."""
    app = create_app(toolbox=toolbox)

    def run(command, rows, *arguments):
        package = tmp_path / "export.zip"
        package.write_bytes(pack(tables(rows)))
        return app.test_cli_runner().invoke(args=["oneroster", command, str(package), *arguments])

    return run


def imported(toolbox):
    with toolbox.reading() as session:
        return session.query(Student).filter(Student.sourced_id.is_not(None)).count()


def test_a_preview_says_everything_and_saves_nothing(run, toolbox, tmp_path):
    answer = run("preview", small_school(), "--json", str(tmp_path / "out.json"))
    assert "3 student new" in answer.output
    found = json.loads((tmp_path / "out.json").read_text())
    assert (found["bulk"], found["problems"], len(found["changes"])) == (True, [], 7)
    assert imported(toolbox) == 0


def test_an_import_needs_a_yes_and_no_open_question(run, toolbox):
    rows = small_school()
    assert run("import", rows).exit_code == 1
    find(rows, "users", "s3")["identifier"] = ""
    refused = run("import", rows, "--yes")
    assert (refused.exit_code, imported(toolbox)) == (1, 0)
    assert "One question is open" in refused.output
    line = next(n for n, row in enumerate(rows["users"], 2) if row["sourcedId"] == "s3")
    assert (
        "7 changes were imported" in run("import", rows, "--yes", "--answer", f"identifier/{line}=44").output
    )
    assert imported(toolbox) == 3
