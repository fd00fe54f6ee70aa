"""The school's own statuses; the marks' column keeps its words and may hold a key of theirs"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_HOLD_A_STATUS = {
    "mark": ("status",),
    "mark_change": ("was", "becomes"),
    "sheet_mark_change": ("was", "becomes"),
    "outgoing_mail": ("status",),
}
_HERE, _EXCUSED, _ABSENT = "present", "excused", "absent"


def upgrade() -> None:
    op.create_table(
        "own_status",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("short", sa.String(length=4), nullable=False),
        sa.Column("colour", sa.String(length=32), nullable=False),
        sa.Column("counts_as", sa.String(length=32), nullable=False),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("letter_names", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_status")),
        sa.UniqueConstraint("key", name=op.f("uq_own_status_key")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )


def downgrade() -> None:
    """Give marks of an own status the one of the four that counts nearest: earlier versions read no other."""
    bind = op.get_bind()
    if not sa.inspect(bind).has_table("own_status"):
        return  # a run that was cut off came so far
    own = sa.table("own_status", sa.column("key"), sa.column("counts_as"), sa.column("is_left_out"))
    for key, counts_as, is_left_out in bind.execute(sa.select(own.c.key, own.c.counts_as, own.c.is_left_out)):
        nearest = _EXCUSED if is_left_out else _ABSENT if counts_as == "absent" else _HERE
        for name, columns in _HOLD_A_STATUS.items():
            for column in columns:
                table = sa.table(name, sa.column(column))
                bind.execute(table.update().where(table.c[column] == key).values({column: nearest}))
    op.drop_table("own_status")
