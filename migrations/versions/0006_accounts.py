"""Second factors and links by mail"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import Digest, SmallSealed, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TRAIL = ("act", "actor", "subject")


def upgrade() -> None:
    op.add_column("admin", sa.Column("sealed_totp_secret", SmallSealed, nullable=True))
    op.add_column("admin", sa.Column("last_code_step", sa.Integer(), nullable=True))
    op.create_table(
        "recovery_code",
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("code_digest", Digest, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["admin_id"], ["admin.id"], name=op.f("fk_recovery_code_admin_id_admin"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("admin_id", "code_digest", name=op.f("uq_recovery_code_admin_id_code_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "password_link",
        sa.Column("site", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("token_digest", Digest, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_password_link_token_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index("ix_password_link_account", "password_link", ["site", "account_id"])
    op.create_index(op.f("ix_password_link_expires_at"), "password_link", ["expires_at"])
    op.create_index(op.f("ix_password_link_try_at"), "password_link", ["try_at"])
    op.drop_index("ix_audit_entry_act", table_name="audit_entry")
    for column in _TRAIL:
        op.create_index(f"ix_audit_entry_{column}", "audit_entry", [column, "at"])


def downgrade() -> None:
    for column in _TRAIL:
        op.drop_index(f"ix_audit_entry_{column}", table_name="audit_entry")
    op.create_index("ix_audit_entry_act", "audit_entry", ["act"])
    op.drop_table("password_link")
    op.drop_table("recovery_code")
    op.drop_column("admin", "last_code_step")
    op.drop_column("admin", "sealed_totp_secret")
