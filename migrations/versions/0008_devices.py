"""Browsers known again, attempts counted in turn, and addresses compared to the letter"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import Digest, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ADDRESSES = (
    ("admin", "email", False),
    ("teacher", "email", False),
    ("password_link", "email", False),
    ("student", "email", True),
    ("student", "parent1_email", True),
    ("student", "parent2_email", True),
    ("outgoing_mail", "address", False),
    ("audit_entry", "actor", False),
)


def upgrade() -> None:
    _compare_addresses("utf8mb4_bin")
    op.add_column("sign_in", sa.Column("device_digest", Digest, nullable=True))
    op.create_index(op.f("ix_sign_in_device_digest"), "sign_in", ["device_digest"])
    op.create_table(
        "known_device",
        sa.Column("token_digest", Digest, nullable=False),
        sa.Column("site", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("last_sign_in_at", UtcDateTime(), nullable=False),
        sa.Column("is_second_screen", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
        sa.UniqueConstraint(
            "token_digest", "site", "account_id", name=op.f("uq_known_device_token_digest_site_account_id")
        ),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_known_device_last_sign_in_at"), "known_device", ["last_sign_in_at"])
    op.create_table(
        "attempt_lock",
        sa.Column("subject", Digest, nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_lock")),
        sa.UniqueConstraint("subject", name=op.f("uq_attempt_lock_subject")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_attempt_lock_used_at"), "attempt_lock", ["used_at"])


def downgrade() -> None:
    op.drop_table("attempt_lock")
    op.drop_table("known_device")
    op.drop_index(op.f("ix_sign_in_device_digest"), "sign_in")
    op.drop_column("sign_in", "device_digest")
    _compare_addresses(None)


def _compare_addresses(collation: str | None) -> None:
    """SQLite compares to the letter by itself; MariaDB's usual collation takes "é" for "e"."""
    if op.get_bind().dialect.name != "mysql":
        return
    for table, column, nullable in _ADDRESSES:
        kind = mysql.VARCHAR(254, charset="utf8mb4", collation=collation)
        op.alter_column(table, column, type_=kind, existing_nullable=nullable)
