"""Knows the browsers people sign in with: no stranger's guesses keep them out, some are second screens."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.browser_words import browser_words
from shared.domain.languages import phrase
from shared.errors import NotFound
from shared.persistence import accounts, devices
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import KnownDevice, Teacher
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Elsewhere:
    """A teacher's sign-in on another device. `known_id` is there for a second screen, to name it no more."""

    device: str
    site: str
    last_seen_at: datetime
    known_id: int | None


def device_words(browser: str) -> str:
    """Return what a person calls the device whose browser says this of itself."""
    return browser_words(browser) or "Another device"


def remember_device(toolbox: Toolbox, *, site: str, account_id: int, device: str) -> None:
    """Know from now on that the browser with the token `device` signs in to an account."""
    with contextlib.suppress(AlreadyThere), toolbox.sessions.begin() as session:
        devices.remember(session, site, account_id, digest(device), now=toolbox.now())


def find_second_screen(session: Session, teacher_id: int, device: str) -> KnownDevice | None:
    """Find the browser with this token if it stays signed in while a phone of the teacher goes round."""
    known = devices.find(session, "classroom", teacher_id, digest(device))
    return known if known is not None and known.is_second_screen else None


def name_second_screen(toolbox: Toolbox, actor: Actor, *, device: str, sign_in: str) -> None:
    """Let the browser with these tokens, its own and its sign-in's, stay signed in while phones go round."""
    account_id = actor.account_id or 0
    remember_device(toolbox, site="classroom", account_id=account_id, device=device)
    with toolbox.sessions.begin() as session:
        known = devices.find(session, "classroom", account_id, digest(device))
        mine = accounts.find_sign_in(session, "classroom", digest(sign_in))
        if known is None or mine is None:
            raise NotFound(phrase("You are signed out on this device."))
        known.is_second_screen = True
        mine.device_digest = known.token_digest  # one from before browsers were known has none yet
        audit.record(session, toolbox, actor, "name second screen", device_words(mine.device))


def unname_second_screen(toolbox: Toolbox, actor: Actor, known_id: int) -> None:
    """Let a device be signed out like every other. Raise NotFound if it is none of the teacher's."""
    with toolbox.sessions.begin() as session:
        known = session.get(KnownDevice, known_id)
        if known is None or (known.site, known.account_id) != ("classroom", actor.account_id):
            raise NotFound(phrase("There is no such device of yours."))
        known.is_second_screen = False
        audit.record(session, toolbox, actor, "no second screen", "")


def list_elsewhere(session: Session, teacher_id: int, device: str) -> Sequence[Elsewhere]:
    """Return where a teacher is signed in besides the browser with this token."""
    teacher = session.get_one(Teacher, teacher_id)
    ids = {known.token_digest: known.id for known in devices.list_of(session, "classroom", teacher_id)}
    return [
        Elsewhere(
            device_words(sign_in.device),
            sign_in.site,
            sign_in.last_seen_at,
            ids[sign_in.device_digest or ""] if stays else None,
        )
        for sign_in, stays in accounts.list_sign_ins_elsewhere(session, teacher, digest(device))
    ]
