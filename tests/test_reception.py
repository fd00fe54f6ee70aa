"""What the web server hands to a site: whole requests, of whom they are, and no body nobody asked for."""

import asyncio
import io
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, request

from launcher import bodies
from launcher.bodies import Bodies, BodyLost
from launcher.reception import SHORT_BODY_BYTES, Reception, make_environ
from shared.web import kiosk_pass

LONG = SHORT_BODY_BYTES + 1


class Headers:
    """Granian's headers: names in small letters, one pair for each line."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = list(pairs)

    def items(self) -> list[tuple[str, str]]:
        return self.pairs


def head(
    method: str = "GET", path: str = "/", *headers: tuple[str, str], client: str = "192.0.2.7:5001"
) -> Any:
    return SimpleNamespace(
        method=method,
        path=path,
        query_string="q=%C3%A9",
        client=client,
        server="192.0.2.1:4545",
        scheme="https",
        http_version="1.1",
        headers=Headers(*headers),
    )


class Line:
    """A client that sends parts with pauses, and keeps what it is answered."""

    def __init__(self, *parts: bytes, pause_s: float = 0.0, then_s: float = 0.0) -> None:
        self.parts, self.pause_s, self.then_s = parts, pause_s, then_s
        self.taken = 0
        self.status, self.headers, self.body = 0, {}, b""

    async def __aiter__(self):
        for part in self.parts:
            await asyncio.sleep(self.pause_s)
            self.taken += len(part)
            yield part
        await asyncio.sleep(self.then_s)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, dict(headers), body

    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.response_bytes(status, headers, body.encode())

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Any:
        self.response_bytes(status, headers, b"")
        return SimpleNamespace(send_bytes=self._send)

    async def _send(self, body: bytes) -> None:
        self.body += body


@pytest.fixture
def site() -> Flask:
    site = Flask("of the tests")
    site.asked = 0

    @site.before_request
    def count():
        site.asked += 1
        if "refused" in request.path:
            return "not you", 403
        return None

    @site.route("/<path:_>", methods=["GET", "POST"])
    def measure(_):
        return f"{len(request.get_data())} bytes"

    @site.route("/broken")
    def broken():
        raise RuntimeError("a bug")

    return site


def answer(site: Flask, scope: Any, line: Line, **how: Any) -> Line:
    asyncio.run(Reception(site, **how).__rsgi__(scope, line))
    return line


def post(path: str, length: int) -> Any:
    return head("POST", path, ("content-length", str(length)))


def test_a_head_is_told_in_the_words_of_wsgi():
    environ = make_environ(
        head(
            "GET",
            "/classes/é",
            ("host", "school.example"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("x_odd", "1"),
        )
    )
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/classes/é"
    told = {name: environ[name] for name in ("HTTP_HOST", "HTTP_COOKIE", "REMOTE_ADDR", "SERVER_PORT")}
    assert told == {
        "HTTP_HOST": "school.example",
        "HTTP_COOKIE": "a=1; b=2",
        "REMOTE_ADDR": "192.0.2.7",
        "SERVER_PORT": "4545",
    }
    assert "HTTP_X_ODD" not in environ


@pytest.mark.parametrize(
    ("client", "expected"),
    [("10.0.0.1:99", "198.51.100.4"), ("192.0.2.7:99", "192.0.2.7"), ("[::1]:99", "::1")],
)
def test_only_a_known_proxy_is_believed_who_asks(client, expected):
    forwarded = ("x-forwarded-for", "203.0.113.9, 198.51.100.4")
    environ = make_environ(head("GET", "/", forwarded, client=client), frozenset({"10.0.0.1"}))
    assert environ["REMOTE_ADDR"] == expected


@pytest.mark.parametrize("length", [0, 1, SHORT_BODY_BYTES, LONG, 2_000_000])
def test_a_body_arrives_whole(site, length):
    parts = [b"x" * min(60_000, length - at) for at in range(0, length, 60_000)]
    line = answer(site, post("/upload", length), Line(*parts))
    assert (line.status, line.body) == (200, f"{length} bytes".encode())


def test_a_long_body_is_not_kept_where_its_head_is_refused(site, monkeypatch):
    monkeypatch.setattr(Bodies, "receive", lambda *_args, **_how: pytest.fail("it was received"))
    line = answer(site, post("/refused", LONG), Line(b"x" * LONG))
    assert (line.status, line.body, site.asked) == (403, b"not you", 1)
    assert line.taken == LONG  # passed over, so that a browser gets to see the answer


def test_what_a_site_notes_of_a_head_it_finds_with_the_body_and_not_with_the_next_head(site):
    found = []

    @site.before_request
    def note():
        kept = request.environ[kiosk_pass.KEPT]
        found.append(dict(kept))
        kept["noted"] = True

    served = Reception(site)
    for _ in range(2):
        asyncio.run(served.__rsgi__(post("/upload", LONG), Line(b"x" * LONG)))
    assert found == [{}, {"noted": True}] * 2


def test_a_body_that_ends_early_reaches_no_site(site):
    line = answer(site, post("/upload", 1000), Line(b"x" * 999))
    assert (line.status, site.asked) == (408, 0)


def test_a_body_whose_length_nobody_says_is_asked_for_it(site):
    line = answer(site, head("POST", "/upload", ("transfer-encoding", "chunked")), Line(b"abc"))
    assert (line.status, site.asked) == (411, 0)


def test_a_failure_of_a_site_is_an_answer(site, caplog):
    site.config["PROPAGATE_EXCEPTIONS"] = True
    line = answer(site, head("GET", "/broken"), Line())
    assert line.status == 500
    assert "a site failed to answer" in caplog.text


def test_a_head_asks_for_no_body(site):
    line = answer(site, head("HEAD", "/upload"), Line())
    assert (line.body, line.headers["Content-Length"]) == (b"", "7")


def test_a_connection_is_closed_where_another_worker_should_have_it(site):
    line = answer(
        site, post("/upload", LONG), Line(b"x" * LONG), leaves=lambda client: client.endswith(":5001")
    )
    assert line.headers["Connection"] == "close"


def test_a_sender_that_falls_silent_is_given_up(site, monkeypatch):
    monkeypatch.setattr(bodies, "REQUEST_DEADLINE_S", 0.2)
    line = answer(site, post("/upload", 1000), Line(b"x", then_s=60))
    assert (line.status, line.headers["Connection"]) == (408, "close")


def test_a_slow_but_steady_sender_is_waited_for(site, monkeypatch):
    monkeypatch.setattr(bodies, "REQUEST_DEADLINE_S", 0.2)
    parts = [bytes(2 * 50_000 // 10)] * 10  # twice the slowest pace
    line = answer(site, post("/upload", 100_000), Line(*parts, pause_s=0.1))
    assert line.body == b"100000 bytes"


@pytest.mark.parametrize(
    ("most", "addresses"),
    [("MOST_OF_ONE_ADDRESS", ["192.0.2.1"]), ("MOST_AT_ONCE", ["192.0.2.1", "192.0.2.2"])],
)
def test_who_was_silent_for_longest_makes_room_for_who_sends(monkeypatch, most, addresses):
    monkeypatch.setattr(bodies, most, 3)

    async def crowd() -> list[Any]:
        received, silent = Bodies(), []
        for number in range(3):
            line, address = Line(b"x", then_s=60), addresses[number % len(addresses)]
            silent.append(asyncio.create_task(received.receive(line, 10, address=address)))
            await asyncio.sleep(0.01)
        honest = await received.receive(Line(b"x" * 10), 10, address=addresses[0])
        await asyncio.sleep(0.01)
        assert honest.read() == b"x" * 10
        done = [task.done() for task in silent]
        for task in silent:
            task.cancel()
        with pytest.raises(BodyLost):
            await silent[0]
        return done

    assert asyncio.run(crowd()) == [True, False, False]


def test_what_nobody_needs_in_memory_is_a_file_without_a_name():
    def received(length: int) -> Any:
        return asyncio.run(Bodies().receive(Line(bytes(length)), length, address="192.0.2.1"))

    with received(200_000) as small, received(1_000_000) as large:
        assert isinstance(small._file, io.BytesIO)
        assert not isinstance(large._file, io.BytesIO)
