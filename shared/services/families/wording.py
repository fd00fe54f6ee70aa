"""Says what a family sees in the language of its letters."""

from datetime import date, datetime

from shared.domain.languages import LANGUAGES
from shared.domain.statuses import Status
from shared.mail.family_page import FamilyWords, find_words, show_day, show_no_link, show_status
from shared.services.families.page import FamilyView
from shared.toolbox import Toolbox


def words_of(toolbox: Toolbox, view: FamilyView) -> FamilyWords:
    """Return the words of the page about one student."""
    return find_words(
        toolbox.mailer,
        view.language,
        name=view.name,
        attended=view.attended,
        held=view.held,
        contact=toolbox.settings.school_contact,
    )


def sentences_of_no_link(toolbox: Toolbox) -> list[tuple[str, str, str]]:
    """Return (code, that a link is no longer good, whom to ask) for each language of the letters."""
    return [
        (language, *show_no_link(toolbox.mailer, language, contact=toolbox.settings.school_contact))
        for language in LANGUAGES
    ]


def day_in(toolbox: Toolbox, language: str, day: date | datetime) -> str:
    """Return a day as the language writes it; of a moment the school's day."""
    return show_day(toolbox.mailer, language, day)


def status_in(toolbox: Toolbox, language: str, status: Status | None) -> str:
    """Return a status in the language; None: not marked."""
    return show_status(toolbox.mailer, language, status)
