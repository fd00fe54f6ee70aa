"""A call before a face was seen goes by what was typed, whoever's roll id it is"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import Code, Digest

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("check_in", sa.Column("typed_digest", Digest, nullable=True))
    with op.batch_alter_table("to_confirm") as table:
        table.add_column(sa.Column("typed_roll_id", Code, nullable=True))
        table.alter_column("student_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    """Forget the calls with a roll id of nobody: an earlier version knows only students."""
    op.execute("DELETE FROM to_confirm WHERE student_id IS NULL")
    with op.batch_alter_table("to_confirm") as table:
        table.alter_column("student_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("typed_roll_id")
    op.drop_column("check_in", "typed_digest")
