"""Reads and writes accounts and sign-ins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from shared.persistence.tables import Account, Admin, SignIn, Teacher

AnAccount = TypeVar("AnAccount", bound=Account)

# Whose accounts a site has.
KINDS: dict[str, type[Admin] | type[Teacher]] = {"office": Admin, "classroom": Teacher}

# A sign-in is noted as seen at most this often, so that reading a page does not write a row each time.
SEEN_EVERY = timedelta(minutes=1)


def site_of(account: Account) -> str:
    """The site an account is of."""
    return "office" if isinstance(account, Admin) else "classroom"


def has_admin(session: Session) -> bool:
    """Tell whether anybody can sign in at the office."""
    return bool(session.scalar(select(exists().where(Admin.active))))


def find_admins(session: Session) -> Sequence[Admin]:
    """Every admin, the deactivated ones last."""
    return session.scalars(select(Admin).order_by(Admin.active.desc(), Admin.name, Admin.id)).all()


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
