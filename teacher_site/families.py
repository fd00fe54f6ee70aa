"""Pages for families, behind the link of a letter."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.errors import Conflict, InvalidInput, NotFound
from shared.services.accounts.attempts import Budget
from shared.services.families import page
from shared.services.families.page import FamilyView
from shared.services.families.wording import day_in, sentences_of_no_link, status_in, words_of
from shared.web.forms import as_row_id, asked_day
from shared.web.languages import say
from shared.web.rate_limit import rate_limited
from shared.web.site import toolbox

pages = Blueprint("families", __name__, template_folder="templates")

# Open to anybody; whom they show is said by the token alone.
OPEN = frozenset(f"families.{name}" for name in ("show", "announce", "withdraw", "ask"))


@pages.get("/family")
def show() -> str:
    return _page(_look())


@pages.post("/family/absence")
def announce() -> str | tuple[str, int] | Response:
    view = _look()
    first, last = (asked_day(request.form, name) for name in ("first_day", "last_day"))
    if first.is_refused or last.is_refused:
        return _page(view, refused="no_date", field="first_day" if first.is_refused else "last_day"), 400
    send = partial(page.announce_absence, first_day=first.day, last_day=last.day, reason=_typed("reason"))
    return _write(view, send, "sent")


@pages.post("/family/absence/<int:absence_id>/withdraw")
def withdraw(absence_id: int) -> str | tuple[str, int] | Response:
    return _write(_look(), partial(page.withdraw_absence, absence_id=absence_id), "withdrawn")


@pages.post("/family/question")
def ask() -> str | tuple[str, int] | Response:
    send = partial(page.ask, lecture_id=as_row_id(_typed("lecture_id")), words=_typed("words"))
    return _write(_look(), send, "sent")


def _token() -> str:
    """Return the token. It stands in the query, which no log keeps."""
    return request.args.get("link", "")


def _look() -> FamilyView:
    """Return what the link shows. Raise NotFound for a wrong one, and TooManyTries after many of them.

    A right one is never slowed: a whole school's families may stand behind one address. The page is in the
    family's language, whatever this browser's is.
    """
    try:
        view = page.look(toolbox, _token())
    except NotFound:
        rate_limited((Budget(f"family link {request.remote_addr}"),), lambda: False)
        raise
    g.language = view.language
    return view


@pages.errorhandler(NotFound)
def say_no_link(_missing: NotFound) -> tuple[str, int]:
    """Answer a family whose link is not good: no menu, and no way to the teachers' sign-in."""
    return render_template("teacher/family_over.html", sentences=sentences_of_no_link(toolbox)), 404


def _write(view: FamilyView, send: Callable[..., None], done: str) -> str | tuple[str, int] | Response:
    """Send what was written; what is refused stays typed."""
    try:
        send(toolbox, _token(), address=request.remote_addr or "")
    except InvalidInput as refused:
        return _page(view, refused=say(refused.sentence), field=refused.field or ""), refused.status
    except Conflict as refused:
        return _page(view, refused=say(refused.sentence)), refused.status
    return redirect(url_for("families.show", link=_token(), done=done))


def _page(view: FamilyView, *, refused: str = "", field: str = "") -> str:
    words, language = words_of(toolbox, view), view.language
    clock, done = toolbox.settings.clock, request.args.get("done", "")
    return render_template(
        "teacher/family.html",
        token=_token(),
        view=view,
        words=words,
        missed=[
            (
                mark,
                day_in(toolbox, language, clock.day_of(mark.starts_at)),
                status_in(toolbox, language, mark.status),
            )
            for mark in view.missed
        ],
        absences=[
            (each, day_in(toolbox, language, each.first_day), day_in(toolbox, language, each.last_day))
            for each in view.absences
        ],
        done={"sent": words.sent, "withdrawn": words.withdrawn}.get(done, ""),
        refused=words.refusals.get(refused, refused),
        field=field,
        typed=request.form,
    )


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()
