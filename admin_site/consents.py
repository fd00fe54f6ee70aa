"""Page of a class's consents: tick the signed forms on the desk, record them all, or take them back."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from admin_site.forms import ClassConsentForm
from shared.domain.languages import LANGUAGES, phrase
from shared.errors import InvalidInput
from shared.persistence import people
from shared.services.people import consent as consents
from shared.services.people.consent_texts import consent_text
from shared.web.forms import add_form_error
from shared.web.languages import gettext, ngettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("consents", __name__)

# More rows make a form of more parts than a request may have; the next come when these are recorded.
MOST_ROWS = 300
# In the browser's own session: what this admin recorded last for a class, to take it back.
_LAST = "last_consents"


@pages.route("/classes/<int:class_id>/consents", methods=["GET", "POST"])
def for_class(class_id: int) -> str | Response:
    school_class = people.get_class(reading, class_id)
    form = ClassConsentForm()
    if request.method == "GET":
        form.signed_on.data, form.usual.data = _today(), gettext("a parent or guardian")
    students = people.list_without_consent(reading, class_id)
    wrong: dict[str, str] = {}
    if form.validate_on_submit():
        try:
            recorded = consents.record_consents(
                toolbox, actor(), class_id, _signed(form.usual.data), signed_on=form.signed_on.data
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
            wrong = {refused.field or "": say(refused.sentence)}
        else:
            if recorded:
                session[_LAST] = {"class_id": class_id, "ids": recorded}
                flash(_recorded(len(recorded)), "success")
            else:  # the button was pressed twice, or a colleague was first
                flash(gettext("These consents were recorded already."), "info")
            return redirect(url_for("consents.for_class", class_id=class_id))
    last = session.get(_LAST) or {}
    return render_template(
        "admin/consents.html",
        school_class=school_class,
        form=form,
        students=students[:MOST_ROWS],
        more=max(0, len(students) - MOST_ROWS),
        signers={student.id: consents.known_signers(student) for student in students},
        typed=request.form,
        wrong=wrong,
        languages=LANGUAGES,
        texts={each.language: consent_text(each.language) for each in students},
        taken_back=len(last["ids"]) if last.get("class_id") == class_id else 0,
    )


@pages.post("/classes/<int:class_id>/consents/take-back")
def take_back(class_id: int) -> Response:
    last = session.pop(_LAST, None) or {}
    ids = last["ids"] if last.get("class_id") == class_id else []
    outcome = consents.take_back_consents(toolbox, actor(), ids)
    flash(
        ngettext("%(num)s consent was taken back.", "%(num)s consents were taken back.", outcome.count),
        "success",
    )
    if outcome.enrolled_since:
        names = ", ".join(outcome.enrolled_since)
        words = gettext(
            "Photos were taken since of %(names)s. Withdraw their consent on their own pages.", names=names
        )
        flash(words, "warning")
    return redirect(url_for("consents.for_class", class_id=class_id))


def _signed(usual: str) -> dict[int, str]:
    """Return who signed, by the ticked student's id. Raise InvalidInput."""
    ticked = request.form.getlist("student", type=int)
    if not ticked:
        raise InvalidInput(phrase("Nobody is ticked yet. Tick everybody whose signed form you have."))
    return {each: request.form.get(f"given_by-{each}", "").strip() or usual for each in ticked}


def _recorded(count: int) -> str:
    return ngettext(
        "%(num)s consent was recorded. You can enrol these students now.",
        "%(num)s consents were recorded. You can enrol these students now.",
        count,
    )


def _today() -> date:
    return toolbox.settings.clock.day_of(toolbox.now())
