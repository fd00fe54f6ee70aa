"""Page of a class's zip of photos: send it, follow it, and see what became of every file."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from admin_site.forms import ClassPhotosForm
from shared.errors import InvalidInput
from shared.persistence import jobs, people
from shared.persistence.jobs import JobKind
from shared.services.faces import class_photos
from shared.web.forms import add_form_error
from shared.web.password_again import asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("class_photos", __name__)


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
    return render_template("admin/class_photos.html", school_class=school_class, form=form, job=job)
