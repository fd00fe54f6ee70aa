"""Tells an account's former address of the change: somebody may have taken the account over."""

import logging
from datetime import timedelta

from shared.domain.family_mail import back_off
from shared.mail.account_email import AddressChanged, compose_address_changed
from shared.mail.mailer import MailServerFailure, Outcome
from shared.persistence import account_notices
from shared.persistence.database import Session
from shared.persistence.tables import AccountNotice
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)

TRY_FOR = timedelta(days=1)


def tell_former_address(session: Session, toolbox: Toolbox, *, address: str, name: str) -> None:
    """Let the worker write to it within a minute, where the school sends mail."""
    if toolbox.settings.mail_server is not None:
        now = toolbox.now()
        session.add(AccountNotice(address=address, name=name, changed_at=now, try_at=now))


def sweep(toolbox: Toolbox) -> None:
    """Send what is due; once a minute, in the worker."""
    with toolbox.reading() as session:
        notice_ids = account_notices.due_ids(session, toolbox.now())
    for notice_id in notice_ids:
        _send(toolbox, notice_id)


def _send(toolbox: Toolbox, notice_id: int) -> None:
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        notice = account_notices.claim(session, notice_id, now=now, next_try_at=now + back_off(1))
        if notice is None:
            return
        notice.try_at = now + back_off(notice.tries)
    email = AddressChanged(notice.address, notice.name, toolbox.settings.clock.local(notice.changed_at))
    try:
        with toolbox.mailer.connect() as connection:
            outcome = connection.deliver(compose_address_changed(toolbox.mailer, email)).outcome
    except MailServerFailure as failure:
        outcome = failure.outcome
    if outcome is not Outcome.LATER or now - notice.changed_at > TRY_FOR:
        if outcome is not Outcome.SENT:
            log.warning("the former address of an account was not told (letter %s)", notice_id)
        with toolbox.sessions.begin() as session:
            account_notices.remove(session, notice_id)
