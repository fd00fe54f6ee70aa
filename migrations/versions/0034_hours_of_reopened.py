"""A lecture that is reopened keeps its hours: until when its kiosk works again is a column of its own"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import UtcDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lecture", sa.Column("reopened_until", UtcDateTime, nullable=True))


def downgrade() -> None:
    op.drop_column("lecture", "reopened_until")
