"""Who may sign in, and who is signed in."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.persistence.tables.base import Base, Digest, Email, Name, UtcDateTime, table

if TYPE_CHECKING:
    from shared.persistence.tables.people import SchoolClass


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

    __table_args__ = table(Index("ix_sign_in_account", "site", "account_id"))


class FailedTry(Base):
    """One wrong password; `subject` is what is slowed: an account or an address, of one site."""

    __tablename__ = "failed_try"

    subject: Mapped[str] = mapped_column(Digest)
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = table(Index("ix_failed_try_subject", "subject", "failed_at"))
