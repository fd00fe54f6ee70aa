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
def served(app: Flask, *, port: int = 0, scheme: str = "http") -> Iterator[str]:
    """The site over plain HTTP on this machine, where a browser allows a camera and keeps Secure cookies.

    Gives its address, which is a free one unless a `port` is named; with the scheme "https" under a
    certificate that nobody vouches for.
    """
    certificate = "adhoc" if scheme == "https" else None
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=certificate)
    # It looks so often whether it shall end; by itself every half second, which each test would wait for.
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"{scheme}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


AXE = Axe().axe_script
# Only what is looked at comes back: axe's whole answer takes longer to send than to find.
_FIND_SERIOUS = """() => axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`))"""


def find_barriers(page: Page) -> list[str]:
    """What axe finds serious or worse, and how wide a page is that sticks out of its window.

    Axe is handed to a page that does not have it yet as a string, which our own policy forbids: open it with
    `bypass_csp=True`.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found: list[str] = page.evaluate(_FIND_SERIOUS)
    wide, width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return found if wide <= width else [*found, f"{wide} pixels wide"]


# A tick's label belongs to it, and the row of a list to the link that is stretched over it. A link within a
# sentence may be smaller (WCAG 2.5.8, exception "inline"), and so may what only the keyboard brings to light.
_SMALL = """(least) => {
  const box = (element) => element.getBoundingClientRect();
  const target = (element) => {
    if (element.matches(".stretched-link")) return box(element.closest(".position-relative"));
    if (!element.matches("[type=checkbox], [type=radio]") || !element.labels.length) return box(element);
    const [own, label] = [box(element), box(element.labels[0])];
    return {
      width: Math.max(own.right, label.right) - Math.min(own.left, label.left),
      height: Math.max(own.bottom, label.bottom) - Math.min(own.top, label.top),
    };
  };
  const isWithinASentence = (element) =>
    getComputedStyle(element).display === "inline" && element.closest("p, dd, .form-text, .alert");
  const isMeant = (element) =>
    box(element).width > 1 && !element.matches("[aria-hidden=true], .visually-hidden-focusable");
  const all = "a[href], button, input:not([type=hidden]), select, summary, textarea";
  return [...document.querySelectorAll(all)]
    .filter((element) => isMeant(element) && !isWithinASentence(element))
    .map((element) => [element, target(element)])
    .filter(([, { width, height }]) => width < least || height < least)
    .map(([element, { width, height }]) =>
      `${element.outerHTML.slice(0, 80)} is ${Math.round(width)} x ${Math.round(height)} pixels`);
}"""
LEAST_TARGET_PX = 43.5  # 44, less what a browser rounds away


def find_small_targets(page: Page) -> list[str]:
    """What a finger has to hit on this page and is less than 44 pixels high or wide."""
    found: list[str] = page.evaluate(_SMALL, LEAST_TARGET_PX)
    return found


def refuse_barriers(page: Page) -> None:
    """Fail at a page that `find_barriers` finds something wrong with."""
    page.wait_for_load_state()  # a click's answer may just be arriving
    found = find_barriers(page)
    assert found == [], (page.url, found)


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
