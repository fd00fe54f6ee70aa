"""Pages of the school's own statuses: list, add, edit, retire."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from shared.domain.languages import LANGUAGES
from shared.domain.statuses import LONGEST_NAME, LONGEST_SHORT, Colour, CountsAs
from shared.errors import InvalidInput
from shared.persistence import statuses
from shared.persistence.tables import OwnStatus
from shared.services.attendance import own_statuses
from shared.services.attendance.own_statuses import StatusDetails
from shared.web.forms import add_form_error
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("statuses", __name__)

_OTHER_LANGUAGES = {code: words for code, words in LANGUAGES.items() if code != "en"}
_COUNTS_AS = {"present": "present", "half": "half a lecture", "absent": "absent"}


class StatusForm(FlaskForm):  # type: ignore[misc]
    """An own status; a field `name_xx` for each further language of the letters is bound below."""

    name = StringField(
        "Name",
        [InputRequired("Please type a name.")],
        description="Such as “On duty”; it stands on pages, in sheets and in letters.",
        render_kw={"maxlength": LONGEST_NAME},
    )
    short = StringField(
        "Short form",
        [InputRequired("Please type a short form.")],
        description=f"1 to {LONGEST_SHORT} letters or digits, such as OD.",
        render_kw={"maxlength": LONGEST_SHORT},
    )
    colour = SelectField("Colour", choices=[SelectChoice(each.value, each.value) for each in Colour])
    is_left_out = BooleanField(
        "Leaves the lectures held",
        description="As excused does: the lecture counts neither for nor against the student.",
    )
    counts_as = SelectField(
        "Counts as",
        choices=[SelectChoice(*each) for each in _COUNTS_AS.items()],
        description="In the totals, where it does not leave the lectures held.",
    )

    @property
    def language_fields(self) -> list[StringField]:
        return [self[f"name_{code}"] for code in _OTHER_LANGUAGES]

    @property
    def details(self) -> StatusDetails:
        return StatusDetails(
            name=self.name.data or "",
            short=self.short.data or "",
            colour=Colour(self.colour.data),
            counts_as=CountsAs(self.counts_as.data),
            is_left_out=self.is_left_out.data,
            letter_names={code: self[f"name_{code}"].data or "" for code in _OTHER_LANGUAGES},
        )


for _code, _words in _OTHER_LANGUAGES.items():
    _field = StringField(
        f"Name in letters in {_words}", description="Optional.", render_kw={"maxlength": LONGEST_NAME}
    )
    setattr(StatusForm, f"name_{_code}", _field)


@pages.get("/statuses")
def show_list() -> str:
    return render_template(
        "admin/statuses.html",
        rows=statuses.list_own(reading),
        known=statuses.load(reading, toolbox.settings.late_counts_as),
    )


@pages.route("/statuses/new", methods=["GET", "POST"])
def add() -> str | Response:
    form = StatusForm()
    if form.validate_on_submit():
        try:
            own_statuses.add_status(toolbox, actor(), form.details)
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            flash("The status was added. Registers and sheets offer it from now on.", "success")
            return redirect(url_for("statuses.show_list"))
    return render_template("admin/status_form.html", form=form, row=None)


@pages.route("/statuses/<int:status_id>/edit", methods=["GET", "POST"])
def edit(status_id: int) -> str | Response:
    row = statuses.get_own(reading, status_id)
    form = StatusForm(data=_shown(row))
    if form.validate_on_submit():
        try:
            own_statuses.change_status(toolbox, actor(), status_id, form.details)
        except InvalidInput as refused:
            add_form_error(form, refused)
        else:
            flash("The status was saved.", "success")
            return redirect(url_for("statuses.show_list"))
    return render_template("admin/status_form.html", form=form, row=row)


def _shown(row: OwnStatus) -> dict[str, object]:
    names = {f"name_{code}": row.letter_names.get(code, "") for code in _OTHER_LANGUAGES}
    kept = ("name", "short", "colour", "counts_as", "is_left_out")
    return {**{name: getattr(row, name) for name in kept}, **names}


@pages.post("/statuses/<int:status_id>/retire")
def retire(status_id: int) -> Response:
    own_statuses.set_status_active(toolbox, actor(), status_id, active=False)
    flash("The status is offered no longer. Marks that have it keep it.", "success")
    return redirect(url_for("statuses.show_list"))


@pages.post("/statuses/<int:status_id>/use-again")
def use_again(status_id: int) -> Response:
    own_statuses.set_status_active(toolbox, actor(), status_id, active=True)
    flash("The status is offered again.", "success")
    return redirect(url_for("statuses.show_list"))
