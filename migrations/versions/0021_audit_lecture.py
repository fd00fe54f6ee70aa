"""The lecture of an audit entry in a column of its own; earlier entries say it in their subject"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ENTRY = sa.table("audit_entry", sa.column("id"), sa.column("subject"), sa.column("lecture_id"))
_LECTURE = re.compile(r"lecture (\d{1,9})(: |$)")
_BATCH = 1000


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("lecture_id", sa.Integer(), nullable=True))
    op.create_index("ix_audit_entry_lecture_id", "audit_entry", ["lecture_id", "at"])
    bind, last = op.get_bind(), 0
    named = sa.select(_ENTRY.c.id, _ENTRY.c.subject).where(_ENTRY.c.subject.like("lecture %"))
    fill = _ENTRY.update().where(_ENTRY.c.id == sa.bindparam("entry"))
    fill = fill.values(lecture_id=sa.bindparam("lecture"))
    while rows := bind.execute(named.where(_ENTRY.c.id > last).order_by(_ENTRY.c.id).limit(_BATCH)).all():
        last = rows[-1].id
        found = [(row.id, _LECTURE.match(row.subject)) for row in rows]
        values = [{"entry": entry, "lecture": int(match[1])} for entry, match in found if match]
        if values:
            bind.execute(fill, values)


def downgrade() -> None:
    op.drop_index("ix_audit_entry_lecture_id", table_name="audit_entry")
    op.drop_column("audit_entry", "lecture_id")
