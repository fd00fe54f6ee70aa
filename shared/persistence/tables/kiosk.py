"""Phones that were handed round, and what they were answered."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from shared.domain.check_in import CheckInOutcome, ConfirmReason
from shared.domain.head_turn import Side, TurnVerdict
from shared.domain.second_lock import TurnCause
from shared.persistence.tables.accounts import Teacher
from shared.persistence.tables.attendance import Lecture
from shared.persistence.tables.base import (
    Base,
    Code,
    Digest,
    Name,
    Photo,
    SmallSealed,
    UtcDateTime,
    table,
    word,
)
from shared.persistence.tables.people import Student


class KioskPass(Base):
    """A phone's right to send check-ins of one lecture, and nothing else, until it ends.

    `public_key` is the phone's (P-256, SPKI in base64), set once; without it the pass is worth nothing.
    `device_digest` is the phone's `KnownDevice`'s.
    """

    __tablename__ = "kiosk_pass"

    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    device: Mapped[str] = mapped_column(Name)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    public_key: Mapped[str | None] = mapped_column(String(200))
    device_digest: Mapped[str | None] = mapped_column(Digest, index=True)

    lecture: Mapped[Lecture] = relationship()
    teacher: Mapped[Teacher] = relationship()


class KioskTicket(Base):
    """Good for one request of one phone within seconds. `bound_to` says of which one, once it was used."""

    __tablename__ = "kiosk_ticket"

    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    kiosk_pass_id: Mapped[int] = mapped_column(ForeignKey("kiosk_pass.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bound_to: Mapped[str | None] = mapped_column(Digest)

    __table_args__ = table(Index("ix_kiosk_ticket_pass", "kiosk_pass_id", "issued_at"))


class CheckIn(Base):
    """One answered check-in. The key is the phone's own: the same key sent again gets the same answer.

    `content_digest` says for which photo and roll id the key was answered, `typed_digest` for which roll id
    as it was typed, whoever's it is; None where none was.

    `turned` says that the face was marked, or asked to turn to the other side too, because the head turned as
    it was asked to. `confirmed_by` is the key of the request that said Yes to the name that this one was
    answered with.
    """

    __tablename__ = "check_in"

    kiosk_pass_id: Mapped[int] = mapped_column(ForeignKey("kiosk_pass.id", ondelete="CASCADE"))
    idempotency_key: Mapped[str] = mapped_column(Digest)
    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    content_digest: Mapped[str | None] = mapped_column(Digest)
    typed_digest: Mapped[str | None] = mapped_column(Digest)
    outcome: Mapped[CheckInOutcome] = mapped_column(word(CheckInOutcome))
    turned: Mapped[bool] = mapped_column(default=False, server_default=false())
    confirmed_by: Mapped[str | None] = mapped_column(Digest)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    student: Mapped[Student | None] = relationship()

    __table_args__ = table(UniqueConstraint("kiosk_pass_id", "idempotency_key"))


class HeadTurn(Base):
    """A turn of the head that a check-in was answered with, which the phone may film once.

    The film comes with the photo of the first look, known by its digest. `answer_key` is the key of the
    request that brought it, and `verdict` what it showed.
    """

    __tablename__ = "head_turn"

    check_in_id: Mapped[int] = mapped_column(ForeignKey("check_in.id", ondelete="CASCADE"), unique=True)
    photo_digest: Mapped[str] = mapped_column(Digest)
    side: Mapped[Side] = mapped_column(word(Side))
    cause: Mapped[TurnCause] = mapped_column(word(TurnCause))
    steps_left: Mapped[int]
    tries_left: Mapped[int]
    answer_key: Mapped[str | None] = mapped_column(Digest)
    verdict: Mapped[TurnVerdict | None] = mapped_column(word(TurnVerdict))

    check_in: Mapped[CheckIn] = relationship()


class ToConfirm(Base):
    """A check-in that waits for the teacher's eye: why, and one sealed picture with its descriptor.

    Picture (at most 50 kB) and descriptor are there until somebody decides, seven days at most. At most one
    entry of a student at a lecture waits: `waiting` is true or NULL, and NULLs never clash.

    Without a student somebody called with a roll id that means no one student there: `typed_roll_id`.
    """

    __tablename__ = "to_confirm"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    typed_roll_id: Mapped[str | None] = mapped_column(Code)
    kiosk_pass_id: Mapped[int] = mapped_column(ForeignKey("kiosk_pass.id", ondelete="CASCADE"))
    reason: Mapped[ConfirmReason] = mapped_column(word(ConfirmReason))
    last_outcome: Mapped[CheckInOutcome | None] = mapped_column(word(CheckInOutcome))
    near_match_id: Mapped[int | None] = mapped_column(
        "resembled_id", ForeignKey("student.id", ondelete="SET NULL")
    )
    score: Mapped[float | None]
    sealed_picture: Mapped[bytes | None] = mapped_column(Photo, deferred=True)
    sealed_descriptor: Mapped[bytes | None] = mapped_column(SmallSealed, deferred=True)
    has_picture: Mapped[bool] = column_property(sealed_picture.is_not(None))
    quality: Mapped[float | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    waiting: Mapped[bool | None] = mapped_column(default=True)
    accepted: Mapped[bool | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("teacher.id"))

    student: Mapped[Student | None] = relationship(foreign_keys=student_id)
    near_match: Mapped[Student | None] = relationship(foreign_keys=near_match_id)
    decided_by: Mapped[Teacher | None] = relationship()

    __table_args__ = table(UniqueConstraint("lecture_id", "student_id", "waiting"))


class FaceFlag(Base):
    """A face at the kiosk that was not the typed student's, or not only.

    `near_match` is the student of the lecture whose face it was. Without one, the face is nobody's there: its
    sealed descriptor is kept until the lecture closes, or the night after, to know it again, and `same_as_id`
    is the first flag of the same face.
    """

    __tablename__ = "face_flag"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    kiosk_pass_id: Mapped[int] = mapped_column(ForeignKey("kiosk_pass.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    near_match_id: Mapped[int | None] = mapped_column(
        "resembled_id", ForeignKey("student.id", ondelete="CASCADE"), index=True
    )
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("face_flag.id", ondelete="SET NULL"))
    outcome: Mapped[CheckInOutcome] = mapped_column(word(CheckInOutcome))
    sealed_descriptor: Mapped[bytes | None] = mapped_column(SmallSealed, deferred=True)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    kiosk_pass: Mapped[KioskPass] = relationship()
    student: Mapped[Student] = relationship(foreign_keys=student_id)
    near_match: Mapped[Student | None] = relationship(foreign_keys=near_match_id)


class ModelOffer(Base):
    """A face that a teacher confirmed at the kiosk, offered for the student's face model until decided."""

    __tablename__ = "model_offer"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("teacher.id"))
    sealed_descriptor: Mapped[bytes] = mapped_column(SmallSealed, deferred=True)
    quality: Mapped[float]
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    lecture: Mapped[Lecture] = relationship()
    teacher: Mapped[Teacher | None] = relationship()
