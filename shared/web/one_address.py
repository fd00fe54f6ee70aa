"""Leads every other name of this machine to the one address of the site.

A browser keeps cookies for each host name apart: under a second name of the same machine a phone that was
handed round would be no kiosk.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request

from shared.domain.languages import phrase
from shared.web.error_pages import answer_nobody

# Load balancers and the launcher ask by any name, and a phone fetches the certificate before it trusts one.
_BY_ANY_NAME = frozenset(
    {"static", "shared.static", "bootstrap.static", "shared.is_alive", "shared.is_ready"}
    | {"shared.certificate", "shared.authority"}
)


def install(app: Flask, site_url: str) -> None:
    """Keep a site to the host name of its address. One at localhost was not told its address."""
    here = urlsplit(site_url)
    if here.hostname in (None, "localhost"):
        return
    site_url = site_url.rstrip("/")

    @app.before_request
    def lead() -> Response | None:
        if request.endpoint in _BY_ANY_NAME or _asked_host() == here.hostname:
            return None
        if request.method in ("GET", "HEAD"):
            return redirect(f"{site_url}{request.full_path.rstrip('?')}")  # type: ignore[return-value]
        return answer_nobody(421, phrase("Please use this site at %(address)s.", address=f"{site_url}/"))


def _asked_host() -> str | None:
    """Return the host's name alone: cookies are the same for all of its ports."""
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None
