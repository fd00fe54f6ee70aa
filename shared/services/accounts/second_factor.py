"""The second factor of an admin who wants one: an authenticator app's codes, and codes for a lost phone."""

from shared.domain.languages import phrase
from shared.errors import InvalidInput, NotFound
from shared.persistence import second_factor
from shared.persistence.database import Session
from shared.persistence.tables import Admin
from shared.security import one_time_codes, purposes
from shared.security.passwords import recovery_code
from shared.security.sealing import BrokenSeal
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

RECOVERY_CODES = 10


def turn_on(toolbox: Toolbox, actor: Actor, *, secret: str, code: str) -> list[str]:
    """Begin asking the acting admin for codes; return the recovery codes, which are shown once.

    Raise InvalidInput unless `code` proves that the app has the secret.
    """
    step = one_time_codes.find_step(secret, code, now=toolbox.now())
    if step is None:
        raise InvalidInput(
            phrase("This code does not fit. Please type the one the app shows now."), field="code"
        )
    with toolbox.sessions.begin() as session:
        admin = _find(session, actor.account_id)
        admin.sealed_totp_secret = toolbox.sealer.seal(
            secret.encode(), purpose=purposes.totp_secret(admin.id)
        )
        admin.last_code_step = step
        audit.record(session, toolbox, actor, "turn on second factor", admin.email)
        return _draw_recovery_codes(session, admin.id)


def renew_recovery_codes(toolbox: Toolbox, actor: Actor) -> list[str]:
    """Give the acting admin new recovery codes; the old ones end."""
    with toolbox.sessions.begin() as session:
        admin = _find(session, actor.account_id)
        audit.record(session, toolbox, actor, "renew recovery codes", admin.email)
        return _draw_recovery_codes(session, admin.id)


def turn_off(toolbox: Toolbox, actor: Actor, admin_id: int) -> None:
    """Stop asking an admin for codes: their own wish, or another admin's when the phone is lost."""
    with toolbox.sessions.begin() as session:
        admin = _find(session, admin_id)
        if admin.sealed_totp_secret is None:
            return
        admin.sealed_totp_secret = admin.last_code_step = None
        second_factor.replace_recovery_codes(session, admin.id, [])
        audit.record(session, toolbox, actor, "turn off second factor", admin.email)


def is_right_code(toolbox: Toolbox, actor: Actor, typed: str) -> bool:
    """Check and use up the code that an admin typed at the sign-in; true for one without a second factor."""
    with toolbox.sessions.begin() as session:
        admin = _find(session, actor.account_id)
        if admin.sealed_totp_secret is None:
            return True
        step = _find_step(toolbox, admin, typed)
        if step is not None:
            return second_factor.take_step(session, admin.id, step)
        if second_factor.take_recovery_code(session, admin.id, _digest(typed)):
            audit.record(session, toolbox, actor, "use recovery code", admin.email)
            return True
        return False


def _find_step(toolbox: Toolbox, admin: Admin, typed: str) -> int | None:
    try:
        secret = toolbox.sealer.open(admin.sealed_totp_secret or b"", purpose=purposes.totp_secret(admin.id))
    except BrokenSeal:  # its key is gone; a recovery code still opens
        return None
    return one_time_codes.find_step(secret.decode(), typed, now=toolbox.now())


def _draw_recovery_codes(session: Session, admin_id: int) -> list[str]:
    codes = [recovery_code() for _ in range(RECOVERY_CODES)]
    second_factor.replace_recovery_codes(session, admin_id, [_digest(code) for code in codes])
    return codes


def _digest(code: str) -> str:
    """Return a recovery code's digest, with or without its dashes; one round is enough for 74 random bits."""
    return digest("recovery " + "".join(sign for sign in code.lower() if sign.isalnum()))


def _find(session: Session, admin_id: int | None) -> Admin:
    admin = session.get(Admin, admin_id) if admin_id is not None else None
    if admin is None:
        raise NotFound(phrase("There is no such admin."))
    return admin
