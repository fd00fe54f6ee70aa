"""The pass of a phone that was handed round: its cookie closes every site and every port of this host."""

import time

from flask import Flask, Response, current_app, g, request

from shared.domain.languages import phrase
from shared.persistence.tables import KioskPass
from shared.services.kiosk.passes import find_pass
from shared.toolbox import Toolbox
from shared.web.cookies import cookie_name
from shared.web.error_pages import answer_nobody

NAME = "kiosk_pass"
# Longer than any lecture: a browser that was closed in between opens as a kiosk again.
COOKIE_LIFE_S = 24 * 60 * 60
# Where `launcher.reception` lets a site keep what it found for the head of a photo until that is here, and
# how long such a pass is taken for living. Nobody is marked by one that ended meanwhile: before anything is
# written, the pass is looked for once more.
KEPT, KEPT_FOR_S = "reception.kept", 1.0

ONLY_THE_TEACHER = phrase("This phone takes check-ins now. Only the teacher can end that.")
_OPEN = frozenset({"static", "shared.static", "bootstrap.static", "shared.is_alive", "shared.is_ready"})


def sent_pass(toolbox: Toolbox) -> KioskPass | None:
    """Return the living pass of the phone that sends this request, kept in `g.kiosk_pass`."""
    if "kiosk_pass" not in g:
        token = request.cookies.get(cookie_name(current_app, NAME))
        g.kiosk_pass = _find(toolbox, token) if token else None
    kiosk_pass: KioskPass | None = g.kiosk_pass
    return kiosk_pass


def _find(toolbox: Toolbox, token: str) -> KioskPass | None:
    """Find a pass, once for the head and the body of a photo that came at once."""
    kept, now = request.environ.get(KEPT, {}), time.monotonic()
    if now - kept.get("found_at", -KEPT_FOR_S) >= KEPT_FOR_S:
        kept |= {"found_at": now, NAME: find_pass(toolbox, token)}
    kiosk_pass: KioskPass | None = kept[NAME]
    return kiosk_pass


def has_pass_cookie() -> bool:
    """Tell whether a pass came along, a living one or not."""
    return cookie_name(current_app, NAME) in request.cookies


def keep_pass(answer: Response, token: str) -> None:
    """Let the phone keep its pass."""
    # Lax: a link on another site brings it along too. It closes pages and opens none.
    answer.set_cookie(
        cookie_name(current_app, NAME),
        token,
        max_age=COOKIE_LIFE_S,
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        samesite="Lax",
    )


def forget_pass(answer: Response) -> None:
    """Let the phone forget its pass."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.delete_cookie(cookie_name(current_app, NAME), httponly=True, secure=secure, samesite="Lax")


def close_to_phones(app: Flask, toolbox: Toolbox) -> None:
    """Answer a phone that was handed round with one sentence, whatever it asks this site for."""

    @app.before_request
    def close() -> Response | None:
        if request.endpoint in _OPEN or sent_pass(toolbox) is None:
            return None
        return answer_nobody(403, ONLY_THE_TEACHER)
