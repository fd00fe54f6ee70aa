"""Versions of the spoof check that the school trained"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CODE = sa.String(64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql")
DIGEST = sa.String(64).with_variant(mysql.VARCHAR(64, collation="ascii_bin"), "mysql")
PHOTO = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
INNODB = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    op.create_table(
        "spoof_picture",
        sa.Column("label", CODE, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sealed_picture", PHOTO, nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoof_picture")),
        **INNODB,
    )
    op.create_index(op.f("ix_spoof_picture_added_at"), "spoof_picture", ["added_at"], unique=False)
    op.create_table(
        "spoof_version",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("sealed_heads", sa.LargeBinary(length=65535), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("trained_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoof_version")),
        sa.UniqueConstraint("digest", name=op.f("uq_spoof_version_digest")),
        **INNODB,
    )
    op.create_table(
        "spoof_activation",
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("activated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["spoof_version.id"], name=op.f("fk_spoof_activation_version_id_spoof_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoof_activation")),
        **INNODB,
    )
    op.create_index(op.f("ix_spoof_activation_version_id"), "spoof_activation", ["version_id"], unique=False)
    op.create_table(
        "spoof_mistake",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("label", CODE, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("sealed_picture", PHOTO, nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["spoof_version.id"],
            name=op.f("fk_spoof_mistake_version_id_spoof_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoof_mistake")),
        **INNODB,
    )
    op.create_index(op.f("ix_spoof_mistake_added_at"), "spoof_mistake", ["added_at"], unique=False)
    op.create_index(op.f("ix_spoof_mistake_version_id"), "spoof_mistake", ["version_id"], unique=False)
    op.add_column("job", sa.Column("advanced_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("job", "advanced_at")
    op.drop_table("spoof_mistake")
    op.drop_table("spoof_activation")
    op.drop_table("spoof_version")
    op.drop_table("spoof_picture")
