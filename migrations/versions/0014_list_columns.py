"""What the columns of class lists are used for, as the office tied them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list_columns",
        sa.Column(
            "digest",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_columns")),
        sa.UniqueConstraint("digest", name=op.f("uq_list_columns_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )


def downgrade() -> None:
    op.drop_table("list_columns")
