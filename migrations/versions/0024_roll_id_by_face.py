"""Lectures whose kiosk finds the roll id by the face, and who said Yes to the name"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_DIGEST = sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql")


def upgrade() -> None:
    by_face = sa.Column("roll_id_by_face", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("lecture", by_face)
    op.add_column("check_in", sa.Column("confirmed_by", _DIGEST, nullable=True))


def downgrade() -> None:
    # Answers that the release before does not know, and that left nothing behind.
    check_in = sa.table("check_in", sa.column("outcome"))
    op.execute(check_in.delete().where(check_in.c.outcome.in_(("is_it_you", "not_identified"))))
    op.drop_column("check_in", "confirmed_by")
    op.drop_column("lecture", "roll_id_by_face")
