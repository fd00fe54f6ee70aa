"""Pages of a class's term as one sheet: download, upload, review, apply, undo."""

from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from shared.domain.attendance_sheet import SheetChange
from shared.domain.term_sheet import MOST_PROBLEMS
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import sheets
from shared.services.attendance.term_correction import (
    TermUploadReview,
    apply_term,
    download_term,
    get_taught_class,
    review_term_upload,
    undo_term,
)
from shared.services.attendance.totals import SeriesAsked
from shared.web.forms import asked_day, require_days
from shared.web.languages import gettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import sheet_words
from teacher_site.sheets import XLSX

pages = Blueprint("term_sheet", __name__, template_folder="templates")


@pages.get("/classes/<int:class_id>/term-sheet.xlsx")
def download(class_id: int) -> Response | tuple[str, int]:
    try:
        name, content = download_term(toolbox, actor(), _asked(class_id), sheet_words())
    except InvalidInput as refused:
        return _page(class_id, refused=say(refused.sentence)), refused.status
    return send_file(BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)


@pages.route("/classes/<int:class_id>/term-sheet", methods=["GET", "POST"])
def show(class_id: int) -> str | tuple[str, int]:
    """Return the page; a posted sheet is answered with what it would change."""
    if request.method == "GET":
        return _page(class_id)
    sent = request.files.get("sheet")
    try:
        if sent is None or not sent.filename:
            raise InvalidInput(gettext("Please choose the edited sheet first."))
        found = review_term_upload(
            toolbox, actor(), class_id, file_name=sent.filename, content=sent.stream.read()
        )
    except (Conflict, InvalidInput, WorkbookRefused) as refused:
        return _page(class_id, refused=say(refused.sentence)), refused.status
    return _page(class_id, found=found)


def _page(class_id: int, *, found: TermUploadReview | None = None, refused: str = "") -> str:
    return render_template(
        "teacher/term_sheet.html",
        school_class=get_taught_class(reading, actor(), class_id),
        uploads=sheets.list_term_uploads(reading, actor().account_id, class_id),
        days={name: asked_day(request.args, name) for name in ("since", "until")},
        subject=request.args.get("subject", ""),
        found=found,
        grouped=_grouped,
        most_problems=MOST_PROBLEMS,
        refused=refused,
    )


def _grouped(changes: Sequence[SheetChange]) -> list[list[SheetChange]]:
    """Return together of whom the same becomes the same; a term may change thousands of marks."""
    groups: dict[tuple[str | None, str | None], list[SheetChange]] = defaultdict(list)
    for change in changes:
        groups[change.was.status, change.becomes.status].append(change)
    return list(groups.values())


def _asked(class_id: int) -> SeriesAsked:
    """Return the series in the address. Raise InvalidInput for what is no day: never more than was meant."""
    require_days(request.args, "since", "until")
    return SeriesAsked(
        class_id=class_id,
        since=asked_day(request.args, "since").day,
        until=asked_day(request.args, "until").day,
        subject=request.args.get("subject") or None,
    )


@pages.post("/classes/<int:class_id>/term-sheet/apply")
def apply(class_id: int) -> Response:
    try:
        count = apply_term(toolbox, actor(), class_id, request.form.get("review", ""))
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("Saved: %(number)d changed. You can undo this below.", number=count), "success")
    return redirect(url_for("term_sheet.show", class_id=class_id))


@pages.post("/classes/<int:class_id>/term-sheet/uploads/<int:term_upload_id>/undo")
def undo(class_id: int, term_upload_id: int) -> Response:
    try:
        count = undo_term(toolbox, actor(), class_id, term_upload_id)
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("The upload was undone: %(number)d changed back.", number=count), "success")
    return redirect(url_for("term_sheet.show", class_id=class_id))
