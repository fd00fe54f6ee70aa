"""Pages of the mail to the families: what would be sent, the press, its progress, and trying again."""

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.domain.attendance import LectureState
from shared.domain.family_mail import SETTLED, MailState, Recipients, count_states, is_overdue
from shared.domain.languages import LANGUAGES, phrase
from shared.errors import Conflict, InvalidInput
from shared.persistence import attendance, outbox
from shared.persistence.tables import OutgoingMail
from shared.services.family_mail import plan as family_mail
from shared.services.family_mail.messages import find_ways
from shared.services.family_mail.plan import MailPlan
from shared.web.languages import gettext, ngettext, say
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("family_mail", __name__, template_folder="templates")

# What needs a person stands first.
_ORDER = (
    MailState.REFUSED,
    MailState.PERHAPS_SENT,
    MailState.SENDING,
    MailState.QUEUED,
    MailState.SENT,
)


@pages.get("/lectures/<int:lecture_id>/mail")
def show(lecture_id: int) -> str:
    lecture = attendance.get_own_lecture(reading, actor().account_id, lecture_id)
    ways = find_ways(toolbox, reading)
    plan = family_mail.plan_mail(reading, lecture, ways)
    now = toolbox.now()
    return render_template(
        "teacher/family_mail.html",
        lecture=lecture,
        states=LectureState,
        plan=plan,
        samples=[(letter, family_mail.show_sample(toolbox, lecture, letter)) for letter in plan.samples],
        languages=LANGUAGES,
        choices=list(Recipients),
        told=sorted(plan.told, key=lambda letter: _ORDER.index(letter.state)),
        progress=_progress(plan.told),
        is_overdue=any(is_overdue(letter.state, letter.try_at, now) for letter in plan.told),
        note=_note,
        is_set_up=toolbox.settings.mail_server is not None or ways.messages is not None,
        has_messages=ways.messages is not None,
        counted=_count(plan) if plan.messages else "",
    )


@pages.get("/lectures/<int:lecture_id>/mail/progress")
def progress(lecture_id: int) -> dict[str, object]:
    """Return how far the letters are, and what became of each."""
    attendance.get_own_lecture(reading, actor().account_id, lecture_id)
    letters = outbox.fates_of(reading, lecture_id)
    results = {
        letter.id: {"state": letter.state, "label": say(letter.state.label), "note": _note(letter)}
        for letter in letters
    }
    return {**_progress(letters), "letters": results}


def _count(plan: MailPlan) -> str:
    """Return how many letters and messages a press would send, in words."""
    messages = ngettext("%(num)d message", "%(num)d messages", plan.messages)
    letters = len(plan.letters) - plan.messages
    if not letters:
        return messages
    return gettext(
        "%(letters)s and %(messages)s",
        letters=ngettext("%(num)d letter", "%(num)d letters", letters),
        messages=messages,
    )


def _progress(letters: Sequence[OutgoingMail]) -> dict[str, object]:
    counts = count_states([letter.state for letter in letters])
    words = ", ".join(
        gettext("%(number)d %(state)s", number=counts[state], state=state.label)
        for state in reversed(_ORDER)
        if counts[state]
    )
    return {"done": sum(counts[state] for state in SETTLED), "total": len(letters), "sentence": words}


def _note(letter: OutgoingMail) -> str:
    """Return why a letter is where it is, and when it is tried again, in the reader's language."""
    reason = say(letter.reason)
    if letter.state is MailState.QUEUED and reason:
        again = toolbox.settings.clock.show_time(letter.try_at)
        return gettext("%(reason)s. Next try at %(time)s.", reason=reason.rstrip(".।"), time=again)
    return reason


@pages.post("/lectures/<int:lecture_id>/mail/recipients")
def choose(lecture_id: int) -> Response:
    """Choose whose families are written to; the teacher's next lectures begin with the same choice."""
    try:
        chosen = Recipients(request.form.get("recipients", ""))
    except ValueError as cause:
        raise InvalidInput(phrase("Choose whose families are written to.")) from cause
    family_mail.choose_recipients(toolbox, actor(), lecture_id, chosen)
    return redirect(url_for(".show", lecture_id=lecture_id, _anchor="plan-title"))


@pages.post("/lectures/<int:lecture_id>/mail")
def send(lecture_id: int) -> Response:
    seen = request.form.get("seen", "")
    nothing = gettext("Everybody has been written to already; nothing was sent twice.")
    return _press(lecture_id, lambda: family_mail.send_mail(toolbox, actor(), lecture_id, seen=seen), nothing)


@pages.post("/lectures/<int:lecture_id>/mail/retry")
def retry(lecture_id: int) -> Response:
    nothing = gettext("There is nothing to try again: the office has changed these addresses.")
    return _press(lecture_id, lambda: family_mail.retry_refused(toolbox, actor(), lecture_id), nothing)


@pages.post("/lectures/<int:lecture_id>/mail/<int:mail_id>/retry")
def retry_one(lecture_id: int, mail_id: int) -> Response:
    nothing = gettext("This letter is not in doubt any more; nothing was sent.")
    return _press(
        lecture_id, lambda: family_mail.retry_perhaps_sent(toolbox, actor(), lecture_id, mail_id), nothing
    )


@pages.post("/lectures/<int:lecture_id>/mail/corrections")
def correct(lecture_id: int) -> Response:
    nothing = gettext("Every family knows what the register says; nothing was sent.")
    return _press(lecture_id, lambda: family_mail.send_corrections(toolbox, actor(), lecture_id), nothing)


def _press(lecture_id: int, queue: Callable[[], int], nothing: str) -> Response:
    """Queue letters, say how many, and show how they fare."""
    try:
        count = queue()
    except (Conflict, InvalidInput) as refused:
        flash(say(refused.sentence), "warning")
    else:
        sent = ngettext("%(num)d letter is on the way.", "%(num)d letters are on the way.", count)
        if find_ways(toolbox, reading).messages is not None:
            sent = ngettext(
                "%(num)d letter or message is on the way.",
                "%(num)d letters and messages are on the way.",
                count,
            )
        flash(sent if count else nothing, "success" if count else "info")
    return redirect(url_for(".show", lecture_id=lecture_id))
