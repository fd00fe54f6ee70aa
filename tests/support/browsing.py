"""Sites for browsers, and what every page is held to: nothing sticks out, shuts people out, or is refused."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

REFUSED = "refused by the security policy:"
# Runs before a page's own scripts; the page's security policy does not bind what the browser's driver adds.
# The browser's report itself, not the words of its console, which are for people and may change.
_NOTE_REFUSALS = f"""
document.addEventListener("securitypolicyviolation", report =>
  console.error(`{REFUSED} ${{report.violatedDirective}} ${{report.blockedURI}} at ${{report.sourceFile}}`));
"""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The site over plain HTTP on this machine, where a browser allows a camera and keeps Secure cookies.

    Gives its address.
    """
    server = make_server("127.0.0.1", 0, app, threaded=True)
    # It looks so often whether it shall end; by itself every half second, which each test would wait for.
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def find_barriers(page: Page) -> list[str]:
    """What axe finds serious or worse, and how wide a page is that sticks out of its window.

    Axe is handed to the page as a string, which our own policy forbids: open it with `bypass_csp=True`.
    """
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    wide, width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return found if wide <= width else [*found, f"{wide} pixels wide"]


def refuse_barriers(page: Page) -> None:
    """Fail at a page that `find_barriers` finds something wrong with."""
    page.wait_for_load_state()  # a click's answer may just be arriving
    assert find_barriers(page) == [], page.url


def note_refusals(page: Page) -> list[str]:
    """A list that fills with the browser's reports of what the security policy of the next pages refuses."""
    said: list[str] = []
    page.add_init_script(_NOTE_REFUSALS)
    page.on("console", lambda message: said.append(message.text) if REFUSED in message.text else None)
    return said


def note_complaints(page: Page) -> list[str]:
    """A list that fills with what a page's scripts fail at and what its security policy refuses."""
    said: list[str] = []
    page.add_init_script(_NOTE_REFUSALS)
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
