"""Knows the browsers people sign in with, so that a stranger's wrong passwords do not keep them out."""

import contextlib

from shared.persistence import devices
from shared.persistence.database import AlreadyThere
from shared.security.tokens import digest
from shared.toolbox import Toolbox


def remember_device(toolbox: Toolbox, *, site: str, account_id: int, device: str) -> None:
    """Know from now on that the browser with the token `device` signs in to an account."""
    with contextlib.suppress(AlreadyThere), toolbox.sessions.begin() as session:
        devices.remember(session, site, account_id, digest(device), now=toolbox.now())
