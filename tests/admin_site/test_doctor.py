"""`flask --app admin_site doctor`: one line a thing, and the start page shows what is red."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text

from admin_site import create_app
from shared.jobs.queue import JobQueue
from shared.persistence.database import known_revisions
from shared.persistence.tables import AuditEntry, Integration
from shared.services.audit import Actor
from shared.services.integrations.choices import set_on
from shared.services.upkeep.backup import write_backup
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.families import Clock
from tests.support.gateways import GatewayServer
from tests.support.office import agree, enrol_face, open_office
from tests.support.servers import find_free_port
from tests.support.stand_ins import stand_in, use_own

THINGS = (
    *(
        "database",
        "tables",
        "keys",
        "networks",
        "permissions",
        "clock",
        "disk",
        "certificate",
        "worker",
        "night",
    ),
    *("letters", "backup", "mail"),
)


@pytest.fixture
def school(make_settings, database_url, tmp_path):
    """A school with an enrolled face, a worker that lives, and a folder that only its owner can open."""
    toolbox = Toolbox(make_settings(database_url))
    toolbox.settings.instance_dir.mkdir(mode=0o700, exist_ok=True)
    toolbox.settings.instance_dir.chmod(0o700)
    office = open_office(toolbox)
    agree(toolbox, office, office.meera)
    enrol_face(toolbox, office, office.meera, "meera")
    use_own(toolbox, "queue")
    toolbox.queue.beat()
    yield toolbox
    toolbox.engine.dispose()


def doctor(toolbox: Toolbox, *words: str) -> Result:
    return create_app(toolbox=toolbox).test_cli_runner().invoke(args=["doctor", *words])


def red_lines(done: Result) -> dict[str, str]:
    """What is red, by its name; every line is one or the other."""
    lines = [line.split(maxsplit=2) for line in done.output.splitlines()]
    assert {state for state, _, _ in lines} <= {"well", "RED"}
    red = {name: sentence for state, name, sentence in lines if state == "RED"}
    assert done.exit_code == (1 if red else 0), done.output
    return red


def test_a_school_that_is_well_gets_a_line_for_each_thing(school):
    done = doctor(school)
    assert red_lines(done) == {}
    assert tuple(line.split()[1] for line in done.output.splitlines()) == THINGS


def test_a_letter_to_oneself(school, mail_server, tmp_path):
    settings = settings_for(
        tmp_path,
        school.settings.database_url,
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=str(mail_server.port),
        MAIL_USE_TLS="0",
    )
    toolbox = Toolbox(settings)
    assert "mail" not in red_lines(doctor(toolbox, "--letter", "head@school.example"))
    assert [message["To"] for message in mail_server.messages] == ["head@school.example"]
    toolbox.engine.dispose()
    nobody = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(find_free_port()), "MAIL_USE_TLS": "0"}
    toolbox = Toolbox(settings_for(tmp_path, school.settings.database_url, **nobody))
    said = red_lines(doctor(toolbox))["mail"]
    assert f"cannot be reached. Look at MAIL_SERVER (127.0.0.1:{nobody['MAIL_PORT']})" in said
    toolbox.engine.dispose()


def test_a_gateway_for_messages_has_a_line_where_there_is_one(school):
    gateway = GatewayServer(now=Clock().seconds)
    port = find_free_port()
    for address, is_on, said in (
        (f"http://127.0.0.1:{port}/", False, "the office has not turned messages on"),
        (
            f"http://127.0.0.1:{port}/",
            True,
            "The gateway cannot be reached. Look at MESSAGES_URL (127.0.0.1:",
        ),
        (f"http://127.0.0.1:{gateway.port}/", True, f"the gateway at 127.0.0.1:{gateway.port} is there"),
    ):
        toolbox = Toolbox(replace(school.settings, messages_url=address, messages_secret=bytes(32)))
        if is_on:
            set_on(toolbox, Actor(site="command", email="tests"), Integration.MESSAGES, on=True)
        done = doctor(toolbox)
        assert said in done.output
        assert ("messages" in red_lines(done)) == ("cannot" in said)
        toolbox.engine.dispose()
    assert gateway.asked == []
    gateway.stop()


def test_a_key_that_was_mistyped_or_lost_is_found(school, tmp_path):
    url, other = school.settings.database_url, "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="
    (number,) = school.settings.face_keys
    wrong = Toolbox(settings_for(tmp_path, url, FACE_KEYS=f"{number}:{other}"))
    assert "does not open with key" in red_lines(doctor(wrong))["keys"]
    lost = Toolbox(settings_for(tmp_path, url, FACE_KEYS=f"{number + 1}:{other}"))
    assert f"FACE_KEYS lacks key {number}" in red_lines(doctor(lost))["keys"]
    for toolbox in (wrong, lost):
        toolbox.engine.dispose()


def test_tables_of_another_version_and_no_database_end_the_examination(school, tmp_path):
    with school.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "brings them to" in red_lines(doctor(school))["tables"]
    with school.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "of a newer version" in red_lines(doctor(school))["tables"]
    with school.engine.begin() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :head"), {"head": known_revisions()[0]}
        )
    nowhere = f"mysql://nobody@127.0.0.1:{find_free_port()}/x"
    gone = red_lines(doctor(Toolbox(settings_for(tmp_path, nowhere))))
    assert list(gone) == ["database"]


def test_a_damaged_sqlite_file_and_an_altered_network_and_an_open_folder(sqlite_url, make_settings, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    source = Path(make_settings(sqlite_url).models_dir)
    for path in source.iterdir():
        (models / path.name).symlink_to(path)
    (models / "manifest.json").unlink()
    changed = (source / "manifest.json").read_text().replace('"sha256": "', '"sha256": "0', 1)
    (models / "manifest.json").write_text(changed)
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    (folder / "settings.env").touch(mode=0o644)
    (folder / "settings.env").chmod(0o644)
    folder.chmod(0o755)
    toolbox = Toolbox(settings_for(folder, sqlite_url, MODELS_DIR=str(models)))
    red = red_lines(doctor(toolbox))
    assert "altered" in red["networks"]
    assert "can be opened by others" in red["permissions"]
    toolbox.engine.dispose()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 4))
    red = red_lines(doctor(Toolbox(settings_for(folder, sqlite_url))))
    assert list(red) == ["database"]
    path.write_bytes(os.urandom(path.stat().st_size))
    for said in (red["database"], red_lines(doctor(Toolbox(settings_for(folder, sqlite_url))))["database"]):
        assert "is damaged" in said
        assert "Put the newest backup back" in said


def test_the_start_page_shows_what_is_red_until_it_is_not(desk, office, tmp_path):
    assert desk.page.find(id="installation") is None
    with office.toolbox.sessions.begin() as session:
        for entry in session.query(AuditEntry):
            entry.at -= timedelta(days=30)
    desk.open("/")
    told = desk.page.find(id="installation").find_parent("section").get_text(" ", strip=True)
    assert "Backup: No backup was ever written." in told
    write_backup(office.toolbox, Actor(site="command", email="backup"), tmp_path / "today.backup")
    assert "Backup" not in str(desk.open("/").find(id="installation").find_parent("section"))
    stand_in(office.toolbox, queue=JobQueue(office.toolbox.settings))
    assert "The worker has not been heard of yet" in desk.open("/").get_text()
