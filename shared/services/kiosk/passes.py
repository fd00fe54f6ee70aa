"""Hands a phone round and takes it back: a kiosk pass is good for one lecture's check-ins, nothing else.

The pass is bound to a key of the phone's browser, and every check-in needs a ticket of its own.
"""

import itertools
from datetime import timedelta

from shared.domain.attendance import LectureState, lecture_state
from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, NotFound, UnknownDevice
from shared.persistence import accounts, devices, kiosk
from shared.persistence.database import Session
from shared.persistence.tables import KioskPass, KioskTicket, Lecture
from shared.security import phone_key
from shared.security.passwords import hash_password, is_hash_of
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

# How old a photo may be when it arrives: a ticket is fetched at the shutter.
TICKET_LIFE = timedelta(seconds=30)
# A phone is noted as seen at most this often.
SEEN_EVERY = timedelta(seconds=20)
PIN_DIGITS = 6
KEEP_PINS = timedelta(days=1)

_NOT_THIS_PHONE = phrase("This is not the phone that was handed round. Please give it back to the teacher.")


def open_kiosk(
    toolbox: Toolbox, actor: Actor, *, lecture_id: int, device: str, device_token: str = "", pin: str = ""
) -> str:
    """Make a pass for one phone and give the token for its cookie.

    The teacher is signed out everywhere, at the office too, but on the devices named as second screens; on
    this one, whose token is `device_token`, everybody is. `pin` takes the lecture's phones back; without one
    that of an earlier phone does. Raise NotFound if the lecture is not the teacher's, Conflict if it takes
    no marks now, InvalidInput for a PIN that is none.
    """
    token, now = new_token(), toolbox.now()
    hashed = hash_password(_checked_pin(pin), salt=toolbox.settings.password_salt) if pin else None
    with toolbox.sessions.begin() as session:
        lecture = session.get(Lecture, lecture_id)
        if lecture is None or actor.account_id is None or lecture.teacher_id != actor.account_id:
            raise NotFound(phrase("There is no such lecture among yours."))
        if not is_open(toolbox, lecture):
            raise Conflict(
                phrase("This lecture takes no marks now. Open it first, then pass the phone round.")
            )
        lecture.kiosk_pin = hashed or lecture.kiosk_pin
        here = digest(device_token) if device_token else None
        if here is not None:
            devices.no_second_screen(session, here)
        accounts.end_sign_ins_for_hand_over(session, lecture.teacher, here)
        session.add(
            KioskPass(
                token_digest=digest(token),
                lecture_id=lecture_id,
                teacher_id=actor.account_id,
                device=device[:200],
                opened_at=now,
                last_seen_at=now,
                device_digest=here,
            )
        )
        audit.record_in_lecture(
            session, toolbox, actor, "open kiosk", lecture, after={"device": device[:200]}
        )
    return token


def _checked_pin(typed: str) -> str:
    """Return six digits that are not the first a student would try. Raise InvalidInput."""
    pin = "".join(typed.split())
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise InvalidInput(phrase("A PIN has six digits."), field="pin")
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    if len(steps) == 1 or pin[:3] == pin[3:] or pin[:2] * 3 == pin:
        raise InvalidInput(phrase("This PIN is too easy to guess. Please choose other digits."), field="pin")
    return pin


def is_pin(toolbox: Toolbox, kiosk_pass: KioskPass, typed: str) -> bool:
    """Tell whether this is the PIN of the lecture that a phone was handed round for."""
    pin, hashed = "".join(typed.split()), kiosk_pass.lecture.kiosk_pin
    return hashed is not None and is_hash_of(hashed, pin, salt=toolbox.settings.password_salt)


def forget_pins(toolbox: Toolbox) -> int:
    """Forget the PINs of lectures that ended a day ago; return how many."""
    with toolbox.sessions.begin() as session:
        return kiosk.forget_pins(session, ended_before=toolbox.now() - KEEP_PINS)


def find_pass(toolbox: Toolbox, token: str) -> KioskPass | None:
    """Find the pass of a token; None once it was ended or its teacher deactivated."""
    with toolbox.reading() as session:
        return kiosk.find_pass(session, digest(token))


