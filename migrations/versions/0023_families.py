"""Links for families, announced absences and what families ask"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from shared.persistence.tables.base import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_DIGEST = sa.String(length=64).with_variant(mysql.VARCHAR(collation="ascii_bin", length=64), "mysql")


def _table(name: str, *columns: sa.Column, foreign: dict[str, tuple[str, str | None]]) -> None:
    op.create_table(
        name,
        *columns,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}_{table}"), ondelete=ondelete
            )
            for column, (table, ondelete) in foreign.items()
        ),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )


def upgrade() -> None:
    _table(
        "family_link",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", _DIGEST, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("token_digest", name=op.f("uq_family_link_token_digest")),
        foreign={"student_id": ("student", "CASCADE")},
    )
    _table(
        "announced_absence",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        foreign={"student_id": ("student", "CASCADE")},
    )
    _table(
        "family_question",
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("lecture_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        foreign={
            "student_id": ("student", "CASCADE"),
            "lecture_id": ("lecture", "CASCADE"),
            "settled_by_id": ("teacher", None),
        },
    )
    for table, column in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


_INDEXES = (
    ("family_link", "student_id"),
    ("family_link", "expires_at"),
    ("announced_absence", "student_id"),
    ("announced_absence", "last_day"),
    ("family_question", "student_id"),
    ("family_question", "lecture_id"),
    ("family_question", "sent_at"),
    ("family_question", "settled_by_id"),
)


def downgrade() -> None:
    for table in ("family_question", "announced_absence", "family_link"):
        op.drop_table(table)
