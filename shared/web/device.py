"""Knows a browser again, on every site and port of this host, by a cookie that opens nothing."""

from flask import Response, after_this_request, current_app, g, request

from shared.security.tokens import new_token
from shared.web.cookies import cookie_name

NAME = "device"
COOKIE_LIFE_S = 365 * 24 * 60 * 60
# What `new_token` draws; anything else was not set by us.
_LENGTH = 43


def device_token() -> str | None:
    """Return the token of the browser that sends this request; None if it has none yet."""
    if "device_token" in g:
        return str(g.device_token)
    sent = request.cookies.get(cookie_name(current_app, NAME), "")
    return sent if len(sent) == _LENGTH else None


def require_device_token() -> str:
    """Return the token of the browser that sends this request, after giving it one if it has none yet."""
    token = g.device_token = device_token() or new_token()

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            cookie_name(current_app, NAME),
            token,
            max_age=COOKIE_LIFE_S,
            httponly=True,
            secure=current_app.extensions["toolbox"].settings.secure_cookies,
            samesite="Lax",
        )
        return response

    return token
