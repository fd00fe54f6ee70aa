"""The form by which somebody lets a colleague cover, on both sites: one planned lecture, or some days."""

from datetime import datetime, timedelta
from typing import Any

from flask import flash
from wtforms import SelectChoice, SelectField
from wtforms.validators import Optional

from shared.errors import InvalidInput
from shared.persistence import covers, timetable
from shared.persistence.tables import Cover, PlannedLecture
from shared.services.timetable.covers import CoverAsked, cover_of, grant_cover
from shared.settings import Settings
from shared.web.forms import DayField, PageForm, add_form_error
from shared.web.languages import gettext, lazy_gettext, ngettext, show_date, show_moment
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

# One lecture is chosen from so much of the plan; whole days may be further off.
SHOWN = timedelta(days=14)


def _row_id(typed: object) -> int:
    """Return a row's id, 0 for none. Raise ValueError for what no table can hold."""
    number = int(str(typed))
    if not 0 <= number < 2**31:
        raise ValueError("no id")
    return number


class CoverForm(PageForm):
    """A teacher's planned lectures, and who may hold them."""

    GRANTED = 302

    colleague_id = SelectField(lazy_gettext("Colleague"), coerce=_row_id)
    planned_id = SelectField(
        lazy_gettext("Which lectures"),
        coerce=_row_id,
        description=lazy_gettext("One of the next two weeks, or all of some days."),
    )
    first = DayField(lazy_gettext("First day"), [Optional()], description=lazy_gettext("Only for days."))
    last = DayField(
        lazy_gettext("Last day"), [Optional()], description=lazy_gettext("Left empty: that one day.")
    )

    def __init__(self, teacher_id: int, **values: Any) -> None:
        super().__init__(**values)
        self._teacher_id = teacher_id
        teachers = sorted(timetable.list_teachers(reading), key=lambda each: each.search_text)
        colleagues = [SelectChoice(each.id, each.name) for each in teachers if each.id != teacher_id]
        self.colleague_id.choices = [SelectChoice(0, gettext("Choose")), *colleagues]
        waiting = list_coverable(teacher_id, toolbox.now())
        lectures = [SelectChoice(each.id, _line(toolbox.settings, each)) for each in waiting]
        self.planned_id.choices = [SelectChoice(0, gettext("all from the first to the last day")), *lectures]
        for field in (self.colleague_id, self.planned_id):
            field.validate_choice = False  # what has become of it since is for the service to say

    @property
    def asked(self) -> CoverAsked:
        """Return what was filled in; days count only where no lecture was chosen."""
        one = self.planned_id.data or None
        return CoverAsked(
            self._teacher_id,
            self.colleague_id.data or 0,
            planned_id=one,
            first=None if one else self.first.data,
            last=None if one else self.last.data,
        )

    def grant(self) -> int:
        """Grant what was sent, and tell; return the status of the answer, GRANTED where nothing was wrong."""
        if not self.validate():
            return 200
        try:
            count = grant_cover(toolbox, actor(), self.asked)
        except InvalidInput as refused:
            add_form_error(self, refused)
            return refused.status
        flash(self._words_of(count), "success")
        return self.GRANTED

    def _words_of(self, count: int) -> str:
        """Return what the page says of a cover that was granted, of so many lectures by now."""
        chosen = self.colleague_id.data
        name = next(each.label for each in self.colleague_id.choices if each.value == chosen)
        if not count:
            return gettext("%(name)s covers these days; nothing is planned on them yet.", name=name)
        return ngettext(
            "%(name)s covers %(num)d planned lecture.",
            "%(name)s covers %(num)d planned lectures.",
            count,
            name=name,
        )


def list_coverable(teacher_id: int, now: datetime) -> list[PlannedLecture]:
    """Return what a teacher's plan holds of the next two weeks that a colleague could still take."""
    given = covers.standing(reading, after=now, teacher_id=teacher_id)
    since = toolbox.settings.clock.day(toolbox.settings.clock.day_of(now))[0]
    planned = timetable.planned_between(reading, teacher_id, since, since + SHOWN)
    return [
        each
        for each in planned
        if each.lecture_id is None
        and each.not_held_reason is None
        and each.ends_at > now
        and cover_of(given, each) is None
    ]


def _line(settings: Settings, planned: PlannedLecture) -> str:
    codes = " + ".join(each.class_code for each in planned.classes)
    return f"{show_moment(settings.clock.local(planned.starts_at))}: {codes} {planned.subject}"


def days_words(cover: Cover) -> str:
    """Return "Mon 23 Nov 2026", "Mon 23 Nov 2026 to Wed 25 Nov 2026", or the one lecture."""
    clock = toolbox.settings.clock
    if cover.planned is not None:
        return _line(toolbox.settings, cover.planned)
    first, last = (
        show_date(clock.local(each)) for each in (cover.starts_at, cover.ends_at - timedelta(seconds=1))
    )
    return first if first == last else gettext("%(first)s to %(last)s", first=first, last=last)
