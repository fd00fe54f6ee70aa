"""What an idempotency key of the kiosk was answered for"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import Digest

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("check_in", sa.Column("content_digest", Digest, nullable=True))


def downgrade() -> None:
    op.drop_column("check_in", "content_digest")
