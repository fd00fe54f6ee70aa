"""Check-ins that wait for the teacher's eye, the phone's own key, and tickets for one check-in each"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import Digest, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "to_confirm",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("kiosk_pass_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "called_the_teacher",
                "looks_like_a_classmate",
                name="confirmreason",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "last_outcome",
            sa.Enum(
                "present",
                "already_marked",
                "no_face",
                "several_faces",
                "come_closer",
                "too_dark",
                "picture_seen",
                "no_match",
                "not_in_class",
                "not_enrolled",
                "lecture_closed",
                "unavailable",
                name="checkinoutcome",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("resembled_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column(
            "sealed_picture", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=True
        ),
        sa.Column("sealed_descriptor", sa.LargeBinary(length=16384), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["teacher.id"], name=op.f("fk_to_confirm_decided_by_id_teacher")
        ),
        sa.ForeignKeyConstraint(
            ["kiosk_pass_id"],
            ["kiosk_pass.id"],
            name=op.f("fk_to_confirm_kiosk_pass_id_kiosk_pass"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_to_confirm_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resembled_id"],
            ["student.id"],
            name=op.f("fk_to_confirm_resembled_id_student"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_to_confirm_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_to_confirm")),
        sa.UniqueConstraint(
            "lecture_id", "student_id", "waiting", name=op.f("uq_to_confirm_lecture_id_student_id_waiting")
        ),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_to_confirm_asked_at"), "to_confirm", ["asked_at"], unique=False)
    op.create_index(op.f("ix_to_confirm_student_id"), "to_confirm", ["student_id"], unique=False)
    op.create_table(
        "kiosk_ticket",
        sa.Column("token_digest", Digest, nullable=False),
        sa.Column("kiosk_pass_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("bound_to", Digest, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_pass_id"],
            ["kiosk_pass.id"],
            name=op.f("fk_kiosk_ticket_kiosk_pass_id_kiosk_pass"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk_ticket")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_kiosk_ticket_token_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index("ix_kiosk_ticket_pass", "kiosk_ticket", ["kiosk_pass_id", "issued_at"], unique=False)
    op.add_column("kiosk_pass", sa.Column("public_key", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("kiosk_pass", "public_key")
    op.drop_table("kiosk_ticket")
    op.drop_table("to_confirm")
