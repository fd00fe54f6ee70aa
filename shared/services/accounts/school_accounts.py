"""Lets in whom the school's own sign-in vouches for: accounts that exist, each tied to one person there.

Never on a phone that was handed round, for the teacher's session at the provider lives on in its browser.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.languages import phrase
from shared.domain.school_account import LEEWAY, Identity
from shared.errors import SchoolSignInRefused
from shared.persistence import accounts, devices, integrations
from shared.persistence import school_accounts as stored
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import Admin, Integration, KioskPass, SchoolAccount, SchoolVisit, Teacher
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)

# How long the authenticator app's code may take.
CODE_WITHIN = timedelta(minutes=5)
# How long a phone that nobody took back counts as being in students' hands, as long as its pass is kept.
OUT_FOR = timedelta(hours=24)

NOT_HERE = phrase(
    "This device was handed round to students, so your school account does not open it. "
    "Please sign in with your password, once."
)
_PHONE_OUT = phrase(
    "A phone of yours was handed round and you have not signed in on it since. Until you do, please sign in "
    "here with your password."
)
_TWICE = phrase("This sign-in was used already. Please begin again.")
_DEACTIVATED = phrase("This account is deactivated. Please ask the office.")
_NOT_YOURS = phrase(
    "You signed in there as somebody else. Please choose your own account, or type your password."
)
_NOT_ASKED = phrase(
    "The school’s sign-in did not say that it has just asked for your password. Please type your password "
    "for this site."
)


@dataclass(frozen=True)
class Arrival:
    """Who came back from the provider. With `code` they are not in yet: the app's code is asked for."""

    account_id: int
    code: str | None


def is_offered(toolbox: Toolbox) -> bool:
    """Tell whether the school's own sign-in is set up, and the office has turned it on."""
    if toolbox.settings.school_provider is None:
        return False
    with toolbox.reading() as session:
        return integrations.is_on(session, Integration.SCHOOL_SIGN_IN)


def may_begin(toolbox: Toolbox, device: str | None) -> bool:
    """Tell whether the browser with this token may sign in by a school account at all."""
    if device is None:
        return True
    with toolbox.reading() as session:
        return not stored.is_handed_round(session, digest(device))


def is_tied(toolbox: Toolbox, *, site: str, account_id: int) -> bool:
    """Tell whether an account signs in by a school account too."""
    with toolbox.reading() as session:
        return stored.find_tie_of(session, site, account_id) is not None


def arrive(
    toolbox: Toolbox, identity: Identity, *, site: str, state: str, device: str | None, address: str
) -> Arrival:
    """Tell whose account somebody signs in to who came back from the provider with this `state`.

    The first time the account is found by its address, and from then on by who it was; who owes the app's
    code is tied by `use_waiting`, after it. Raise SchoolSignInRefused; nothing is changed then.
    """
    try:
        with toolbox.sessions.begin() as session:
            account = _find_account(session, identity, site)
            _require_place(session, toolbox, site, account, device)
            needs_code = isinstance(account, Admin) and account.sealed_totp_secret is not None
            code = new_token() if needs_code else None
            session.add(_visit(toolbox, site, account.id, state, code))
            if not needs_code:
                _tie(session, toolbox, identity, account, address)
    except AlreadyThere as cause:
        raise SchoolSignInRefused(_TWICE) from cause
    return Arrival(account.id, code)


def confirm(
    toolbox: Toolbox, identity: Identity, *, site: str, state: str, account_id: int, begun_at: datetime
) -> None:
    """Take the provider's word that somebody signed in here typed their password there since `begun_at`.

    Raise SchoolSignInRefused.
    """
    if identity.authenticated_at is None or identity.authenticated_at < begun_at - LEEWAY:
        raise SchoolSignInRefused(_NOT_ASKED)
    try:
        with toolbox.sessions.begin() as session:
            tie = stored.find_tie(session, site, digest(identity.issuer), identity.subject)
            if tie is None or tie.account_id != account_id:
                raise SchoolSignInRefused(_NOT_YOURS)
            session.add(_visit(toolbox, site, account_id, state, None))
    except AlreadyThere as cause:
        raise SchoolSignInRefused(_TWICE) from cause


def find_waiting(toolbox: Toolbox, *, site: str, code: str) -> Admin | None:
    """Find who came back from the provider and still owes the app's code; None if it took too long."""
    with toolbox.reading() as session:
        visit = stored.find_waiting(session, site, digest(code), since=toolbox.now() - CODE_WITHIN)
        account = None if visit is None else accounts.find_by_id(session, site, visit.account_id)
    return account if isinstance(account, Admin) and account.active else None


def use_waiting(toolbox: Toolbox, identity: Identity, *, site: str, code: str, address: str) -> None:
    """Let somebody in who typed the app's code too; `identity` is who came back from the provider with it.

    Raise SchoolSignInRefused if it took too long, or the account is another's meanwhile.
    """
    try:
        with toolbox.sessions.begin() as session:
            visit = stored.find_waiting(session, site, digest(code), since=toolbox.now() - CODE_WITHIN)
            if visit is None or not stored.end_waiting(session, visit_id=visit.id):
                raise SchoolSignInRefused(_TWICE)
            account = _find_account(session, identity, site)
            if account.id != visit.account_id:
                raise SchoolSignInRefused(_TWICE)
            _tie(session, toolbox, identity, account, address)
    except AlreadyThere as cause:
        raise SchoolSignInRefused(_TWICE) from cause


