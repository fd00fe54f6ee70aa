"""The school's other systems: turned on and off here, each off until then; and OneRoster packages."""

import base64

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site.questions import LARGEST_CARRIED, given_answers
from shared.domain import moodle
from shared.domain.languages import phrase, unpack
from shared.domain.moodle import Course, Identifier
from shared.errors import Conflict, InvalidInput, WorkbookRefused
from shared.persistence import integrations
from shared.persistence.tables import Integration
from shared.security import purposes
from shared.security.sealed_form import open_form, seal_form
from shared.security.sealing import BrokenSeal
from shared.services.integrations.choices import set_on
from shared.services.integrations.moodle import choose
from shared.services.integrations.oneroster import folder
from shared.services.integrations.oneroster.importing import import_package
from shared.services.integrations.oneroster.review import Review, review_package
from shared.services.integrations.oneroster.school import Action, Kind
from shared.web.languages import gettext, lazy_gettext, ngettext, say
from shared.web.password_again import asks_password_again, asks_password_in_a_queue
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("integrations", __name__)

KIND_WORDS = {
    Kind.CLASS: (lazy_gettext("class"), lazy_gettext("classes")),
    Kind.STUDENT: (lazy_gettext("student"), lazy_gettext("students")),
    Kind.TEACHER: (lazy_gettext("teacher"), lazy_gettext("teachers")),
}
ACTION_WORDS = {
    Action.NEW: lazy_gettext("new"),
    Action.CHANGED: lazy_gettext("changed"),
    Action.MOVED: lazy_gettext("moved to another class"),
    Action.RETURNED: lazy_gettext("back again"),
    Action.GONE: lazy_gettext("gone: deactivated, nothing of theirs is deleted"),
}
VALUE_WORDS = {
    "class_code": lazy_gettext("Class"),
    "classes": lazy_gettext("Classes"),
    "email": lazy_gettext("E-mail"),
    "name": lazy_gettext("Name"),
    "parent1_email": lazy_gettext("First parent's e-mail"),
    "parent2_email": lazy_gettext("Second parent's e-mail"),
    "phones": lazy_gettext("Phone numbers"),
    "roll_id": lazy_gettext("Roll id"),
}
IDENTIFIER_WORDS = {
    Identifier.IDNUMBER: lazy_gettext("ID number: the roll id"),
    Identifier.USERNAME: lazy_gettext("user name: the roll id in small letters"),
    Identifier.EMAIL: lazy_gettext("e-mail: the student's address"),
}
COURSE_WORDS = {
    Course.SUBJECT: lazy_gettext("the lecture's subject; its classes are the groups"),
    Course.CLASS_CODE: lazy_gettext("the class's code"),
}
# The page shows so many changes of a kind; all of them are counted.
MOST_SHOWN = 200


@pages.get("/integrations")
def show_list() -> str:
    """Return every system and whether it is on."""
    identifier, course = moodle.read_choice(integrations.get_chosen(reading, Integration.MOODLE))
    return render_template(
        "admin/integrations.html",
        on=integrations.list_on(reading),
        identifier=identifier,
        identifiers=IDENTIFIER_WORDS,
        course=course,
        courses=COURSE_WORDS,
        link_days=toolbox.settings.family_link_days,
        provider=toolbox.settings.school_provider,
        has_gateway=toolbox.settings.messages_url is not None,
    )


@pages.post("/integrations/<name>/turn/<int:on>")
@asks_password_again
def turn(name: str, on: int) -> Response:
    if name not in list(Integration):
        abort(404)
    if on == 1 and name == Integration.SCHOOL_SIGN_IN and toolbox.settings.school_provider is None:
        flash(
            gettext("Please set SCHOOL_SIGN_IN first, and start the sites again."),
            "warning",
        )
        return redirect(url_for("school_accounts.show"))
    try:
        set_on(toolbox, actor(), Integration(name), on=on == 1)
    except InvalidInput as refused:
        flash(say(refused.sentence), "warning")
    return redirect(url_for("integrations.show_list"))


@pages.post("/integrations/moodle/choose")
def choose_moodle() -> Response:
    try:
        choose(
            toolbox,
            actor(),
            identifier=request.form.get("identifier", ""),
            course=request.form.get("course", ""),
        )
    except InvalidInput as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("Saved."), "success")
    return redirect(url_for("integrations.show_list"))


@pages.route("/integrations/oneroster", methods=["GET", "POST"])
@asks_password_in_a_queue
def oneroster() -> str | tuple[str, int]:
    """Return the page of a package; a posted one, or answers about one, are answered with its review."""
    if not integrations.is_on(reading, Integration.ONEROSTER):
        abort(404)
    if request.method == "GET":
        return _page()
    try:
        if request.form.get("folder"):
            found = folder.review_newest(toolbox, actor(), given_answers())
            if found is None:
                raise InvalidInput(phrase("The folder holds no package now."))
            return _page(found)
        content, is_new = _sent_package()
        return _page(review_package(toolbox, actor(), content, {} if is_new else given_answers()), content)
    except (InvalidInput, WorkbookRefused) as refused:
        return _page(refused=say(refused.sentence)), refused.status


@pages.post("/integrations/oneroster/import")
@asks_password_in_a_queue
def import_oneroster() -> Response:
    if not integrations.is_on(reading, Integration.ONEROSTER):
        abort(404)
    try:
        count = import_package(toolbox, actor(), request.form.get("review", ""))
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
        return redirect(url_for("integrations.oneroster"))
    flash(ngettext("One change was imported.", "%(num)s changes were imported.", count), "success")
    return redirect(url_for("readiness.board"))


def _sent_package() -> tuple[bytes, bool]:
    """Return the package that was sent, and whether it is a new one and not the one that was asked about."""
    file = request.files.get("package")
    if file is not None and file.filename:
        return file.stream.read(), not request.form.get("again")
    if not request.form.get("sent"):
        raise InvalidInput(phrase("Please choose the zip of the package."))
    purpose = purposes.oneroster_package(actor().account_id)
    try:
        return base64.b64decode(open_form(toolbox.sealer, request.form["sent"], purpose=purpose)), False
    except BrokenSeal as cause:
        raise InvalidInput(phrase("The package was not sent whole. Please send it again.")) from cause


def _page(found: Review | None = None, content: bytes | None = None, *, refused: str = "") -> str:
    carried = ""
    if content is not None and len(content) <= LARGEST_CARRIED:
        purpose = purposes.oneroster_package(actor().account_id)
        carried = seal_form(toolbox.sealer, base64.b64encode(content).decode(), purpose=purpose)
    of_folder = toolbox.settings.oneroster_dir
    newest = folder.find_newest(of_folder) if of_folder else None
    chosen = integrations.get_chosen(reading, Integration.ONEROSTER)
    return render_template(
        "admin/oneroster.html",
        found=found,
        sent=carried if len(carried) <= LARGEST_CARRIED else "",
        is_of_folder=found is not None and content is None,
        is_too_long=found is not None and len(found.sealed) > LARGEST_CARRIED,
        refused=refused,
        folder=of_folder,
        newest=newest.name if newest else "",
        chosen=chosen,
        waits=unpack(chosen.get("waits", "")),
        kinds=KIND_WORDS,
        actions=ACTION_WORDS,
        titles=VALUE_WORDS,
        most_shown=MOST_SHOWN,
    )
