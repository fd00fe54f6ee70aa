"""From the previous release and back, with data: backup, migrate, ready, the way back; on both databases.

`tests/upgrade/0.2.0` is what that release made by itself: its tables on both, what it wrote, its backup.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from admin_site import create_app as create_office
from shared.domain.check_in import CheckInOutcome
from shared.domain.face_model import FaceModel
from shared.persistence.database import RELEASED, connect, is_migrated, known_revisions, migrate, revision_of
from shared.persistence.tables import (
    Base,
    CheckIn,
    FaceModelRow,
    Lecture,
    Mark,
    OutgoingMail,
    Student,
)
from shared.security import purposes
from shared.services.attendance.lectures import reopen_lecture
from shared.services.attendance.marks import set_mark
from shared.services.audit import Actor
from shared.services.upkeep.backup import restore_backup
from shared.settings import PROJECT_DIR
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom
from tests.support.school import TEACHER_EMAIL
from tests.teacher_site.conftest import Phone

RELEASE = "0.2.0"
FOLDER = Path(__file__).parent / "upgrade" / RELEASE
KNOWN_OUTCOMES = {
    *(
        "already_marked",
        "asked_teacher",
        "come_closer",
        "lecture_closed",
        "no_face",
        "no_match",
        "not_enrolled",
    ),
    *(
        "not_in_class",
        "picture_seen",
        "present",
        "several_faces",
        "slowed",
        "too_dark",
        "too_late",
        "unavailable",
    ),
}
PASSWORD = "k7m2p-x4wbn-9grtc-hq3ad"  # of tests/support/school.py, then as now


def statements(name: str) -> list[str]:
    """The statements of a file of the release."""
    lines = [line for line in (FOLDER / name).read_text().splitlines() if not line.startswith("--")]
    return [each.strip() for each in re.split(r";\n", "\n".join(lines) + "\n") if each.strip()]


@pytest.fixture
def old(bare_database_url: str) -> str:
    """A database as version 0.2.0 left it."""
    migrate(bare_database_url, "base")  # makes the file of SQLite
    engine = connect(bare_database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        for statement in statements(f"{'sqlite' if engine.dialect.name == 'sqlite' else 'mariadb'}.sql"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
        for statement in statements("rows.sql"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()
    return bare_database_url


def tables_of(engine: Engine) -> dict[str, dict[str, object]]:
    """Every table's columns and keys, as the database tells them."""
    looked = inspect(engine)
    return {
        name: {
            "columns": {
                (each["name"], str(each["type"]), each["nullable"]) for each in looked.get_columns(name)
            },
            "unique": {tuple(each["column_names"]) for each in looked.get_unique_constraints(name)},
            "foreign": {
                (*each["constrained_columns"], each["referred_table"])
                for each in looked.get_foreign_keys(name)
            },
        }
        for name in looked.get_table_names()
    }


