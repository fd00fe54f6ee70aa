"""Which families are told by a letter and which by a message to a phone, as the office chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.family_mail import is_writable


class MessagesTo(StrEnum):
    """Who gets messages; the values are stored."""

    WITHOUT_EMAIL = "without_email"
    WITH_PHONE = "with_phone"
    BOTH = "both"


@dataclass(frozen=True)
class Ways:
    """How families are told: `letters` where the school sends mail, `messages` where its gateway is used."""

    letters: bool = True
    messages: MessagesTo | None = None

    def reach(self, addresses: Sequence[str], phones: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return to which of a family's addresses and phones something goes."""
        if self.messages is None:
            return list(addresses), []
        if not self.letters:
            return [], list(phones)
        if self.messages is MessagesTo.BOTH:
            return list(addresses), list(phones)
        if self.messages is MessagesTo.WITH_PHONE:
            return ([], list(phones)) if phones else (list(addresses), [])
        has_address = any(is_writable(address) for address in addresses)
        return list(addresses), ([] if has_address else list(phones))


LETTERS_ALONE = Ways()


def read_choice(chosen: dict[str, object]) -> MessagesTo:
    """Return what the office chose; who has no e-mail address, until it chose."""
    try:
        return MessagesTo(str(chosen.get("to", "")))
    except ValueError:
        return MessagesTo.WITHOUT_EMAIL
