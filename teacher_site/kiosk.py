"""The kiosk: hands a phone round, keeps it to the check-in, and takes it back by password."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from flask_security import login_user, logout_user

from shared.domain.attendance import LectureState, lecture_state
from shared.domain.languages import phrase
from shared.errors import InvalidInput, NotFound, TooManyTries
from shared.persistence import attendance
from shared.persistence.tables import KioskPass, Lecture
from shared.services.accounts.attempts import Budget
from shared.services.accounts.devices import device_words, list_elsewhere
from shared.services.kiosk.calls import call_teacher
from shared.services.kiosk.check_in import (
    CheckInAnswer,
    CheckInRequest,
    FilmRequest,
    check_in,
    turn_head,
)
from shared.services.kiosk.lookup import YesRequest, say_yes
from shared.services.kiosk.passes import (
    bind_key,
    end_pass,
    is_pin,
    issue_ticket,
    note_seen,
    open_kiosk,
    require_a_signature,
    require_signature,
)
from shared.services.typed_input import LONGEST_CODE
from shared.web.device import require_device_token
from shared.web.error_pages import answer_nobody
from shared.web.kiosk_pass import ONLY_THE_TEACHER, forget_pass, has_pass_cookie, keep_pass, sent_pass
from shared.web.languages import gettext, say
from shared.web.rate_limit import rate_limited
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox
from teacher_site import kiosk_words

pages = Blueprint("kiosk", __name__, template_folder="templates")

SIGNATURE = "X-Kiosk-Signature"
# Of a class or a roll id, with what people type between its characters: no work is done on more.
LONGEST_TYPED = 4 * LONGEST_CODE
# What a phone with a pass may ask for; each of these pages asks for the pass.
OPEN_TO_THE_PASS = frozenset(
    f"kiosk.{page}" for page in ("page", "key", "status", "ticket", "send", "turn", "yes", "call", "leave")
)
_WITH_PHOTO = frozenset({"kiosk.send", "kiosk.turn", "kiosk.call"})
_STATIC = frozenset({"static", "shared.static", "bootstrap.static"})

_OVER = {
    LectureState.SCHEDULED: phrase("The lecture has not begun yet. Please wait."),
    LectureState.ENDED: phrase(
        "The time of this lecture is over. Please give the phone back to the teacher."
    ),
    LectureState.CLOSED: phrase("The lecture is closed. Please give the phone back to the teacher."),
}


def keep_to_the_kiosk() -> Response | None:
    """Answer everything but the kiosk's own pages with the kiosk, while a living pass is on the device.

    What comes with a photo needs a place, a pass and a signature before the photo is received.
    """
    if request.endpoint in _STATIC:
        return None
    if request.endpoint in OPEN_TO_THE_PASS:
        g.language = kiosk_words.asked_language()
    if request.endpoint in _WITH_PHOTO:
        toolbox.load_limiter.reject_if_full()
    is_a_kiosk = sent_pass(toolbox) is not None
    if request.endpoint in _WITH_PHOTO:
        _living_pass()
        require_a_signature(request.headers.get(SIGNATURE, ""))
    if not is_a_kiosk:
        return None
    if request.endpoint in OPEN_TO_THE_PASS:
        return None
    if request.method in ("GET", "HEAD"):
        return make_response(redirect(url_for("kiosk.page")))
    return answer_nobody(403, ONLY_THE_TEACHER)


def _living_pass() -> KioskPass:
    kiosk_pass: KioskPass | None = g.kiosk_pass
    if kiosk_pass is None:
        raise NotFound(phrase("This phone takes no check-ins any more."))
    return kiosk_pass


def _signed_pass(*words: str) -> KioskPass:
    """Return the pass, if the phone it was given to signed the address and these words.

    Raise UnknownDevice.
    """
    kiosk_pass = _living_pass()
    message = "\n".join((request.path, *words))
    require_signature(kiosk_pass, message, request.headers.get(SIGNATURE, ""))
    return kiosk_pass


@pages.route("/lectures/<int:lecture_id>/kiosk", methods=["GET", "POST"])
def hand_over(lecture_id: int) -> Response | tuple[str, int] | str:
    """Ask whether to hand the phone round; the press ends the teacher's sign-in on it."""
    lecture = attendance.get_own_lecture(reading, current_user.id, lecture_id)
    if request.method == "GET":
        return _ask(lecture)
    device = device_words(request.user_agent.string)
    try:
        token = open_kiosk(
            toolbox,
            actor(),
            lecture_id=lecture_id,
            device=device,
            device_token=require_device_token(),
            pin=request.form.get("pin", ""),
        )
    except InvalidInput as refused:
        return _ask(lecture, problem=say(refused.sentence)), refused.status
    logout_user()
    answer = make_response(redirect(url_for("kiosk.page")))
    keep_pass(answer, token)
    return answer


