"""Messages to phones by the school's own gateway: whether they are in use, for whom, and a test of them."""

from shared.domain.languages import phrase
from shared.domain.phone_messages import MessagesTo, Ways, read_choice
from shared.errors import InvalidInput
from shared.mail.mailer import EmailResult, MailServerFailure, Outcome
from shared.mail.short_message import compose_test
from shared.persistence import integrations, people
from shared.persistence.database import Session
from shared.persistence.tables import Integration
from shared.security.tokens import new_token
from shared.services import audit
from shared.services.audit import Actor
from shared.services.typed_phones import checked_phones
from shared.toolbox import Toolbox


def find_ways(toolbox: Toolbox, session: Session) -> Ways:
    """Return how families are told now.

    While messages are off these are letters, also where no mail server is set up yet.
    """
    if toolbox.settings.messages_url is None or not integrations.is_on(session, Integration.MESSAGES):
        return Ways()
    to = read_choice(integrations.get_chosen(session, Integration.MESSAGES))
    return Ways(letters=toolbox.settings.mail_server is not None, messages=to)


def count_reached(session: Session) -> int:
    """Return how many active students have a phone number of the family's."""
    return people.count_with_phone(session)


def choose_families(toolbox: Toolbox, actor: Actor, to: str) -> None:
    """Choose which families get messages. Raise InvalidInput."""
    try:
        chosen = {"to": MessagesTo(to).value}
    except ValueError as cause:
        raise InvalidInput(phrase("Please choose one of the offered answers.")) from cause
    with toolbox.sessions.begin() as session:
        before = {"to": read_choice(integrations.get_chosen(session, Integration.MESSAGES)).value}
        if before == chosen:
            return
        integrations.save_choice(session, Integration.MESSAGES, now=toolbox.now(), chosen=chosen)
        audit.record(session, toolbox, actor, "change integration", "messages", before=before, after=chosen)


def send_test(toolbox: Toolbox, actor: Actor, typed: str) -> EmailResult:
    """Send a message that says that it is a test, and wait for the gateway's answer.

    Raise InvalidInput naming the field. The number is in no trail: it need not be a family's.
    """
    number = checked_phones(typed, toolbox.settings.phone_country)
    if not number or " " in number:
        raise InvalidInput(phrase("Please type one phone number."), field="number")
    event = compose_test(
        toolbox.mailer, number=number, key=new_token()[:32], language=toolbox.settings.language
    )
    try:
        with toolbox.gateway.connect() as connection:
            result = connection.deliver(event, now=toolbox.now())
    except MailServerFailure as failure:
        result = EmailResult(failure.outcome, failure.sentence)
    with toolbox.sessions.begin() as session:
        after = {"taken": result.outcome is Outcome.SENT}
        audit.record(session, toolbox, actor, "send test message", toolbox.gateway.host, after=after)
    return result
