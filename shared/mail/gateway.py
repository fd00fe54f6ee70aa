"""Hands messages to the school's own gateway, which ties them to SMS or WhatsApp: one signed POST each.

Signed as Standard Webhooks are, so that a school need not write the check itself. Each message has a
connection of its own: one that was kept open may end at the gateway just while the next message goes out, and
then nobody would know whether that arrived.
"""

import base64
import hashlib
import hmac
import io
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from shared.domain.languages import phrase
from shared.mail.mailer import EmailResult, MailServerFailure, Outcome, on_one_line
from shared.settings import VERSION, Settings

# From the first packet to the answer's last head line, however slowly it drips.
ANSWER_WITHIN_S = 30.0
# The answer's body is read for its words alone, and lest a gateway thinks that nobody waited for it.
BODY_WITHIN_S = 5.0
LONGEST_BODY = 4096

_IN_DOUBT = phrase("The connection broke before the gateway said yes or no.")
_LATER = (408, 425)
# These speak of the gateway, not of one message.
_OF_ALL = {
    401: phrase(
        "The gateway does not accept our signature (401). Compare MESSAGES_SECRET with the gateway's, and "
        "the clocks of both machines."
    ),
    410: phrase("The gateway says that it takes no messages any more (410)."),
}


@dataclass(frozen=True)
class Event:
    """One message as it is posted; `id` is the same for each try, so that a gateway can tell them."""

    id: str
    body: bytes


