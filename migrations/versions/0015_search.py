"""What names and codes are searched in and sorted by; other scripts' digits in codes become plain ones"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.domain.typed_text import fold, natural_order, normal_code, search_form

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SEARCH_TEXT = sa.String(length=600).with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=600), "mysql")
_SORT_KEY = sa.String(length=200).with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=200), "mysql")
_ADDED = {
    "school_class": {"search_text": _SEARCH_TEXT, "code_order": _SORT_KEY},
    "student": {"search_text": _SEARCH_TEXT, "roll_order": _SORT_KEY},
    "teacher": {"search_text": _SEARCH_TEXT},
}


def upgrade() -> None:
    for table, columns in _ADDED.items():
        for name, kind in columns.items():
            # Not by copying the table, as SQLite would have it: that would take every mark along.
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default=""))
    connection = op.get_bind()
    _fill_codes(connection, "school_class", "class_code", "code_order", within=None)
    _fill_codes(connection, "student", "roll_id", "roll_order", within="class_id")
    teacher = sa.table("teacher", *map(sa.column, ("id", "name", "email", "search_text")))
    for row in connection.execute(sa.select(teacher.c.id, teacher.c.name, teacher.c.email)).all():
        text = fold(f"{row.name} {row.email or ''}")[:600]
        connection.execute(teacher.update().where(teacher.c.id == row.id).values(search_text=text))


def _fill_codes(connection: sa.Connection, name: str, code: str, order: str, *, within: str | None) -> None:
    """Fill the new columns, and bring codes to today's form where no other row has it already."""
    columns = ["id", "name", code, "search_text", order, *([within] if within else [])]
    table = sa.table(name, *map(sa.column, columns))
    rows = connection.execute(sa.select(table)).mappings().all()
    taken = {(row[within] if within else 0, row[code]) for row in rows}
    for row in rows:
        place, kept = row[within] if within else 0, row[code]
        normal = normal_code(kept)
        if normal and (place, normal) not in taken:
            taken.add((place, normal))
            kept = normal
        values = {
            code: kept,
            "search_text": search_form(row["name"], kept)[:600],
            order: natural_order(kept)[:200],
        }
        connection.execute(table.update().where(table.c.id == row["id"]).values(values))


def downgrade() -> None:
    for table, columns in _ADDED.items():
        for name in columns:
            op.drop_column(table, name)
