"""The plan: lectures that wait for their teacher, plans that wait to be applied, links to calendars"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_OPTIONS = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}
_DIGEST = sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql")


def upgrade() -> None:
    op.create_table(
        "plan_draft",
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=254), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("applied_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
        **_OPTIONS,
    )
    op.create_index(op.f("ix_plan_draft_made_at"), "plan_draft", ["made_at"])
    op.create_table(
        "planned_lecture",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=60), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("identity", _DIGEST, nullable=False),
        sa.Column("lecture_id", sa.Integer(), nullable=True),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_planned_lecture_teacher_id_teacher")
        ),
        sa.ForeignKeyConstraint(
            ["lecture_id"],
            ["lecture.id"],
            name=op.f("fk_planned_lecture_lecture_id_lecture"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["plan_draft.id"],
            name=op.f("fk_planned_lecture_draft_id_plan_draft"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_lecture")),
        sa.UniqueConstraint("lecture_id", name=op.f("uq_planned_lecture_lecture_id")),
        **_OPTIONS,
    )
    op.create_index("ix_planned_lecture_teacher", "planned_lecture", ["teacher_id", "starts_at"])
    op.create_index("ix_planned_lecture_starts", "planned_lecture", ["starts_at"])
    op.create_index(op.f("ix_planned_lecture_draft_id"), "planned_lecture", ["draft_id"])
    op.create_table(
        "planned_class",
        sa.Column("planned_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["planned_id"],
            ["planned_lecture.id"],
            name=op.f("fk_planned_class_planned_id_planned_lecture"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["school_class.id"], name=op.f("fk_planned_class_class_id_school_class")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_class")),
        sa.UniqueConstraint("planned_id", "class_id", name=op.f("uq_planned_class_planned_id_class_id")),
        **_OPTIONS,
    )
    op.create_index(op.f("ix_planned_class_class_id"), "planned_class", ["class_id"])
    op.create_table(
        "calendar_link",
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", _DIGEST, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["teacher_id"],
            ["teacher.id"],
            name=op.f("fk_calendar_link_teacher_id_teacher"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_link")),
        sa.UniqueConstraint("teacher_id", name=op.f("uq_calendar_link_teacher_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_calendar_link_token_digest")),
        **_OPTIONS,
    )


def downgrade() -> None:
    for name in ("calendar_link", "planned_class", "planned_lecture", "plan_draft"):
        op.drop_table(name)
