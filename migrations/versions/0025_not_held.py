"""Lectures that are not held, days without lectures, and who was told of a register that nobody took"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lecture", sa.Column("not_held_reason", sa.String(length=200), nullable=True))
    op.add_column("planned_lecture", sa.Column("not_held_reason", sa.String(length=200), nullable=True))
    op.add_column("planned_lecture", sa.Column("told_teacher_at", UtcDateTime(), nullable=True))
    op.add_column("planned_lecture", sa.Column("told_office_at", UtcDateTime(), nullable=True))
    op.create_table(
        "day_off",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_off")),
        sa.UniqueConstraint("day", name=op.f("uq_day_off_day")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )


def downgrade() -> None:
    """Lectures that were not held count again: earlier versions know no other."""
    op.drop_table("day_off")
    for name in ("told_office_at", "told_teacher_at", "not_held_reason"):
        op.drop_column("planned_lecture", name)
    op.drop_column("lecture", "not_held_reason")
