"""The phone numbers of a student's family; nobody has any until the office gives them"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default stays: without it SQLite would have to copy the table, and earlier sites could add nobody.
    op.add_column("student", sa.Column("phones", sa.String(80), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("student", "phones")
