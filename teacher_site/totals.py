"""Pages of the totals: a class over a series of lectures, on the page and as a workbook."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, render_template, request, send_file
from werkzeug.wrappers import Response

from shared.domain.languages import phrase
from shared.domain.statuses import CountsAs
from shared.domain.totals import StudentTotal
from shared.domain.typed_text import fold
from shared.errors import InvalidInput
from shared.persistence import attendance
from shared.persistence.integrations import is_on
from shared.persistence.tables import Integration
from shared.services.attendance.student_history import student_history_of
from shared.services.attendance.totals import SeriesAsked, class_totals, download_totals
from shared.web.forms import asked_day, require_days
from shared.web.languages import lazy_gettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import sheet_words
from teacher_site.forms import asked_number

pages = Blueprint("totals", __name__, template_folder="templates")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _lowest_first(student: StudentTotal) -> tuple[bool, float]:
    return (student.percent is None, student.percent or 0)


ORDER_WORDS = {
    "roll": lazy_gettext("by roll id"),
    "name": lazy_gettext("by name"),
    "lowest": lazy_gettext("lowest first"),
}
_WEIGHTS = {
    CountsAs.PRESENT: lazy_gettext("present"),
    CountsAs.HALF: lazy_gettext("half"),
    CountsAs.ABSENT: lazy_gettext("absent"),
}
_ORDERS: dict[str, Callable[[StudentTotal], Any]] = {
    "roll": lambda student: (),  # the service's own
    "name": lambda student: fold(student.name),
    "lowest": _lowest_first,
}


@pages.get("/totals")
def show() -> str:
    classes = [school_class for school_class, _ in attendance.classes_of(reading, actor().account_id)]
    asked = _asked(classes[0].id if classes else None)
    found = None
    if asked is not None:
        try:
            require_days(request.args, "since", "until")
            found = class_totals(toolbox, actor(), asked)
        except InvalidInput as refused:
            flash(say(refused.sentence), "warning")
    sort = request.args.get("sort", "")
    sort = sort if sort in _ORDERS else "roll"
    return render_template(
        "teacher/totals.html",
        classes=classes,
        asked=asked,
        days={name: asked_day(request.args, name) for name in ("since", "until")},
        found=found,
        students=sorted(found.students, key=_ORDERS[sort]) if found else [],
        orders=ORDER_WORDS,
        weights=_WEIGHTS,
        moodle_is_on=is_on(reading, Integration.MOODLE),
        sort=sort,
        address={**request.args.to_dict(), "class_id": asked.class_id} if asked else {},
    )


@pages.get("/students/<int:student_id>")
def student(student_id: int) -> str:
    """Show one student over time, to look at and to print."""
    found = student_history_of(toolbox, actor(), student_id)
    return render_template("teacher/student.html", found=found)


@pages.get("/totals.xlsx")
def download() -> Response:
    asked = _asked(None)
    if asked is None:
        raise InvalidInput(phrase("Choose a class first."))
    require_days(request.args, "since", "until")
    name, content = download_totals(toolbox, actor(), asked, sheet_words())
    return send_file(BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)


def _asked(usual_class_id: int | None) -> SeriesAsked | None:
    """Return the series in the address; without a choice of teacher it is the teacher's own."""
    class_id = asked_number("class_id") or usual_class_id
    if class_id is None:
        return None
    own = actor().account_id if "teacher_id" not in request.args else None
    return SeriesAsked(
        class_id=class_id,
        since=asked_day(request.args, "since").day,
        until=asked_day(request.args, "until").day,
        teacher_id=asked_number("teacher_id") or own,
        subject=request.args.get("subject") or None,
    )
