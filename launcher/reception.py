"""Between the web server and a site: takes requests in on the event loop, lets threads answer whole ones.

Granian reads TLS and heads outside of Python. What a request brings is received here, so that a thread is
kept by nobody who is slow. A site sees a long body's head first: what it answers without having read the body
is the answer (no sign-in, no kiosk pass, too large, no place for a photo), and nothing of the body is kept.
"""

import asyncio
import io
import logging
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from launcher.bodies import Bodies, BodyLost
from shared import metrics

# The limiter of photos (shared/vision/load_limiter.py) keeps at most six of them; pages have the rest.
THREADS = 16
# Whole requests that wait for a thread; who comes then is told so at once.
MOST_WAITING = 200
# A form shorter than this is read at once: asking the site about its head first would cost more.
SHORT_BODY_BYTES = 32 * 1024
# Names a dictionary among what a site is given: what it notes there of a head it finds again with the body.
KEPT = "reception.kept"

_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
_HANG_UP = ("Connection", "close")

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Answer:
    """What a site answers."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _BodyNotHereYet(BaseException):
    """A site wants to read a body of which nothing was received. No `except Exception` keeps it."""


class _NotHereYet(io.RawIOBase):
    """What a site is given for a body that waits until its head was seen."""

    def read(self, _size: int = -1) -> bytes:
        raise _BodyNotHereYet

    readline = readlines = readall = readinto = read  # type: ignore[assignment]


class Reception:
    """One worker's way into a WSGI application.

    `proxies` are the addresses whose X-Forwarded-For and X-Forwarded-Proto are believed. `leaves` is asked
    about every connection that brought a long body whether to close it after the answer.
    """

    def __init__(
        self,
        application: Application,
        *,
        proxies: frozenset[str] = frozenset(),
        leaves: Callable[[str], bool] = lambda _client: False,
    ) -> None:
        self._application, self._proxies, self._leaves = application, proxies, leaves
        self._bodies = Bodies()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._asked = 0

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Answer one request; Granian's name for it."""
        environ = make_environ(scope, self._proxies)
        length = _body_length(environ)
        if length is None:
            proto.response_str(411, [_PLAIN, _HANG_UP], "Please say how long the request is.\n")
            return
        try:
            await self._receive_and_answer(environ, length, scope, proto)
        except BodyLost:
            _refuse(proto, 408, "The request took too long to arrive. Please try again.")

    async def _receive_and_answer(self, environ: Environ, length: int, scope: Any, proto: Any) -> None:
        address: str = environ["REMOTE_ADDR"]
        if length > SHORT_BODY_BYTES:
            environ[KEPT] = {}
            answer = await self._ask(environ, _NotHereYet())
            if answer is not None:
                await _send_first(proto, answer)
                await self._bodies.pass_over(proto, length, address=address)
                return
        body = await self._bodies.receive(proto, length, address=address) if length else io.BytesIO()
        with body:
            answer = await self._ask(environ, body)
        if answer is None:
            raise RuntimeError("the site was given the body and still waits for it")
        if length > SHORT_BODY_BYTES and self._leaves(scope.client):
            answer.headers.append(_HANG_UP)
        _send(proto, answer, environ["REQUEST_METHOD"])

    async def _ask(self, environ: Environ, body: Any) -> Answer | None:
        """Ask the site in a thread; None where it wanted a body that is not here yet."""
        if self._asked >= THREADS + MOST_WAITING:
            metrics.count_turned_away("threads")
            return Answer(503, [_PLAIN, ("Retry-After", "1")], b"Please try again in a moment.\n")
        asked, loop = {**environ, "wsgi.input": body}, asyncio.get_running_loop()
        self._asked += 1
        try:
            return await loop.run_in_executor(self._threads, call_site, self._application, asked)
        finally:
            self._asked -= 1


def call_site(application: Application, environ: Environ) -> Answer | None:
    """Call a WSGI application (PEP 3333); None where it wanted a body that is not here yet."""
    said: list[Any] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        said[:] = [int(status.split(" ", 1)[0]), list(headers)]
        return written.append

    try:
        parts = application(environ, start_response)
        try:
            written.extend(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
    except _BodyNotHereYet:
        return None
    except Exception:
        log.exception("a site failed to answer")
        return Answer(500, [_PLAIN], b"Something went wrong here. Please try again.\n")
    return Answer(said[0], said[1], b"".join(written))


def make_environ(scope: Any, proxies: frozenset[str] = frozenset()) -> Environ:
    """Return a request's head as WSGI (PEP 3333) names its parts, without a body."""
    address = scope.client.rpartition(":")[0].strip("[]")
    host, _, port = scope.server.rpartition(":")
    headers: dict[str, str] = {}
    for name, value in scope.headers.items():
        if "_" in name:  # would be taken for the same name with a dash
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        glue = "; " if name == "cookie" else ","
        headers[key] = f"{headers[key]}{glue}{value}" if key in headers else value
    scheme = scope.scheme
    if address in proxies:
        # Each proxy adds who asked it at the end; what stands before that is the browser's own word.
        address = headers.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or address
        scheme = "https" if headers.get("HTTP_X_FORWARDED_PROTO") == "https" else scheme
    return {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **headers,
    }


def _body_length(environ: Environ) -> int | None:
    """Return the bytes of a request's body; None where only its end would tell."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    said = environ.get("CONTENT_LENGTH", "0")
    return int(said) if said.isascii() and said.isdigit() else None


def _refuse(proto: Any, status: int, sentence: str) -> None:
    proto.response_str(status, [_PLAIN, _HANG_UP, ("Retry-After", "1")], f"{sentence}\n")


def _send(proto: Any, answer: Answer, method: str) -> None:
    if method == "HEAD":
        proto.response_empty(answer.status, answer.headers)
        return
    # Granian counts by itself, and would say it twice.
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    proto.response_bytes(answer.status, headers, answer.body)


async def _send_first(proto: Any, answer: Answer) -> None:
    """Send an answer to a request that is still coming."""
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    stream = proto.response_stream(answer.status, [*headers, ("Content-Length", str(len(answer.body)))])
    await stream.send_bytes(answer.body)
