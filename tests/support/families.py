"""Families with addresses for the mail tests, and a clock that the test sets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from shared.domain.attendance import MarkStatus
from shared.domain.family_mail import MailState
from shared.persistence import attendance, outbox
from shared.persistence.tables import Student
from shared.services.attendance.lectures import close_lecture
from shared.services.attendance.marks import set_mark
from shared.services.family_mail.messages import find_ways
from shared.services.family_mail.plan import MailPlan, plan_mail
from shared.toolbox import Toolbox
from tests.support.servers import MailServer


def mail_variables(mail_server: MailServer) -> dict[str, str]:
    """The settings that lead to the test's own mail server."""
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_server.port),
        "MAIL_USE_TLS": "0",
        "MAIL_SENDER": "attendance@school.in",
    }


@dataclass
class Clock:
    """A toolbox's `now` that moves when it is told to."""

    moment: datetime = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(microseconds=1)
        return self.moment

    def seconds(self) -> float:
        """What it shows, as a Unix timestamp."""
        return self.moment.timestamp()

    def pass_by(self, **span: float) -> None:
        self.moment += timedelta(**span)


def give_addresses(toolbox: Toolbox, student_id: int, *addresses: str, language: str = "en") -> None:
    """Give a student up to three addresses: the own, then the parents'."""
    with toolbox.sessions.begin() as session:
        student = session.get(Student, student_id)
        student.email, student.parent1_email, student.parent2_email = (*addresses, None, None, None)[:3]
        student.language = language


def add_families(toolbox: Toolbox, school: SimpleNamespace, count: int) -> None:
    """Add students to the class, each with one address of their own."""
    with toolbox.sessions.begin() as session:
        session.add_all(
            Student(
                class_id=school.ids["class"],
                roll_id=f"F{number:04}",
                name=f"Child {number}",
                parent1_email=f"family{number}@home.in",
                language="en",
                active=True,
            )
            for number in range(count)
        )


def mark_and_close(toolbox: Toolbox, school: SimpleNamespace, **statuses: MarkStatus) -> None:
    """Mark students by hand, such as `meera=MarkStatus.LATE`, and close the lecture."""
    lecture_id = school.ids["lecture"]
    for name, status in statuses.items():
        set_mark(toolbox, school.actor, lecture_id, school.ids[name], status, expected=None)
    close_lecture(toolbox, school.actor, lecture_id)


def plan(toolbox: Toolbox, school: SimpleNamespace) -> MailPlan:
    """What a press would send now."""
    with toolbox.reading() as session:
        lecture = attendance.get_own_lecture(session, school.ids["teacher"], school.ids["lecture"])
        return plan_mail(session, lecture, find_ways(toolbox, session))


def results(toolbox: Toolbox, school: SimpleNamespace) -> dict[str, MailState]:
    """What became of the letter to each address."""
    with toolbox.reading() as session:
        return {letter.address: letter.state for letter in outbox.letters_of(session, school.ids["lecture"])}


def reasons(toolbox: Toolbox, school: SimpleNamespace) -> dict[str, str]:
    """Why, for each address."""
    with toolbox.reading() as session:
        return {letter.address: letter.reason for letter in outbox.letters_of(session, school.ids["lecture"])}
