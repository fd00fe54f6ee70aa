"""The words of the page that a family's link opens, in the languages of the letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import format_date, format_decimal, gettext, ngettext

from shared.domain.attendance import MarkStatus
from shared.domain.statuses import Status
from shared.mail.mailer import Mailer


@dataclass(frozen=True)
class FamilyWords:
    """Every word of the page in one language; `refusals` by what the service refuses with."""

    language: str
    title: str
    total: str
    missed: str
    nothing_missed: str
    announced: str
    announce: str
    first_day: str
    last_day: str
    last_day_hint: str
    reason: str
    send: str
    withdraw: str
    wrong: str
    which: str
    none_of_them: str
    what: str
    sent: str
    withdrawn: str
    staff_decide: str
    contact: str
    refusals: Mapping[str, str]


def find_words(
    mailer: Mailer, language: str, *, name: str, attended: float, held: int, contact: str
) -> FamilyWords:
    """Return the page's words about one student."""
    with mailer.writing_in(language):
        percent = format_decimal(round(100 * attended / held, 1)) if held else ""
        shown = {"attended": format_decimal(attended), "held": held, "percent": percent}
        total = ngettext(
            "Attended: %(attended)s of %(held)s lecture (%(percent)s %%)",
            "Attended: %(attended)s of %(held)s lectures (%(percent)s %%)",
            held,
            **shown,
        )
        return FamilyWords(
            language=language,
            title=gettext("Attendance of %(name)s", name=name),
            total=total if held else gettext("No lecture was held yet."),
            missed=gettext("Absent, late or excused in the last 60 days"),
            nothing_missed=gettext("Nothing was missed in the last 60 days."),
            announced=gettext("Announced"),
            announce=gettext("Announce an absence"),
            first_day=gettext("First day"),
            last_day=gettext("Last day"),
            last_day_hint=gettext("Leave it empty for a single day."),
            reason=gettext("Reason"),
            send=gettext("Send"),
            withdraw=gettext("Take back"),
            wrong=gettext("Something is wrong here"),
            which=gettext("Which lecture?"),
            none_of_them=gettext("none of these, or in general"),
            what=gettext("What is wrong?"),
            sent=gettext("Thank you. The school has your message."),
            withdrawn=gettext("The announcement was taken back."),
            staff_decide=gettext("The teachers see it at once. The school decides whether it is excused."),
            contact=gettext("Questions: %(contact)s", contact=contact) if contact else "",
            refusals={
                "first_day_missing": gettext("Please say which day."),
                "days_reversed": gettext("The last day is before the first."),
                "days_past": gettext("These days are over. Please write under “Something is wrong here”."),
                "days_far": gettext("Announce at most 60 days, within a year."),
                "words_missing": gettext("Please write a few words."),
                "no_date": gettext("This is not a date such as 2026-11-26."),
                "too_many": gettext("Many messages came today. Please call the school."),
            },
        )


def show_no_link(mailer: Mailer, language: str, *, contact: str) -> tuple[str, str]:
    """Return two sentences in the language: that a link is no longer good, and whom to ask or ""."""
    with mailer.writing_in(language):
        return (
            gettext("This link is no longer good. Every new letter from the school has one that is."),
            gettext("Questions: %(contact)s", contact=contact) if contact else "",
        )


def show_day(mailer: Mailer, language: str, day: date | datetime) -> str:
    """Return a day as the language writes it."""
    with mailer.writing_in(language):
        return str(format_date(day, "EEE d MMMM y"))


def show_status(mailer: Mailer, language: str, status: Status | None) -> str:
    """Return a status in the language; None: not marked."""
    if status is None:
        with mailer.writing_in(language):
            return str(gettext("not marked"))
    if status.is_own:
        return status.name_in(language)
    with mailer.writing_in(language):
        names = {
            MarkStatus.PRESENT: gettext("present"),
            MarkStatus.LATE: gettext("late"),
            MarkStatus.EXCUSED: gettext("excused"),
            MarkStatus.ABSENT: gettext("absent"),
        }
        return str(names[MarkStatus(status.key)])
