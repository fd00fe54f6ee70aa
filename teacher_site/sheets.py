"""Pages of a lecture's sheet: download, upload, review, apply, undo."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import attendance, sheets
from shared.persistence.integrations import is_on
from shared.persistence.tables import Integration
from shared.services.attendance.sheet_correction import (
    UploadReview,
    apply_review,
    download_sheet,
    review_upload,
    undo_upload,
)
from shared.services.integrations.moodle import write_marks
from shared.web.languages import gettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import sheet_words

pages = Blueprint("sheets", __name__, template_folder="templates")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/lectures/<int:lecture_id>/sheet.xlsx")
def download(lecture_id: int) -> Response:
    name, content = download_sheet(toolbox, actor(), lecture_id, sheet_words())
    return send_file(BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)


@pages.route("/lectures/<int:lecture_id>/sheet", methods=["GET", "POST"])
def show(lecture_id: int) -> str | tuple[str, int]:
    """Return the sheet's page; a posted sheet is answered with what it would change."""
    if request.method == "GET":
        return _page(lecture_id)
    sent = request.files.get("sheet")
    try:
        if sent is None or not sent.filename:
            raise InvalidInput(gettext("Please choose the edited sheet first."))
        found = review_upload(
            toolbox, actor(), lecture_id, file_name=sent.filename, content=sent.stream.read()
        )
    except (Conflict, InvalidInput, WorkbookRefused) as refused:
        return _page(lecture_id, refused=say(refused.sentence)), refused.status
    return _page(lecture_id, found=found)


def _page(lecture_id: int, *, found: UploadReview | None = None, refused: str = "") -> str:
    return render_template(
        "teacher/sheet.html",
        lecture=attendance.get_own_lecture(reading, actor().account_id, lecture_id),
        uploads=sheets.list_uploads(reading, lecture_id),
        found=found,
        refused=refused,
        for_moodle=write_marks(toolbox, actor(), lecture_id) if is_on(reading, Integration.MOODLE) else None,
    )


@pages.post("/lectures/<int:lecture_id>/sheet/apply")
def apply(lecture_id: int) -> Response:
    try:
        upload = apply_review(toolbox, actor(), lecture_id, request.form.get("review", ""))
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(
            gettext("Saved: %(number)d changed. You can undo this below.", number=len(upload.changes)),
            "success",
        )
    return redirect(url_for("sheets.show", lecture_id=lecture_id))


@pages.post("/lectures/<int:lecture_id>/sheet/uploads/<int:upload_id>/undo")
def undo(lecture_id: int, upload_id: int) -> Response:
    try:
        count = undo_upload(toolbox, actor(), lecture_id, upload_id)
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("The upload was undone: %(number)d changed back.", number=count), "success")
    return redirect(url_for("sheets.show", lecture_id=lecture_id))
