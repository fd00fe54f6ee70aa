"""Pages of a class list: send it, answer what it leaves open, see what becomes of every row, import it."""

import base64

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from admin_site.questions import LARGEST_CARRIED, given_answers
from shared.domain.class_lists.columns import FIELD_WORDS, NOT_USED
from shared.domain.class_lists.questions import Answers
from shared.domain.languages import LANGUAGES, phrase
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import people
from shared.reports.class_list_template import write_class_list_template
from shared.security import purposes
from shared.security.sealed_form import open_form, seal_form
from shared.security.sealing import BrokenSeal
from shared.services.people.list_comparison import RowAction
from shared.services.people.list_import import import_list
from shared.services.people.list_preview import ListPreview, SentList, preview_list
from shared.web.languages import lazy_gettext, ngettext, say
from shared.web.password_again import asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from shared.web.status_words import sheet_words

pages = Blueprint("roster", __name__)

ACTION_WORDS = {
    RowAction.ADD: lazy_gettext("added"),
    RowAction.CHANGE: lazy_gettext("changed"),
    RowAction.REACTIVATE: lazy_gettext("reactivated"),
    RowAction.REPLACE: lazy_gettext("another child"),
    RowAction.SAME: lazy_gettext("the same as before"),
    RowAction.QUESTION: lazy_gettext("waits for an answer"),
}
COLUMN_WORDS = {
    "name": lazy_gettext("Name"),
    "email": lazy_gettext("Student's e-mail"),
    "parent1_email": lazy_gettext("First parent's e-mail"),
    "parent2_email": lazy_gettext("Second parent's e-mail"),
    "phones": lazy_gettext("Phone numbers"),
    "language": lazy_gettext("Language"),
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.route("/classes/<int:class_id>/roster", methods=["GET", "POST"])
@asks_password_in_a_queue
def show(class_id: int) -> str | tuple[str, int]:
    """Return the page of a class list; a posted list, or answers about one, are answered with its preview."""
    if request.method == "GET":
        return _page(class_id)
    try:
        sent, is_new = _sent_list(class_id)
        found = preview_list(toolbox, actor(), class_id, sent, {} if is_new else _answers())
        return _page(class_id, found=found, sent=sent)
    except (InvalidInput, WorkbookRefused) as refused:
        return _page(class_id, refused=say(refused.sentence)), refused.status


@pages.post("/classes/<int:class_id>/roster/apply")
@asks_password_in_a_queue
def apply(class_id: int) -> BaseResponse:
    try:
        count = import_list(toolbox, actor(), class_id, request.form.get("review", ""))
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
        return redirect(url_for("roster.show", class_id=class_id))
    flash(ngettext("%(num)s student was imported.", "%(num)s students were imported.", count), "success")
    return redirect(url_for("students.show_list", class_id=class_id))


@pages.get("/classes/<int:class_id>/roster/template")
def template(class_id: int) -> Response:
    """Return an empty class list to fill in."""
    class_code = people.get_class(reading, class_id).class_code
    content = write_class_list_template(
        class_code=class_code, languages=list(LANGUAGES.values()), words=sheet_words()
    )
    answer = Response(content, mimetype=_XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=f"class list {class_code}.xlsx")
    return answer


def _sent_list(class_id: int) -> tuple[SentList, bool]:
    """Return the list that was sent, and whether it is a new one and not the one that questions were asked
    about."""
    file, pasted = request.files.get("list"), request.form.get("pasted", "")
    if file is not None and file.filename:
        return SentList(file.filename[-200:], file.stream.read()), True
    if pasted.strip():
        return SentList("", pasted.encode("utf-8", errors="replace"), is_pasted=True), True
    if not request.form.get("sent"):
        raise InvalidInput(phrase("Please choose a file, or paste the list."))
    try:
        name, content, is_pasted = open_form(
            toolbox.sealer, request.form["sent"], purpose=purposes.class_list(actor().account_id, class_id)
        )
    except BrokenSeal as cause:
        raise InvalidInput(phrase("The list was not sent whole. Please send it again.")) from cause
    return SentList(name, base64.b64decode(content), is_pasted), False


def _answers() -> Answers:
    """Return what was answered; the columns count only when they were tied by hand."""
    given = given_answers()
    by_hand = bool(request.form.get("tied"))
    return {
        key: value for key, value in given.items() if by_hand or not key.startswith(("column/", "header"))
    }


def _page(
    class_id: int, *, found: ListPreview | None = None, sent: SentList | None = None, refused: str = ""
) -> str:
    carried = ""
    if sent is not None:
        content = [sent.name, base64.b64encode(sent.content).decode(), sent.is_pasted]
        carried = seal_form(
            toolbox.sealer, content, purpose=purposes.class_list(actor().account_id, class_id)
        )
    return render_template(
        "admin/roster.html",
        school_class=people.get_class(reading, class_id),
        found=found,
        sent=carried if len(carried) <= LARGEST_CARRIED else "",
        file_name=sent.name if sent else "",
        refused=refused,
        pasted="" if found else request.form.get("pasted", ""),
        titles=COLUMN_WORDS,
        languages=LANGUAGES,
        action_words=ACTION_WORDS,
        field_words=FIELD_WORDS,
        not_used=NOT_USED,
    )
