"""Every table of the product. Times are aware UTC; photos, descriptors and face models are sealed bytes."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Enum, ForeignKey, Index, LargeBinary, MetaData, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from shared.domain.attendance import MarkSource, MarkStatus
from shared.domain.check_in import CheckInOutcome
from shared.domain.family_mail import MailState
from shared.domain.photo_verdict import PhotoVerdict


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC with microseconds."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(mysql.DATETIME(fsp=6) if dialect.name == "mysql" else DateTime())

    def process_bind_param(self, value: datetime | None, _dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _word(kind: type) -> Enum:
    return Enum(
        kind, native_enum=False, length=32, values_callable=lambda words: [word.value for word in words]
    )


# Codes are compared to the letter; MySQL's default collation would take "É1" for "E1".
Code = String(64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql")
Digest = String(64).with_variant(mysql.VARCHAR(64, collation="ascii_bin"), "mysql")
Email = String(254)
Name = String(200)
Photo = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
SmallSealed = LargeBinary(16_384)


class Base(DeclarativeBase):
    """One metadata, with names for every constraint so that migrations can drop them anywhere."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __table_args__: Any = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}

    id: Mapped[int] = mapped_column(primary_key=True)


def _table(*constraints: Any) -> Any:
    return (*constraints, Base.__table_args__)


class Account:
    """What an admin and a teacher have in common; the names are those Flask-Security asks for."""

    name: Mapped[str] = mapped_column(Name)
    email: Mapped[str] = mapped_column(Email, unique=True)
    password: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(Digest, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Admin(Account, Base):
    """A person at the office."""

    __tablename__ = "admin"


class Teacher(Account, Base):
    """A person who holds lectures."""

    __tablename__ = "teacher"

    classes: Mapped[list["SchoolClass"]] = relationship(
        secondary="teaching", order_by="SchoolClass.class_code"
    )


class SignIn(Base):
    """One signed-in browser; deleting the row signs it out."""

    __tablename__ = "sign_in"

    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    site: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int]
    device: Mapped[str] = mapped_column(Name)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = _table(Index("ix_sign_in_account", "site", "account_id"))


class FailedTry(Base):
    """One wrong password; `subject` is what is slowed: an account or an address, of one site."""

    __tablename__ = "failed_try"

    subject: Mapped[str] = mapped_column(Digest)
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = _table(Index("ix_failed_try_subject", "subject", "failed_at"))


class SchoolClass(Base):
    """A class, known by its code, such as CO6GA."""

    __tablename__ = "school_class"

    class_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str] = mapped_column(Name, default="")
    active: Mapped[bool] = mapped_column(default=True)


class Teaching(Base):
    """Which classes a teacher teaches."""

    __tablename__ = "teaching"

    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id", ondelete="CASCADE"), index=True)

    __table_args__ = _table(Unique("teacher_id", "class_id"))


class Student(Base):
    """A student of one class, with the family's addresses."""

    __tablename__ = "student"

    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    roll_id: Mapped[str] = mapped_column(Code)
    name: Mapped[str] = mapped_column(Name, index=True)
    email: Mapped[str | None] = mapped_column(Email)
    parent1_email: Mapped[str | None] = mapped_column(Email)
    parent2_email: Mapped[str | None] = mapped_column(Email)
    language: Mapped[str] = mapped_column(String(16), default="en")
    active: Mapped[bool] = mapped_column(default=True)

    school_class: Mapped[SchoolClass] = relationship()
    face_model: Mapped["FaceModelRow | None"] = relationship(back_populates="student")
    consents: Mapped[list["Consent"]] = relationship(order_by="Consent.given_at")

    __table_args__ = _table(Unique("class_id", "roll_id"))


class Consent(Base):
    """A family's agreement to a face model, with the very text agreed to, and its withdrawal."""

    __tablename__ = "consent"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    given_by: Mapped[str] = mapped_column(Name)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("admin.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawal_recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("admin.id"))

    recorded_by: Mapped[Admin] = relationship(foreign_keys=recorded_by_id)
    withdrawal_recorded_by: Mapped[Admin | None] = relationship(foreign_keys=withdrawal_recorded_by_id)


class EnrolmentPhoto(Base):
    """A photo waiting for training, or kept after it where the school chose to. No verdict: not seen yet."""

    __tablename__ = "enrolment_photo"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str] = mapped_column(Name)
    sealed_photo: Mapped[bytes] = mapped_column(Photo, deferred=True)
    sealed_descriptor: Mapped[bytes | None] = mapped_column(SmallSealed, deferred=True)
    verdict: Mapped[PhotoVerdict | None] = mapped_column(_word(PhotoVerdict))
    quality: Mapped[float] = mapped_column(default=0.0)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FaceModelRow(Base):
    """The sealed face model of one roll id: at most 8,192 bytes with nonce and tag."""

    __tablename__ = "face_model"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), unique=True)
    sealed_model: Mapped[bytes] = mapped_column(LargeBinary(8192), deferred=True)
    photo_count: Mapped[int]
    is_weak: Mapped[bool]
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)

    student: Mapped[Student] = relationship(back_populates="face_model")


