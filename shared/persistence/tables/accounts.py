"""Who may sign in, and who is signed in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.domain.family_mail import Recipients
from shared.persistence.tables.base import (
    Base,
    Digest,
    Email,
    Name,
    SearchText,
    SmallSealed,
    SourcedId,
    UtcDateTime,
    table,
    word,
)
from shared.persistence.tables.classes import SchoolClass
from shared.persistence.tables.search import at_insert, keep_current, person_text


class Account:
    """What an admin and a teacher have in common; the names are those Flask-Security asks for.

    `language` is the one they chose to read the pages in; the school's where it is None.
    """

    name: Mapped[str] = mapped_column(Name)
    email: Mapped[str] = mapped_column(Email, unique=True)
    password: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(16))
    fs_uniquifier: Mapped[str] = mapped_column(Digest, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Admin(Account, Base):
    """A person at the office, perhaps with an authenticator app as the second factor.

    `last_code_step` is the half minute of the last one-time code that was taken, so that none is taken twice.
    """

    __tablename__ = "admin"

    sealed_totp_secret: Mapped[bytes | None] = mapped_column(SmallSealed)
    last_code_step: Mapped[int | None]


class RecoveryCode(Base):
    """A code that replaces the authenticator app once; using it deletes the row."""

    __tablename__ = "recovery_code"

    admin_id: Mapped[int] = mapped_column(ForeignKey("admin.id", ondelete="CASCADE"))
    code_digest: Mapped[str] = mapped_column(Digest)

    __table_args__ = table(UniqueConstraint("admin_id", "code_digest"))


class Teacher(Account, Base):
    """A person who holds lectures; `mail_to` says whose families they last chose to write to."""

    __tablename__ = "teacher"

    search_text: Mapped[str] = mapped_column(SearchText, default=at_insert(person_text))
    sourced_id: Mapped[str | None] = mapped_column(SourcedId, unique=True)
    mail_to: Mapped[Recipients] = mapped_column(word(Recipients), default=Recipients.ALL)

    classes: Mapped[list[SchoolClass]] = relationship(secondary="teaching", order_by="SchoolClass.code_order")


keep_current(Teacher, search_text=person_text)


class SignIn(Base):
    """One signed-in browser; deleting the row signs it out. `device_digest` is its `KnownDevice`'s.

    `by_school_account`: no password of ours was typed, the school's own sign-in vouched.
    """

    __tablename__ = "sign_in"

    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    site: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int]
    device: Mapped[str] = mapped_column(Name)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    device_digest: Mapped[str | None] = mapped_column(Digest, index=True)
    by_school_account: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = table(Index("ix_sign_in_account", "site", "account_id"))


class SchoolAccount(Base):
    """The account at the school's provider that signs in as an account here; tied once, by its e-mail.

    From then on `issuer` and `subject` alone say whose it is. `email` is the address of then, to be shown.
    """

    __tablename__ = "school_account"

    site: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int]
    issuer_digest: Mapped[str] = mapped_column(Digest)
    subject: Mapped[str] = mapped_column(SourcedId)
    email: Mapped[str] = mapped_column(Email)
    tied_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = table(
        UniqueConstraint("site", "account_id"),
        UniqueConstraint("site", "issuer_digest", "subject"),
    )


class SchoolVisit(Base):
    """One way to the provider and back that was accepted, so that it is accepted once.

    `code_digest` is there while the authenticator app's code is still to be typed.
    """

    __tablename__ = "school_visit"

    state_digest: Mapped[str] = mapped_column(Digest, unique=True)
    site: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int]
    came_back_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    code_digest: Mapped[str | None] = mapped_column(Digest, unique=True)


class KnownDevice(Base):
    """A browser that signed in to an account before, by the token in its cookie.

    It has attempts of its own, so that nobody else's wrong ones keep it out. A second screen stays signed in
    while a phone of the same teacher goes round.
    """

    __tablename__ = "known_device"

    token_digest: Mapped[str] = mapped_column(Digest)
    site: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int]
    last_sign_in_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    is_second_screen: Mapped[bool] = mapped_column(default=False)

    __table_args__ = table(UniqueConstraint("token_digest", "site", "account_id"))


class AttemptLock(Base):
    """Held while a subject's attempts are counted and the next one is written, so that each has its turn."""

    __tablename__ = "attempt_lock"

    subject: Mapped[str] = mapped_column(Digest, unique=True)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class FailedTry(Base):
    """One wrong password or code, or one that is being looked at; `subject` is what is slowed by it."""

    __tablename__ = "failed_try"

    subject: Mapped[str] = mapped_column(Digest)
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = table(Index("ix_failed_try_subject", "subject", "failed_at"))


class PasswordLink(Base):
    """A link by mail with which somebody chooses a password: first asked for, then sent, then used or late.

    Whoever asked may have typed anything for `email`; only the worker looks whether there is such an account,
    draws the link's token and keeps its digest here. Nothing in this table opens an account.
    """

    __tablename__ = "password_link"

    site: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(Email)
    is_first: Mapped[bool]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    try_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    account_id: Mapped[int | None]
    token_digest: Mapped[str | None] = mapped_column(Digest, unique=True)

    __table_args__ = table(Index("ix_password_link_account", "site", "account_id"))


class AccountNotice(Base):
    """A letter to the address that an account had until now, waiting to be sent; gone once it is."""

    __tablename__ = "account_notice"

    address: Mapped[str] = mapped_column(Email)
    name: Mapped[str] = mapped_column(Name)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    try_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
