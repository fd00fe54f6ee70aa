"""Runs a migration on the connection that `shared.persistence.database.migrate` gives."""

from typing import Any

from alembic import context
from alembic.ddl.mysql import MySQLImpl
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, ExecutableDDLElement

from shared.persistence.tables import Base

_TABLE_EXISTS, _FOREIGN_KEY_EXISTS = 1050, 1005
# Unknown table; column, key, foreign key of this name there already; no such column or key to drop.
_DONE = frozenset({1051, 1060, 1061, 1826, 1091})


class Resumed(MySQLImpl):
    """Passes over what a run that was cut off has done: MariaDB and MySQL commit every such statement."""

    __dialect__ = "mysql"

    def _exec(self, construct: Any, *args: Any, **more: Any) -> Any:
        try:
            return super()._exec(construct, *args, **more)
        except DBAPIError as refused:
            if not (isinstance(construct, ExecutableDDLElement) and self._is_done(construct, refused.orig)):
                raise
            return None

    def _is_done(self, construct: ExecutableDDLElement, refused: Any) -> bool:
        number, words = refused.args[:2]
        if number == _TABLE_EXISTS and isinstance(construct, CreateTable):
            # Made whole by us, or somebody else's with that name.
            there = inspect(self.connection).get_columns(construct.element.name)
            return {column["name"] for column in there} == set(construct.element.columns.keys())
        return number in _DONE or (number == _FOREIGN_KEY_EXISTS and "errno: 121" in words)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
