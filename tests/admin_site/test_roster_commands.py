"""`roster preview` and `roster import`: the same as the page, for schools that import every night."""

import json

import pytest

from admin_site import create_app
from shared.persistence.tables import Student


@pytest.fixture
def run(office):
    """Run a command of the office; gives its result."""
    runner = create_app(toolbox=office.toolbox).test_cli_runner()
    return lambda *words: runner.invoke(args=["roster", *map(str, words)])


@pytest.fixture
def listed(tmp_path):
    """Write a list into a file."""

    def write(text, name="list.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def roll_ids(office):
    with office.toolbox.reading() as session:
        return {student.roll_id for student in session.query(Student)}


def test_a_preview_says_as_json_what_the_page_says(office, run, listed, tmp_path):
    out = tmp_path / "preview.json"
    file = listed(
        "Roll No,Name,Fax,Parent e-mail\n7,Asha Rao,98,rao@ex.org\n8,Bela Roy,97,none yet\nTotal,2,,\n"
    )
    result = run("preview", file, "--class", "co6ga", "--json", out)
    assert result.exit_code == 0, result.output
    told = json.loads(out.read_text(encoding="utf-8"))
    assert [column["field"] for column in told["columns_used"]] == ["roll_id", "name", "parent_email"]
    assert told["columns_unused"] == [{"column": "C", "heading": "Fax"}]
    assert [
        (row["action"], row["roll_id"], row["name"], row["addresses"], row["row"]) for row in told["rows"]
    ] == [
        ("add", "7", "Asha Rao", ["rao@ex.org"], 2),
        ("add", "8", "Bela Roy", [], 3),
    ]
    assert [notice["row"] for notice in told["notices"]] == [3]
    assert [skipped["row"] for skipped in told["skipped_rows"]] == [4]
    assert (told["questions"], told["can_be_imported"], told["refused"]) == ([], True, None)
    assert "add: 7 Asha Rao (row 2)" in result.output
    assert "7" not in roll_ids(office)


def test_an_import_refuses_while_a_question_is_open_and_takes_all_once_it_is_answered(office, run, listed):
    file = listed("Roll No,Name\n1-Mar,Asha Rao\n8,Bela Roy\n")
    refused = run("import", file, "--class", "CO6GA", "--yes")
    assert refused.exit_code == 1
    assert "question: rows 2:" in refused.output
    assert "8" not in roll_ids(office)
    taken = run("import", file, "--class", "CO6GA", "--yes", "--answer", "roll_id_date/2=MAR1")
    assert taken.exit_code == 0, taken.output
    assert {"MAR1", "8"} <= roll_ids(office)
    again = run("import", file, "--class", "CO6GA", "--yes", "--answer", "roll_id_date/2=MAR1")
    assert "0 students" in again.output


def test_an_import_without_yes_only_shows(office, run, listed):
    result = run("import", listed("Roll No,Name\n8,Bela Roy\n"), "--class", "CO6GA")
    assert result.exit_code == 1
    assert "add: 8 Bela Roy" in result.output
    assert "8" not in roll_ids(office)


def test_what_cannot_be_read_is_told_and_stands_in_the_json(run, tmp_path):
    out, file = tmp_path / "preview.json", tmp_path / "list.xlsx"
    file.write_bytes(b"%PDF-1.7")
    result = run("preview", file, "--class", "CO6GA", "--json", out)
    assert result.exit_code == 1
    assert "PDF" in json.loads(out.read_text(encoding="utf-8"))["refused"]
    assert "There is no class X1" in run("preview", file, "--class", "X1").output
