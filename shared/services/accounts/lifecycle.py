"""Makes the accounts of admins and teachers, each with a first-time password that is shown once."""

import secrets
from collections.abc import Sequence

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, NotFound
from shared.persistence import accounts, kiosk, password_links, people, school_accounts
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import Admin, Teacher
from shared.security.passwords import first_time_password, hash_password
from shared.security.tokens import digest
from shared.services import audit
from shared.services.accounts.attempts import forget_failures
from shared.services.audit import Actor
from shared.services.typed_input import checked_email
from shared.toolbox import Toolbox


def create_first_admin(toolbox: Toolbox) -> str | None:
    """Make the first admin and return the password; None where there is an admin already."""
    with toolbox.reading() as session:
        if accounts.has_admin(session):
            return None
    first_run = Actor(site="command", email="first run")
    return create_admin(toolbox, first_run, email=accounts.FIRST_ADMIN_EMAIL, name="Admin")


def create_admin(toolbox: Toolbox, actor: Actor, *, email: str, name: str) -> str:
    """Make an admin and return the first-time password. Raise InvalidInput for an address in use."""
    return _create(toolbox, actor, Admin(), email=email, name=name)


def create_teacher(
    toolbox: Toolbox, actor: Actor, *, email: str, name: str, class_ids: Sequence[int] = ()
) -> str:
    """Make a teacher of some classes and return the first-time password.

    Raise InvalidInput for an address in use.
    """
    return _create(toolbox, actor, Teacher(), email=email, name=name, class_ids=class_ids)


def get_admin(session: Session, admin_id: int) -> Admin:
    """Return an admin. Raise NotFound."""
    admin = session.get(Admin, admin_id)
    if admin is None:
        raise NotFound(phrase("There is no such admin."))
    return admin


def set_admin_active(toolbox: Toolbox, actor: Actor, admin_id: int, *, active: bool) -> None:
    """Let an admin in, or shut them out at once. Raise NotFound, or Conflict for one's own account.

    Nobody deactivates themselves, so there is always somebody left who can let the others in.
    """
    if admin_id == actor.account_id and not active:
        raise Conflict(phrase("You cannot deactivate yourself; another admin can."))
    with toolbox.sessions.begin() as session:
        admin = get_admin(session, admin_id)
        if admin.active == active:
            return
        admin.active = active
        action = "reactivate admin" if active else "deactivate admin"
        audit.record(session, toolbox, actor, action, admin.email)
        if not active:
            admin.fs_uniquifier = secrets.token_hex(32)
            revoke_access(session, toolbox, admin)


def choose_language(
    toolbox: Toolbox, kind: type[Admin] | type[Teacher], account_id: int, language: str
) -> None:
    """Remember in which language of `LANGUAGES` an account reads the pages."""
    with toolbox.sessions.begin() as session:
        account = session.get(kind, account_id)
        if isinstance(account, Admin | Teacher):
            account.language = language


def renew_password(toolbox: Toolbox, actor: Actor, kind: type[Admin] | type[Teacher], email: str) -> str:
    """Give an account a new first-time password and sign it out everywhere."""
    password = first_time_password()
    hashed = hash_password(password, salt=toolbox.settings.password_salt)
    with toolbox.sessions.begin() as session:
        account = accounts.find_account(session, kind, email)
        if account is None:
            raise InvalidInput(
                phrase("There is no account with the address %(email)s.", email=email), field="email"
            )
        give_password(session, toolbox, account, hashed, must_change=True)
        audit.record(session, toolbox, actor, "renew password", account.email)
    return password


def give_password(
    session: Session, toolbox: Toolbox, account: Admin | Teacher, hashed: str, *, must_change: bool
) -> None:
    """Set a password: every sign-in, kiosk and link by mail of the account ends with the old one."""
    account.password, account.must_change_password = hashed, must_change
    account.fs_uniquifier = secrets.token_hex(32)
    forget_failures(session, account)
    revoke_access(session, toolbox, account)


def note_changed_password(toolbox: Toolbox, actor: Actor, account: Admin | Teacher, *, token: str) -> None:
    """End all else of an account whose owner changed the password, but for the sign-in with `token`."""
    with toolbox.sessions.begin() as session:
        forget_failures(session, account)
        revoke_access(session, toolbox, account, but=token)
        audit.record(session, toolbox, actor, "change password", account.email)


def revoke_access(
    session: Session, toolbox: Toolbox, account: Admin | Teacher, *, but: str | None = None
) -> None:
    """End an account's sign-ins (but the one with the token `but`), kiosks and links by mail."""
    site = accounts.site_of(account)
    accounts.end_sign_ins(session, site, account.id, but=digest(but) if but else None)
    password_links.remove_all_of(session, site, account.id, account.email)
    school_accounts.end_waiting(session, site, account.id)
    if site == "classroom":
        kiosk.end_passes(session, account.id, now=toolbox.now())


def _create(
    toolbox: Toolbox,
    actor: Actor,
    account: Admin | Teacher,
    *,
    email: str,
    name: str,
    class_ids: Sequence[int] = (),
) -> str:
    password = first_time_password()
    account.email, account.name = checked_email(email), name.strip()
    account.password = hash_password(password, salt=toolbox.settings.password_salt)
    account.must_change_password = account.active = True
    account.fs_uniquifier, account.created_at = secrets.token_hex(32), toolbox.now()
    try:
        with toolbox.sessions.begin() as session:
            session.add(account)
            session.flush()
            people.assign_classes(session, account.id, class_ids)
            audit.record(
                session,
                toolbox,
                actor,
                f"add {account.__tablename__}",
                account.email,
                after={"name": account.name},
            )
    except AlreadyThere as cause:
        raise InvalidInput(
            phrase("There is already an account with this e-mail address."), field="email"
        ) from cause
    return password
