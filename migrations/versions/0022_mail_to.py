"""Whose families a teacher last chose to write to; until now it was all of them"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("mail_to", sa.String(32), nullable=False, server_default="all")
    op.add_column("teacher", column)
    with op.batch_alter_table("teacher") as table:
        table.alter_column(
            "mail_to", server_default=None, existing_type=sa.String(32), existing_nullable=False
        )


def downgrade() -> None:
    op.drop_column("teacher", "mail_to")