def untie(toolbox: Toolbox, actor: Actor, *, site: str, account_id: int) -> None:
    """Forget whose school account an account is; who signed in by it is signed out.

    The next sign-in ties by the address again.
    """
    with toolbox.sessions.begin() as session:
        tie = stored.find_tie_of(session, site, account_id)
        account = accounts.find_by_id(session, site, account_id)
        if tie is None or account is None:
            return
        session.delete(tie)
        stored.end_sign_ins(session, site, account_id)
        before = {"school account": tie.email}
        audit.record(session, toolbox, actor, "untie school account", account.email, before=before)


def _find_account(session: Session, identity: Identity, site: str) -> Admin | Teacher:
    """Return whose account it is: the one tied to this person, else the one with their address.

    Raise SchoolSignInRefused.
    """
    tie = stored.find_tie(session, site, digest(identity.issuer), identity.subject)
    if tie is not None:
        account = accounts.find_by_id(session, site, tie.account_id)
    else:
        if not identity.email:
            raise SchoolSignInRefused(_unproven(identity))
        account = accounts.find_account(session, accounts.KINDS[site], identity.email)
    if account is None:
        raise SchoolSignInRefused(_unknown(identity))
    if not account.active:
        raise SchoolSignInRefused(_DEACTIVATED)
    if tie is None and stored.find_tie_of(session, site, account.id) is not None:
        log.warning("another school account came with the address of a tied one (%s %s)", site, account.id)
        raise SchoolSignInRefused(_tied_already(account.email))
    return account


def _tie(
    session: Session, toolbox: Toolbox, identity: Identity, account: Admin | Teacher, address: str
) -> None:
    """Tie an account that `_find_account` gave to this person, unless it is already.

    Raise SchoolSignInRefused if somebody else with its address came in between.
    """
    site = accounts.site_of(account)
    tie = stored.find_tie_of(session, site, account.id)
    if tie is not None:
        if (tie.issuer_digest, tie.subject) != (digest(identity.issuer), identity.subject):
            raise SchoolSignInRefused(_tied_already(account.email))
        return
    session.add(
        SchoolAccount(
            site=site,
            account_id=account.id,
            issuer_digest=digest(identity.issuer),
            subject=identity.subject,
            email=identity.email,
            tied_at=toolbox.now(),
        )
    )
    who = Actor(site=site, email=account.email, address=address, account_id=account.id)
    after = {"school account": identity.email, "provider": identity.issuer}
    audit.record(session, toolbox, who, "tie school account", account.email, after=after)


def _require_place(
    session: Session, toolbox: Toolbox, site: str, account: Admin | Teacher, device: str | None
) -> None:
    """Raise SchoolSignInRefused where a student may hold the device.

    Whoever clears the browser's data takes the kiosk's pass away, and the session at the provider stays; a
    phone may have a second browser, too. So none may while a phone of the same person goes round, and until
    it was taken back only one that is known and was not handed round. At the office, whose address may be
    another host, the same browser goes by another token: there none may until then.
    """
    if device is not None and stored.is_handed_round(session, digest(device)):
        raise SchoolSignInRefused(NOT_HERE)
    now = toolbox.now()
    out = stored.list_phones_out(session, site, account, since=now - OUT_FOR)
    if not out:
        return
    is_known = device is not None and devices.find(session, site, account.id, digest(device)) is not None
    if site == "office" or not is_known or any(_goes_round(phone, now) for phone in out):
        raise SchoolSignInRefused(_PHONE_OUT)


def _goes_round(phone: KioskPass, now: datetime) -> bool:
    lecture = phone.lecture
    return phone.ended_at is None and lecture.closed_at is None and lecture.faces_until > now


def _visit(toolbox: Toolbox, site: str, account_id: int, state: str, code: str | None) -> SchoolVisit:
    return SchoolVisit(
        state_digest=digest(state),
        site=site,
        account_id=account_id,
        came_back_at=toolbox.now(),
        code_digest=digest(code) if code else None,
    )


def _unproven(identity: Identity) -> str:
    if not identity.shown:
        return phrase("The school’s sign-in does not tell your e-mail address. Please tell the office.")
    return phrase(
        "The school’s sign-in does not confirm that the address %(address)s is yours. Please sign in with "
        "your password, and tell the office.",
        address=identity.shown,
    )


def _unknown(identity: Identity) -> str:
    return phrase(
        "There is no account here with the address %(address)s. Please ask the office, or choose "
        "another account.",
        address=identity.shown,
    )


def _tied_already(address: str) -> str:
    return phrase(
        "The account %(address)s is tied to another account of the school. Please sign in with your "
        "password, or ask the office.",
        address=address,
    )
