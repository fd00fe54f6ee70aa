"""Lectures, marks, their history, and the sheets that changed them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.domain.attendance import MarkSource
from shared.domain.languages import phrase
from shared.domain.statuses import LONGEST_NAME, LONGEST_SHORT, Colour, CountsAs
from shared.persistence.tables.accounts import Teacher
from shared.persistence.tables.base import Base, Digest, Name, StatusKey, UtcDateTime, table, word
from shared.persistence.tables.classes import SchoolClass
from shared.persistence.tables.people import Student


class Lecture(Base):
    """One meeting of classes with a teacher. `opening_key` makes a form sent twice one lecture.

    `kiosk_pin` is the hash of the six digits that take its phones back, until the day after. Check-ins are
    late from `late_after_minutes` after the start on; None: nobody is by the clock. Where `roll_id_by_face`,
    the kiosk looks for the face among the lecture's students if no roll id is typed.
    A reopened one keeps its hours, and its kiosk works again until `reopened_until`.
    One with a `not_held_reason` is closed, counts nowhere, and mails nobody. Where a colleague covers, the
    lecture is the colleague's, `teacher_id`, and `for_teacher_id` is whose it was in the plan.
    """

    __tablename__ = "lecture"

    subject: Mapped[str] = mapped_column(Name)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    for_teacher_id: Mapped[int | None] = mapped_column(ForeignKey("teacher.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reopened_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opening_key: Mapped[str] = mapped_column(Digest, unique=True)
    kiosk_pin: Mapped[str | None] = mapped_column(String(255))
    late_after_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    roll_id_by_face: Mapped[bool] = mapped_column(default=False, server_default=false())
    not_held_reason: Mapped[str | None] = mapped_column(Name)

    teacher: Mapped[Teacher] = relationship(foreign_keys=[teacher_id])
    for_teacher: Mapped[Teacher | None] = relationship(foreign_keys=[for_teacher_id])
    classes: Mapped[list[SchoolClass]] = relationship(
        secondary="lecture_class", order_by="SchoolClass.code_order"
    )

    __table_args__ = table(Index("ix_lecture_teacher", "teacher_id", "starts_at"))

    @property
    def faces_until(self) -> datetime:
        """Return until when it takes marks by face, unless it is closed before."""
        return max(self.ends_at, self.reopened_until or self.ends_at)

    @property
    def held_by(self) -> str:
        """Return who holds it: "Bina Shah", or "Bina Shah, for Asha Rao"."""
        if self.for_teacher is None:
            return self.teacher.name
        return phrase("%(name)s, for %(other)s", name=self.teacher.name, other=self.for_teacher.name)


class LectureClass(Base):
    """Which classes attend a lecture."""

    __tablename__ = "lecture_class"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"), index=True)

    __table_args__ = table(UniqueConstraint("lecture_id", "class_id"))


def _class_now(context: Any) -> int:
    student_id = context.get_current_parameters()["student_id"]
    class_id: int = context.connection.scalar(select(Student.class_id).where(Student.id == student_id))
    return class_id


class OwnStatus(Base):
    """A status the school added to present, late, excused and absent; `key` is what its marks store.

    It is never deleted, for marks stand by it; `letter_names` are its names by the letters' languages.
    """

    __tablename__ = "own_status"

    key: Mapped[str] = mapped_column(StatusKey, unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    short: Mapped[str] = mapped_column(String(LONGEST_SHORT))
    colour: Mapped[Colour] = mapped_column(word(Colour))
    counts_as: Mapped[CountsAs] = mapped_column(word(CountsAs))
    is_left_out: Mapped[bool]
    active: Mapped[bool]
    letter_names: Mapped[dict[str, str]] = mapped_column(JSON)


class Mark(Base):
    """One student at one lecture. The unique key makes a double mark impossible.

    `class_id` is the class the student was in then: there the mark counts, wherever the student is now.
    `status` is a MarkStatus or the key of an own status.
    """

    __tablename__ = "mark"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"), index=True, default=_class_now)
    status: Mapped[str] = mapped_column(StatusKey)
    source: Mapped[MarkSource] = mapped_column(word(MarkSource))
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(500), default="")

    student: Mapped[Student] = relationship()
    school_class: Mapped[SchoolClass] = relationship()

    __table_args__ = table(UniqueConstraint("lecture_id", "student_id"))


class MarkChange(Base):
    """The history of a mark: who, when, from what to what. No `teacher_id`: the kiosk marked."""

    __tablename__ = "mark_change"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    teacher_id: Mapped[int | None] = mapped_column(ForeignKey("teacher.id"))
    source: Mapped[MarkSource] = mapped_column(word(MarkSource))
    was: Mapped[str | None] = mapped_column(StatusKey)
    becomes: Mapped[str | None] = mapped_column(StatusKey)
    note: Mapped[str] = mapped_column(String(500), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    student: Mapped[Student] = relationship()
    teacher: Mapped[Teacher | None] = relationship()

    __table_args__ = table(Index("ix_mark_change_lecture", "lecture_id", "changed_at"))


class SheetUpload(Base):
    """An edited sheet that was applied, kept to be undone as a whole. One review is applied once.

    Those that one press applied from a term's sheet, one a lecture, share a `term_key`.
    """

    __tablename__ = "sheet_upload"

    lecture_id: Mapped[int] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    file_name: Mapped[str] = mapped_column(Name)
    review_key: Mapped[str] = mapped_column(Digest, unique=True)
    term_key: Mapped[str | None] = mapped_column(Digest, index=True)
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    changes: Mapped[list["SheetMarkChange"]] = relationship(order_by="SheetMarkChange.id")


class SheetMarkChange(Base):
    """One mark an uploaded sheet changed: how it stood before, to the second, and what it became."""

    __tablename__ = "sheet_mark_change"

    upload_id: Mapped[int] = mapped_column(ForeignKey("sheet_upload.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    was: Mapped[str | None] = mapped_column(StatusKey)
    was_note: Mapped[str] = mapped_column(String(500))
    was_source: Mapped[MarkSource | None] = mapped_column(word(MarkSource))
    was_marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    becomes: Mapped[str | None] = mapped_column(StatusKey)
    becomes_note: Mapped[str] = mapped_column(String(500))
