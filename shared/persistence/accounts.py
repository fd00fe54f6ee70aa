"""Reads and writes accounts and sign-ins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import Account, Admin, AuditEntry, KnownDevice, SignIn, Teacher

AnAccount = TypeVar("AnAccount", bound=Account)

# Whose accounts a site has.
KINDS: dict[str, type[Admin] | type[Teacher]] = {"office": Admin, "classroom": Teacher}

# Of the admin whom a first start makes; nobody is written to there.
FIRST_ADMIN_EMAIL = "admin@localhost"

# A sign-in is noted as seen at most this often, so that reading a page does not write a row each time.
SEEN_EVERY = timedelta(minutes=1)


def site_of(account: Account) -> str:
    """Return the site an account is of."""
    return "office" if isinstance(account, Admin) else "classroom"


def has_admin(session: Session) -> bool:
    """Tell whether anybody can sign in at the office."""
    return bool(session.scalar(select(exists().where(Admin.active))))


def find_admins(session: Session) -> Sequence[Admin]:
    """Return every admin, the deactivated ones last."""
    return session.scalars(select(Admin).order_by(Admin.active.desc(), Admin.name, Admin.id)).all()


def find_never_signed_in(session: Session, accounts: Sequence[Admin | Teacher]) -> set[int]:
    """Tell by their ids which of a site's accounts nobody has signed in with yet.

    The trail knows sign-ins by the address of then, the browsers that are known by the account.
    """
    if not accounts:
        return set()
    site, ids = site_of(accounts[0]), [account.id for account in accounts]
    known = select(KnownDevice.account_id).where(KnownDevice.site == site, KnownDevice.account_id.in_(ids))
    told = select(AuditEntry.subject).where(
        AuditEntry.action == "sign in",
        AuditEntry.site == site,
        AuditEntry.subject.in_([account.email for account in accounts]),
    )
    devices, emails = set(session.scalars(known.distinct())), set(session.scalars(told.distinct()))
    return {each.id for each in accounts if each.id not in devices and each.email not in emails}


def find_by_id(session: Session, site: str, account_id: int) -> Admin | Teacher | None:
    """Find an account of a site by its id."""
    return session.get(Admin, account_id) if site == "office" else session.get(Teacher, account_id)


def find_account(session: Session, kind: type[AnAccount], email: str) -> AnAccount | None:
    """Find an admin or a teacher by e-mail, whatever its letters' case; addresses are kept in small ones."""
    return session.scalar(select(kind).where(kind.email == email.strip().lower()))


def find_sign_in(session: Session, site: str, token_digest: str) -> SignIn | None:
    """Find a browser's sign-in at a site."""
    return session.scalar(select(SignIn).where(SignIn.site == site, SignIn.token_digest == token_digest))


def note_seen(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """Note that a signed-in browser asked for something."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=now))


def end_sign_ins(session: Session, site: str, account_id: int, *, but: str | None = None) -> None:
    """Sign an account out everywhere, but for the sign-in with the token digest `but`."""
    gone = delete(SignIn).where(SignIn.site == site, SignIn.account_id == account_id)
    session.execute(gone if but is None else gone.where(SignIn.token_digest != but))


def end_sign_ins_for_hand_over(session: Session, teacher: Teacher, device_digest: str | None) -> None:
    """Sign a teacher out, at the office too, but on second screens; and everybody on the device itself."""
    for site, of in _accounts_of(teacher):
        session.execute(delete(SignIn).where(SignIn.site == site, of, _is_off_second_screens(teacher.id)))
    if device_digest is not None:
        session.execute(delete(SignIn).where(SignIn.device_digest == device_digest))


def list_sign_ins_elsewhere(
    session: Session, teacher: Teacher, device_digest: str | None
) -> list[tuple[SignIn, bool]]:
    """Return a teacher's sign-ins on other devices, at the office too, and which of these are second
    screens."""
    screens = set(session.scalars(_second_screens(teacher.id)))
    found = [
        sign_in
        for site, of in _accounts_of(teacher)
        for sign_in in session.scalars(select(SignIn).where(SignIn.site == site, of).order_by(SignIn.id))
    ]
    return [
        (sign_in, sign_in.device_digest in screens)
        for sign_in in found
        if sign_in.device_digest is None or sign_in.device_digest != device_digest
    ]


def _accounts_of(teacher: Teacher) -> list[tuple[str, ColumnElement[bool]]]:
    admins = select(Admin.id).where(Admin.email == teacher.email)
    return [("classroom", SignIn.account_id == teacher.id), ("office", SignIn.account_id.in_(admins))]


def _second_screens(teacher_id: int) -> Select[str]:
    return select(KnownDevice.token_digest).where(
        KnownDevice.site == "classroom",
        KnownDevice.account_id == teacher_id,
        KnownDevice.is_second_screen,
    )


def _is_off_second_screens(teacher_id: int) -> ColumnElement[bool]:
    return or_(SignIn.device_digest.is_(None), SignIn.device_digest.not_in(_second_screens(teacher_id)))
