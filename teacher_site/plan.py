"""Pages of a teacher's plan: what comes, starting a planned lecture, and the link for a calendar."""

from datetime import date, timedelta
from itertools import groupby

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, timetable
from shared.persistence.tables import PlannedLecture
from shared.services.timetable import covers, plan
from shared.services.timetable.not_held import say_lecture_not_held, say_planned_not_held
from shared.web.languages import gettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("plan", __name__, template_folder="templates")

# Programs that show calendars have no sign-in: whoever has the token is shown the plan, which names nobody.
OPEN = frozenset({"plan.calendar"})
_SHOWN = timedelta(days=14)


@pages.get("/plan")
def show() -> str:
    return _page()


def _page(token: str | None = None) -> str:
    since = toolbox.settings.clock.day(toolbox.settings.clock.day_of(toolbox.now()))[0]
    until = since + _SHOWN
    planned, cover_of = covers.plan_between(reading, current_user.id, since, until, now=toolbox.now())
    return render_template(
        "teacher/plan.html",
        now=toolbox.now(),
        may_start=plan.may_start,
        days=[(day, list(lectures)) for day, lectures in groupby(planned, key=_day_of)],
        cover_of=cover_of,
        link=timetable.find_link(reading, current_user.id),
        token=token,
    )


def _day_of(planned: PlannedLecture) -> date:
    return toolbox.settings.clock.day_of(planned.starts_at)


@pages.post("/plan/<int:planned_id>/start")
def start(planned_id: int) -> AnyResponse:
    try:
        lecture_id = plan.start_planned(
            toolbox, actor(), planned_id, roll_id_by_face="roll_id_by_face" in request.form
        )
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
        return redirect(url_for("lectures.today"))
    return redirect(url_for("attendance.show", lecture_id=lecture_id))


@pages.route("/plan/<int:planned_id>/not-held", methods=["GET", "POST"])
def not_held(planned_id: int) -> str | AnyResponse:
    planned, _ = covers.find_held(reading, current_user.id, planned_id, now=toolbox.now())
    reason = request.form.get("reason", "")
    if request.method == "POST":
        try:
            say_planned_not_held(toolbox, actor(), planned_id, reason)
        except (Conflict, InvalidInput) as refused:
            flash(say(refused.sentence), "warning")
        else:
            flash(gettext("The lecture counts nowhere, and nobody is written to."), "success")
            return redirect(url_for("lectures.today"))
    return render_template("teacher/not_held.html", lecture=planned, reason=reason)


@pages.route("/lectures/<int:lecture_id>/not-held", methods=["GET", "POST"])
def lecture_not_held(lecture_id: int) -> str | AnyResponse:
    lecture = attendance.get_own_lecture(reading, current_user.id, lecture_id)
    reason = request.form.get("reason", "")
    if request.method == "POST":
        try:
            say_lecture_not_held(toolbox, actor(), lecture_id, reason)
        except InvalidInput as refused:
            flash(say(refused.sentence), "warning")
        else:
            closed = gettext("The lecture is closed as not held. Reopen it if it was held after all.")
            flash(closed, "success")
            return redirect(url_for("attendance.show", lecture_id=lecture_id))
    return render_template("teacher/not_held.html", lecture=lecture, reason=reason)


@pages.post("/plan/link")
def make_link() -> str:
    """Answer with the new link itself: it is kept nowhere, not even in a cookie."""
    return _page(plan.make_link(toolbox, actor()))


@pages.post("/plan/link/end")
def end_link() -> AnyResponse:
    plan.end_link(toolbox, actor())
    flash(gettext("The link has ended. A calendar that had it gets nothing any more."), "success")
    return redirect(url_for("plan.show"))


@pages.get("/calendar/<token>.ics")
def calendar(token: str) -> Response:
    content = plan.write_own_calendar(toolbox, token)
    return Response(content, mimetype="text/calendar", headers={"Cache-Control": "private, no-store"})
