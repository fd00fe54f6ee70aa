"""Marks count in the class they were made in, and a sheet may take a mark away"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STATUS = sa.Enum("present", "late", "excused", "absent", name="markstatus", native_enum=False, length=32)


def upgrade() -> None:
    op.add_column("mark", sa.Column("class_id", sa.Integer(), nullable=True))
    # Where the student has changed class since, the mark belongs to a class of its lecture.
    op.execute(
        "UPDATE mark SET class_id = COALESCE("
        "(SELECT s.class_id FROM student AS s JOIN lecture_class AS c ON c.class_id = s.class_id"
        " WHERE s.id = mark.student_id AND c.lecture_id = mark.lecture_id),"
        "(SELECT MIN(c.class_id) FROM lecture_class AS c WHERE c.lecture_id = mark.lecture_id),"
        "(SELECT s.class_id FROM student AS s WHERE s.id = mark.student_id))"
    )
    # Nothing refers to these two tables, so SQLite may copy them.
    with op.batch_alter_table("mark") as batch:
        batch.alter_column("class_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key(
            batch.f("fk_mark_class_id_school_class"), "school_class", ["class_id"], ["id"]
        )
        batch.create_index(batch.f("ix_mark_class_id"), ["class_id"])
    with op.batch_alter_table("sheet_mark_change") as batch:
        batch.alter_column("becomes", existing_type=_STATUS, nullable=True)


def downgrade() -> None:
    # What took a mark away cannot be told without it.
    op.execute("DELETE FROM sheet_mark_change WHERE becomes IS NULL")
    with op.batch_alter_table("sheet_mark_change") as batch:
        batch.alter_column("becomes", existing_type=_STATUS, nullable=False)
    with op.batch_alter_table("mark") as batch:
        batch.drop_constraint(batch.f("fk_mark_class_id_school_class"), type_="foreignkey")
        batch.drop_index(batch.f("ix_mark_class_id"))
        batch.drop_column("class_id")
