"""The classroom's forms."""

from datetime import date, datetime
from typing import Any

from flask import request
from flask_login import current_user
from wtforms import BooleanField, HiddenField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared.domain.languages import phrase
from shared.errors import InvalidInput
from shared.persistence import attendance
from shared.services.attendance.lectures import LONGEST_LECTURE_MINUTES, LONGEST_SUBJECT
from shared.setting_values import LONGEST_UNTIL_LATE_MINUTES
from shared.settings import Settings
from shared.web.forms import ClockField, DayField, PageForm, as_row_id
from shared.web.languages import lazy_gettext
from shared.web.site import reading


class LectureForm(PageForm):
    """A lecture to open; without date and time it begins now."""

    subject = StringField(
        lazy_gettext("Subject"), [InputRequired(lazy_gettext("Say what the lecture is about."))]
    )
    class_ids = SelectMultipleField(
        lazy_gettext("Classes"),
        coerce=int,
        description=lazy_gettext("With the number of their students."),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    minutes = IntegerField(
        lazy_gettext("Length in minutes"), [InputRequired(lazy_gettext("Type a number of minutes."))]
    )
    starts_on = DayField(
        lazy_gettext("Date"),
        [Optional()],
        description=lazy_gettext("Leave date and time empty to begin now."),
    )
    starts_at = ClockField(lazy_gettext("Time"), [Optional()])
    roll_id_by_face = BooleanField(
        lazy_gettext("Find the roll id by the face"),
        description=lazy_gettext(
            "Students take the photo and say Yes to their name instead of typing the roll id."
        ),
    )
    late_after_minutes = IntegerField(
        lazy_gettext("Late from … minutes after the start"),
        [Optional()],
        description=lazy_gettext("A check-in by face is late from then on. Leave it empty, and nobody is."),
    )
    opening_key = HiddenField()

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        taught = attendance.classes_of(reading, current_user.id)
        self.class_ids.choices = [(each.id, f"{each.class_code} ({count})") for each, count in taught]
        self.subject.render_kw = {"maxlength": LONGEST_SUBJECT, "list": "subjects"}
        self.late_after_minutes.render_kw = {"type": "number", "min": 0, "max": LONGEST_UNTIL_LATE_MINUTES}
        self.minutes.render_kw = {"type": "number", "min": 1, "max": LONGEST_LECTURE_MINUTES}

    def begins(self, settings: Settings, today: date) -> datetime | None:
        """Return the moment asked for, None for now; a time without a date is today's. Raise InvalidInput."""
        if self.starts_at.data is None:
            if self.starts_on.data is not None:
                raise InvalidInput(phrase("Type the time as well, or leave both empty."), field="starts_at")
            return None
        return settings.clock.moment(self.starts_on.data or today, self.starts_at.data)


def asked_number(name: str) -> int | None:
    """Return a row's id or a page's number in the address; None for anything no table can hold."""
    return as_row_id(request.args.get(name, ""))
