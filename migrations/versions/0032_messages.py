"""Messages to phones wait beside letters; what is there already are letters"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default stays: without it SQLite would have to copy the table.
    column = sa.Column("channel", sa.String(length=32), nullable=False, server_default="letter")
    op.add_column("outgoing_mail", column)


def downgrade() -> None:
    """Forget the messages: an earlier version would write letters to their numbers."""
    if "channel" in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("outgoing_mail")}:
        op.execute("DELETE FROM outgoing_mail WHERE channel = 'message'")  # else a run that was cut off did
    op.execute("DELETE FROM integration WHERE name = 'messages'")
    op.drop_column("outgoing_mail", "channel")
