"""Links by mail with which somebody chooses a password: asked for, sent by the worker, good once.

Asking does the same work whether or not there is such an account, so that neither words nor time tell.
"""

import logging
from datetime import timedelta

from shared.domain.family_mail import back_off
from shared.domain.languages import phrase
from shared.errors import NotFound, QueueUnavailable
from shared.mail.account_email import LinkEmail, compose
from shared.mail.mailer import EmailResult, MailServerFailure, Outcome
from shared.persistence import accounts, jobs, password_links
from shared.persistence.database import Session
from shared.persistence.jobs import JobKind
from shared.persistence.tables import Admin, PasswordLink, Teacher
from shared.security.passwords import hash_password
from shared.security.tokens import digest, new_token
from shared.services import audit
from shared.services.accounts.lifecycle import give_password
from shared.services.audit import Actor
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)


FORGOTTEN_LASTS = timedelta(hours=1)
FIRST_LASTS = timedelta(days=7)  # a teacher may be on leave when the office registers them

LATE = phrase("This link was used already or is too old. You can ask for another one here.")


def ask_for_link(toolbox: Toolbox, *, site: str, email: str) -> None:
    """Take up what anybody typed at "Forgotten your password?"."""
    with toolbox.sessions.begin() as session:
        _queue(session, toolbox, site, email, is_first=False)
    _wake(toolbox)


def send_first_link(toolbox: Toolbox, actor: Actor, *, site: str, email: str) -> None:
    """Let the worker send somebody the link for a first password of their own, at the office's wish."""
    with toolbox.sessions.begin() as session:
        _queue(session, toolbox, site, email, is_first=True)
        audit.record(session, toolbox, actor, "send password link", email)
    _wake(toolbox)


def get_owner(toolbox: Toolbox, *, site: str, token: str) -> Admin | Teacher:
    """Return whose password a link chooses. Raise NotFound for a used, late or made-up one."""
    with toolbox.reading() as session:
        return _find(session, toolbox, site, token)[1]


def choose_password(toolbox: Toolbox, *, site: str, token: str, password: str, address: str) -> None:
    """Use up a link: the account has a new password and is signed out everywhere, its kiosks end.

    The password must have been checked. Raise NotFound for a used, late or made-up link.
    """
    hashed = hash_password(password, salt=toolbox.settings.password_salt)
    with toolbox.sessions.begin() as session:
        link, account = _find(session, toolbox, site, token)
        if not password_links.remove(session, link.id):
            raise NotFound(LATE)
        give_password(session, toolbox, account, hashed, must_change=False)
        actor = Actor(site=site, email=account.email, address=address, account_id=account.id)
        audit.record(session, toolbox, actor, "choose password by link", account.email)


def send_due_links(toolbox: Toolbox, _job_id: int = 0, _subject_id: int = 0) -> str:
    """Send every link that is due, in the worker."""
    with toolbox.reading() as session:
        link_ids = password_links.due_ids(session, toolbox.now())
    for link_id in link_ids:
        _send(toolbox, link_id)
    return f"{len(link_ids)} links tried."


def sweep(toolbox: Toolbox) -> None:
    """Forget late links, and send those whose message or mail server was lost; once a minute."""
    with toolbox.sessions.begin() as session:
        password_links.remove_late(session, toolbox.now())
    send_due_links(toolbox)


def _queue(session: Session, toolbox: Toolbox, site: str, email: str, *, is_first: bool) -> None:
    now = toolbox.now()
    lasts = FIRST_LASTS if is_first else FORGOTTEN_LASTS
    session.add(
        PasswordLink(
            site=site,
            email=email.strip().lower()[:254],
            is_first=is_first,
            asked_at=now,
            try_at=now,
            expires_at=now + lasts,
        )
    )


def _wake(toolbox: Toolbox) -> None:
    with toolbox.sessions.begin() as session:
        job = jobs.add(session, JobKind.SEND_PASSWORD_LINKS, 0, total=0, now=toolbox.now())
    try:
        toolbox.queue.start(job.id)
    except QueueUnavailable:
        log.warning("the queue cannot be reached; password links wait for the worker's next sweep")


def _find(session: Session, toolbox: Toolbox, site: str, token: str) -> tuple[PasswordLink, Admin | Teacher]:
    link = password_links.find_by_token(session, site, digest(token), toolbox.now())
    if link is None:
        raise NotFound(LATE)
    account = accounts.find_account(session, accounts.KINDS[site], link.email)
    if account is None or not account.active or account.id != link.account_id:
        raise NotFound(LATE)
    return link, account


def _send(toolbox: Toolbox, link_id: int) -> None:
    """Send one link. Only its digest is kept; a further try draws another token, and the earlier one ends."""
    now, token = toolbox.now(), new_token()
    with toolbox.sessions.begin() as session:
        link = password_links.claim(session, link_id, now=now, next_try_at=now + back_off(1))
        if link is None:
            return
        account = accounts.find_account(session, accounts.KINDS[link.site], link.email)
        if account is None or not account.active:
            password_links.remove(session, link_id)
            return
        link.try_at = now + back_off(link.tries)
        link.account_id, link.token_digest = account.id, digest(token)
    result = _deliver(toolbox, _write(toolbox, link, account, token))
    if result.reason:
        log.warning("password link %s: %s", link_id, result.reason)
    if result.outcome is not Outcome.LATER:
        with toolbox.sessions.begin() as session:
            password_links.settle(session, link_id, result.reason)


def _write(toolbox: Toolbox, link: PasswordLink, account: Admin | Teacher, token: str) -> LinkEmail:
    settings = toolbox.settings
    site_url = settings.admin_site_url if link.site == "office" else settings.teacher_site_url
    return LinkEmail(
        address=account.email,
        name=account.name,
        link=f"{site_url.rstrip('/')}/choose-password?link={token}",
        is_first=link.is_first,
        good_until=settings.clock.local(link.expires_at),
    )


def _deliver(toolbox: Toolbox, email: LinkEmail) -> EmailResult:
    try:
        with toolbox.mailer.connect() as connection:
            return connection.deliver(compose(toolbox.mailer, email))
    except MailServerFailure as failure:
        return EmailResult(failure.outcome, failure.sentence)
