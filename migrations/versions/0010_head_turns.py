"""Turns of the head that were asked for, and how strict the school is"""

import sqlalchemy as sa
from alembic import op

from shared.persistence.tables.base import Digest, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WORD = sa.String(length=32)
_NEW_ANSWERS = ("turn_head", "turn_again", "turn_failed", "choose_class")


def upgrade() -> None:
    with op.batch_alter_table("check_in") as check_in:
        check_in.add_column(sa.Column("turned", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "head_turn",
        sa.Column("check_in_id", sa.Integer(), nullable=False),
        sa.Column("photo_digest", Digest, nullable=False),
        sa.Column("side", _WORD, nullable=False),
        sa.Column("cause", _WORD, nullable=False),
        sa.Column("steps_left", sa.Integer(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("answer_key", Digest, nullable=True),
        sa.Column("verdict", _WORD, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_in_id"],
            ["check_in.id"],
            name=op.f("fk_head_turn_check_in_id_check_in"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_turn")),
        sa.UniqueConstraint("check_in_id", name=op.f("uq_head_turn_check_in_id")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "strictness_choice",
        sa.Column("strictness", _WORD, nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strictness_choice")),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )


def downgrade() -> None:
    # Answers that the release before does not know: it could not read a row with one of them.
    for name in ("check_in", "face_flag"):
        answers = sa.table(name, sa.column("outcome"))
        op.execute(answers.delete().where(answers.c.outcome.in_(_NEW_ANSWERS)))
    waiting = sa.table("to_confirm", sa.column("last_outcome"))
    op.execute(waiting.update().where(waiting.c.last_outcome.in_(_NEW_ANSWERS)).values(last_outcome=None))
    op.drop_table("strictness_choice")
    op.drop_table("head_turn")
    with op.batch_alter_table("check_in") as check_in:
        check_in.drop_column("turned")
