"""Pages of the students: list, search, add, edit, deactivate, and the family's consent."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site.forms import ConsentForm, StudentForm, asked_page, class_choices
from shared.domain.face_model import CURRENT
from shared.domain.languages import LANGUAGES, phrase
from shared.domain.phone_messages import Ways
from shared.errors import ChangedMeanwhile, InvalidInput
from shared.persistence import faces, families, people
from shared.persistence.people import Lack
from shared.services.faces import model_offers
from shared.services.families import links
from shared.services.family_mail.messages import find_ways
from shared.services.people import consent as consents
from shared.services.people import registration
from shared.services.people.consent_texts import consent_text
from shared.web.forms import add_form_error
from shared.web.languages import gettext, ngettext
from shared.web.password_again import asks_password_again, asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("students", __name__)


def lack_words(ways: Ways) -> dict[str, str]:
    """Return what students may lack where families are told in these ways, by the words of addresses."""
    told_by = gettext("without a parent’s address")
    if ways.messages is not None:
        told_by = gettext("without a parent’s address or phone number")
        if not ways.letters:
            told_by = gettext("without a parent’s phone number")
    return {
        Lack.FACE: gettext("not enrolled"),
        Lack.STRONG_MODEL: gettext("with a weak face model"),
        Lack.CURRENT_MODEL: gettext("with a face to renew"),
        Lack.CONSENT: gettext("without consent"),
        Lack.PARENT_ADDRESS: told_by,
    }


@pages.get("/students")
def show_list() -> str:
    classes = {choice.value: choice.label for choice in class_choices()}
    class_id = request.args.get("class_id", type=int)
    asked: dict[str, Any] = {
        "text": request.args.get("q", ""),
        "class_id": class_id if class_id in classes else None,
        "lack": request.args.get("lack", type=Lack),
        "active": request.args.get("show") != "deactivated",
    }
    ways = find_ways(toolbox, reading)
    found = people.search_students(reading, **asked, ways=ways, page=asked_page())
    return render_template(
        "admin/students.html", found=found, classes=classes, lack_words=lack_words(ways), **asked
    )


@pages.route("/students/new", methods=["GET", "POST"])
@asks_password_in_a_queue
def add() -> str | Response:
    form = StudentForm(class_id=request.args.get("class_id", type=int))
    if form.validate_on_submit():
        try:
            student_id = registration.add_student(toolbox, actor(), form.details)
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            flash(gettext("The student was added."), "success")
            if "another" in request.form:
                return redirect(url_for("students.add", class_id=form.class_id.data))
            return redirect(url_for("students.show", student_id=student_id))
    return render_template("admin/student_form.html", form=form, student=None)


@pages.get("/students/<int:student_id>")
def show(student_id: int) -> str:
    student = people.get_student(reading, student_id)
    return render_template(
        "admin/student.html",
        student=student,
        consent=student.consent,
        waits=any(each.id == student_id for each in faces.list_students_waiting(reading, student.class_id)),
        effects=model_offers.list_effects(reading, toolbox, student),
        languages=LANGUAGES,
        current_network=CURRENT,
        has_family_links=families.has_links(reading, student_id, now=toolbox.now()),
    )


@pages.route("/students/<int:student_id>/edit", methods=["GET", "POST"])
@asks_password_in_a_queue
def edit(student_id: int) -> str | Response:
    student = people.get_student(reading, student_id)
    form = StudentForm(obj=student, also=[student.school_class])
    if form.validate_on_submit():
        try:
            registration.change_student(toolbox, actor(), student_id, form.details, seen=form.seen)
        except InvalidInput as refused:
            add_form_error(form, refused)
        except ChangedMeanwhile as changed:
            form.show_change(changed)
        else:
            flash(gettext("The student was saved."), "success")
            return redirect(url_for("students.show", student_id=student_id))
    return render_template("admin/student_form.html", form=form, student=student)


@pages.post("/students/<int:student_id>/deactivate")
def deactivate(student_id: int) -> Response:
    registration.set_student_active(toolbox, actor(), student_id, active=False)
    flash(gettext("The student was deactivated. Earlier attendance is kept."), "success")
    return redirect(url_for("students.show", student_id=student_id))


@pages.post("/students/<int:student_id>/reactivate")
def reactivate(student_id: int) -> Response:
    registration.set_student_active(toolbox, actor(), student_id, active=True)
    flash(gettext("The student is active again."), "success")
    return redirect(url_for("students.show", student_id=student_id))


@pages.post("/students/<int:student_id>/offers/<int:offer_id>")
@asks_password_in_a_queue
def decide_offer(student_id: int, offer_id: int) -> Response:
    """Let the face model learn a confirmed face, or erase it."""
    decision = request.form.get("decision")
    if decision == "learn":
        model_offers.accept(toolbox, actor(), student_id, offer_id)
        flash(gettext("The face model has learnt from this face."), "success")
    elif decision == "decline":
        model_offers.decline(toolbox, actor(), student_id, offer_id)
        flash(gettext("The face was erased; the face model is as it was."), "success")
    else:
        raise InvalidInput(phrase("Please choose whether the face model should learn from this face."))
    return redirect(url_for("students.show", student_id=student_id))


@pages.route("/students/<int:student_id>/consent", methods=["GET", "POST"])
def consent(student_id: int) -> str | Response:
    student = people.get_student(reading, student_id)
    form = ConsentForm()
    if request.method == "GET":
        form.signed_on.data = toolbox.settings.clock.day_of(toolbox.now())
    if form.validate_on_submit():
        try:
            consents.record_consent(
                toolbox,
                actor(),
                student_id,
                given_by=form.given_by.data,
                signed_on=form.signed_on.data,
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            return redirect(url_for("enrolment.show", student_id=student_id))
    return render_template(
        "admin/consent.html",
        form=form,
        student=student,
        signers=consents.known_signers(student),
        notice=consent_text(student.language),
    )


@pages.post("/students/<int:student_id>/family-links/revoke")
def revoke_links(student_id: int) -> Response:
    """End every link that letters about this student hold; the next letter has a new one."""
    count = links.revoke_links(toolbox, actor(), people.get_student(reading, student_id))
    ended = ngettext("%(num)s link ended.", "%(num)s links ended.", count)
    flash(ended if count else gettext("No link was open."), "success")
    return redirect(url_for("students.show", student_id=student_id))


@pages.post("/students/<int:student_id>/consent/withdraw")
@asks_password_again
def withdraw(student_id: int) -> Response:
    consents.withdraw_consent(toolbox, actor(), student_id)
    flash(gettext("The consent was withdrawn. Photos and face model were deleted."), "success")
    return redirect(url_for("students.show", student_id=student_id))
