"""Page of a class's zip of photos: send it, follow it, say whose the doubtful ones are, see all results."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from admin_site.forms import ClassPhotosForm
from shared.errors import Conflict, InvalidInput
from shared.persistence import faces, jobs, people
from shared.persistence.jobs import JobKind
from shared.persistence.photo_questions import count_questions
from shared.services.faces import class_photos, photo_questions
from shared.web.forms import add_form_error
from shared.web.languages import gettext, say
from shared.web.password_again import asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("class_photos", __name__)

_NOBODY, _ANOTHER = "nobody", "another"


@pages.route("/classes/<int:class_id>/photos", methods=["GET", "POST"])
@asks_password_in_a_queue
def show(class_id: int) -> str | Response:
    school_class = people.get_class(reading, class_id)
    form = ClassPhotosForm()
    if form.validate_on_submit():
        try:
            class_photos.receive_class_photos(toolbox, actor(), class_id, form.file.data.stream)
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            return redirect(url_for("class_photos.show", class_id=class_id))
    job = jobs.find_latest(reading, JobKind.READ_CLASS_PHOTOS, class_id)
    folders, students = photo_questions.list_folders(reading, class_id)
    return render_template(
        "admin/class_photos.html",
        school_class=school_class,
        form=form,
        job=job,
        folders=folders,
        students=students,
        open_questions=count_questions(reading, class_id),
        without_consent=len(people.list_without_consent(reading, class_id)),
        undecided={each.id for each in faces.list_students_waiting(reading, class_id)},
    )


@pages.get("/classes/<int:class_id>/photos/questions/<int:question_id>/picture")
@asks_password_in_a_queue
def show_picture(class_id: int, question_id: int) -> Response:
    content = photo_questions.get_thumbnail(toolbox, class_id, question_id)
    return send_file(BytesIO(content), mimetype="image/jpeg")


@pages.post("/classes/<int:class_id>/photos/answers")
@asks_password_in_a_queue
def answer(class_id: int) -> Response:
    """File what was answered; a photo without an answer of its own follows its folder's, or waits."""
    answers: dict[int, int | None] = {}
    for folder in photo_questions.list_folders(reading, class_id)[0]:
        whole = request.form.get(f"folder-{folder.key}", type=int)
        for question in folder.questions:
            name = f"whose-{question.id}"
            said = request.form.get(name, "")
            field = f"another-{question.id}" if said in ("", _ANOTHER) else name
            chosen = request.form.get(field, type=int)
            if said == _NOBODY:
                answers[question.id] = None
            elif chosen or (whole and not said):
                answers[question.id] = chosen or whole
    try:
        if photo_questions.answer_questions(toolbox, actor(), class_id, answers) is None:
            flash(gettext("Nothing was chosen yet."), "warning")
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    return redirect(url_for("class_photos.show", class_id=class_id))
