"""Photos of a class's zip whose student is asked for"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_question",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.Column("likely", sa.JSON(), nullable=False),
        sa.Column("sealed_photo", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=False),
        sa.Column("sealed_thumbnail", sa.LargeBinary(length=16384), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["school_class.id"],
            name=op.f("fk_photo_question_class_id_school_class"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_question")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_photo_question_class_id"), "photo_question", ["class_id"])


def downgrade() -> None:
    op.drop_table("photo_question")
