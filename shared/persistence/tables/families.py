"""What families may look at and write back: links in letters, announced absences, and questions."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.persistence.tables.accounts import Teacher
from shared.persistence.tables.attendance import Lecture
from shared.persistence.tables.base import Base, Digest, UtcDateTime
from shared.persistence.tables.people import Student


class FamilyLink(Base):
    """The link of one letter; only its token's digest is kept. Whoever holds it sees one student's marks."""

    __tablename__ = "family_link"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    student: Mapped[Student] = relationship()


class AnnouncedAbsence(Base):
    """Days on which a family said that a student will be away; both are included, by the school's clock."""

    __tablename__ = "announced_absence"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date, index=True)
    reason: Mapped[str] = mapped_column(String(500))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)

    student: Mapped[Student] = relationship()


class FamilyQuestion(Base):
    """ "Something is wrong here": what a family wrote, about one lecture or, without one, in general."""

    __tablename__ = "family_question"

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    lecture_id: Mapped[int | None] = mapped_column(ForeignKey("lecture.id", ondelete="CASCADE"), index=True)
    words: Mapped[str] = mapped_column(String(1000))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("teacher.id"), index=True)

    student: Mapped[Student] = relationship()
    lecture: Mapped[Lecture | None] = relationship()
    settled_by: Mapped[Teacher | None] = relationship()
