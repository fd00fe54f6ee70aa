"""Says pages in their reader's language: chosen by account, else by the school (`LANGUAGE_OF_PAGES`).

A template's words stand in `{% trans %}` or `_()`, a page's in `gettext`, `ngettext` or (where a form is
declared) `lazy_gettext` of this module, a script's in `gettext` of words.js; what services and rules say is a
`shared.domain.languages.Sentence`, which templates say by themselves and pages with `say`. In each, "roll id"
becomes the school's own word.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any

from babel.lists import format_list
from babel.messages.mofile import read_mo
from babel.support import LazyProxy
from flask import Flask, current_app, g, request
from flask_babel import Babel, force_locale, format_date, format_datetime, get_domain, get_locale
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from shared.domain.languages import LANGUAGES, Sentence
from shared.settings import DEFAULT_ROLL_ID_NAME, Settings
from shared.translations import TRANSLATIONS_DIR
from shared.web.cookies import cookie_name

_DAY = "EEE dd MMM y"
_SHORT_DAY = "d MMM y"
_DAY_AND_TIME = "EEE dd MMM y, HH:mm"
COOKIE_SECONDS = 365 * 24 * 3600


def install(app: Flask, settings: Settings) -> None:
    """Let a site speak every language of `LANGUAGES`."""
    app.config.update(
        BABEL_DEFAULT_LOCALE=settings.language, BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS_DIR)
    )
    Babel(app, locale_selector=lambda: _reader_language(settings.language))
    app.extensions["roll_id_name"] = settings.roll_id_name
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    # Whoever writes {{ }} around a sentence says it, wherever it comes from.
    app.jinja_env.finalize = _say_if_sentence
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        _find, _find_counted, newstyle=True
    )
    # As the extension's own, but that sentences and dates among the values are said too.
    app.jinja_env.globals.update(gettext=_in_template, ngettext=_counted_in_template)

    @app.context_processor
    def words() -> dict[str, object]:
        language = language_of_page()
        return {
            "language": language,
            "languages": LANGUAGES,
            "short_months": short_months,
            "script_words": script_words(language) if language != "en" else None,
        }


def _reader_language(usual: str) -> str:
    """Return the language of this request.

    Asks no database: of an account that is not read yet, or cannot be, nothing is known.
    """
    if chosen := g.get("language"):
        return str(chosen)
    account = g.get("_login_user")
    # Past the attribute: one that expired would be read again, perhaps while the database is away.
    of_account = getattr(account, "__dict__", {}).get("language")
    of_browser = request.cookies.get(cookie_name(current_app, "language"))
    return next((each for each in (of_account, of_browser) if each in LANGUAGES), usual)


def language_of_page() -> str:
    """Return the key in `LANGUAGES` of what this request is answered in."""
    return str(get_locale())


def gettext(words: str, /, **values: object) -> str:
    """Return the words in the reader's language, with the values in their gaps."""
    return _fill(_find(words), values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the form of the words that goes with a number, which stands in the gap `num`."""
    return _fill(_find_counted(one, many, number), {"num": number, **values})


def lazy_gettext(words: str, /, **values: object) -> Any:
    """Return words that are looked up whenever they are shown: for what is declared once, as a form is."""
    return LazyProxy(gettext, words, enable_cache=False, **values)


def say(text: str) -> str:
    """Return a sentence in the reader's language; what is none as it is."""
    if not isinstance(text, Sentence):
        return text
    found = _find(text.one) if text.many is None else _find_counted(text.one, text.many, text.number)
    return _fill(found, text.values)


def say_in_sheet(text: str) -> str:
    """Return a sentence as `say` does, but that a heading calls a roll id so whatever the school calls it.

    Workbooks are read back by their headings, also after the school chose another word.
    """
    if isinstance(text, Sentence) and not text.values:
        return str(get_domain().get_translations().ugettext(text.one))
    return say(text)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Answer in this language for a while, whatever the reader's is."""
    with force_locale(language):
        yield


def show_date(day: date) -> str:
    """Return "Mon 23 Nov 2026"; of a moment, the day that it shows."""
    shown: str = format_date(day, _DAY, rebase=False)
    return shown


def show_short_date(day: date) -> str:
    """Return "23 Nov 2026", as fields for dates show it and take it (`typed_day`)."""
    shown: str = format_date(day, _SHORT_DAY, rebase=False)
    return shown


def short_months() -> list[str]:
    """Return the months as `show_short_date` shows them, for the calendar beside a date's field (days.js)."""
    return [format_date(date(2000, month, 1), "MMM", rebase=False) for month in range(1, 13)]


def show_moment(moment: datetime) -> str:
    """Return "Mon 23 Nov 2026, 09:04" of a moment in the school's zone."""
    shown: str = format_datetime(moment, _DAY_AND_TIME, rebase=False)
    return shown


def name_of_country(code: str, usual: str) -> str:
    """Return what a country is called in the reader's language; `usual` where that is not known."""
    return str(get_locale().territories.get(code, usual))


def show_names(names: Sequence[str]) -> str:
    """Return "Asha, Bina and Meera", as the reader's language lists names."""
    return format_list(names, locale=get_locale())


@cache
def script_words(language: str) -> dict[str, str | list[str]]:
    """Return what words.js looks up in a language, by the English words or the first of their two forms."""
    with (TRANSLATIONS_DIR / language / "LC_MESSAGES" / "scripts.mo").open("rb") as file:
        catalogue = read_mo(file)
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, str) else list(message.string or ())
        )
        for message in catalogue
        if message.id
    }


def _say_if_sentence(value: object) -> object:
    return say(value) if isinstance(value, Sentence) else value


def _fill(found: str, values: Any) -> str:
    return found % {name: _shown(value) for name, value in values.items()} if values else found


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return format_datetime(value, "dd MMM y, HH:mm", rebase=False)
    if isinstance(value, date):
        return format_date(value, "dd MMM y")
    return _say_if_sentence(value)


def _find(words: str) -> str:
    found: str = get_domain().get_translations().ugettext(words)
    return _with_school_word(found)


def _find_counted(one: str, many: str, number: int) -> str:
    found: str = get_domain().get_translations().ungettext(one, many, number)
    return _with_school_word(found)


@pass_context
def _in_template(context: Context, words: str, /, **values: object) -> str:
    return _fill_in_template(context, _find(words), values)


@pass_context
def _counted_in_template(context: Context, one: str, many: str, number: int, /, **values: object) -> str:
    return _fill_in_template(context, _find_counted(one, many, number), {"num": number, **values})


def _fill_in_template(context: Context, found: str, values: dict[str, object]) -> str:
    """Fill the gaps even where there is none: a template's % is always written twice."""
    shown = {name: _shown(value) for name, value in values.items()}
    # A catalogue is as trusted as a template; its values are escaped as they are put in.
    return (Markup(found) if context.eval_ctx.autoescape else found) % shown  # noqa: S704


def _with_school_word(found: str) -> str:
    """Put the school's own word for the roll id, if it has one, in the place of the language's."""
    word: str = current_app.extensions["roll_id_name"]
    if word == DEFAULT_ROLL_ID_NAME:
        return found
    usual = get_domain().get_translations().ugettext(DEFAULT_ROLL_ID_NAME)
    return found.replace(usual, word).replace(usual.capitalize(), word[:1].upper() + word[1:])
