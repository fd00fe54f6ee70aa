"""What was erased, and which nights the old was cleared away."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shared.persistence.tables.base import Base, Digest, UtcDateTime


class Erasure(Base):
    """One erasure, so that a restored backup repeats it. `what` is "student" or "face".

    The digest is keyed with the student's own `erasure_key`, which goes with the student: without a backup
    that still holds the student it belongs to nobody.
    """

    __tablename__ = "erasure"

    digest: Mapped[str] = mapped_column(Digest, unique=True)
    what: Mapped[str] = mapped_column(String(16))
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Night(Base):
    """One night's clearing away. The unique key, a date in the school's time zone, lets one worker do it."""

    __tablename__ = "night"

    night_of: Mapped[str] = mapped_column(String(10), unique=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
