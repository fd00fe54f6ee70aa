"""Turns every failure into a sentence with its status: a page for people, JSON for our scripts."""

import logging

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from shared import metrics
from shared.domain.languages import phrase
from shared.errors import Overloaded, ProductError, TooManyTries
from shared.logs import request_id
from shared.persistence.database import UNREACHABLE
from shared.web.languages import say

log = logging.getLogger(__name__)

_SENTENCES = {
    400: phrase("The page sent something we could not read. Please go back and try again."),
    401: phrase("Please sign in first."),
    403: phrase("You may not do this."),
    404: phrase("Page not found, or you do not have access."),
    405: phrase("This page cannot be used that way."),
    408: phrase("The connection was too slow. Please try again."),
    409: phrase("Somebody else changed this first. Please look again."),
    413: phrase("What was sent is too large."),
    415: phrase("This kind of file cannot be used here."),
    429: phrase("Too many tries. Please wait a moment."),
}
_OUR_FAULT = phrase("Something went wrong on our side. Nothing was changed; please try again.")
_NO_DATABASE = phrase(
    "The register cannot be reached right now. Nothing was changed; please try again in a moment."
)
_STALE_FORM = phrase("This page was open for too long or in two windows. Please load it again and repeat.")
# Asked for over HTTPS beside the token, where hiding it is a setting, an extension or a filter.
_NO_REFERRER = phrase(
    "Your browser did not say from which page this was sent, so nothing was changed. Please let it tell this "
    "site its own addresses (Referer), or take another browser."
)


def install(app: Flask) -> None:
    """Register one handler for each kind of failure."""
    app.register_error_handler(ProductError, _product_error)
    app.register_error_handler(CSRFError, _no_proof_of_our_page)
    app.register_error_handler(HTTPException, _http_error)
    for failure in UNREACHABLE:
        app.register_error_handler(failure, _no_database)
    app.register_error_handler(Exception, _bug)


def _no_proof_of_our_page(_error: CSRFError) -> Response:
    is_stale = request.referrer or not request.is_secure
    return answer_failure(400, _STALE_FORM if is_stale else _NO_REFERRER)


def answer_failure(status: int, told: str) -> Response:
    """Say one sentence as a page, or as {"error": …} to a script that asked for JSON."""
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(error=say(told)), status)
    if status >= 500:
        return answer_nobody(status, told)
    return _page(status, told)


def answer_nobody(status: int, told: str) -> Response:
    """Say one sentence as `answer_failure` does, but without a menu, whoever asks.

    To know whose the menu is, Flask-Login would ask the database, which may be what failed; and on a phone
    that was handed round it is nobody's.
    """
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(error=say(told)), status)
    return _page(status, told)


def _page(status: int, told: str) -> Response:
    page = render_template("shared/error.html", sentence=told, status=status, request_id=request_id.get())
    return make_response(page, status)


def _product_error(error: ProductError) -> Response:
    response = answer_failure(error.status, error.sentence)
    if isinstance(error, Overloaded):
        metrics.count_turned_away("turns")
    if isinstance(error, TooManyTries | Overloaded):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]
    status = error.code or 500
    return answer_failure(status, _SENTENCES.get(status, _OUR_FAULT))


def _no_database(error: Exception) -> Response:
    # The driver's own words, which hold none of a statement's values: for whoever reads the log.
    log.error("database unreachable: %s: %s", type(error).__name__, getattr(error, "orig", "") or "")
    return answer_failure(503, _NO_DATABASE)


def _bug(_error: Exception) -> Response:
    log.exception("unexpected failure at %s", request.endpoint)
    return answer_failure(500, _OUR_FAULT)
