"""Uploads that one press applied from a term's sheet share a key"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sheet_upload", sa.Column("term_key", sa.String(length=64), nullable=True))
    op.create_index("ix_sheet_upload_term_key", "sheet_upload", ["term_key"])


def downgrade() -> None:
    """Each lecture's part of a term's sheet stays, and is undone by itself."""
    op.drop_index("ix_sheet_upload_term_key", "sheet_upload")
    op.drop_column("sheet_upload", "term_key")