def sign(secret: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature`: HMAC-SHA256 over id, timestamp and body."""
    signed = hmac.new(secret, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


class GatewayConnection:
    """The gateway, for many messages, until it turns out that none of them gets through."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._url = urlsplit(url)
        self._secret = secret
        self.is_open = True

    def deliver(self, event: Event, *, now: datetime) -> EmailResult:
        """Post one event; says what became of it and never raises for the network."""
        ends_at = time.monotonic() + ANSWER_WITHIN_S
        try:
            timed = self._connect(ends_at)
        except OSError as cause:
            self.is_open = False
            return _explain(cause)
        try:
            answer = self._post(timed, event, int(now.timestamp()))
        except (OSError, HTTPException):
            self.is_open = False
            return EmailResult(Outcome.IN_DOUBT, _IN_DOUBT)
        else:
            result = _judge(answer.status, _words_of(answer, timed))
            self.is_open = not result.concerns_all
            return result
        finally:
            timed.end()

    def knock(self) -> EmailResult:
        """Connect, with TLS, and send nothing."""
        try:
            self._connect(time.monotonic() + ANSWER_WITHIN_S).end()
        except OSError as cause:
            return _explain(cause)
        return EmailResult(Outcome.SENT)

    @property
    def _is_tls(self) -> bool:
        return self._url.scheme == "https"

    @property
    def _place(self) -> tuple[str, int]:
        return self._url.hostname or "", self._url.port or (443 if self._is_tls else 80)

    def _connect(self, ends_at: float) -> "_TimedSocket":
        plain = socket.create_connection(self._place, timeout=ANSWER_WITHIN_S / 3)
        if not self._is_tls:
            return _TimedSocket(plain, ends_at)
        plain.settimeout(max(0.001, ends_at - time.monotonic()))
        try:
            context = ssl.create_default_context()
            return _TimedSocket(context.wrap_socket(plain, server_hostname=self._place[0]), ends_at)
        except BaseException:
            plain.close()
            raise

    def _post(self, timed: "_TimedSocket", event: Event, timestamp: int) -> HTTPResponse:
        connection = (HTTPSConnection if self._is_tls else HTTPConnection)(*self._place)
        connection.sock = timed
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"attendance/{VERSION}",
            "Connection": "close",
            "Idempotency-Key": event.id,
            "webhook-id": event.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._secret, event.id, timestamp, event.body),
        }
        connection.request("POST", path, event.body, headers)
        return connection.getresponse()


class Gateway:
    """The school's gateway, if there is one."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._secret = settings.messages_url, settings.messages_secret

    @property
    def host(self) -> str:
        """Where messages go, for people to read; what stands behind the host may be a secret."""
        return urlsplit(self._url or "").netloc

    @contextmanager
    def connect(self) -> Iterator[GatewayConnection]:
        """Yield the gateway, for many messages. Raise MailServerFailure where there is none."""
        if self._url is None or self._secret is None:
            raise MailServerFailure(
                phrase("No gateway for messages is set up (MESSAGES_URL)."), Outcome.REFUSED
            )
        yield GatewayConnection(self._url, self._secret)


class _TimedSocket:
    """A socket that ends at a moment, whatever still drips from it; what http.client needs of one."""

    def __init__(self, real: socket.socket, ends_at: float) -> None:
        self._real = real
        self.ends_at = ends_at

    def sendall(self, content: Any) -> None:
        self._wait_no_longer()
        self._real.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self))

    def receive_into(self, buffer: Any) -> int:
        self._wait_no_longer()
        return self._real.recv_into(buffer)

    def close(self) -> None:
        """Do nothing: http.client closes before the answer's body was read."""

    def end(self) -> None:
        self._real.close()

    def _wait_no_longer(self) -> None:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._real.settimeout(left)


class _TimedReader(io.RawIOBase):
    def __init__(self, timed: _TimedSocket) -> None:
        super().__init__()
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._timed.receive_into(buffer)


def _words_of(answer: HTTPResponse, timed: "_TimedSocket") -> str:
    """Return what the answer says in words: the beginning of its body if that is plain, else its reason."""
    timed.ends_at = min(timed.ends_at, time.monotonic() + BODY_WITHIN_S)
    body = b""
    with suppress(OSError, HTTPException, ValueError):
        body = answer.read(LONGEST_BODY)
    kind = answer.getheader("Content-Type", "").split(";")[0].strip().lower()
    is_plain = kind in ("text/plain", "application/json", "application/problem+json")
    said = body.decode("utf-8", "replace") if is_plain and body.strip() else answer.reason
    return on_one_line("".join(sign if sign.isprintable() else " " for sign in said[:400]))[:200]


def _judge(status: int, words: str) -> EmailResult:
    """Tell by RFC 9110 what a status means: 4xx never works, 5xx may later."""
    if 200 <= status < 300:
        return EmailResult(Outcome.SENT)
    if 300 <= status < 400:
        sentence = phrase(
            "The gateway leads to another address (%(status)d), which is not followed. Put the final one "
            "into MESSAGES_URL.",
            status=status,
        )
        return EmailResult(Outcome.REFUSED, sentence, concerns_all=True)
    if status in _OF_ALL:
        return EmailResult(Outcome.REFUSED, _OF_ALL[status], concerns_all=True)
    said = phrase("The gateway said: %(words)s", words=f"{status} {words}".strip())
    if 400 <= status < 500 and status not in (*_LATER, 429):
        return EmailResult(Outcome.REFUSED, said)
    return EmailResult(Outcome.LATER, said, concerns_all=status in (429, 503))


def _explain(cause: OSError) -> EmailResult:
    """Return why no connection came about. What only the settings can mend is not tried again by itself."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        trouble = phrase("The gateway's certificate is not trusted: %(why)s.", why=cause.verify_message)
        return EmailResult(Outcome.REFUSED, trouble, concerns_all=True)
    said = phrase("The gateway cannot be reached.")
    if isinstance(cause, ssl.SSLError):
        said = phrase("The gateway does not speak TLS as we do.")
    elif isinstance(cause, socket.gaierror):
        said = phrase("The gateway's name is not known on this network.")
    elif isinstance(cause, TimeoutError):
        said = phrase("The gateway does not answer.")
    return EmailResult(Outcome.LATER, said, concerns_all=True)
