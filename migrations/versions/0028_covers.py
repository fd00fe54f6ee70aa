"""Colleagues who cover planned lectures, and for whom a lecture was held"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lecture") as lecture:
        lecture.add_column(sa.Column("for_teacher_id", sa.Integer(), nullable=True))
        lecture.create_foreign_key(
            op.f("fk_lecture_for_teacher_id_teacher"), "teacher", ["for_teacher_id"], ["id"]
        )
        lecture.create_index(op.f("ix_lecture_for_teacher_id"), ["for_teacher_id"])
    op.create_table(
        "cover",
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("colleague_id", sa.Integer(), nullable=False),
        sa.Column("planned_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.String(length=254), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("taken_back_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_cover_teacher_id_teacher"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["colleague_id"], ["teacher.id"], name=op.f("fk_cover_colleague_id_teacher"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["planned_id"],
            ["planned_lecture.id"],
            name=op.f("fk_cover_planned_id_planned_lecture"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index("ix_cover_teacher", "cover", ["teacher_id", "ends_at"])
    op.create_index("ix_cover_colleague", "cover", ["colleague_id", "ends_at"])
    op.create_index(op.f("ix_cover_planned_id"), "cover", ["planned_id"])
    op.create_index(op.f("ix_cover_ends_at"), "cover", ["ends_at"])


def downgrade() -> None:
    """Covered lectures stay with who held them, and nobody covers any more."""
    op.drop_table("cover")
    with op.batch_alter_table("lecture") as lecture:
        lecture.drop_constraint(op.f("fk_lecture_for_teacher_id_teacher"), type_="foreignkey")
        lecture.drop_index(op.f("ix_lecture_for_teacher_id"))
        lecture.drop_column("for_teacher_id")
