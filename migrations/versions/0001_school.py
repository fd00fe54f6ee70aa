"""The school: accounts, classes, faces, lectures, marks"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "fs_uniquifier",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin")),
        sa.UniqueConstraint("email", name=op.f("uq_admin_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_admin_fs_uniquifier")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "audit_entry",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("site", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_act"), ["act"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    op.create_table(
        "failed_try",
        sa.Column(
            "subject",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_try")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("failed_try", schema=None) as batch_op:
        batch_op.create_index("ix_failed_try_subject", ["subject", "failed_at"], unique=False)

    op.create_table(
        "job",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_subject", ["kind", "subject_id"], unique=False)

    op.create_table(
        "school_class",
        sa.Column(
            "class_code",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_class")),
        sa.UniqueConstraint("class_code", name=op.f("uq_school_class_class_code")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "sign_in",
        sa.Column(
            "token_digest",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("site", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_token_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_account", ["site", "account_id"], unique=False)

    op.create_table(
        "teacher",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "fs_uniquifier",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher")),
        sa.UniqueConstraint("email", name=op.f("uq_teacher_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_teacher_fs_uniquifier")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "lecture",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column(
            "opening_key",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["teacher_id"], ["teacher.id"], name=op.f("fk_lecture_teacher_id_teacher")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lecture")),
        sa.UniqueConstraint("opening_key", name=op.f("uq_lecture_opening_key")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("lecture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lecture_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index("ix_lecture_teacher", ["teacher_id", "starts_at"], unique=False)

    op.create_table(
        "student",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column(
            "roll_id",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("parent1_email", sa.String(length=254), nullable=True),
        sa.Column("parent2_email", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"], ["school_class.id"], name=op.f("fk_student_class_id_school_class")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint("class_id", "roll_id", name=op.f("uq_student_class_id_roll_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("student", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_student_name"), ["name"], unique=False)

    op.create_table(
        "teaching",
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["school_class.id"],
            name=op.f("fk_teaching_class_id_school_class"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_teaching_teacher_id_teacher"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching")),
        sa.UniqueConstraint("teacher_id", "class_id", name=op.f("uq_teaching_teacher_id_class_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("teaching", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_teaching_class_id"), ["class_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawal_recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["admin.id"], name=op.f("fk_consent_recorded_by_id_admin")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_consent_student_id_student"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["withdrawal_recorded_by_id"],
            ["admin.id"],
            name=op.f("fk_consent_withdrawal_recorded_by_id_admin"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_student_id"), ["student_id"], unique=False)

    op.create_table(
        "enrolment_photo",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sealed_photo", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=False),
        sa.Column("sealed_descriptor", sa.LargeBinary(length=16384), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "good",
                "no_face",
                "several_faces",
                "too_small",
                "too_dark",
                "blurred",
                "turned_away",
                "another_person",
                name="photoverdict",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
            name=op.f("fk_enrolment_photo_student_id_student"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_photo")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("enrolment_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_photo_student_id"), ["student_id"], unique=False)

    op.create_table(
        "face_model",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("sealed_model", sa.LargeBinary(length=8192), nullable=False),
        sa.Column("photo_count", sa.Integer(), nullable=False),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("trained_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_face_model_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_model")),
        sa.UniqueConstraint("student_id", name=op.f("uq_face_model_student_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "kiosk_pass",
        sa.Column(
            "token_digest",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_kiosk_pass_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_kiosk_pass_teacher_id_teacher")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk_pass")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_kiosk_pass_token_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("kiosk_pass", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kiosk_pass_lecture_id"), ["lecture_id"], unique=False)

    op.create_table(
        "lecture_class",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"], ["school_class.id"], name=op.f("fk_lecture_class_class_id_school_class")
        ),
        sa.ForeignKeyConstraint(
            ["lecture_id"],
            ["lecture.id"],
            name=op.f("fk_lecture_class_lecture_id_lecture"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lecture_class")),
        sa.UniqueConstraint("lecture_id", "class_id", name=op.f("uq_lecture_class_lecture_id_class_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("lecture_class", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lecture_class_class_id"), ["class_id"], unique=False)

    op.create_table(
        "mark",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "face",
                "by_hand",
                "confirmed",
                "sheet",
                "closing",
                name="marksource",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_mark_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_mark_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
        sa.UniqueConstraint("lecture_id", "student_id", name=op.f("uq_mark_lecture_id_student_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mark_student_id"), ["student_id"], unique=False)

    op.create_table(
        "mark_change",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "face",
                "by_hand",
                "confirmed",
                "sheet",
                "closing",
                name="marksource",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "was",
            sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column(
            "becomes",
            sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_mark_change_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_mark_change_student_id_student"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_mark_change_teacher_id_teacher")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_change")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("mark_change", schema=None) as batch_op:
        batch_op.create_index("ix_mark_change_lecture", ["lecture_id", "changed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mark_change_student_id"), ["student_id"], unique=False)

    op.create_table(
        "sheet_upload",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column(
            "review_key",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("applied_at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lecture_id"],
            ["lecture.id"],
            name=op.f("fk_sheet_upload_lecture_id_lecture"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["teacher_id"], ["teacher.id"], name=op.f("fk_sheet_upload_teacher_id_teacher")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_upload")),
        sa.UniqueConstraint("review_key", name=op.f("uq_sheet_upload_review_key")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("sheet_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sheet_upload_lecture_id"), ["lecture_id"], unique=False)

    op.create_table(
        "sheet_mark_change",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column(
            "was",
            sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("was_note", sa.String(length=500), nullable=False),
        sa.Column(
            "was_source",
            sa.Enum(
                "face",
                "by_hand",
                "confirmed",
                "sheet",
                "closing",
                name="marksource",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("was_marked_at", UtcDateTime(), nullable=True),
        sa.Column(
            "becomes",
            sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("becomes_note", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
            name=op.f("fk_sheet_mark_change_student_id_student"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["sheet_upload.id"],
            name=op.f("fk_sheet_mark_change_upload_id_sheet_upload"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_mark_change")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("sheet_mark_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sheet_mark_change_student_id"), ["student_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sheet_mark_change_upload_id"), ["upload_id"], unique=False)

    op.create_table(
        "check_in",
        sa.Column("kiosk_pass_id", sa.Integer(), nullable=False),
        sa.Column(
            "idempotency_key",
            sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql"),
            nullable=False,
        ),
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column(
            "outcome",
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
            nullable=False,
        ),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_pass_id"],
            ["kiosk_pass.id"],
            name=op.f("fk_check_in_kiosk_pass_id_kiosk_pass"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lecture_id"], ["lecture.id"], name=op.f("fk_check_in_lecture_id_lecture"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_check_in_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint(
            "kiosk_pass_id", "idempotency_key", name=op.f("uq_check_in_kiosk_pass_id_idempotency_key")
        ),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_lecture_id"), ["lecture_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_in_student_id"), ["student_id"], unique=False)

    op.create_table(
        "outgoing_mail",
        sa.Column("lecture_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column(
            "status",
            sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sending",
                "sent",
                "refused",
                "perhaps_sent",
                name="mailstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lecture_id"],
            ["lecture.id"],
            name=op.f("fk_outgoing_mail_lecture_id_lecture"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
            name=op.f("fk_outgoing_mail_student_id_student"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint(
            "lecture_id", "student_id", "address", name=op.f("uq_outgoing_mail_lecture_id_student_id_address")
        ),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.create_index("ix_outgoing_mail_due", ["state", "try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outgoing_mail_student_id"), ["student_id"], unique=False)


def downgrade() -> None:
    for table in (
        "outgoing_mail",
        "check_in",
        "sheet_mark_change",
        "sheet_upload",
        "mark_change",
        "mark",
        "lecture_class",
        "kiosk_pass",
        "face_model",
        "enrolment_photo",
        "consent",
        "teaching",
        "student",
        "lecture",
        "teacher",
        "sign_in",
        "school_class",
        "job",
        "failed_try",
        "audit_entry",
        "admin",
    ):
        op.drop_table(table)
