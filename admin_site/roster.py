"""Pages of a class list: paste or upload it, see every row's result, take it over."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.domain.family_mail import LANGUAGES
from shared.domain.sheet_table import Cell
from shared.domain.table_cells import TableFile
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import people
from shared.reports.table_files import read_pasted
from shared.reports.uploaded_tables import open_table
from shared.services.people.roster_import import COLUMNS, RosterReview, RowAction, apply_roster, review_roster
from shared.web.password_again import asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("roster", __name__)

FATE_WORDS = {
    RowAction.ADD: "added",
    RowAction.CHANGE: "changed",
    RowAction.REACTIVATE: "reactivated",
    RowAction.SAME: "the same as before",
}


@pages.route("/classes/<int:class_id>/roster", methods=["GET", "POST"])
@asks_password_in_a_queue
def show(class_id: int) -> str | tuple[str, int]:
    """The page of a class list; a posted list is answered with every row's result."""
    if request.method == "GET":
        return _page(class_id)
    try:
        return _page(class_id, found=review_roster(toolbox, actor(), class_id, _sent_rows()))
    except (InvalidInput, WorkbookRefused) as refused:
        return _page(class_id, refused=str(refused)), refused.status


def _sent_rows() -> list[tuple[Cell, ...]]:
    sent, pasted = request.files.get("list"), request.form.get("pasted", "")
    if sent is not None and sent.filename:
        return _rows(open_table(sent.stream.read()))
    if not pasted.strip():
        raise InvalidInput("Please choose a file, or paste the list.")
    return _rows(read_pasted(pasted))


def _rows(file: TableFile) -> list[tuple[Cell, ...]]:
    visible = [sheet for sheet in file.sheets if not sheet.is_hidden]
    rows = visible[0].rows if visible else ()
    return [tuple(None if cell.is_formula else cell.text for cell in row) for row in rows]


def _page(class_id: int, *, found: RosterReview | None = None, refused: str = "") -> str:
    return render_template(
        "admin/roster.html",
        school_class=people.get_class(reading, class_id),
        found=found,
        refused=refused,
        pasted=request.form.get("pasted", ""),
        titles={name: column.title for name, column in COLUMNS.items()},
        languages=LANGUAGES,
        action_words=FATE_WORDS,
    )


@pages.post("/classes/<int:class_id>/roster/apply")
@asks_password_in_a_queue
def apply(class_id: int) -> Response:
    try:
        count = apply_roster(toolbox, actor(), class_id, request.form.get("review", ""))
    except (Conflict, InvalidInput) as refused:
        flash(str(refused), "warning")
        return redirect(url_for("roster.show", class_id=class_id))
    flash(f"{count} students were imported.", "success")
    return redirect(url_for("students.show_list", class_id=class_id))
