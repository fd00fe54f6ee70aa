"""Finds the page on which a button was pressed."""

from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException


def page_before() -> str | None:
    """Return the address of the page on which this request's button was pressed; None where the browser does
    not say, and for another site's.

    What answers a form may stand at an address that takes forms alone: then it is the page above it.
    """
    before = urlsplit(request.referrer or "")
    if before.netloc != request.host:
        return None
    if _opens(before.path):
        return f"{before.path}?{before.query}" if before.query else before.path
    above = before.path
    while above and not _opens(above):
        above = above.rpartition("/")[0]
    return above or None


def _opens(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return True
