"""The language in which an admin or a teacher reads the pages"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has chosen yet, so everybody reads them in the school's."""
    for account in ("admin", "teacher"):
        with op.batch_alter_table(account) as table:
            table.add_column(sa.Column("language", sa.String(length=16), nullable=True))


def downgrade() -> None:
    for account in ("admin", "teacher"):
        with op.batch_alter_table(account) as table:
            table.drop_column("language")
