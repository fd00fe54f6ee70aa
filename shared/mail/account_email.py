"""The letters to an admin or a teacher: the link to choose a password, a changed address; in English."""

from dataclasses import dataclass
from datetime import datetime

from flask_mail import Message

from shared.mail.mailer import Mailer, on_one_line


@dataclass(frozen=True)
class LinkEmail:
    """What a letter is made of; `good_until` is in the school's own time."""

    address: str
    name: str
    link: str
    is_first: bool
    good_until: datetime


@dataclass(frozen=True)
class AddressChanged:
    """The same for an account's former address; `changed_at` is in the school's own time."""

    address: str
    name: str
    changed_at: datetime


def compose(mailer: Mailer, email: LinkEmail) -> Message:
    """Write the letter, as text alone: nothing in it that could hide where the link leads."""
    subject = "Choose your password" if email.is_first else "Choose a new password"
    return _write(mailer, subject, "password_link.txt", email)


def compose_address_changed(mailer: Mailer, email: AddressChanged) -> Message:
    """Write the letter, as text alone, without the new address: it may be a stranger's."""
    return _write(mailer, "Your address was changed", "address_changed.txt", email)


def _write(mailer: Mailer, subject: str, template: str, email: LinkEmail | AddressChanged) -> Message:
    with mailer.writing_in("en"):
        return Message(
            subject=f"{subject} ({on_one_line(mailer.school_name)}, attendance)",
            recipients=[email.address],
            body=mailer.render(template, email=email, name=on_one_line(email.name)),
            extra_headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
