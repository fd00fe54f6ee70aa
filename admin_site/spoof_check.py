"""Page of the spoof check: send pictures, train on them, see the figures, and choose the version in use."""

import math
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_site.forms import KIND_WORDS, SpoofArchiveForm, SpoofPicturesForm
from shared.domain.error_rates import wilson_bounds
from shared.domain.languages import phrase
from shared.domain.second_lock import Strictness
from shared.errors import Conflict, InvalidInput
from shared.persistence import jobs, spoof
from shared.persistence.jobs import JobKind
from shared.persistence.tables import SpoofActivation
from shared.services.spoof_check import pictures as spoof_pictures
from shared.services.spoof_check import strictness as spoof_strictness
from shared.services.spoof_check import training as spoof_training
from shared.services.spoof_check import versions as spoof_versions
from shared.services.spoof_check.evaluation import LIVE
from shared.services.spoof_check.pictures import MOST_DAYS
from shared.web.forms import add_form_error
from shared.web.languages import gettext, lazy_gettext, say
from shared.web.password_again import asks_password_again
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("spoof_check", __name__)

STEP_WORDS = {
    Strictness.LIGHT: lazy_gettext("light"),
    Strictness.USUAL: lazy_gettext("usual"),
    Strictness.STRICT: lazy_gettext("strict"),
}


@pages.get("/spoof-check")
def show() -> str:
    return _page()


@pages.post("/spoof-check/pictures")
def send_pictures() -> str:
    form = SpoofPicturesForm()
    received = None
    if form.validate_on_submit():
        files = [(file.filename, file.stream) for file in form.pictures.data or [] if file.filename]
        try:
            received = spoof_pictures.receive_pictures(
                toolbox, actor(), label=form.label.data, source=form.source.data, files=files
            )
        except InvalidInput as refused:
            add_form_error(form, refused)
    return _page(pictures_form=form, received=received)


@pages.post("/spoof-check/archive")
def send_archive() -> str:
    form = SpoofArchiveForm()
    received = None
    if form.validate_on_submit():
        try:
            received = spoof_pictures.receive_archive(toolbox, actor(), form.file.data.stream)
        except InvalidInput as refused:
            add_form_error(form, refused)
    return _page(archive_form=form, received=received)


@pages.post("/spoof-check/pictures/discard")
def discard_pictures() -> Response:
    spoof_pictures.discard_pictures(toolbox, actor())
    flash(gettext("The pictures were deleted."), "success")
    return redirect(url_for("spoof_check.show"))


@pages.post("/spoof-check/training")
def train() -> Response:
    try:
        spoof_training.start_training(toolbox, actor())
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    return redirect(url_for("spoof_check.show"))


@pages.post("/spoof-check/versions/<int:version_id>/activate")
@asks_password_again
def activate(version_id: int) -> Response:
    return _activate(version_id)


@pages.post("/spoof-check/shipped-version/activate")
@asks_password_again
def activate_shipped() -> Response:
    return _activate(None)


@pages.post("/spoof-check/versions/<int:version_id>/decline")
def decline(version_id: int) -> Response:
    spoof_versions.decline(toolbox, actor(), version_id)
    flash(gettext("The version was deleted."), "success")
    return redirect(url_for("spoof_check.show"))


@pages.get("/spoof-check/mistakes/<int:mistake_id>")
def show_mistake(mistake_id: int) -> Response:
    answer = make_response(spoof_versions.open_mistake(toolbox, mistake_id))
    answer.content_type = "image/jpeg"
    return answer


@pages.post("/spoof-check/strictness")
@asks_password_again
def choose_strictness() -> Response:
    try:
        step = Strictness(request.form.get("strictness", ""))
    except ValueError as cause:
        raise InvalidInput(phrase("Choose one of the three steps.")) from cause
    try:
        spoof_strictness.choose_strictness(toolbox, actor(), step)
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("This step is in use, on every phone within seconds."), "success")
    return redirect(url_for("spoof_check.show"))


def _activate(version_id: int | None) -> Response:
    even_if_worse = request.form.get("even_if_worse") == "y"
    try:
        spoof_versions.activate(toolbox, actor(), version_id, even_if_worse=even_if_worse)
    except Conflict as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("This version is in use, on every phone within seconds."), "success")
    return redirect(url_for("spoof_check.show"))


def _count_of_hundred(share: float, *, is_good: bool = False) -> int:
    """Return how many of a hundred: rounded up, so that neither words nor dots make a danger smaller than it
    is; what is good is rounded down.

    What floating point adds is no more of one: 100 * 0.07 is a little above 7.
    """
    return (math.floor if is_good else math.ceil)(round(100 * share, 6))


def _of_hundred(share: float | None, *, is_good: bool = False) -> str:
    """Return a share as people say it: how many of a hundred."""
    if share is None:
        return gettext("an unknown number")
    return str(_count_of_hundred(share, is_good=is_good) or gettext("none"))


def _steps_of(activation: SpoofActivation | None) -> dict[str, Any]:
    """Return what each step of strictness costs on the school's pictures, if the version in use tells."""
    version = activation.version if activation else None
    steps: dict[str, Any] = ((version.card if version else None) or {}).get("after", {}).get("steps", {})
    return steps


def _page(**outcome: Any) -> str:
    job = jobs.find_latest(reading, JobKind.TRAIN_SPOOF_CHECK, spoof_training.SUBJECT)
    activation = spoof.find_activation(reading)
    forms = {
        "pictures_form": SpoofPicturesForm(formdata=None),
        "archive_form": SpoofArchiveForm(formdata=None),
    }
    return render_template(
        "admin/spoof_check.html",
        versions=spoof.list_versions(reading),
        activation=activation,
        counts=spoof.count_pictures(reading),
        kinds=KIND_WORDS,
        live=LIVE,
        kept_days=MOST_DAYS,
        job=job,
        is_running=jobs.is_running(job, now=toolbox.now()),
        cut_off=spoof_training.CUT_OFF,
        fault=spoof_versions.find_fault(toolbox),
        shares=spoof_strictness.count_shares(toolbox),
        strictness=spoof.get_strictness(reading),
        steps=Strictness,
        step_words=STEP_WORDS,
        own_steps=_steps_of(activation),
        is_worse=spoof_versions.is_worse,
        of_hundred=_of_hundred,
        count_of_hundred=_count_of_hundred,
        at_most_of_none=lambda of: (wilson_bounds(0, of) or (0, 1))[1],
        **{**forms, **outcome},
    )
