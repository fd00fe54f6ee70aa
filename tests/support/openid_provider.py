"""A small OpenID provider on this machine, with a key of its own, that can also do everything wrong."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jws
from joserfc.jwk import RSAKey

from launcher.certificates import ensure_certificate
from shared.domain.school_account import ProviderKind

CLIENT_ID, CLIENT_SECRET = "attendance", "a secret of the tests"
TENANT = "3f1d0a52-7f7b-4c8e-9d5e-0b7a1c2d3e4f"
DOMAIN = "school.example"


class OpenIdProvider:
    """People sign in by pressing their name. `claims` go into every ID token; `wrong` says what goes wrong.

    `asked` are the paths that were asked for.
    """

    def __init__(self, folder: Path) -> None:
        certificate = ensure_certificate(folder, ["localhost"], [IPv4Address("127.0.0.1")])
        self.authority = folder / "authority.crt"
        self._certificate = certificate
        self.key = RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig", "alg": "RS256"})
        self.people: dict[str, dict[str, Any]] = {}
        self.root = ""
        self.reset()

    def reset(self) -> None:
        """Be a standard one that is right in everything, and know nobody."""
        self.people.clear()
        self.path, self.issuer = "", self.root
        self.arrives_with: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.left_out: set[str] = set()
        self.wrong = ""
        self.description: dict[str, Any] = {}
        self.hangs_at = self.trickles_at = self.is_broken_at = ""
        self.asked: list[str] = []
        self.codes: dict[str, SimpleNamespace] = {}
        self.last_authorization: dict[str, str] = {}

    def look_like(self, kind: ProviderKind) -> None:
        """Describe oneself, sign and lead back as these do; the people signed in are of our school.

        https://developers.google.com/identity/openid-connect/openid-connect
        https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
        """
        if kind is ProviderKind.GOOGLE:
            self.description = {
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            }
            self.claims = {"hd": DOMAIN, "azp": CLIENT_ID, "picture": "https://pictures.example/a"}
            self.left_out = {"auth_time"}
            self.arrives_with = {"iss": self.root, "authuser": "0", "hd": DOMAIN, "prompt": "none"}
        elif kind is ProviderKind.MICROSOFT:
            self.path = f"/{TENANT}/v2.0"
            self.issuer = f"{self.root}{self.path}"
            self.description = {
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]
            }
            self.claims = {
                **{"ver": "2.0", "tid": TENANT, "oid": "o7", "xms_edov": 1, "uti": "u", "rh": "r"},
                **{"preferred_username": "someone@school.example", "nbf": int(time.time())},
            }
            self.left_out = {"email_verified"}
            self.arrives_with = {"session_state": "s"}

    def add(self, subject: str, email: str, **claims: Any) -> None:
        """Know somebody, whose address is verified unless told otherwise."""
        self.people[subject] = {"sub": subject, "email": email, "email_verified": True, **claims}

    def visit(self, address: str, subject: str) -> str:
        """Sign in there as a browser would; gives the address that leads back."""
        answer = requests.post(
            address, data={"person": subject}, verify=str(self.authority), allow_redirects=False, timeout=20
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def describe(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.root}/authorize",
            "token_endpoint": f"{self.root}/token",
            "jwks_uri": f"{self.root}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.description,
        }

    def authorize(self, asked: dict[str, str], subject: str) -> str:
        """Give a code; the address that leads back with it."""
        self.last_authorization = asked
        code = token_urlsafe(16)
        self.codes[code] = SimpleNamespace(asked=asked, subject=subject)
        told = {"code": code, "state": asked["state"], **self.arrives_with}
        return f"{asked['redirect_uri']}?{urlencode(told)}"

    def exchange(self, sent: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Answer the token endpoint: each code once, to the client that proves to have begun with it."""
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        by_form = (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if authorization not in (f"Basic {known}", f"Basic {plain}") and not by_form:
            return 401, {"error": "invalid_client"}
        code = self.codes.pop(sent.get("code", ""), None)
        if code is None or sent.get("redirect_uri") != code.asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if _base64(challenge) != code.asked.get("code_challenge"):
            return 400, {"error": "invalid_grant", "error_description": "PKCE"}
        return 200, {
            "access_token": token_urlsafe(16),
            "token_type": "Bearer",
            "id_token": self.sign(self.claims_of(code)),
        }

    def claims_of(self, code: SimpleNamespace) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": code.asked["nonce"],
            **({"auth_time": now} if code.asked.get("prompt") == "login" else {"auth_time": now - 7200}),
            **self.people[code.subject],
            **self.claims,
        }
        return {name: value for name, value in claims.items() if name not in self.left_out}

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign an ID token, with the provider's key unless something else is to be tried."""
        if self.wrong == "unsigned":
            return f"{_text({'alg': 'none'})}.{_text(claims)}."
        if self.wrong in ("public key as secret", "client secret"):
            secret = self.key.as_pem(private=False) if "public" in self.wrong else CLIENT_SECRET.encode()
            signed = f"{_text({'alg': 'HS256', 'kid': 'first'})}.{_text(claims)}"
            return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"
        head = {"alg": "RS256", "kid": self.key.kid}
        key = RSAKey.generate_key(2048) if self.wrong == "another key" else self.key
        signed = jws.serialize_compact(head, json.dumps(claims), key)
        if self.wrong == "changed":
            first, _, signature = signed.split(".")
            return f"{first}.{_text({**claims, 'name': 'somebody'})}.{signature}"
        return signed

    @contextmanager
    def serve(self) -> Iterator["OpenIdProvider"]:
        """Answer on a free port of this machine."""
        self._released = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        with self._listen(context) as port:
            self.root = self.issuer = f"https://localhost:{port}"
            try:
                yield self
            finally:
                self._released.set()

    @contextmanager
    def serve_plainly(self) -> Iterator[str]:
        """Give the same at an address without https."""
        with self._listen() as port:
            yield f"http://localhost:{port}"

    @contextmanager
    def _listen(self, context: ssl.SSLContext | None = None) -> Iterator[int]:
        answers = type("Answers", (_Answers,), {"openid": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def wait(self) -> None:
        """Hang, as long as it is to be so."""
        while self.hangs_at and not self._released.wait(0.05):
            pass


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _text(values: dict[str, Any]) -> str:
    return _base64(json.dumps(values).encode())


class _Answers(BaseHTTPRequestHandler):
    openid: OpenIdProvider
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path, query = self._asked()
        if path == f"{self.openid.path}/.well-known/openid-configuration":
            self._json(200, self.openid.describe())
        elif path == "/keys":
            self._json(200, {"keys": [self.openid.key.as_dict(private=False)]})
        elif path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/keys")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path == "/authorize":
            people = "".join(
                f'<p><button name="person" value="{escape(subject)}">{escape(person["email"])}</button></p>'
                for subject, person in self.openid.people.items()
            )
            page = f'<!doctype html><title>Who?</title><h1>Who is it?</h1><form method="post">{people}</form>'
            self._answer(200, page.encode(), "text/html; charset=utf-8")
        else:
            self._json(404, {"path": path, "query": query})

    def do_POST(self) -> None:
        path, query = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        if path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.openid.authorize(query, sent["person"]))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._json(*self.openid.exchange(sent, self.headers.get("Authorization", "")))

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        self.openid.asked.append(parts.path)
        if parts.path == self.openid.hangs_at:
            self.openid.wait()
        return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        if path == self.openid.is_broken_at:
            self._answer(502, b"<html>bad gateway</html>", "text/html")
            return
        self._answer(status, json.dumps(answer).encode(), "application/json")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if urlsplit(self.path).path == self.openid.trickles_at:
            for at in range(len(content)):
                if self.openid._released.wait(0.1):
                    return
                self.wfile.write(content[at : at + 1])
                self.wfile.flush()
        self.wfile.write(content)
