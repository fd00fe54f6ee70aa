"""What is known of faces beside their models"""

import sqlalchemy as sa
from alembic import op

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
    op.bulk_insert(versions, [{"id": 1, "version": 0, "removed_at": 0}])
    op.add_column("face_model", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_face_model_version"), "face_model", ["version"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_face_model_version"), table_name="face_model")
    op.drop_column("face_model", "version")
    op.drop_table("face_version")