def _ask(lecture: Lecture, *, problem: str | None = None) -> str:
    elsewhere = list_elsewhere(reading, current_user.id, require_device_token())
    return render_template("teacher/hand_over.html", lecture=lecture, elsewhere=elsewhere, problem=problem)


@pages.get("/kiosk")
def page() -> Response | str:
    if g.kiosk_pass is None:
        return _without_pass()
    lecture = attendance.get_own_lecture(reading, g.kiosk_pass.teacher_id, g.kiosk_pass.lecture_id)
    # For a copied cookie too, so there is nothing on it that the signed pages have to tell.
    return render_template(
        "teacher/kiosk.html",
        lecture=lecture,
        pass_id=g.kiosk_pass.id,
        texts=kiosk_words.texts(),
        spoken=kiosk_words.in_every_language(),
    )


@pages.post("/kiosk/key")
def key() -> dict[str, object]:
    """Bind the pass to the key that the page has made, once."""
    bind_key(toolbox, _living_pass(), request.form.get("public_key", ""))
    return {}


@pages.get("/kiosk/status")
def status() -> dict[str, object]:
    """Tell whether the lecture still takes marks, and the counter."""
    kiosk_pass = _signed_pass()
    note_seen(toolbox, kiosk_pass)
    return _standing(kiosk_pass.lecture)


@pages.post("/kiosk/ticket")
def ticket() -> dict[str, object]:
    """Return a ticket for the photo that is being taken."""
    return {"ticket": issue_ticket(toolbox, _signed_pass())}


def _standing(lecture: Lecture) -> dict[str, object]:
    state = lecture_state(
        now=toolbox.now(),
        starts_at=lecture.starts_at,
        ends_at=lecture.faces_until,
        closed_at=lecture.closed_at,
    )
    count = attendance.count_here(reading, [lecture.id])[lecture.id]
    return {"over": say(_OVER.get(state, "")) or None, "here": count.here, "expected": count.expected}


@pages.post("/kiosk/check-in")
def send() -> dict[str, object]:
    """Answer one photo with its class and roll id; without both the face is looked up."""
    sent = _sent()
    with toolbox.load_limiter.admit():
        kiosk_pass = _signed_pass(*sent.words)
        return _told(kiosk_pass, check_in(toolbox, kiosk_pass, sent))


@pages.post("/kiosk/turn")
def turn() -> dict[str, object]:
    """Answer the film of the turn that was asked for, sent with the photo of the first look."""
    photo = _sent()
    film = FilmRequest(
        photo.class_code,
        photo.roll_id,
        photo.photo,
        photo.idempotency_key,
        photo.ticket,
        turn_of=_sent_key("turn_of"),
        frames=tuple(frame.read() for frame in request.files.getlist("frame")),
    )
    with toolbox.load_limiter.admit():
        kiosk_pass = _signed_pass(*film.words)
        return _told(kiosk_pass, turn_head(toolbox, kiosk_pass, film))


@pages.post("/kiosk/yes")
def yes() -> dict[str, object]:
    """Answer the student's Yes to the name that a photo without a roll id was answered with."""
    _living_pass()
    said = YesRequest(
        photo_digest=request.form.get("photo_digest", ""),
        yes_to=_sent_key("yes_to"),
        idempotency_key=_sent_key("idempotency_key"),
        ticket=request.form.get("ticket", ""),
    )
    with toolbox.load_limiter.admit():
        kiosk_pass = _signed_pass(*said.words)
        return _told(kiosk_pass, say_yes(toolbox, kiosk_pass, said))


@pages.post("/kiosk/call")
def call() -> dict[str, object]:
    """Call the teacher to decide about the photo that was refused."""
    sent = _sent()
    with toolbox.load_limiter.admit():
        kiosk_pass = _signed_pass(*sent.words)
        return _told(kiosk_pass, call_teacher(toolbox, kiosk_pass, sent))


def _sent() -> CheckInRequest:
    _living_pass()
    photo = request.files.get("photo")
    if photo is None:
        raise InvalidInput(phrase("The photo did not arrive. Please try again."))
    return CheckInRequest(
        class_code=_typed("class_code"),
        roll_id=_typed("roll_id"),
        photo=photo.read(),
        idempotency_key=_sent_key("idempotency_key"),
        ticket=request.form.get("ticket", ""),
    )


