"""The letter to one address of a family: what one student's mark at one lecture says, in their language."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import get_timezone_name
from flask_babel import format_date, format_time, get_locale, get_timezone, gettext
from flask_mail import Message

from shared.domain.attendance import MarkStatus
from shared.domain.statuses import Colour, CountsAs, Status
from shared.mail.mailer import Mailer, on_one_line

# No answering machine should answer (RFC 3834; the second is Microsoft's word for the same).
_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


# The bar above the letter; what it says stands in words below.
_COLOURS = {
    Colour.GREEN: "#146c43",
    Colour.AMBER: "#664d03",
    Colour.BLUE: "#084298",
    Colour.RED: "#b02a37",
    Colour.PURPLE: "#59359a",
    Colour.TEAL: "#0f5f5c",
    Colour.BROWN: "#6f4518",
    Colour.GREY: "#495057",
}


@dataclass(frozen=True)
class AttendanceEmail:
    """What a letter is made of. Times are aware; `key` is the same for each try of the same letter."""

    address: str
    language: str
    student_name: str
    roll_id: str
    class_code: str
    lecture: str
    teacher_name: str
    starts_at: datetime
    ends_at: datetime
    status: Status
    is_correction: bool
    key: str
    link: str = ""


@dataclass(frozen=True)
class Wording:
    """A letter's words, each part one paragraph; empty parts are left out."""

    language: str
    subject: str
    greeting: str
    correction: str
    sentence: str
    advice: str
    contact: str
    closing: str
    invitation: str = ""
    link: str = ""


def compose(mailer: Mailer, email: AttendanceEmail) -> Message:
    """Write the letter, as text and as HTML, to its one address."""
    with mailer.writing_in(email.language):
        wording = _find_words(mailer, email)
        message = Message(
            subject=wording.subject,
            recipients=[email.address],
            body=mailer.render("attendance.txt", wording=wording),
            html=mailer.render("attendance.html", wording=wording, colour=_COLOURS[email.status.colour]),
            extra_headers=_HEADERS,
        )
    # A mail system that gets the same letter twice, after a try in doubt, shows it once.
    message.msgId = f"<{email.key}@{mailer.domain}>"
    return message


def show_words(mailer: Mailer, email: AttendanceEmail) -> Wording:
    """Return the letter's words without their layout, for the page that shows them before anything is
    sent."""
    with mailer.writing_in(email.language):
        return _find_words(mailer, email)


def _find_words(mailer: Mailer, email: AttendanceEmail) -> Wording:
    values = _values(email)
    contact = on_one_line(mailer.school_contact) or gettext("the school's office")
    kind = None if email.status.is_own else MarkStatus(email.status.key)
    subjects = {
        MarkStatus.PRESENT: gettext("%(name)s was present: %(lecture)s, %(day)s"),
        MarkStatus.LATE: gettext("%(name)s came late: %(lecture)s, %(day)s"),
        MarkStatus.EXCUSED: gettext("%(name)s was excused: %(lecture)s, %(day)s"),
        MarkStatus.ABSENT: gettext("%(name)s was absent: %(lecture)s, %(day)s"),
    }
    own_subject = gettext("%(name)s – %(status)s: %(lecture)s, %(day)s")
    sentences = {
        MarkStatus.PRESENT: gettext(
            "%(name)s (roll id %(roll_id)s, class %(class_code)s) was present at the lecture “%(lecture)s” "
            "on %(weekday)s, %(day)s, from %(begins)s to %(ends)s."
        ),
        MarkStatus.LATE: gettext(
            "%(name)s (roll id %(roll_id)s, class %(class_code)s) came late to the lecture “%(lecture)s” "
            "on %(weekday)s, %(day)s, from %(begins)s to %(ends)s."
        ),
        MarkStatus.EXCUSED: gettext(
            "%(name)s (roll id %(roll_id)s, class %(class_code)s) was excused from the lecture “%(lecture)s” "
            "on %(weekday)s, %(day)s, from %(begins)s to %(ends)s."
        ),
        MarkStatus.ABSENT: gettext(
            "%(name)s (roll id %(roll_id)s, class %(class_code)s) was absent from the lecture “%(lecture)s” "
            "on %(weekday)s, %(day)s, from %(begins)s to %(ends)s."
        ),
    }
    own_sentence = gettext(
        "%(name)s (roll id %(roll_id)s, class %(class_code)s) was marked “%(status)s” at the lecture "
        "“%(lecture)s” on %(weekday)s, %(day)s, from %(begins)s to %(ends)s."
    )
    ask = gettext("If this surprises you, or if there is a reason we should know, please tell %(teacher)s.")
    known = gettext("The school knows of it; you need not do anything.")
    advice = {
        MarkStatus.PRESENT: "",
        MarkStatus.LATE: ask,
        MarkStatus.EXCUSED: known,
        MarkStatus.ABSENT: ask,
    }
    own_advice = known if email.status.is_left_out or email.status.counts_as is CountsAs.PRESENT else ask
    corrects = gettext(
        "This corrects an earlier letter about the same lecture. We are sorry for the mistake."
    )
    return Wording(
        language=str(get_locale()),
        subject=(subjects[kind] if kind else own_subject) % values,
        greeting=gettext("Dear %(name)s and family,") % values,
        correction=corrects if email.is_correction else "",
        sentence=(sentences[kind] if kind else own_sentence) % values,
        advice=(advice[kind] if kind else own_advice) % values,
        contact=gettext("Questions? Ask here: %(contact)s") % {"contact": contact},
        closing=gettext("All times are in %(zone)s. The school's attendance register sent this by itself.")
        % values,
        invitation=gettext("See all of it, say that something is wrong, or announce an absence:")
        if email.link
        else "",
        link=email.link,
    )


def _values(email: AttendanceEmail) -> dict[str, str]:
    return {
        "name": on_one_line(email.student_name),
        "status": on_one_line(email.status.name_in(email.language)),
        "roll_id": email.roll_id,
        "class_code": email.class_code,
        "lecture": on_one_line(email.lecture),
        "teacher": on_one_line(email.teacher_name),
        "weekday": format_date(email.starts_at, "EEEE"),
        "day": format_date(email.starts_at, "d MMMM y"),
        "begins": format_time(email.starts_at, "HH:mm"),
        "ends": format_time(email.ends_at, "HH:mm"),
        "zone": get_timezone_name(get_timezone(), locale=get_locale()),
    }