class Lecture(Base):
    """One meeting of classes with a teacher. `opening_key` makes a form sent twice one lecture."""

    __tablename__ = "lecture"

    subject: Mapped[str] = mapped_column(Name)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opening_key: Mapped[str] = mapped_column(Digest, unique=True)

    teacher: Mapped[Teacher] = relationship()
    classes: Mapped[list[SchoolClass]] = relationship(
        secondary="lecture_class", order_by="SchoolClass.class_code"
    )

    __table_args__ = _table(Index("ix_lecture_teacher", "teacher_id", "starts_at"))


class LectureClass(Base):
    """Which classes attend a lecture."""

    __tablename__ = "lecture_class"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"), index=True)

    __table_args__ = _table(Unique("lecture_id", "class_id"))


class Mark(Base):
    """One student at one lecture. The unique key makes a double mark impossible."""

    __tablename__ = "mark"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    status: Mapped[MarkStatus] = mapped_column(_word(MarkStatus))
    source: Mapped[MarkSource] = mapped_column(_word(MarkSource))
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(500), default="")

    student: Mapped[Student] = relationship()

    __table_args__ = _table(Unique("lecture_id", "student_id"))


class MarkChange(Base):
    """The history of a mark: who, when, from what to what. No `teacher_id`: the kiosk marked."""

    __tablename__ = "mark_change"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("teacher.id"))
    source: Mapped[MarkSource] = mapped_column(_word(MarkSource))
    was: Mapped[MarkStatus | None] = mapped_column(_word(MarkStatus))
    becomes: Mapped[MarkStatus | None] = mapped_column(_word(MarkStatus))
    note: Mapped[str] = mapped_column(String(500), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    student: Mapped[Student] = relationship()
    teacher: Mapped[Teacher | None] = relationship()

    __table_args__ = _table(Index("ix_mark_change_lecture", "lecture_id", "changed_at"))


class SheetUpload(Base):
    """An edited sheet that was applied, kept to be undone as a whole. One review is applied once."""

    __tablename__ = "sheet_upload"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    file_name: Mapped[str] = mapped_column(Name)
    review_key: Mapped[str] = mapped_column(Digest, unique=True)
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    changes: Mapped[list["SheetMarkChange"]] = relationship(order_by="SheetMarkChange.id")


class SheetMarkChange(Base):
    """One mark an uploaded sheet changed: how it stood before, to the second, and what it became."""

    __tablename__ = "sheet_mark_change"

    upload_id: Mapped[int] = mapped_column(ForeignKey("sheet_upload.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    was: Mapped[MarkStatus | None] = mapped_column(_word(MarkStatus))
    was_note: Mapped[str] = mapped_column(String(500))
    was_source: Mapped[MarkSource | None] = mapped_column(_word(MarkSource))
    was_marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    becomes: Mapped[MarkStatus] = mapped_column(_word(MarkStatus))
    becomes_note: Mapped[str] = mapped_column(String(500))


class KioskPass(Base):
    """A phone's right to send check-ins of one lecture, and nothing else, until it ends."""

    __tablename__ = "kiosk_pass"

    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    device: Mapped[str] = mapped_column(Name)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lecture: Mapped[Lecture] = relationship()
    teacher: Mapped[Teacher] = relationship()


class CheckIn(Base):
    """One answered check-in. The key is the phone's own: the same key sent again gets the same answer."""

    __tablename__ = "check_in"

    kiosk_pass_id: Mapped[int] = mapped_column(ForeignKey("kiosk_pass.id", ondelete="CASCADE"))
    idempotency_key: Mapped[str] = mapped_column(Digest)
    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    outcome: Mapped[CheckInOutcome] = mapped_column(_word(CheckInOutcome))
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    student: Mapped[Student | None] = relationship()

    __table_args__ = _table(Unique("kiosk_pass_id", "idempotency_key"))


class OutgoingMail(Base):
    """One letter to one address of a family. The unique key makes a second press send nothing twice.

    `status` is what the letter says, as it was when the teacher pressed; `corrections` counts how often it
    was written anew because the mark had changed. `claimed_at` names the try that is sending it now.
    """

    __tablename__ = "outgoing_mail"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(Email)
    status: Mapped[MarkStatus] = mapped_column(_word(MarkStatus))
    state: Mapped[MailState] = mapped_column(_word(MailState), default=MailState.QUEUED)
    reason: Mapped[str] = mapped_column(String(300), default="")
    tries: Mapped[int] = mapped_column(default=0)
    corrections: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lecture: Mapped[Lecture] = relationship()
    student: Mapped[Student] = relationship()

    __table_args__ = _table(
        Unique("lecture_id", "student_id", "address"), Index("ix_outgoing_mail_due", "state", "try_at")
    )


class Job(Base):
    """Long work with its progress; the queue's message carries only this row's id.

    `fates` says of each file of a class's zip what became of it.
    """

    __tablename__ = "job"

    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    sentence: Mapped[str] = mapped_column(Text, default="")
    fates: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = _table(Index("ix_job_subject", "kind", "subject_id"))


class AuditEntry(Base):
    """Who did what, when, from where, before and after. Nothing in the product changes or deletes one."""

    __tablename__ = "audit_entry"

    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    site: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(Email)
    address: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(Name)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
