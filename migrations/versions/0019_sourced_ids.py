"""What the information system calls its records, and which other systems are turned on"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SOURCED_ID = sa.String(length=255).with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=255), "mysql")
_UNIQUE = ("school_class", "student", "teacher")
_PARENTS = ("parent1_sourced_id", "parent2_sourced_id")


def upgrade() -> None:
    for table in _UNIQUE:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("sourced_id", _SOURCED_ID, nullable=True))
            for name in _PARENTS if table == "student" else ():
                batch.add_column(sa.Column(name, _SOURCED_ID, nullable=True))
            batch.create_unique_constraint(op.f(f"uq_{table}_sourced_id"), ["sourced_id"])
    op.create_table(
        "integration",
        sa.Column(
            "name",
            sa.Enum("oneroster", "moodle", name="integration", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration")),
        sa.UniqueConstraint("name", name=op.f("uq_integration_name")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )


def downgrade() -> None:
    op.drop_table("integration")
    for table in _UNIQUE:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_sourced_id"), type_="unique")
            for name in _PARENTS if table == "student" else ():
                batch.drop_column(name)
            batch.drop_column("sourced_id")
