"""What forms of both sites share: fields for dates and times, and a refusal that stands at its field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, TimeField
from wtforms.widgets import TextInput

from shared.domain.written_dates import typed_day
from shared.errors import ChangedMeanwhile, InvalidInput
from shared.web.languages import gettext, lazy_gettext, say, show_names, show_short_date

NO_TIME = lazy_gettext("Please give a time like 09:30.")
_SUCH_AS = date(2026, 11, 23)
# What the forms' library says by itself, for the catalogues.
_LIBRARY_WORDS = (
    lazy_gettext("'%(value)s' are not valid choices for this field."),
    lazy_gettext("'%(value)s' is not a valid choice for this field."),
    lazy_gettext("Field cannot be longer than %(max)d character."),
    lazy_gettext("Field cannot be longer than %(max)d characters."),
    lazy_gettext("Invalid Choice: could not coerce."),
    lazy_gettext("Invalid choice(s): one or more data inputs could not be coerced."),
    lazy_gettext("Not a valid choice."),
    lazy_gettext("Not a valid integer value."),
    lazy_gettext("Not a valid time value."),
    lazy_gettext("This field is required."),
)


def show_day(day: date | None) -> str:
    """Return "23 Nov 2026" with the month in the page's language, as a date's field shows it; "" for None."""
    return show_short_date(day) if day else ""


def no_day() -> str:
    """Return the sentence for something typed that is not a date."""
    return gettext("Please give a date like %(day)s.", day=show_day(_SUCH_AS))


def no_days() -> str:
    """Return the sentence for several fields together, one of which is not a date."""
    return gettext("Please give dates like %(day)s.", day=show_day(_SUCH_AS))


def require_days(sent: Mapping[str, str], *names: str) -> None:
    """Raise InvalidInput where a field holds something that is no day: it must not count as left empty."""
    if any(asked_day(sent, name).is_refused for name in names):
        raise InvalidInput(no_days())


def as_row_id(sent: str) -> int | None:
    """Return a row's id that was sent; None for anything no table can hold."""
    number = int(sent) if sent.isdecimal() and len(sent) < 11 else 0
    return number if 0 < number < 2**31 else None


class _OurCatalogue:
    """Where the forms' library looks up its words; it fills their gaps itself."""

    def gettext(self, words: str) -> str:
        return gettext(words)

    def ngettext(self, one: str, many: str, number: int) -> str:
        return gettext(one if number == 1 else many)


class PageForm(FlaskForm):  # type: ignore[misc]
    """A form of ours: what the library says by itself is in the reader's language, too."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How the library makes it."""

        def get_translations(self, _form: object) -> _OurCatalogue:
            return _OurCatalogue()


class ChangeForm(PageForm):
    """A form that changes a row: it carries what the row held when it was opened, so that what somebody else
    has saved since is not written over unseen."""

    seen_values = HiddenField()

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        if not self.is_submitted():
            self._see({field.short_name: field.object_data for field in self._row_fields()})

    @property
    def seen(self) -> dict[str, Any]:
        """Return what the row held when the form was opened, by field; {} for what no form of ours says."""
        try:
            seen = json.loads(self.seen_values.data or "")
        except (ValueError, RecursionError):
            return {}
        return seen if isinstance(seen, dict) else {}

    def show_change(self, changed: ChangedMeanwhile) -> None:
        """Say what somebody else changed: a field that was not touched here shows it, another keeps what was
        typed and says it beside. Sent once more, the form is saved as it stands then."""
        names, seen = [], self.seen
        for field in self._row_fields():
            held, shown = changed.held[field.short_name], seen.get(field.short_name)
            if held == shown:
                continue
            names.append(field.label.text)
            typed = sorted(field.data) if isinstance(field.data, list) else field.data
            if (typed or None) == (shown or None):
                field.data = held
            elif typed != held:
                words = gettext("Somebody else saved here: %(held)s", held=_choice_words(field, held))
                field.errors = [*field.errors, words]
        self._see(changed.held)
        told = gettext(
            "Somebody else changed this while it was open here: %(fields)s. "
            "Please look at it and save again.",
            fields=show_names(names),
        )
        self.form_errors.append(told)

    def _row_fields(self) -> list[Field]:
        return [field for field in self if not isinstance(field, HiddenField)]

    def _see(self, held: Mapping[str, Any]) -> None:
        self.seen_values.data = json.dumps(dict(held))


def _choice_words(field: Field, held: Any) -> str:
    """Return what a field holds as it shows it."""
    if isinstance(held, bool):
        return gettext("yes") if held else gettext("no")
    choices = {choice.value: str(choice.label) for choice in getattr(field, "choices", None) or ()}
    words = [choices.get(each, str(each)) for each in (held if isinstance(held, list) else [held]) if each]
    return show_names(words) if words else gettext("none")


@dataclass(frozen=True)
class AskedDay:
    """A day in an address, as it was typed: what is none stays in its field, with a sentence."""

    text: str
    day: date | None

    @property
    def is_refused(self) -> bool:
        return bool(self.text) and self.day is None


def asked_day(typed: Mapping[str, str], name: str, usual: date | None = None) -> AskedDay:
    """Return the day that a form asks for under this name; `usual` where nothing was typed."""
    text = typed.get(name, "").strip()
    if not text:
        return AskedDay(show_day(usual), usual)
    day = typed_day(text)
    return AskedDay(show_day(day) or text, day)


class DayField(Field):  # type: ignore[misc]
    """A date, typed or chosen from a calendar; shown alike whatever the browser's language (days.js)."""

    widget = TextInput()

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **{"render_kw": {"data-day": "", "autocomplete": "off"}, **how})

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else show_day(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = typed_day(text)
        if text and self.data is None:
            raise ValueError(no_day())


class ClockField(TimeField):  # type: ignore[misc]
    """A time of day on the school's clock of 24 hours, whatever the browser's language."""

    widget = TextInput()

    def __init__(self, *args: Any, **how: Any) -> None:
        how = {"format": ["%H:%M", "%H.%M", "%H"], "invalid_value_message": NO_TIME, **how}
        super().__init__(*args, **{"render_kw": {"placeholder": "09:30", "autocomplete": "off"}, **how})


def add_form_error(form: FlaskForm, refused: InvalidInput) -> None:
    """Let a service's refusal stand at its field, or above the form."""
    field = form._fields.get(refused.field or "")
    if field is None:
        form.form_errors.append(say(refused.sentence))
    else:
        field.errors = [*field.errors, say(refused.sentence)]
