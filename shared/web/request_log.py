"""One line in the log for every request, and an id by which the office finds the line of an error page."""

import logging
import secrets
import time

from flask import Flask, Response, g, request

from shared import metrics
from shared.logs import request_id

log = logging.getLogger(__name__)

HEADER = "X-Request-Id"
# Asked for with every page, or every few seconds by a load balancer: their lines would hide the others.
_UNTOLD = frozenset(
    {
        "static",
        "shared.static",
        "bootstrap.static",
        "shared.is_alive",
        "shared.is_ready",
        "shared.is_signed_in",
    }
)


def install(app: Flask, site: str) -> None:
    """Install it before anything else of a site, so that every answer is seen as it leaves."""

    @app.before_request
    def begin() -> None:
        g.began_at = time.monotonic()
        request_id.set(f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper())

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = request_id.get() or ""
        if request.endpoint not in _UNTOLD:
            kind = "kiosk" if (request.endpoint or "").startswith("kiosk.") else "page"
            metrics.count_answer(site, kind, response.status_code, time.monotonic() - g.began_at)
            level = logging.ERROR if response.status_code >= 500 else logging.INFO
            log.log(level, "answered", extra={"facts": _facts(site, response)})
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        request_id.set(None)


def _facts(site: str, response: Response) -> dict[str, object]:
    """Return the route by its endpoint: its address may name a student, its query a search for one."""
    kiosk_pass = g.get("kiosk_pass")
    return {
        "site": site,
        "method": request.method,
        "route": request.endpoint,
        "status": response.status_code,
        "duration_ms": round((time.monotonic() - g.began_at) * 1000),
        "account": getattr(g.get("_login_user"), "id", None),
        "kiosk_pass": getattr(kiosk_pass, "id", None),
    }
