"""The PIN with which a lecture's phones are taken back, and letters to an account's former address"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import Email, Name, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lecture", sa.Column("kiosk_pin", sa.String(length=255), nullable=True))
    op.create_table(
        "account_notice",
        sa.Column("address", Email, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_notice")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_account_notice_try_at"), "account_notice", ["try_at"])


def downgrade() -> None:
    op.drop_table("account_notice")
    op.drop_column("lecture", "kiosk_pin")
