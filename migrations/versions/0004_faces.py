"""What is known of faces beside their models"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    versions = op.create_table(
        "face_version",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_version")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    if op.get_bind().execute(sa.select(versions.c.id)).first() is None:  # a run that was cut off may have
        op.bulk_insert(versions, [{"id": 1, "version": 0, "removed_at": 0}])
    op.add_column("face_model", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_face_model_version"), "face_model", ["version"], unique=False)
    op.create_table(
        "look_alikes",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["student.id"], name=op.f("fk_look_alikes_other_id_student"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_look_alikes_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_alikes")),
        sa.UniqueConstraint("student_id", "other_id", name=op.f("uq_look_alikes_student_id_other_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_look_alikes_other_id"), "look_alikes", ["other_id"], unique=False)
    op.create_table(
        "face_flag",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("kiosk_pass_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("resembled_id", sa.Integer(), nullable=True),
        sa.Column("same_as_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("sealed_descriptor", sa.LargeBinary(length=16384), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_pass_id"],
            ["kiosk_pass.id"],
            name=op.f("fk_face_flag_kiosk_pass_id_kiosk_pass"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_face_flag_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resembled_id"],
            ["student.id"],
            name=op.f("fk_face_flag_resembled_id_student"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["same_as_id"],
            ["face_flag.id"],
            name=op.f("fk_face_flag_same_as_id_face_flag"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_face_flag_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_flag")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_face_flag_lecture_id"), "face_flag", ["lecture_id"], unique=False)
    op.create_index(op.f("ix_face_flag_noted_at"), "face_flag", ["noted_at"], unique=False)
    op.create_index(op.f("ix_face_flag_resembled_id"), "face_flag", ["resembled_id"], unique=False)
    op.create_index(op.f("ix_face_flag_student_id"), "face_flag", ["student_id"], unique=False)
    op.create_table(
        "model_offer",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=True),
        sa.Column("sealed_descriptor", sa.LargeBinary(length=16384), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_model_offer_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_model_offer_student_id_student"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_model_offer_teacher_id_teacher")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_offer")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_model_offer_offered_at"), "model_offer", ["offered_at"], unique=False)
    op.create_index(op.f("ix_model_offer_student_id"), "model_offer", ["student_id"], unique=False)
    op.add_column("to_confirm", sa.Column("quality", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_table("model_offer")
    op.drop_column("to_confirm", "quality")
    op.drop_table("face_flag")
    op.drop_table("look_alikes")
    op.drop_index(op.f("ix_face_model_version"), table_name="face_model")
    op.drop_column("face_model", "version")
    op.drop_table("face_version")
