"""Hands a phone round and takes it back: a kiosk pass is good for one lecture's check-ins, nothing else.

The pass is bound to a key of the phone's browser, and every check-in needs a ticket of its own.
"""

from datetime import timedelta

from shared.domain.attendance import LectureState, lecture_state
from shared.errors import Conflict, InvalidInput, NotFound, UnknownDevice
from shared.persistence import kiosk
from shared.persistence.database import Session
from shared.persistence.tables import KioskPass, KioskTicket, Lecture
from shared.security import phone_key
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

# How old a photo may be when it arrives: a ticket is fetched at the shutter.
TICKET_LIFE = timedelta(seconds=30)
# A phone is noted as seen at most this often.
SEEN_EVERY = timedelta(seconds=20)

_NOT_THIS_PHONE = "This is not the phone that was handed round. Please give it back to the teacher."


def open_kiosk(toolbox: Toolbox, actor: Actor, *, lecture_id: int, device: str) -> str:
    """Make a pass for one phone and give the token for its cookie.

    Raises NotFound if the lecture is not the teacher's, Conflict if it takes no marks now.
    """
    token, now = new_token(), toolbox.now()
    with toolbox.sessions.begin() as session:
        lecture = session.get(Lecture, lecture_id)
        if lecture is None or actor.account_id is None or lecture.teacher_id != actor.account_id:
            raise NotFound("There is no such lecture among yours.")
        if not is_open(toolbox, lecture):
            raise Conflict("This lecture takes no marks now. Open it first, then pass the phone round.")
        session.add(
            KioskPass(
                token_digest=digest(token),
                lecture_id=lecture_id,
                teacher_id=actor.account_id,
                device=device[:200],
                opened_at=now,
                last_seen_at=now,
            )
        )
        audit.record(
            session, toolbox, actor, "open kiosk", f"lecture {lecture_id}", after={"device": device[:200]}
        )
    return token


def find_pass(toolbox: Toolbox, token: str) -> KioskPass | None:
    """Find the pass of a token; None once it was ended or its teacher deactivated."""
    with toolbox.reading() as session:
        return kiosk.find_pass(session, digest(token))


def bind_key(toolbox: Toolbox, kiosk_pass: KioskPass, public_key: str) -> None:
    """Bind a pass to a browser's key (P-256, SPKI in base64); the first one stays for good.

    Raises InvalidInput for what is no such key, UnknownDevice if the pass has another.
    """
    if not phone_key.is_public_key(public_key):
        raise InvalidInput("This browser cannot make the key that a check-in needs.")
    with toolbox.sessions.begin() as session:
        bound = kiosk.bind_key(session, kiosk_pass.id, public_key)
    if bound != public_key:
        raise UnknownDevice(_NOT_THIS_PHONE)


def require_signature(kiosk_pass: KioskPass, message: str, signature: str) -> None:
    """Raise UnknownDevice unless the phone's key signed the message."""
    if kiosk_pass.public_key is None or not phone_key.is_signed(kiosk_pass.public_key, message, signature):
        raise UnknownDevice(_NOT_THIS_PHONE)


def issue_ticket(toolbox: Toolbox, kiosk_pass: KioskPass) -> str:
    """Give a phone a ticket for one check-in within TICKET_LIFE by our clock; its old ones are swept."""
    ticket, now = new_token(), toolbox.now()
    with toolbox.sessions.begin() as session:
        kiosk.sweep_tickets(session, kiosk_pass.id, issued_before=now - TICKET_LIFE)
        session.add(KioskTicket(token_digest=digest(ticket), kiosk_pass_id=kiosk_pass.id, issued_at=now))
    return ticket


def use_ticket(
    session: Session, toolbox: Toolbox, kiosk_pass: KioskPass, ticket: str, *, request_digest: str
) -> bool:
    """Use a ticket up for one request inside the caller's transaction.

    False if it was used, is too old or belongs to another phone.
    """
    return kiosk.use_ticket(
        session,
        kiosk_pass.id,
        digest(ticket),
        issued_after=toolbox.now() - TICKET_LIFE,
        bound_to=request_digest,
    )


def note_seen(toolbox: Toolbox, kiosk_pass: KioskPass) -> None:
    """Remember that a phone is there, for the teacher's list of phones."""
    now = toolbox.now()
    if now - kiosk_pass.last_seen_at > SEEN_EVERY:
        with toolbox.sessions.begin() as session:
            kiosk.note_seen(session, kiosk_pass.id, now=now)


def is_open(toolbox: Toolbox, lecture: Lecture) -> bool:
    """Tell whether a lecture takes marks by face now; its kiosks end by themselves when it does not."""
    state = lecture_state(
        now=toolbox.now(), starts_at=lecture.starts_at, ends_at=lecture.ends_at, closed_at=lecture.closed_at
    )
    return state is LectureState.OPEN


def end_pass(toolbox: Toolbox, actor: Actor, pass_id: int) -> None:
    """End a pass. Raises NotFound if it is not one of the teacher's."""
    with toolbox.sessions.begin() as session:
        found = session.get(KioskPass, pass_id)
        if found is None or found.teacher_id != actor.account_id:
            raise NotFound("There is no such kiosk among yours.")
        if found.ended_at is None:
            found.ended_at = toolbox.now()
            audit.record(session, toolbox, actor, "end kiosk", f"lecture {found.lecture_id}")
