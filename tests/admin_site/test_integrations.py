"""The pages of the school's other systems: off until turned on; packages are reviewed before anything."""

import io
from pathlib import Path

import pytest

from shared.persistence import integrations
from shared.persistence.tables import Integration, Student
from shared.services.integrations.choices import set_on
from shared.services.integrations.oneroster import folder
from shared.toolbox import Toolbox
from tests.support.oneroster import find, pack, small_school, tables
from tests.support.translated import said

PAGE = "/integrations/oneroster"


@pytest.fixture
def office_toolbox(sqlite_url, make_settings, tmp_path):
    toolbox = Toolbox(make_settings(sqlite_url, ONEROSTER_DIR=str(tmp_path / "exports")))
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def toolbox(office):
    return office.toolbox


@pytest.fixture
def turned_on(toolbox, office):
    set_on(toolbox, office.actor, Integration.ONEROSTER, on=True)


def send(desk, rows=None, *, content=None):
    desk.open(PAGE)
    desk.fill("Preview", package=(io.BytesIO(content or pack(tables(rows or small_school()))), "export.zip"))


def told(desk):
    return " ".join(desk.told().split())


def names(toolbox):
    with toolbox.reading() as session:
        return sorted(each.name for each in session.query(Student) if each.sourced_id)


def test_it_is_off_until_the_office_turns_it_on(desk):
    assert desk.client.get(PAGE, base_url="https://localhost:4555").status_code == 404
    desk.open("/integrations")
    desk.fill("Turn on OneRoster")
    desk.open(PAGE)
    assert "Send a package" in told(desk)
    desk.open("/integrations")
    desk.fill("Turn off OneRoster")
    assert desk.client.get(PAGE, base_url="https://localhost:4555").status_code == 404


@pytest.mark.usefixtures("turned_on")
def test_a_package_is_previewed_then_imported(desk, toolbox):
    send(desk)
    assert "3 students new" in told(desk)
    assert "First parent's e-mail: sunita@family.example" in told(desk)
    assert names(toolbox) == []
    desk.fill("Import these changes")
    assert "7 changes were imported." in told(desk)
    assert names(toolbox) == ["Asha Rao", "Meera Iyer", "Ravi Patil"]
    send(desk)
    assert "The school is as the package says" in told(desk)


@pytest.mark.usefixtures("turned_on")
def test_a_question_is_answered_on_the_page_and_the_answer_is_remembered(desk, toolbox):
    rows = small_school()
    for row in rows["classes"]:
        row["classType"] = "scheduled"
    send(desk, rows)
    assert "2 questions are open" in told(desk) or "One question is open" in told(desk)
    keys = {field["name"] for field in desk.page.select("input[type=radio]")}
    desk.fill("Preview with", **{key: "c7a" if "c7a" in key else "c7b" for key in keys})
    desk.fill("Import these changes")
    assert len(names(toolbox)) == 3
    with toolbox.reading() as session:
        answers = integrations.get_chosen(session, Integration.ONEROSTER)["answers"]
    assert set(answers) == {key.removeprefix("answer:") for key in keys}


@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PK", "not a zip file"), (pack({}), "manifest.csv is missing"), (None, "Please choose the zip")],
)
def test_what_is_no_package_says_so_and_changes_nothing(desk, toolbox, content, sentence):
    desk.open(PAGE)
    files = {"package": (io.BytesIO(content), "export.zip")} if content is not None else {}
    desk.fill("Preview", **files)
    assert sentence in told(desk)
    assert names(toolbox) == []


@pytest.fixture
def exports(tmp_path, toolbox, office):
    """A folder that the information system writes into, and OneRoster on."""
    exported = tmp_path / "exports"
    exported.mkdir()
    set_on(toolbox, office.actor, Integration.ONEROSTER, on=True)
    return exported


def write(exports, rows=None, name="monday.zip"):
    (exports / name).write_bytes(pack(tables(rows or small_school())))


def test_a_package_in_the_folder_is_imported_in_the_night(toolbox, exports):
    write(exports)
    folder.read_folder(toolbox)
    assert len(names(toolbox)) == 3
    with toolbox.reading() as session:
        assert integrations.get_chosen(session, Integration.ONEROSTER)["imported"].startswith("OneRoster of ")


def test_nothing_is_read_while_it_is_off(toolbox, office, exports):
    set_on(toolbox, office.actor, Integration.ONEROSTER, on=False)
    write(exports)
    folder.read_folder(toolbox)
    assert names(toolbox) == []


@pytest.mark.parametrize("damage", ["problem", "question", "no zip"])
def test_what_is_wrong_or_asked_waits_for_the_office(desk, toolbox, exports, damage):
    rows = small_school()
    if damage == "problem":
        find(rows, "users", "s2")["identifier"] = "41"
    elif damage == "question":
        find(rows, "users", "s2")["identifier"] = ""
    write(exports, rows)
    if damage == "no zip":
        (exports / "monday.zip").write_bytes(b"half of it")
    folder.read_folder(toolbox)
    assert names(toolbox) == []
    desk.open(PAGE)
    assert "monday.zip waits for you" in told(desk)


UNREADABLE = (
    "The package in the folder could not be read. Ask whoever looks after this server whether this program "
    "may read it."
)


def test_why_a_package_waits_is_said_in_the_readers_language(desk, toolbox, exports):
    rows = small_school()
    find(rows, "users", "s2")["identifier"] = "41"
    write(exports, rows)
    folder.read_folder(toolbox)
    desk.open(PAGE)
    desk.ask("/language", language="mr")
    desk.open(PAGE)
    problem = said(
        "users.csv, line %(line)s: another student of %(class_code)s has the identifier %(roll_id)s too."
    )
    assert problem % {"line": "2", "class_code": "7A", "roll_id": "41"} in told(desk)
    assert said("And %(count)s more.") % {"count": 1} in told(desk)


def test_a_package_that_cannot_be_read_says_so_without_its_path(desk, toolbox, exports, monkeypatch):
    write(exports)

    def refuse(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    folder.read_folder(toolbox)
    monkeypatch.undo()
    desk.open(PAGE)
    assert f"monday.zip waits for you: {UNREADABLE}" in told(desk)
    monkeypatch.setattr(Path, "open", refuse)
    desk.fill("Preview it now")
    assert told(desk).count(UNREADABLE) == 2
    monkeypatch.undo()
    desk.ask("/language", language="mr")
    desk.open(PAGE)
    assert said(UNREADABLE) in told(desk)


def test_the_folders_package_can_be_looked_at_and_imported_by_hand(desk, toolbox, exports):
    rows = small_school()
    find(rows, "users", "s2")["identifier"] = ""
    write(exports, rows)
    desk.open(PAGE)
    desk.fill("Preview it now")
    field = desk.page.select_one("input[name^='answer:identifier/']")
    desk.fill("Preview with", **{field["name"]: "42"})
    desk.fill("Import these changes")
    assert len(names(toolbox)) == 3
    folder.read_folder(toolbox)
    with toolbox.reading() as session:
        assert not integrations.get_chosen(session, Integration.ONEROSTER)["waits"]


def test_what_moodle_calls_students_and_courses_is_chosen(desk, toolbox):
    desk.open("/integrations")
    desk.fill("Turn on Moodle")
    desk.open("/integrations")
    desk.fill("Save", identifier="email", course="class_code")
    with toolbox.reading() as session:
        chosen = integrations.get_chosen(session, Integration.MOODLE)
    assert chosen == {"identifier": "email", "course": "class_code"}
    desk.fill("Save", identifier="shoe size", course="subject")
    assert "Please choose one of the offered fields." in desk.page.get_text()
