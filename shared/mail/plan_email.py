"""The letter about registers that nobody took: to the teacher in the evening, to the office next morning."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_mail import Message

from shared.mail.mailer import Mailer, on_one_line


@dataclass(frozen=True)
class UntakenEmail:
    """What a letter is made of; each of the lines tells one lecture, in the school's own time."""

    address: str
    name: str
    lines: Sequence[str]
    link: str
    for_the_office: bool


def compose_untaken(mailer: Mailer, email: UntakenEmail) -> Message:
    """Write the letter, as text alone; it names no student."""
    count = len(email.lines)
    subject = "A register was not taken" if count == 1 else f"{count} registers were not taken"
    with mailer.writing_in("en"):
        return Message(
            subject=f"{subject} ({on_one_line(mailer.school_name)}, attendance)",
            recipients=[email.address],
            body=mailer.render("registers_not_taken.txt", email=email, name=on_one_line(email.name)),
            extra_headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
