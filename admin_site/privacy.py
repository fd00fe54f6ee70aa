"""Pages of a family's rights: everything that is held on a student as a file, and their erasure."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from shared.domain.typed_text import normal_code
from shared.persistence import people
from shared.services.people import erasure, student_export
from shared.web.languages import gettext
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("privacy", __name__)


@pages.get("/students/<int:student_id>/erase")
@asks_password_again
def ask_to_erase(student_id: int) -> str:
    return _erase_page(student_id)


@pages.post("/students/<int:student_id>/erase")
@asks_password_again
def erase(student_id: int) -> str | Response:
    student = people.get_student(reading, student_id)
    typed = request.form.get("roll_id", "")
    if normal_code(typed) != normal_code(student.roll_id):
        error = gettext("This is not the roll id. Please type %(roll_id)s.", roll_id=student.roll_id)
        return _erase_page(student_id, typed=typed, error=error)
    reading.close()  # SQLite keeps in its log what anybody still reads, and so the erased student
    erasure.erase_student(toolbox, actor(), student_id)
    flash(gettext("The student was erased, with everything that was held on them."), "success")
    return redirect(url_for("students.show_list"))


def _erase_page(student_id: int, *, typed: str = "", error: str | None = None) -> str:
    student = people.get_student(reading, student_id)
    return render_template("admin/erase.html", student=student, typed=typed, error=error)


@pages.get("/students/<int:student_id>/export")
@asks_password_again
def ask_to_export(student_id: int) -> str:
    return render_template("admin/export.html", student=people.get_student(reading, student_id))


@pages.post("/students/<int:student_id>/export")
@asks_password_again
def export(student_id: int) -> Response:
    content = student_export.export_student(toolbox, actor(), student_id)
    name = f"student-{student_id}.zip"
    return send_file(BytesIO(content), mimetype="application/zip", as_attachment=True, download_name=name)
