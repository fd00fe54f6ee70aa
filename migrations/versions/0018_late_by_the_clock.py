"""From how many minutes after a lecture's start a check-in is late; earlier lectures have no such number"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lecture", sa.Column("late_after_minutes", sa.SmallInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("lecture", "late_after_minutes")
