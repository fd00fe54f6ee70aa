"""Pages of the school's own statuses: list, add, edit, retire."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from shared.domain.languages import LANGUAGES
from shared.domain.statuses import LONGEST_NAME, LONGEST_SHORT, Colour, CountsAs
from shared.errors import ChangedMeanwhile, InvalidInput
from shared.persistence import statuses
from shared.services.attendance import own_statuses
from shared.services.attendance.own_statuses import StatusDetails
from shared.web.forms import ChangeForm, add_form_error
from shared.web.languages import gettext, lazy_gettext
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("statuses", __name__)

_OTHER_LANGUAGES = {code: words for code, words in LANGUAGES.items() if code != "en"}
COUNTS_AS = {
    "present": lazy_gettext("present"),
    "half": lazy_gettext("half a lecture"),
    "absent": lazy_gettext("absent"),
}


_COUNTS_WORDS = {
    "present": lazy_gettext("counts as present"),
    "half": lazy_gettext("counts as half a lecture"),
    "absent": lazy_gettext("counts as absent"),
}
COLOUR_WORDS = {
    Colour.GREEN: lazy_gettext("green"),
    Colour.AMBER: lazy_gettext("amber"),
    Colour.BLUE: lazy_gettext("blue"),
    Colour.RED: lazy_gettext("red"),
    Colour.PURPLE: lazy_gettext("purple"),
    Colour.TEAL: lazy_gettext("teal"),
    Colour.BROWN: lazy_gettext("brown"),
    Colour.GREY: lazy_gettext("grey"),
}


class StatusForm(ChangeForm):
    """An own status; a field `name_xx` for each further language of the letters is bound below."""

    name = StringField(
        lazy_gettext("Name"),
        [InputRequired(lazy_gettext("Please type a name."))],
        description=lazy_gettext("Such as “On duty”; it stands on pages, in sheets and in letters."),
        render_kw={"maxlength": LONGEST_NAME},
    )
    short = StringField(
        lazy_gettext("Short form"),
        [InputRequired(lazy_gettext("Please type a short form."))],
        description=lazy_gettext("1 to %(most)s letters or digits, such as OD.", most=LONGEST_SHORT),
        render_kw={"maxlength": LONGEST_SHORT},
    )
    colour = SelectField(
        lazy_gettext("Colour"), choices=[SelectChoice(each.value, COLOUR_WORDS[each]) for each in Colour]
    )
    is_left_out = BooleanField(
        lazy_gettext("Leaves the lectures held"),
        description=lazy_gettext("As excused does: the lecture counts neither for nor against the student."),
    )
    counts_as = SelectField(
        lazy_gettext("Counts as"),
        choices=[SelectChoice(*each) for each in COUNTS_AS.items()],
        description=lazy_gettext("In the totals, where it does not leave the lectures held."),
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
        lazy_gettext("Name in letters in %(language)s", language=_words),
        description=lazy_gettext("Optional."),
        render_kw={"maxlength": LONGEST_NAME},
    )
    setattr(StatusForm, f"name_{_code}", _field)


@pages.get("/statuses")
def show_list() -> str:
    return render_template(
        "admin/statuses.html",
        rows=statuses.list_own(reading),
        known=statuses.load(reading, toolbox.settings.late_counts_as),
        counts_words=_COUNTS_WORDS,
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
            flash(gettext("The status was added. Registers and sheets offer it from now on."), "success")
            return redirect(url_for("statuses.show_list"))
    return render_template("admin/status_form.html", form=form, row=None)


@pages.route("/statuses/<int:status_id>/edit", methods=["GET", "POST"])
def edit(status_id: int) -> str | Response:
    row = statuses.get_own(reading, status_id)
    form = StatusForm(data=own_statuses.fields_of(row))
    if form.validate_on_submit():
        try:
            own_statuses.change_status(toolbox, actor(), status_id, form.details, seen=form.seen)
        except InvalidInput as refused:
            add_form_error(form, refused)
        except ChangedMeanwhile as changed:
            form.show_change(changed)
        else:
            flash(gettext("The status was saved."), "success")
            return redirect(url_for("statuses.show_list"))
    return render_template("admin/status_form.html", form=form, row=row)


@pages.post("/statuses/<int:status_id>/retire")
def retire(status_id: int) -> Response:
    own_statuses.set_status_active(toolbox, actor(), status_id, active=False)
    flash(gettext("The status is offered no longer. Marks that have it keep it."), "success")
    return redirect(url_for("statuses.show_list"))


@pages.post("/statuses/<int:status_id>/use-again")
def use_again(status_id: int) -> Response:
    own_statuses.set_status_active(toolbox, actor(), status_id, active=True)
    flash(gettext("The status is offered again."), "success")
    return redirect(url_for("statuses.show_list"))