def bind_key(toolbox: Toolbox, kiosk_pass: KioskPass, public_key: str) -> None:
    """Bind a pass to a browser's key (P-256, SPKI in base64); the first one stays for good.

    Raise InvalidInput for what is no such key, UnknownDevice if the pass has another.
    """
    if not phone_key.is_public_key(public_key):
        raise InvalidInput(phrase("This browser cannot make the key that a check-in needs."))
    with toolbox.sessions.begin() as session:
        bound = kiosk.bind_key(session, kiosk_pass.id, public_key)
    if bound != public_key:
        raise UnknownDevice(_NOT_THIS_PHONE)


def require_a_signature(signature: str) -> None:
    """Raise UnknownDevice where a request's head shows already that `require_signature` will."""
    if not phone_key.is_signature(signature):
        raise UnknownDevice(_NOT_THIS_PHONE)


def require_signature(kiosk_pass: KioskPass, message: str, signature: str) -> None:
    """Raise UnknownDevice unless the phone's key signed the message."""
    if kiosk_pass.public_key is None or not phone_key.is_signed(kiosk_pass.public_key, message, signature):
        raise UnknownDevice(_NOT_THIS_PHONE)


def issue_ticket(toolbox: Toolbox, kiosk_pass: KioskPass) -> str:
    """Give a phone a ticket for one check-in within TICKET_LIFE by our clock."""
    ticket, now = new_token(), toolbox.now()
    with toolbox.sessions.begin() as session:
        note_seen_now(session, toolbox, kiosk_pass)
        session.add(KioskTicket(token_digest=digest(ticket), kiosk_pass_id=kiosk_pass.id, issued_at=now))
    return ticket


def use_ticket(
    session: Session, toolbox: Toolbox, kiosk_pass: KioskPass, ticket: str, *, request_digest: str
) -> bool:
    """Use a ticket up for one request inside the caller's transaction.

    False if it was used, is too old or belongs to another phone. One by a clock that is ahead of ours by more
    than its life is too old as well: it would live on for as long.
    """
    now = toolbox.now()
    return kiosk.use_ticket(
        session,
        kiosk_pass.id,
        digest(ticket),
        issued_after=now - TICKET_LIFE,
        issued_before=now + TICKET_LIFE,
        bound_to=request_digest,
    )


def note_seen(toolbox: Toolbox, kiosk_pass: KioskPass) -> None:
    """Remember that a phone is there, for the teacher's list of phones."""
    if toolbox.now() - kiosk_pass.last_seen_at > SEEN_EVERY:
        with toolbox.sessions.begin() as session:
            note_seen_now(session, toolbox, kiosk_pass)


def note_seen_now(session: Session, toolbox: Toolbox, kiosk_pass: KioskPass) -> None:
    """Do the same inside the caller's transaction. As seldom, the phone's old tickets are swept."""
    now = toolbox.now()
    if now - kiosk_pass.last_seen_at > SEEN_EVERY:
        kiosk.note_seen(session, kiosk_pass.id, now=now)
        kiosk.sweep_tickets(session, kiosk_pass.id, issued_before=now - TICKET_LIFE)


def is_open(toolbox: Toolbox, lecture: Lecture) -> bool:
    """Tell whether a lecture takes marks by face now; its kiosks end by themselves when it does not."""
    state = lecture_state(
        now=toolbox.now(),
        starts_at=lecture.starts_at,
        ends_at=lecture.faces_until,
        closed_at=lecture.closed_at,
    )
    return state is LectureState.OPEN


def end_pass(toolbox: Toolbox, actor: Actor, pass_id: int) -> None:
    """End a pass. Raise NotFound if it is not one of the teacher's."""
    with toolbox.sessions.begin() as session:
        found = session.get(KioskPass, pass_id)
        if found is None or found.teacher_id != actor.account_id:
            raise NotFound(phrase("There is no such kiosk among yours."))
        if found.ended_at is None:
            found.ended_at = toolbox.now()
            audit.record_in_lecture(session, toolbox, actor, "end kiosk", found.lecture)
