"""What is kept of a face: sealed photos until training, and the sealed face model."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, LargeBinary, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.domain.photo_verdict import PhotoVerdict
from shared.persistence.tables.base import Base, Name, Photo, SmallSealed, Told, UtcDateTime, table, word
from shared.persistence.tables.people import Student


class EnrolmentPhoto(Base):
    """A photo waiting for training, or kept after it where the school chose to. No verdict: not seen yet."""

    __tablename__ = "enrolment_photo"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str] = mapped_column(Name)
    sealed_photo: Mapped[bytes] = mapped_column(Photo, deferred=True)
    sealed_descriptor: Mapped[bytes | None] = mapped_column(SmallSealed, deferred=True)
    verdict: Mapped[PhotoVerdict | None] = mapped_column(word(PhotoVerdict))
    quality: Mapped[float] = mapped_column(default=0.0)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PhotoQuestion(Base):
    """A photo of a class's zip whose student its path leaves open: `likely` are their ids, best first."""

    __tablename__ = "photo_question"

    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str] = mapped_column(Name)
    sentence: Mapped[str] = mapped_column(Told(300))
    likely: Mapped[list[int]] = mapped_column(JSON)
    sealed_photo: Mapped[bytes] = mapped_column(Photo, deferred=True)
    sealed_thumbnail: Mapped[bytes | None] = mapped_column(SmallSealed, deferred=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FaceModelRow(Base):
    """The sealed face model of one roll id: at most 8,192 bytes with nonce and tag."""

    __tablename__ = "face_model"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), unique=True)
    sealed_model: Mapped[bytes] = mapped_column(LargeBinary(8192), deferred=True)
    photo_count: Mapped[int]
    is_weak: Mapped[bool]
    # Which network the model names, to list those to be renewed; the sealed model itself decides.
    network: Mapped[int] = mapped_column(SmallInteger)
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=0, index=True)

    student: Mapped[Student] = relationship(back_populates="face_model")


class FaceVersion(Base):
    """One row that counts the changes of face models, so that every process knows when its index is old.

    A change takes the next count, locks the row until it is committed, and leaves the count on the model's
    row; `removed_at` is the count at which a model was last deleted.
    """

    __tablename__ = "face_version"

    version: Mapped[int]
    removed_at: Mapped[int]


class NearMatchPair(Base):
    """Two students of one class whose templates are so near that a check-in may be the other's."""

    __tablename__ = "look_alikes"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    score: Mapped[float]

    student: Mapped[Student] = relationship(foreign_keys=student_id)
    other: Mapped[Student] = relationship(foreign_keys=other_id)

    __table_args__ = table(UniqueConstraint("student_id", "other_id"))