def rows_of(engine: Engine, tables: dict[str, dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    """Every row of these tables, in the columns that they have there."""
    found = {}
    with engine.connect() as connection:
        for name, table in tables.items():
            columns = ", ".join(f"`{column}`" for column, _, _ in sorted(table["columns"]))  # type: ignore[arg-type,misc]
            rows = connection.exec_driver_sql(f"SELECT {columns} FROM `{name}`").mappings()  # noqa: S608
            found[name] = sorted((dict(row) for row in rows), key=repr)
    return found


def test_the_fixture_is_the_release_and_its_migrations_still_make_it(old: str, tmp_path: Path) -> None:
    engine = connect(old)
    assert revision_of(engine) == RELEASED[RELEASE] != known_revisions()[0]
    before = tables_of(engine)
    migrate(old)
    migrate(old, "base")
    migrate(old, RELEASED[RELEASE])
    assert tables_of(engine) == before
    engine.dispose()


def test_an_upgrade_keeps_everything_and_is_ready(
    old: str, make_settings: Callable[..., object], quick_sign_in: None
) -> None:
    migrate(old)
    toolbox = Toolbox(make_settings(old))  # type: ignore[arg-type]
    with toolbox.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    office, classroom = create_office(toolbox=toolbox), create_classroom(toolbox=toolbox)
    for site in (office, classroom):
        assert site.test_client().get("/readyz").json == {"database": True, "networks": True}
    with toolbox.reading() as session:
        letter = session.scalars(select(OutgoingMail)).one()
        meera = session.scalars(select(Student).where(Student.roll_id == "15203A0042")).one()
        mark = session.scalars(select(Mark).where(Mark.student_id == meera.id)).one()
        of_meera = FaceModelRow.student_id == meera.id
        sealed = session.scalars(select(FaceModelRow.sealed_model).where(of_meera)).one()
        lecture_id = mark.lecture_id
    assert (mark.student_id, mark.status, mark.class_id) == (meera.id, "present", meera.class_id)
    assert (letter.address, letter.state) == ("iyer@home.in", "queued")
    opened = toolbox.sealer.open(sealed, purpose=purposes.face_model(meera.id))
    assert FaceModel.from_bytes(opened)
    teacher = Phone(classroom)
    teacher.sign_in(PASSWORD, TEACHER_EMAIL)
    report = teacher.get(f"/lectures/{lecture_id}")
    assert report.status_code == 200
    assert "Meera Iyer" in report.text
    toolbox.engine.dispose()


def test_the_way_back_gives_the_release_its_tables_and_keeps_what_it_knows(
    old: str, make_settings: Callable[..., object]
) -> None:
    engine = connect(old)
    before, rows = tables_of(engine), rows_of(engine, tables_of(engine))
    migrate(old)
    toolbox = Toolbox(make_settings(old))  # type: ignore[arg-type]
    teacher = Actor(site="classroom", email=TEACHER_EMAIL, account_id=1)
    with toolbox.reading() as session:
        lecture_id = session.scalars(select(Lecture.id)).one()
        ravi = session.scalars(select(Student.id).where(Student.roll_id == "15203A0043")).one()
    reopen_lecture(toolbox, teacher, lecture_id)
    set_mark(toolbox, teacher, lecture_id, ravi, "late", expected=None)
    with toolbox.sessions.begin() as session:
        for outcome in CheckInOutcome:
            session.add(
                CheckIn(
                    kiosk_pass_id=1,
                    idempotency_key=outcome.value,
                    lecture_id=lecture_id,
                    student_id=ravi,
                    outcome=outcome,
                    answered_at=toolbox.now(),
                )
            )
    toolbox.engine.dispose()
    command = create_office(toolbox=Toolbox(make_settings(old))).test_cli_runner().invoke  # type: ignore[arg-type]
    done = command(args=["migrate", "--back-to", RELEASE])
    assert done.exit_code == 0, done.output
    assert tables_of(engine) == before
    after = rows_of(engine, before)
    assert [mark["status"] for mark in after["mark"]].count("late") == 1  # made with the later version
    # As the release's own tables name them, in its enumeration; another word would be a 500 of its pages.
    assert {each["outcome"] for each in after["check_in"]} == KNOWN_OUTCOMES
    for name in ("student", "teacher", "admin", "consent", "face_model", "outgoing_mail", "school_class"):
        assert after[name] == rows[name], name
    engine.dispose()
    migrate(old)  # and up again, another day


def test_the_releases_own_backup_restores_into_an_empty_database_of_either_kind(
    bare_database_url: str, make_settings: Callable[..., object]
) -> None:
    toolbox = Toolbox(make_settings(bare_database_url))  # type: ignore[arg-type]
    assert bare_database_url.startswith("mysql") or not is_migrated(toolbox.engine)
    restored = restore_backup(toolbox, Actor(site="command", email="restore"), FOLDER / "school.backup")
    assert restored.rows > 10
    with toolbox.reading() as session:
        assert sorted(session.scalars(select(Mark.status))) == ["absent", "present"]
    toolbox.engine.dispose()


STOP_FIRST = "**stop every site and worker for this upgrade**"


def test_where_the_release_cannot_serve_beside_this_version_the_changelog_says_so(
    bare_database_url: str,
) -> None:
    migrate(bare_database_url)
    engine, refused = connect(bare_database_url), {}
    # Without keys: what hangs on a refused row is not to blame.
    without = {"sqlite": "PRAGMA foreign_keys=OFF", "mysql": "SET foreign_key_checks=0"}[engine.dialect.name]
    with engine.execution_options(sqlite_begin=None).connect() as connection:
        connection.exec_driver_sql(without)
        connection.exec_driver_sql("DELETE FROM face_version")  # a row that both make by themselves
        for statement in statements("rows.sql"):
            try:
                connection.exec_driver_sql(statement.replace("%", "%%"))
            except DBAPIError as failure:
                refused[statement.split("`")[1]] = str(failure.orig)
    engine.dispose()
    changes = (PROJECT_DIR / "CHANGELOG.md").read_text().partition(f"## [{RELEASE}]")[0]
    assert bool(refused) == (STOP_FIRST in changes), refused
