"""What was erased, so that a restored backup erases it again"""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DIGEST = sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("digest", name=op.f("uq_erasure_digest")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "night",
        sa.Column("night_of", sa.String(length=10), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_night")),
        sa.UniqueConstraint("night_of", name=op.f("uq_night_night_of")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.add_column("audit_entry", sa.Column("student_id", sa.Integer(), nullable=True))
    # A roll id that two classes have stays undecided.
    op.execute(
        "UPDATE audit_entry SET student_id = (SELECT MIN(id) FROM student WHERE roll_id = subject)"
        " WHERE (act LIKE '% student' OR act LIKE '%consent' OR act LIKE '%enrolment photo%'"
        " OR act = 'train face model') AND (SELECT COUNT(*) FROM student WHERE roll_id = subject) = 1"
    )
    op.create_index(op.f("ix_audit_entry_student_id"), "audit_entry", ["student_id"])
    # Not by copying the table, as SQLite would have it: dropping the old one would take every mark along.
    op.add_column("student", sa.Column("erasure_key", _DIGEST, nullable=False, server_default=""))
    connection = op.get_bind()
    student = sa.table("student", sa.column("id"), sa.column("erasure_key"))
    for (student_id,) in connection.execute(sa.select(student.c.id)).all():
        drawn = student.update().where(student.c.id == student_id).values(erasure_key=secrets.token_hex(32))
        connection.execute(drawn)
    op.create_index(op.f("ix_student_erasure_key"), "student", ["erasure_key"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_student_erasure_key"), "student")
    op.drop_column("student", "erasure_key")
    op.drop_index(op.f("ix_audit_entry_student_id"), "audit_entry")
    op.drop_column("audit_entry", "student_id")
    op.drop_table("night")
    op.drop_table("erasure")
