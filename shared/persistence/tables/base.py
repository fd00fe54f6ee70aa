"""What every table is made of: column types that mean the same on SQLite and MariaDB, and one metadata."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Enum, LargeBinary, MetaData, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from shared.domain.languages import Sentence, is_packed, pack, unpack


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC with microseconds."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(mysql.DATETIME(fsp=6) if dialect.name == "mysql" else DateTime())

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Told(TypeDecorator[str]):
    """A text for people. A sentence keeps what other languages need, if the column has room for it;
    else its English is kept, as far as there is room."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(Text() if self.length is None else String(self.length))

    def process_bind_param(self, value: str | None, _dialect: Any) -> str | None:
        if not isinstance(value, Sentence):
            return value
        packed = json.dumps(pack(value), ensure_ascii=False)
        return packed if self.length is None or len(packed) <= self.length else str(value)[: self.length]

    def process_result_value(self, value: str | None, _dialect: Any) -> str | None:
        if value is None or not value.startswith('{"one":'):
            return value
        return unpack(json.loads(value))


class ToldResults(TypeDecorator[list[dict[str, Any]]]):
    """What became of each file: JSON whose texts may be sentences."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Any) -> Any:
        return _each_text(value, pack, lambda each: isinstance(each, str))

    def process_result_value(self, value: Any, _dialect: Any) -> Any:
        return _each_text(value, unpack, is_packed)


def _each_text(value: Any, change: Callable[[Any], object], fits: Callable[[Any], bool]) -> Any:
    if fits(value):
        return change(value)
    if isinstance(value, dict):
        return {name: _each_text(each, change, fits) for name, each in value.items()}
    return [_each_text(each, change, fits) for each in value] if isinstance(value, list) else value


def word(kind: type) -> Enum:
    """Return a column that holds a word of an enumeration."""
    return Enum(
        kind, native_enum=False, length=32, values_callable=lambda words: [word.value for word in words]
    )


# Codes are compared to the letter; MySQL's default collation would take "É1" for "E1".
Code = String(64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql")
Digest = String(64).with_variant(mysql.VARCHAR(64, collation="ascii_bin"), "mysql")
# The same for addresses, which name accounts: "é" is not "e", however MySQL sorts them.
# Folded texts are compared sign by sign, so that both databases find and sort alike.
SearchText = String(600).with_variant(mysql.VARCHAR(600, collation="utf8mb4_bin"), "mysql")
SortKey = String(200).with_variant(mysql.VARCHAR(200, collation="utf8mb4_bin"), "mysql")
Email = String(254).with_variant(mysql.VARCHAR(254, collation="utf8mb4_bin"), "mysql")
Name = String(200)
# A MarkStatus, or the key of one of the school's own.
StatusKey = String(32)
# What another system calls one of its records; compared to the letter.
SourcedId = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql")
Photo = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
SmallSealed = LargeBinary(16_384)


class Base(DeclarativeBase):
    """One metadata, with names for every constraint so that migrations can drop them anywhere."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __table_args__: Any = {  # noqa: RUF012 SQLAlchemy reads it, nobody writes
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
    }

    id: Mapped[int] = mapped_column(primary_key=True)


def table(*constraints: Any) -> Any:
    """Return `__table_args__` with constraints of the table's own."""
    return (*constraints, Base.__table_args__)
