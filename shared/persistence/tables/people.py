"""Students with their families, and what these agreed to."""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.persistence.tables.accounts import Admin
from shared.persistence.tables.base import (
    Base,
    Code,
    Digest,
    Email,
    Name,
    SearchText,
    SortKey,
    SourcedId,
    UtcDateTime,
    table,
)
from shared.persistence.tables.classes import SchoolClass
from shared.persistence.tables.search import at_insert, keep_current, search_text, sort_key

if TYPE_CHECKING:
    from shared.persistence.tables.faces import FaceModelRow


_SEARCH_TEXT, _ROLL_ORDER = search_text("roll_id"), sort_key("roll_id")


class Student(Base):
    """A student of one class, with the family's addresses.

    `phones` holds the family's phone numbers in E.164 with spaces between them.

    `erasure_key` is random and never changes: the ledger of erasures knows a student by a digest under it.
    The sourced ids name the same people in the school's information system (OneRoster).
    """

    __tablename__ = "student"

    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    roll_id: Mapped[str] = mapped_column(Code)
    name: Mapped[str] = mapped_column(Name, index=True)
    email: Mapped[str | None] = mapped_column(Email)
    parent1_email: Mapped[str | None] = mapped_column(Email)
    parent2_email: Mapped[str | None] = mapped_column(Email)
    phones: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(16), default="en")
    active: Mapped[bool] = mapped_column(default=True)
    erasure_key: Mapped[str] = mapped_column(
        Digest, unique=True, index=True, default=lambda: secrets.token_hex(32)
    )
    search_text: Mapped[str] = mapped_column(SearchText, default=at_insert(_SEARCH_TEXT))
    roll_order: Mapped[str] = mapped_column(SortKey, default=at_insert(_ROLL_ORDER))
    sourced_id: Mapped[str | None] = mapped_column(SourcedId, unique=True)
    parent1_sourced_id: Mapped[str | None] = mapped_column(SourcedId)
    parent2_sourced_id: Mapped[str | None] = mapped_column(SourcedId)

    school_class: Mapped[SchoolClass] = relationship()
    face_model: Mapped["FaceModelRow | None"] = relationship(back_populates="student")
    consents: Mapped[list["Consent"]] = relationship(order_by="Consent.given_at")

    @property
    def phone_numbers(self) -> list[str]:
        """Return the family's numbers, each as +919876543210."""
        return self.phones.split()

    @property
    def consent(self) -> "Consent | None":
        """Return the consent that holds now; None if none was given or the last one was withdrawn."""
        return next((consent for consent in self.consents if consent.withdrawn_at is None), None)

    __table_args__ = table(UniqueConstraint("class_id", "roll_id"))


keep_current(Student, search_text=_SEARCH_TEXT, roll_order=_ROLL_ORDER)


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
