"""The message to one phone of a family: what one student's mark at one lecture says, in their language."""

import json

from flask_babel import format_time, gettext, to_user_timezone

from shared.domain.attendance import MarkStatus
from shared.mail.attendance_email import AttendanceEmail, show_words
from shared.mail.gateway import Event
from shared.mail.mailer import Mailer, on_one_line


def compose_message(mailer: Mailer, email: AttendanceEmail) -> Event:
    """Write the event that a gateway gets about a mark; `email.address` is the phone's number.

    Each try of the same message has the same id.
    """
    kind = "attendance.corrected" if email.is_correction else "attendance.marked"
    with mailer.writing_in(email.language):
        status_name = (
            email.status.name_in(email.language) if email.status.is_own else _status_names()[email.status.key]
        )
        hours = [
            to_user_timezone(each).isoformat(timespec="seconds") for each in (email.starts_at, email.ends_at)
        ]
    data = {
        "phone_number": email.address,
        "text": show_text(mailer, email),
        "language": email.language,
        "student": email.student_name,
        "class": email.class_code,
        "lecture": email.lecture,
        "starts_at": hours[0],
        "ends_at": hours[1],
        "status": email.status.key,
        "status_name": status_name,
        "link": email.link,
        **_school(mailer),
    }
    return Event(email.key, _body(email.key, kind, data))


def compose_test(mailer: Mailer, *, number: str, key: str, language: str) -> Event:
    """Write an event that says that it is a test."""
    with mailer.writing_in(language):
        text = gettext(
            "%(school)s: this is a test of messages to families. Nobody was marked.",
            school=on_one_line(mailer.school_name),
        )
    return Event(
        key,
        _body(key, "test", {"phone_number": number, "text": text, "language": language, **_school(mailer)}),
    )


def show_text(mailer: Mailer, email: AttendanceEmail) -> str:
    """Return the short text alone, ready to be sent, on one line."""
    words = show_words(mailer, email)
    with mailer.writing_in(email.language):
        text: str = gettext(
            "%(school)s: %(subject)s, %(begins)s–%(ends)s. %(contact)s",
            school=on_one_line(mailer.school_name),
            subject=words.subject,
            begins=format_time(email.starts_at, "HH:mm"),
            ends=format_time(email.ends_at, "HH:mm"),
            contact=words.contact,
        )
        corrected: str = gettext("Correction: %(text)s", text=text)
        return corrected if email.is_correction else text


def _status_names() -> dict[str, str]:
    return {
        MarkStatus.PRESENT: gettext("present"),
        MarkStatus.LATE: gettext("late"),
        MarkStatus.EXCUSED: gettext("excused"),
        MarkStatus.ABSENT: gettext("absent"),
    }


def _school(mailer: Mailer) -> dict[str, str]:
    return {"school": on_one_line(mailer.school_name), "contact": on_one_line(mailer.school_contact)}


def _body(key: str, kind: str, data: dict[str, str]) -> bytes:
    return json.dumps({"id": key, "type": kind, "data": data}, ensure_ascii=False).encode()
