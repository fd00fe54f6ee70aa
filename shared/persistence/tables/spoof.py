"""What the school teaches the spoof check: pictures that wait, and versions of its last layer."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.domain.second_lock import Strictness
from shared.persistence.tables.base import Base, Code, Digest, Name, Photo, UtcDateTime, word


class SpoofPicture(Base):
    """A sealed picture waiting to be learnt from: what it shows (`label`), and which person or thing."""

    __tablename__ = "spoof_picture"

    label: Mapped[str] = mapped_column(Code)
    source: Mapped[str] = mapped_column(Name)
    file_name: Mapped[str] = mapped_column(Name)
    sealed_picture: Mapped[bytes] = mapped_column(Photo, deferred=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SpoofVersion(Base):
    """A last layer the school trained, sealed against alteration, with the figures of its training."""

    __tablename__ = "spoof_version"

    digest: Mapped[str] = mapped_column(Digest, unique=True)
    sealed_heads: Mapped[bytes] = mapped_column(LargeBinary(65_535), deferred=True)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)

    activations: Mapped[list["SpoofActivation"]] = relationship(back_populates="version")
    mistakes: Mapped[list["SpoofMistake"]] = relationship(
        order_by="SpoofMistake.id", cascade="all, delete-orphan", passive_deletes=True
    )


class SpoofMistake(Base):
    """A small sealed copy of a picture that a version got wrong, until somebody decides about the version."""

    __tablename__ = "spoof_mistake"

    version_id: Mapped[int] = mapped_column(ForeignKey("spoof_version.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(Code)
    source: Mapped[str] = mapped_column(Name)
    score: Mapped[float]
    sealed_picture: Mapped[bytes] = mapped_column(Photo, deferred=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SpoofActivation(Base):
    """A version was put into use; the newest row says which is. No `version_id`: the shipped one."""

    __tablename__ = "spoof_activation"

    version_id: Mapped[int | None] = mapped_column(ForeignKey("spoof_version.id"), index=True)
    activated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    version: Mapped[SpoofVersion | None] = relationship(back_populates="activations")


class StrictnessChoice(Base):
    """How strict the school wants the camera check; the newest row counts, and none is the usual step."""

    __tablename__ = "strictness_choice"

    strictness: Mapped[Strictness] = mapped_column(word(Strictness))
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime)
