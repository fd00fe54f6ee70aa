"""Turns integrations on and off; each is off until the office turns it on."""

from shared.domain.languages import phrase
from shared.errors import InvalidInput
from shared.persistence import integrations, school_accounts
from shared.persistence.tables import Integration
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


def set_on(toolbox: Toolbox, actor: Actor, name: Integration, *, on: bool) -> None:
    """Turn an integration on or off; what it brought in stays, who signed in by it is signed out.

    Raise InvalidInput where a setting lacks.
    """
    if name is Integration.MESSAGES and on and toolbox.settings.messages_url is None:
        raise InvalidInput(
            phrase("Set MESSAGES_URL and MESSAGES_SECRET first: messages need the school's gateway.")
        )
    with toolbox.sessions.begin() as session:
        if integrations.is_on(session, name) == on:
            return
        integrations.save_choice(session, name, now=toolbox.now(), is_on=on)
        if name is Integration.SCHOOL_SIGN_IN and not on:
            school_accounts.end_sign_ins(session)
        action = "turn on integration" if on else "turn off integration"
        audit.record(session, toolbox, actor, action, name.value)
