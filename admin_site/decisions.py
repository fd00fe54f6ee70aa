"""Pages of the question whose face it is: both faces, and three answers."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from shared.domain.languages import phrase
from shared.errors import InvalidInput
from shared.persistence import faces, people
from shared.services.faces import decisions, enrolment
from shared.web.languages import gettext, show_names
from shared.web.password_again import asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("decisions", __name__)


@pages.get("/students/<int:student_id>/decision")
@asks_password_in_a_queue
def show(student_id: int) -> str | Response:
    decision = decisions.get_decision(toolbox, student_id)
    if not decision.alike:  # nothing to decide (any more): the photos wait for the training alone
        return redirect(url_for("enrolment.show", student_id=student_id))
    alike = [each for each in decision.alike if not each.near_match.is_unlike]
    return render_template(
        "admin/decision.html",
        decision=decision,
        student=decision.student,
        alike=alike,
        others=show_names([each.near_match.student.name for each in alike]),
    )


@pages.post("/students/<int:student_id>/decision")
@asks_password_in_a_queue
def decide(student_id: int) -> Response:
    student = people.get_student(reading, student_id)
    answer = request.form.get("answer")
    if answer == "another":
        accepted = request.form.getlist("alike", type=int)
        if not isinstance(
            enrolment.start_training(toolbox, actor(), student_id, accepted=accepted), int
        ):  # somebody else who looks alike was enrolled meanwhile
            return redirect(url_for("decisions.show", student_id=student_id))
        flash(gettext("%(name)s is being enrolled.", name=student.name), "success")
    elif answer in ("theirs", "one person"):
        enrolment.discard_photos(toolbox, actor(), student_id)
        flash(
            gettext("The photos were deleted. %(name)s is not enrolled with them.", name=student.name),
            "success",
        )
    else:
        raise InvalidInput(phrase("Please choose one of the three answers."))
    if answer == "one person":
        flash(
            gettext(
                "If one person stands under two roll ids, deactivate or erase the roll id that is wrong."
            ),
            "info",
        )
        return redirect(url_for("students.show", student_id=student_id))
    return _next(student_id, student.class_id)


@pages.get("/students/<int:student_id>/photos/<int:photo_id>")
@asks_password_in_a_queue
def picture(student_id: int, photo_id: int) -> Response:
    content = decisions.open_picture(toolbox, student_id, photo_id)
    return send_file(BytesIO(content), mimetype="image/jpeg")


def _next(student_id: int, class_id: int) -> Response:
    """Go to the class's next open question, or back to its photos."""
    waiting = faces.list_students_waiting(reading, class_id)
    other = next((each for each in waiting if each.id != student_id), None)
    if other is None:
        return redirect(url_for("class_photos.show", class_id=class_id))
    return redirect(url_for("decisions.show", student_id=other.id))
