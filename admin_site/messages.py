"""The page of messages to phones: who gets them, and a test of the school's gateway."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.domain.phone_messages import MessagesTo
from shared.errors import InvalidInput
from shared.services.family_mail.messages import choose_families, count_reached, find_ways, send_test
from shared.web.languages import gettext, lazy_gettext, name_of_country, say
from shared.web.password_again import asks_password_again, asks_password_before_a_form
from shared.web.sign_in import actor
from shared.web.site import reading, toolbox

pages = Blueprint("messages", __name__)

TO_WORDS = {
    MessagesTo.WITHOUT_EMAIL: lazy_gettext(
        "families without an e-mail address get a message, all others a letter"
    ),
    MessagesTo.WITH_PHONE: lazy_gettext("families with a phone number get a message, all others a letter"),
    MessagesTo.BOTH: lazy_gettext("letters go to every address, and messages to every phone number"),
}


@pages.get("/integrations/messages")
@asks_password_before_a_form
def show() -> str:
    return _page()


@pages.post("/integrations/messages/choose")
@asks_password_again
def choose() -> Response:
    _require_on()
    try:
        choose_families(toolbox, actor(), request.form.get("to", ""))
    except InvalidInput as refused:
        flash(say(refused.sentence), "warning")
    else:
        flash(gettext("Saved."), "success")
    return redirect(url_for("messages.show"))


@pages.post("/integrations/messages/test")
@asks_password_before_a_form
def test() -> str | tuple[str, int]:
    """Send a test message and show the page with what the gateway answered; the number stays typed."""
    _require_on()
    number = request.form.get("number", "")
    try:
        result = send_test(toolbox, actor(), number)
    except InvalidInput as refused:
        return _page(number=number, refused=refused.sentence), refused.status
    return _page(number=number, result=result.reason, is_taken=not result.reason)


def _require_on() -> None:
    if find_ways(toolbox, reading).messages is None:
        abort(404)


def _page(*, number: str = "", refused: str = "", result: str = "", is_taken: bool = False) -> str:
    _require_on()
    ways, country = find_ways(toolbox, reading), toolbox.settings.phone_country
    return render_template(
        "admin/messages.html",
        ways=ways,
        choices=TO_WORDS,
        host=toolbox.gateway.host,
        reached=count_reached(reading),
        country=name_of_country(country, country) if country else None,
        number=number,
        refused=refused,
        result=result,
        is_taken=is_taken,
    )
