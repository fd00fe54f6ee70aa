"""Finds every sealed value of the database by its column's name, `sealed_…`, for a change of keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import Base

# A photo has up to 5 MB.
_AT_A_TIME = 10
_HEAD_BYTES = 2


@dataclass(frozen=True)
class SealedColumn:
    """One sealed column of one table."""

    table: Table
    column: str

    @property
    def name(self) -> str:
        """Such as "face_model.sealed_model"."""
        return f"{self.table.name}.{self.column}"


def list_columns() -> Iterator[SealedColumn]:
    """Yield every sealed column there is."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.startswith("sealed_"):
                yield SealedColumn(table, column.name)


def count(session: Session, sealed: SealedColumn) -> int:
    """Return how many values a column holds."""
    return session.scalar(select(func.count(sealed.table.c[sealed.column]))) or 0


def next_rows(session: Session, sealed: SealedColumn, *, after: int) -> Sequence[Mapping[str, Any]]:
    """Return some rows that hold a value, by id: that value as "sealed", and the columns that name whose it
    is."""
    table, value = sealed.table, sealed.table.c[sealed.column]
    ids = [column for column in table.columns if column.name == "id" or column.name.endswith("_id")]
    query = select(value.label("sealed"), *ids).where(table.c.id > after, value.is_not(None))
    rows = session.execute(query.order_by(table.c.id).limit(_AT_A_TIME)).mappings()
    return [dict(row) for row in rows]


def count_by_head(session: Session, sealed: SealedColumn) -> Iterator[tuple[bytes, int]]:
    """Yield how many values of a column begin with which two bytes: the seal's format and the key's
    number."""
    value = sealed.table.c[sealed.column]
    head = func.hex(func.substr(value, 1, _HEAD_BYTES))
    for found, values in session.execute(select(head, func.count()).where(value.is_not(None)).group_by(head)):
        yield bytes.fromhex(found), values


def replace(session: Session, sealed: SealedColumn, row_id: int, *, was: bytes, becomes: bytes) -> None:
    """Put one value in place of another, unless somebody wrote there meanwhile."""
    table, value = sealed.table, sealed.table.c[sealed.column]
    session.execute(update(table).where(table.c.id == row_id, value == was).values({sealed.column: becomes}))