def _told(kiosk_pass: KioskPass, answer: CheckInAnswer) -> dict[str, object]:
    lecture_id = kiosk_pass.lecture_id
    count = answer.count or attendance.count_here(reading, [lecture_id])[lecture_id]
    return {
        "outcome": answer.outcome,
        "headline": _headline(answer),
        "sentence": say(answer.sentence),
        "name": answer.student_name,
        "class_code": answer.class_code,
        "roll_id": answer.roll_id,
        "marked_at": _clock(answer.marked_at),
        "may_call_teacher": answer.may_call_teacher,
        "turn": {"side": answer.turn} if answer.turn else None,
        "here": count.here,
        "expected": count.expected,
    }


def _typed(name: str) -> str:
    typed = request.form.get(name, "")
    if len(typed) > LONGEST_TYPED:
        raise InvalidInput(phrase("This is longer than %(longest)s characters.", longest=LONGEST_TYPED))
    return typed


def _sent_key(name: str) -> str:
    try:
        return str(UUID(request.form.get(name, "")))
    except ValueError as cause:
        raise InvalidInput(phrase("The check-in was not sent whole. Please try again.")) from cause


def _headline(answer: CheckInAnswer) -> str:
    """Return big words for the screen: "Late, 10:07" for who was late by the clock."""
    if answer.is_late:
        return gettext("Late, %(time)s", time=_clock(answer.marked_at))
    return say(answer.outcome.headline)


def _clock(moment: datetime | None) -> str | None:
    return toolbox.settings.clock.show_time(moment) if moment else None


@pages.route("/kiosk/leave", methods=["GET", "POST"])
def leave() -> Response | tuple[str, int] | str:
    """Take the phone back: the lecture's PIN or the teacher's password ends the pass and signs in."""
    if g.kiosk_pass is None:
        return _without_pass()
    kiosk_pass, secret = g.kiosk_pass, request.form.get("secret", "")
    if request.method == "GET":
        return _leave_page()
    teacher = current_app.extensions["security"].datastore.find_user(id=kiosk_pass.teacher_id)
    try:
        if secret:
            problem = (
                None
                if _is_password(teacher, kiosk_pass, secret)
                else gettext("This is not the teacher's password.")
            )
        else:
            problem = (
                None if _is_pin(teacher, kiosk_pass) else gettext("This is not the PIN of this lecture.")
            )
    except TooManyTries as wait:
        return _leave_page(say(wait.sentence), by_password=bool(secret)), wait.status
    if problem:
        return _leave_page(problem, by_password=bool(secret)), 403
    session.clear()
    login_user(teacher, authn_via=["password"])
    if not secret:
        session.pop("fs_paa")  # six digits are not the password that sensitive actions ask for
    end_pass(toolbox, actor(), kiosk_pass.id)
    flash(gettext("The phone is yours again."), "success")
    answer = make_response(redirect(url_for("attendance.show", lecture_id=kiosk_pass.lecture_id)))
    forget_pass(answer)
    return answer


def _leave_page(problem: str | None = None, *, by_password: bool = False) -> str:
    has_pin = g.kiosk_pass.lecture.kiosk_pin is not None
    return render_template("teacher/leave.html", has_pin=has_pin, problem=problem, by_password=by_password)


def _without_pass() -> Response:
    """Go to the teacher's pages; a phone whose pass was ended elsewhere may be in a student's hand."""
    answer = make_response(redirect(url_for("lectures.today")))
    if has_pass_cookie():
        flash(gettext("This phone takes no check-ins any more. Please give it back to the teacher."), "info")
        forget_pass(answer)
    return answer


def _is_password(teacher: Any, kiosk_pass: KioskPass, typed: str) -> bool:
    """Raise TooManyTries. Students guessing at a kiosk slow that kiosk, not the teacher's own sign-in."""
    normal = current_app.extensions["security"].password_util.normalize(typed)
    budget = Budget(f"classroom kiosk {kiosk_pass.id} password", email=teacher.email)
    return rate_limited([budget], lambda: teacher.verify_and_update_password(normal))


def _is_pin(teacher: Any, kiosk_pass: KioskPass) -> bool:
    """Raise TooManyTries; guesses at the PIN do not keep the password from working."""
    budget = Budget(f"classroom kiosk {kiosk_pass.id} PIN", email=teacher.email)
    return rate_limited([budget], lambda: is_pin(toolbox, kiosk_pass, request.form.get("pin", "")))
