"""Letters on their way, long work with its progress, and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.domain.family_mail import Channel, MailState
from shared.persistence.tables.attendance import Lecture
from shared.persistence.tables.base import (
    Base,
    Email,
    Name,
    StatusKey,
    Told,
    ToldResults,
    UtcDateTime,
    table,
    word,
)
from shared.persistence.tables.people import Student


class OutgoingMail(Base):
    """One letter to one address of a family, or one message to one phone, whose number is the `address` then.

    The unique key makes a second press send nothing twice.

    `status` is what the letter says, as it was when a worker took it up last; `corrections` counts how often
    it was written anew because the mark had changed. `claimed_at` names the try that is sending it now.
    """

    __tablename__ = "outgoing_mail"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(Email)
    channel: Mapped[Channel] = mapped_column(word(Channel), default=Channel.LETTER)
    status: Mapped[str] = mapped_column(StatusKey)
    state: Mapped[MailState] = mapped_column(word(MailState), default=MailState.QUEUED)
    reason: Mapped[str] = mapped_column(Told(300), default="")
    tries: Mapped[int] = mapped_column(default=0)
    corrections: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lecture: Mapped[Lecture] = relationship()
    student: Mapped[Student] = relationship()

    __table_args__ = table(
        UniqueConstraint("lecture_id", "student_id", "address"),
        Index("ix_outgoing_mail_due", "state", "try_at"),
    )


class Job(Base):
    """Long work with its progress; the queue's message carries only this row's id.

    `results` says of each file what became of it. `advanced_at` is when the work last told of its progress.
    """

    __tablename__ = "job"

    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    sentence: Mapped[str] = mapped_column(Told(), default="")
    results: Mapped[list[dict[str, Any]] | None] = mapped_column("fates", ToldResults)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    advanced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = table(Index("ix_job_subject", "kind", "subject_id"))


class AuditEntry(Base):
    """Who did what, when, from where, before and after. Nothing in the product changes what was done.

    `student_id` says whom it is about, `lecture_id` in which lecture it happened. Erasing a student puts a
    pseudonym in place of what named them; after some years entries are deleted, see
    `shared.persistence.retention`. The other indexes end in the time, for the trail is read newest first, a
    page at a time.
    """

    __tablename__ = "audit_entry"

    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    site: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(Email)
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column("act", String(64))
    subject: Mapped[str] = mapped_column(Name)
    student_id: Mapped[int | None] = mapped_column(index=True)
    lecture_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __table_args__ = table(
        Index("ix_audit_entry_act", "act", "at"),
        Index("ix_audit_entry_actor", "actor", "at"),
        Index("ix_audit_entry_subject", "subject", "at"),
        Index("ix_audit_entry_lecture_id", "lecture_id", "at"),
    )
