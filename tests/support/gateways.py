"""A school's gateway for messages: a real HTTP server that checks signatures, and misbehaves when told."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

from shared.persistence.tables import Integration, Student
from shared.services.family_mail import messages
from shared.services.integrations.choices import set_on
from shared.toolbox import Toolbox
from tests.support.families import mark_and_close

SECRET = bytes(range(32))


def check_signature(headers, body: bytes, *, now: float) -> bool:
    """What docs/administrator.md tells a gateway to do."""
    if abs(now - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in headers["webhook-signature"].split())


class GatewayServer:
    """A gateway that keeps what it took. `answer` may be replaced: it sees the event and gives a status, or
    writes to the handler itself and gives None."""

    def __init__(self, *, now: Callable[[], float], certificate: Path | None = None) -> None:
        self.asked: list[SimpleNamespace] = []
        self.taken: list[dict] = []
        self.answer: Callable[[dict, BaseHTTPRequestHandler], int | None] = lambda _event, _handler: 200
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = json.loads(body)
                server.asked.append(SimpleNamespace(headers=dict(self.headers), path=self.path, event=event))
                is_ours = check_signature(self.headers, body, now=now())
                status = server.answer(event, self) if is_ours else 401
                if status is None:
                    return
                if status == 200:
                    server.taken.append(event)
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(f"about {event['data']['phone_number']}".encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "http" if certificate is None else "https"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def numbers(self) -> list[str]:
        """The phones whose messages were taken, sorted."""
        return sorted(event["data"]["phone_number"] for event in self.taken)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def gateway_variables(server: GatewayServer) -> dict[str, str]:
    """The settings that lead to the test's own gateway."""
    return {
        "MESSAGES_URL": f"{server.scheme}://localhost:{server.port}/hook?school=7",
        "MESSAGES_SECRET": "whsec_" + base64.b64encode(SECRET).decode(),
    }


def turn_messages_on(toolbox: Toolbox, school: SimpleNamespace, to: str = "without_email") -> None:
    """Turn messages to phones on, for these families."""
    set_on(toolbox, school.actor, Integration.MESSAGES, on=True)
    messages.choose_families(toolbox, school.actor, to)


def add_phones(toolbox: Toolbox, school: SimpleNamespace, count: int) -> None:
    """Add students to the class, each with one phone of the family's and no address."""
    with toolbox.sessions.begin() as session:
        session.add_all(
            Student(
                class_id=school.ids["class"],
                roll_id=f"P{number:04}",
                name=f"Child {number}",
                phones=phone(number),
                language="en",
                active=True,
            )
            for number in range(count)
        )


def phone(number: int) -> str:
    return f"+9198765{43210 + number:05}"


def close_with_phones(toolbox: Toolbox, school: SimpleNamespace, count: int) -> None:
    """Turn messages on, add families and close the lecture: everybody was absent."""
    turn_messages_on(toolbox, school)
    add_phones(toolbox, school, count)
    mark_and_close(toolbox, school)
