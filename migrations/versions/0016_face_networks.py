"""Which network each face model is of, so that those of an earlier one can be listed"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_DLIB, _SFACE = 1, 2
# What a model of SFace takes: 30 bytes of seal, 8 of head, the template; then quality and numbers of each
# photo.
# Only dlib's were there before this column; but who goes back and comes again has both.
_SFACE_BYTES = 30 + 8 + 4 * 128
_SFACE_BYTES_A_PHOTO = 2 + 2 * 128


def upgrade() -> None:
    op.add_column(
        "face_model",
        sa.Column("network", sa.SmallInteger(), nullable=False, server_default=str(_DLIB)),
    )
    model = sa.table("face_model", sa.column("network"), sa.column("sealed_model"), sa.column("photo_count"))
    size = _SFACE_BYTES + _SFACE_BYTES_A_PHOTO * model.c.photo_count
    op.execute(model.update().where(sa.func.length(model.c.sealed_model) == size).values(network=_SFACE))


def downgrade() -> None:
    op.drop_column("face_model", "network")
