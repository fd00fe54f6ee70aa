"""The migrations are the tables: upgraded they equal them, and every step goes down and up again."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from shared.persistence.database import MIGRATIONS_DIR, connect, migrate
from shared.persistence.tables import Base


def test_an_upgraded_database_equals_the_tables(bare_database_url):
    migrate(bare_database_url)
    engine = connect(bare_database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_step_goes_down_and_up_again(bare_database_url):
    steps = [script.revision for script in ScriptDirectory(str(MIGRATIONS_DIR)).walk_revisions()]
    migrate(bare_database_url)
    for revision in steps:
        migrate(bare_database_url, "-1")
        migrate(bare_database_url, revision)
        migrate(bare_database_url, "-1")
    assert inspect(connect(bare_database_url)).get_table_names() == ["alembic_version"]
    migrate(bare_database_url)


def test_migrating_twice_changes_nothing(bare_database_url):
    migrate(bare_database_url)
    migrate(bare_database_url)
    assert "mark" in inspect(connect(bare_database_url)).get_table_names()


def test_mariadb_keeps_every_table_in_innodb_with_whole_unicode(mariadb_url):
    with connect(mariadb_url).connect() as connection:
        rows = connection.exec_driver_sql(
            "select engine, table_collation from information_schema.tables where table_schema = database()"
            " and table_name <> 'alembic_version'"
        ).all()
    assert rows
    assert all(engine == "InnoDB" and collation.startswith("utf8mb4") for engine, collation in rows)
