"""The plan: what waits for its teacher, who covers it, plans to be applied, and links to calendars."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.domain.timetable.plan import LONGEST_ROOM
from shared.persistence.tables.accounts import Teacher
from shared.persistence.tables.attendance import Lecture
from shared.persistence.tables.base import Base, Digest, Name, UtcDateTime, table
from shared.persistence.tables.classes import SchoolClass


class PlanDraft(Base):
    """A plan that was looked at and waits to be applied, whole or not at all.

    `content` is what `shared.services.timetable.draft` packed; nothing personal beyond teachers' ids.
    """

    __tablename__ = "plan_draft"

    file_name: Mapped[str] = mapped_column(Name)
    content: Mapped[bytes] = mapped_column(LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"))
    made_by: Mapped[str] = mapped_column(String(254))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlannedLecture(Base):
    """A lecture of the plan. `lecture_id` is the one that was opened for it: what holds marks is that one.

    One with a `draft_id` is being brought in and is not there yet for anybody, see
    shared.persistence.timetable. `identity` is what the plan knows it by when it comes again. That nobody
    took its register is told to the teacher and to the office, once each.
    """

    __tablename__ = "planned_lecture"

    subject: Mapped[str] = mapped_column(Name)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id"))
    room: Mapped[str] = mapped_column(String(LONGEST_ROOM))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    identity: Mapped[str] = mapped_column(Digest)
    lecture_id: Mapped[int | None] = mapped_column(ForeignKey("lecture.id", ondelete="SET NULL"), unique=True)
    not_held_reason: Mapped[str | None] = mapped_column(Name)
    told_teacher_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_office_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True)

    teacher: Mapped[Teacher] = relationship()
    lecture: Mapped[Lecture | None] = relationship()
    classes: Mapped[list[SchoolClass]] = relationship(
        secondary="planned_class", order_by="SchoolClass.code_order"
    )

    __table_args__ = table(
        Index("ix_planned_lecture_teacher", "teacher_id", "starts_at"),
        Index("ix_planned_lecture_starts", "starts_at"),
    )


class PlannedClass(Base):
    """Which classes a planned lecture is for."""

    __tablename__ = "planned_class"

    planned_id: Mapped[int] = mapped_column(ForeignKey("planned_lecture.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"), index=True)

    __table_args__ = table(UniqueConstraint("planned_id", "class_id"))


class WeeklyGrid(Base):
    """A weekly timetable as the office typed it, to be opened again; `content` is its rows as JSON.

    `used` is how many numbers its rows have had: a number is a row's for good, also after the row went.
    """

    __tablename__ = "weekly_grid"

    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    only_add: Mapped[bool]
    used: Mapped[int]
    content: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql"))
    changed_by: Mapped[str] = mapped_column(String(254))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Cover(Base):
    """A colleague holds what a teacher's plan has from `starts_at` until before `ends_at`, whole days.

    With `planned_id` that one lecture alone, on the day it was granted for. It ends by itself, or when it is
    taken back.
    """

    __tablename__ = "cover"

    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id", ondelete="CASCADE"))
    colleague_id: Mapped[int] = mapped_column(ForeignKey("teacher.id", ondelete="CASCADE"))
    planned_id: Mapped[int | None] = mapped_column(
        ForeignKey("planned_lecture.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    granted_by: Mapped[str] = mapped_column(String(254))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    teacher: Mapped[Teacher] = relationship(foreign_keys=[teacher_id])
    colleague: Mapped[Teacher] = relationship(foreign_keys=[colleague_id])
    planned: Mapped[PlannedLecture | None] = relationship()

    __table_args__ = table(
        Index("ix_cover_teacher", "teacher_id", "ends_at"),
        Index("ix_cover_colleague", "colleague_id", "ends_at"),
    )

    def is_for(self, planned: PlannedLecture) -> bool:
        """Tell whether a planned lecture is among what it covers."""
        return (
            self.teacher_id == planned.teacher_id
            and self.planned_id in (None, planned.id)
            and self.starts_at <= planned.starts_at < self.ends_at
        )


class DayOff(Base):
    """A holiday, or another day without lectures: what is planned on it is not held, for this reason."""

    __tablename__ = "day_off"

    day: Mapped[date] = mapped_column(Date, unique=True)
    name: Mapped[str] = mapped_column(Name)


class CalendarLink(Base):
    """A teacher's link to the plan for a calendar of their own; the token is known by its digest alone."""

    __tablename__ = "calendar_link"

    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id", ondelete="CASCADE"), unique=True)
    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
