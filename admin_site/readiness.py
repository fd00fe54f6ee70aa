"""The start page: what each class still lacks, and the way to the next student."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site.students import lack_words
from shared.persistence import faces, people
from shared.persistence.photo_questions import count_by_class
from shared.persistence.tables import NearMatchPair, Student
from shared.services.family_mail.messages import find_ways
from shared.services.upkeep import health
from shared.web.languages import gettext, lazy_gettext
from shared.web.site import reading, toolbox

pages = Blueprint("readiness", __name__)

# What the checks of the installation are called.
FINDING_WORDS = {
    "backup": lazy_gettext("Backup"),
    "certificate": lazy_gettext("Certificate"),
    "clock": lazy_gettext("Clock"),
    "disk": lazy_gettext("Disk"),
    "letters": lazy_gettext("Letters"),
    "night": lazy_gettext("Night"),
    "worker": lazy_gettext("Worker"),
}


@pages.get("/")
def board() -> str:
    alike: dict[int, list[NearMatchPair]] = {}
    for pair in faces.list_near_match_pairs(reading):
        alike.setdefault(pair.student.class_id, []).append(pair)
    undecided: dict[int, list[Student]] = {}
    for student in faces.list_students_waiting(reading):
        undecided.setdefault(student.class_id, []).append(student)
    ways = find_ways(toolbox, reading)
    return render_template(
        "admin/readiness.html",
        undecided=undecided,
        questions=count_by_class(reading),
        classes=people.count_readiness(reading, ways),
        lack_words=lack_words(ways),
        alike=alike,
        red=health.find_red(toolbox),
        finding_words=FINDING_WORDS,
    )


@pages.get("/classes/<int:class_id>/enrol-next")
def enrol_next(class_id: int) -> Response:
    """Go to the next student without a face: to the consent first, if there is none, or an open decision."""
    school_class = people.get_class(reading, class_id)
    after = request.args.get("after", "")
    student = people.find_next_to_enrol(reading, class_id, after=after)
    if student is None and after:
        student = people.find_next_to_enrol(reading, class_id)
        if student is not None and student.roll_id != after:
            flash(gettext("These were skipped before."), "info")
        elif student is not None:
            words = gettext(
                "Of %(code)s only %(name)s is not enrolled yet.",
                code=school_class.class_code,
                name=student.name,
            )
            flash(words, "info")
            return redirect(url_for("readiness.board"))
    if student is None:
        words = gettext(
            "That was the last student of %(code)s who was not enrolled.", code=school_class.class_code
        )
        flash(words, "success")
        return redirect(url_for("readiness.board"))
    step = "enrolment.show" if student.consent else "students.consent"
    if student.consent and faces.list_waiting(reading, student):
        step = "decisions.show"  # it goes on to the enrolment where nothing has to be decided
    return redirect(url_for(step, student_id=student.id))
