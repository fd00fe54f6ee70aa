"""Keeps which account at the school's provider is whose here, and on which phones it opens nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import (
    Admin,
    KioskPass,
    KnownDevice,
    SchoolAccount,
    SchoolVisit,
    SignIn,
    Teacher,
)


def find_tie(session: Session, site: str, issuer_digest: str, subject: str) -> SchoolAccount | None:
    """Find what an account at the provider is tied to at a site."""
    query = select(SchoolAccount).where(
        SchoolAccount.site == site,
        SchoolAccount.issuer_digest == issuer_digest,
        SchoolAccount.subject == subject,
    )
    return session.scalar(query)


def find_tie_of(session: Session, site: str, account_id: int) -> SchoolAccount | None:
    """Find which account at the provider signs in as this one."""
    return session.scalar(
        select(SchoolAccount).where(SchoolAccount.site == site, SchoolAccount.account_id == account_id)
    )


def end_sign_ins(session: Session, site: str | None = None, account_id: int | None = None) -> None:
    """Sign out who signed in by a school account: one account, or everybody."""
    gone = delete(SignIn).where(SignIn.by_school_account)
    if site is not None:
        gone = gone.where(SignIn.site == site, SignIn.account_id == account_id)
    session.execute(gone)
    end_waiting(session, site, account_id)


def find_waiting(session: Session, site: str, code_digest: str, *, since: datetime) -> SchoolVisit | None:
    """Find a visit that waits for the authenticator app's code."""
    query = select(SchoolVisit).where(
        SchoolVisit.site == site,
        SchoolVisit.code_digest == code_digest,
        SchoolVisit.came_back_at > since,
    )
    return session.scalar(query)


def end_waiting(
    session: Session,
    site: str | None = None,
    account_id: int | None = None,
    *,
    visit_id: int | None = None,
) -> bool:
    """Let visits wait for a code no more: one, an account's, or all; False if none did.

    The rows stay, so that what was accepted once is not accepted again.
    """
    waiting = update(SchoolVisit).where(SchoolVisit.code_digest.is_not(None)).values(code_digest=None)
    if site is not None:
        waiting = waiting.where(SchoolVisit.site == site, SchoolVisit.account_id == account_id)
    if visit_id is not None:
        waiting = waiting.where(SchoolVisit.id == visit_id)
    return cast("CursorResult[Any]", session.execute(waiting)).rowcount > 0


def is_handed_round(session: Session, device_digest: str) -> bool:
    """Tell whether a browser was handed round and nobody signed in on it since."""
    return bool(session.scalar(select(exists(_out().where(KioskPass.device_digest == device_digest)))))


def list_phones_out(
    session: Session, site: str, account: Admin | Teacher, *, since: datetime
) -> Sequence[KioskPass]:
    """Return the passes of phones that a person handed round since and has not signed in on again."""
    teachers: Sequence[int] = [account.id]
    if site == "office":
        teachers = session.scalars(select(Teacher.id).where(_is_teacher_too(account))).all()
    out = _out().where(KioskPass.teacher_id.in_(teachers), KioskPass.opened_at > since)
    return session.scalars(select(KioskPass).where(KioskPass.id.in_(out))).all()


def _is_teacher_too(admin: Admin | Teacher) -> ColumnElement[bool]:
    """Select the teacher that an admin is as well: by the address, or by the same account at the provider."""
    mine = select(SchoolAccount).where(SchoolAccount.site == "office", SchoolAccount.account_id == admin.id)
    own = mine.subquery()
    same = select(SchoolAccount.account_id).where(
        SchoolAccount.site == "classroom",
        SchoolAccount.issuer_digest == own.c.issuer_digest,
        SchoolAccount.subject == own.c.subject,
    )
    return or_(Teacher.email == admin.email, Teacher.id.in_(same))


def _out() -> Select[Any]:
    """Select the passes of phones that nobody took back. One without a device's digest is out for good."""
    since = exists().where(
        KnownDevice.token_digest == KioskPass.device_digest,
        KnownDevice.last_sign_in_at > KioskPass.opened_at,
    )
    return select(KioskPass.id).where(~since)
