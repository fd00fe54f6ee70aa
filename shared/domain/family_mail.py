"""Who of a family is written to, what is doubtful about an address, and the states a letter goes through."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum

from shared.domain.attendance import MarkStatus
from shared.domain.languages import phrase
from shared.domain.statuses import CountsAs, Status


class MailState(StrEnum):
    """What became of one letter. Only QUEUED is ever sent; PERHAPS_SENT waits for a person's decision."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    PERHAPS_SENT = "perhaps_sent"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    MailState.QUEUED: phrase("queued"),
    MailState.SENDING: phrase("sending"),
    MailState.SENT: phrase("sent"),
    MailState.REFUSED: phrase("refused"),
    MailState.PERHAPS_SENT: phrase("perhaps sent"),
}


class Channel(StrEnum):
    """How a family is told: by a letter to an address, or by a message to a phone. The values are stored."""

    LETTER = "letter"
    MESSAGE = "message"


class Recipients(StrEnum):
    """Whose families are written to about a lecture, as each teacher last chose."""

    ALL = "all"
    ABSENT_AND_LATE = "absent_and_late"
    ABSENT = "absent"

    @property
    def label(self) -> str:
        return _RECIPIENT_LABELS[self]

    def has(self, status: Status) -> bool:
        """Tell whether a student with this status is among them; half a lecture is as late as late is."""
        if self is Recipients.ALL:
            return True
        if status.is_left_out:
            return False
        if status.key == MarkStatus.LATE or status.counts_as is CountsAs.HALF:
            return self is Recipients.ABSENT_AND_LATE
        return status.counts_as is CountsAs.ABSENT


_RECIPIENT_LABELS = {
    Recipients.ALL: phrase("all students"),
    Recipients.ABSENT_AND_LATE: phrase("absent and late"),
    Recipients.ABSENT: phrase("absent only"),
}

# Nothing more happens to these by itself.
SETTLED = (MailState.SENT, MailState.REFUSED, MailState.PERHAPS_SENT)

# RFC 5321: a local part of at most 64 signs, an address of at most 254. Letters beyond ASCII before the
# @ need an SMTP extension that the mail servers of schools rarely have.
_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)

# Where most families have their address, and real ones that look like a slip of these.
_USUAL_DOMAINS = (
    *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.in", "yahoo.co.in", "ymail.com", "hotmail.com"),
    *("outlook.com", "outlook.in", "live.com", "live.in", "msn.com", "mail.com", "gmx.com", "email.com"),
    *("rediffmail.com", "icloud.com", "aol.com", "proton.me", "protonmail.com", "zohomail.in"),
)
_SLIP = 0.86  # difflib's ratio: gmial.com, gmai.com and yahoo.con reach it, school.in does not

# Nobody reads these (RFC 2606), or a program does.
_NOWHERE = ("localhost", "example.com", "example.org", "example.net", "example", "test", "invalid")
_UNREAD = re.compile(r"(no-?reply|do-?not-?reply|none|null|test|nil|na)@", re.IGNORECASE)

# Two children in one class happen; the same address for more is what somebody typed to get on.
_MOST_CHILDREN = 2


def family_addresses(*stored: str | None) -> list[str]:
    """Return the addresses of a student and the parents, without the missing ones, each once, in lower
    case."""
    return list(dict.fromkeys(address.strip().lower() for address in stored if address and address.strip()))


def is_writable(address: str) -> bool:
    """Tell whether a letter can be sent to an address at all; a line break or a second address is none."""
    return _ADDRESS.fullmatch(address) is not None


def find_doubt(address: str, *, children: int = 1) -> str | None:
    """Say what is doubtful about an address that `children` students share; None if nothing is.

    A doubtful address is written to all the same; what is not an address at all is not.
    """
    if not is_writable(address):
        return phrase("This is not an address that mail can be sent to; nothing is sent.")
    domain = address.rpartition("@")[2]
    if any(f".{domain}".endswith(f".{nowhere}") for nowhere in _NOWHERE):
        return phrase("This address leads nowhere; it is an example.")
    if _UNREAD.match(address):
        return phrase("Nobody seems to read this address.")
    if children > _MOST_CHILDREN:
        return phrase("The same address stands for %(children)s students.", children=children)
    if domain in _USUAL_DOMAINS:
        return None
    near = get_close_matches(domain, _USUAL_DOMAINS, 3, _SLIP)
    # The first letter is rarely the wrong one, and fingers slip more often than they leave out.
    meant = min(near, key=lambda usual: (usual[0] != domain[0], abs(len(usual) - len(domain))), default=None)
    return phrase("Perhaps %(meant)s is meant.", meant=meant) if meant else None


# A mail server that says "later" is tried again after so long, at the end once an hour …
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))
# … until yesterday's attendance is no news any more.
GIVE_UP_AFTER = timedelta(hours=24)

# The worker looks for due letters every minute; 500 of them took it 10 seconds.
OVERDUE_AFTER = timedelta(minutes=3)


def back_off(tries: int) -> timedelta:
    """Return how long to wait after the given number of tries (1 or more) that ended in "later"."""
    return BACK_OFF[min(tries, len(BACK_OFF)) - 1]


def is_overdue(state: MailState, try_at: datetime, now: datetime) -> bool:
    """Tell whether a letter has waited longer than a running worker lets it; times are aware."""
    return state is MailState.QUEUED and now - try_at > OVERDUE_AFTER


def count_states(states: Sequence[MailState]) -> dict[MailState, int]:
    """Count letters by state; every state is there."""
    return {state: sum(1 for each in states if each is state) for state in MailState}
