"""Accounts at the school's own sign-in, and which phones were handed round"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import Digest, Email, SourcedId, UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    by_school = sa.Column("by_school_account", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("sign_in", by_school)
    op.add_column("kiosk_pass", sa.Column("device_digest", Digest, nullable=True))
    op.create_index(op.f("ix_kiosk_pass_device_digest"), "kiosk_pass", ["device_digest"])
    op.create_table(
        "school_account",
        sa.Column("site", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("issuer_digest", Digest, nullable=False),
        sa.Column("subject", SourcedId, nullable=False),
        sa.Column("email", Email, nullable=False),
        sa.Column("tied_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_account")),
        sa.UniqueConstraint("site", "account_id", name=op.f("uq_school_account_site_account_id")),
        sa.UniqueConstraint(
            *("site", "issuer_digest", "subject"), name=op.f("uq_school_account_site_issuer_digest_subject")
        ),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "school_visit",
        sa.Column("state_digest", Digest, nullable=False),
        sa.Column("site", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("came_back_at", UtcDateTime(), nullable=False),
        sa.Column("code_digest", Digest, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_visit")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_school_visit_state_digest")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_school_visit_code_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_school_visit_came_back_at"), "school_visit", ["came_back_at"])


def downgrade() -> None:
    """Whoever signed in by a school account is signed out: the release before does not know such sign-ins."""
    sign_in = sa.table("sign_in", sa.column("by_school_account"))
    if "by_school_account" in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("sign_in")}:
        op.execute(sign_in.delete().where(sign_in.c.by_school_account))  # else a run that was cut off did
    op.drop_table("school_visit")
    op.drop_table("school_account")
    op.drop_index(op.f("ix_kiosk_pass_device_digest"), table_name="kiosk_pass")
    op.drop_column("kiosk_pass", "device_digest")
    op.drop_column("sign_in", "by_school_account")
