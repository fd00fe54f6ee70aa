"""Pages of the timetable: upload a term's plan, look at what it would change, have it applied."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, SelectChoice, SelectField, ValidationError
from wtforms.validators import InputRequired

from admin_site.forms import class_choices
from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import jobs, timetable
from shared.persistence.jobs import JobKind
from shared.reports.timetable_template import write_timetable_template
from shared.services.timetable.plan_import import LECTURE_MINUTES, PlanReview, review_upload, start_import
from shared.services.timetable.reading import Span
from shared.web.forms import DayField, PageForm, add_form_error
from shared.web.languages import gettext, lazy_gettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import sheet_words

pages = Blueprint("timetable", __name__)

USUAL_TERM = timedelta(weeks=20)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlanForm(PageForm):
    """A plan to look at: a file, the days it is for, and what stands for what it does not say."""

    file = FileField(
        lazy_gettext("File"),
        description=lazy_gettext("iCalendar (.ics), FET’s timetable as CSV, or a table as .xlsx or .csv."),
    )
    first = DayField(lazy_gettext("First day"), [InputRequired(lazy_gettext("Please type the first day."))])
    last = DayField(
        lazy_gettext("Last day"),
        [InputRequired(lazy_gettext("Please type the last day."))],
        description=lazy_gettext(
            "A weekly lecture, and a series that never ends, is planned until this day."
        ),
    )
    minutes = IntegerField(
        lazy_gettext("Length in minutes"),
        [InputRequired(lazy_gettext("Type a number of minutes."))],
        description=lazy_gettext("Of a lecture whose row gives its begin alone."),
        render_kw=dict(zip(("min", "max"), LECTURE_MINUTES, strict=True)),
    )
    class_id = SelectField(
        lazy_gettext("Class"),
        coerce=int,
        description=lazy_gettext("Of lectures in a calendar that name none."),
    )
    teacher_id = SelectField(
        lazy_gettext("Teacher"),
        coerce=int,
        description=lazy_gettext("Of lectures in a calendar that name none."),
    )
    only_add = BooleanField(
        lazy_gettext("Only add lectures"),
        description=lazy_gettext(
            "Without this, what is still to come of these classes and not in the file is taken out."
        ),
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        nobody = SelectChoice(0, gettext("as the file says"))
        teachers = sorted(timetable.list_teachers(reading), key=lambda each: each.search_text)
        self.class_id.choices = [nobody, *class_choices()]
        self.teacher_id.choices = [nobody, *(SelectChoice(each.id, each.name) for each in teachers)]

    def validate_minutes(self, field: IntegerField) -> None:
        """Refuse a length that no lecture has; the library's own check takes no number of 400 digits."""
        shortest, longest = LECTURE_MINUTES
        if field.data is not None and not shortest <= field.data <= longest:
            raise ValidationError(gettext("A lecture lasts 5 to 720 minutes."))

    @property
    def span(self) -> Span:
        if self.first.data is None or self.last.data is None:
            raise InvalidInput(phrase("Please type the first and the last day."), field="first")
        return Span(
            self.first.data,
            self.last.data,
            timedelta(minutes=self.minutes.data),
            class_id=self.class_id.data or None,
            teacher_id=self.teacher_id.data or None,
        )


@pages.route("/timetable", methods=["GET", "POST"])
def show() -> str | tuple[str, int]:
    """Return the timetable's page; a posted plan is answered with what it would change."""
    today = toolbox.settings.clock.day_of(toolbox.now())
    form = PlanForm(data={"first": today, "last": today + USUAL_TERM, "minutes": 60})
    if not form.validate_on_submit():
        return _page(form)
    try:
        if not form.file.data or not form.file.data.filename:
            raise InvalidInput(phrase("Please choose a file first."), field="file")
        found = review_upload(
            toolbox,
            actor(),
            file_name=form.file.data.filename,
            content=form.file.data.stream.read(),
            span=form.span,
            only_add=form.only_add.data,
        )
    except InvalidInput as refused:
        add_form_error(form, refused)
        return _page(form), refused.status
    except WorkbookRefused as refused:
        add_form_error(form, InvalidInput(refused.sentence, field="file"))
        return _page(form), refused.status
    return _page(form, found)


def _page(form: PlanForm, found: PlanReview | None = None) -> str:
    draft = timetable.find_latest_draft(reading)
    job = jobs.find_latest(reading, JobKind.IMPORT_TIMETABLE, draft.id) if draft else None
    return render_template(
        "admin/timetable.html",
        form=form,
        found=found,
        job=None if found else job,
        grids=timetable.list_grids(reading),
    )


@pages.get("/timetable/template.xlsx")
def template() -> Response:
    content = BytesIO(write_timetable_template(sheet_words()))
    return send_file(content, mimetype=_XLSX, as_attachment=True, download_name="timetable.xlsx")


@pages.post("/timetable/drafts/<int:draft_id>/apply")
def apply(draft_id: int) -> Response:
    try:
        start_import(toolbox, actor(), draft_id)
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    return redirect(url_for("timetable.show"))
