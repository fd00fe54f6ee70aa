"""Asks the school's provider by Authlib, within limits: https, no redirects, so many seconds and bytes."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth, OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, session
from joserfc.errors import JoseError

from shared.domain.languages import phrase
from shared.domain.school_account import LEEWAY, Doubt, Identity, Provider, ProviderKind, read_identity
from shared.errors import Overloaded, ProviderAway, SchoolSignInRefused
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)

NAME = "school"
SCOPES = "openid email profile"
CONNECT_WITHIN_S, ANSWER_WITHIN_S = 3.0, 6.0
LARGEST_ANSWER_BYTES = 512 * 1024
# Keys and addresses of the provider are asked for anew so often.
METADATA_LASTS_S = 12 * 60 * 60
# Of a process's 16 threads so many may wait for a provider that hangs.
AT_ONCE = 4
# Signatures that only the provider can make. None at all, and those by a secret that both know, are no proof.
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_ASKED_FOR = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")

_AWAY = phrase(
    "The school’s sign-in does not answer now. Please try again in a moment, or sign in with your password."
)
_NOT_OURS = phrase(
    "What came back from the school’s sign-in does not prove who you are. Please try again, or sign in with "
    "your password."
)
_REFUSES_US = phrase(
    "The school’s sign-in does not know this site any more. Please sign in with your password, and tell the "
    "office."
)
_ANOTHER_SCHOOL = phrase(
    "The account you chose is not one of this school’s. Please choose your school account."
)


class Unusable(requests.RequestException):
    """What the provider answers is of no use; the sentence says why, for whoever runs this site."""


class _BoundedSession(OAuth2Session):  # type: ignore[misc]
    """A conversation with the provider that ends, whatever the provider does."""

    def request(self, method: str, url: str, *args: Any, **how: Any) -> requests.Response:
        if not url.startswith("https://"):
            raise Unusable(phrase("It names an address without https."))
        ends_at = time.monotonic() + ANSWER_WITHIN_S
        how |= {"timeout": (CONNECT_WITHIN_S, ANSWER_WITHIN_S), "allow_redirects": False, "stream": True}
        how["verify"] = self.verify  # said here, or another variable of the environment would win
        with super().request(method, url, *args, **how) as response:
            content = b""
            # By small pieces, so that one byte a second does not hold the thread for hours.
            while piece := response.raw.read1(16_384, decode_content=True):
                content += piece
                if len(content) > LARGEST_ANSWER_BYTES or time.monotonic() > ends_at:
                    raise Unusable(phrase("Its answer has no end."))
            response._content = content
        if response.is_redirect:
            raise Unusable(phrase("It sends us on to another address, which is not followed."))
        answered: requests.Response = response
        return answered


class _School(FlaskOAuth2App):  # type: ignore[misc]
    """Authlib's client, which takes of the provider's description only what is named here."""

    client_cls = _BoundedSession
    issuer = ""
    server_metadata: dict[str, Any]

    def load_server_metadata(self) -> dict[str, Any]:
        if time.time() - self.server_metadata.get("_loaded_at", 0) >= METADATA_LASTS_S:
            described = read_description(self.ask(self._server_metadata_url), self.issuer)
            self.server_metadata = {**described, "_loaded_at": time.time()}
        return self.server_metadata

    def ask(self, address: str) -> requests.Response:
        """Return what the provider answers at an address that anybody may ask. Raise RequestException."""
        with self._get_session() as conversation:
            answer: requests.Response = conversation.request("GET", address, withhold_token=True)
            answer.raise_for_status()
            return answer


def read_description(answer: requests.Response, issuer: str) -> dict[str, Any]:
    """Take of a provider's description what is used of it. Raise RequestException where nobody can."""
    told = answer.json()
    if not isinstance(told, dict) or not set(_ASKED_FOR) <= set(told):
        raise Unusable(phrase("It does not describe an OpenID provider."))
    if told["issuer"] != issuer:
        raise Unusable(phrase("It says that it is %(issuer)s.", issuer=str(told["issuer"])[:200]))
    offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    signatures = [each for each in offered if each in _SIGNATURES]
    if not signatures:
        raise Unusable(phrase("It signs by nothing that it alone can make."))
    found: dict[str, Any] = {name: told[name] for name in _ASKED_FOR}
    found["id_token_signing_alg_values_supported"] = signatures
    ways = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    by_form = "client_secret_basic" not in ways and "client_secret_post" in ways
    found["token_endpoint_auth_method"] = "client_secret_post" if by_form else "client_secret_basic"
    return found


class Client:
    """The provider, as the pages ask it."""

    def __init__(self, app: Flask, toolbox: Toolbox, provider: Provider) -> None:
        self.provider, self._toolbox = provider, toolbox
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._app: Any = OAuth(app).register(
            NAME,
            client_cls=_School,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=self.description_at,
            client_kwargs={
                "scope": SCOPES,
                "code_challenge_method": "S256",
                "verify": os.environ.get("SSL_CERT_FILE") or True,
            },
        )
        self._app.issuer = provider.issuer

    @property
    def description_at(self) -> str:
        """Where the provider describes itself (OpenID Connect Discovery 1.0)."""
        return f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"

    def ask(self, address: str) -> requests.Response:
        """Return what the provider answers there to anybody. Raise RequestException or OSError."""
        answer: requests.Response = self._app.ask(address)
        return answer

    def begin(self, back: str, kept: dict[str, Any], *, again: bool = False, other: bool = False) -> str:
        """Return the address to send the person to; `kept` is found in the state when they come back.

        `again` lets the provider ask for the password whoever is signed in there, `other` who it is, after
        somebody came who may not come in here. Raise ProviderAway.
        """
        for name in [name for name in session if name.startswith(f"_state_{NAME}_")]:
            del session[name]  # one way at a time: a cookie has room for no more
        with self._asking():
            begun = self._app.create_authorization_url(back, **self._wishes(again=again, other=other))
        self._app.save_authorize_data(redirect_uri=back, **kept, **begun)
        address: str = begun["url"]
        return address

    def find_state(self, state: str) -> dict[str, Any] | None:
        """Return what was kept for this browser's way to the provider; None for any other."""
        kept: dict[str, Any] | None = self._app.framework.get_state_data(session, state)
        return kept

    def forget_state(self, state: str) -> None:
        """Let a way to the provider be over."""
        self._app.framework.clear_state_data(session, state)

    def identify(self, kept: dict[str, Any], code: str) -> Identity:
        """Exchange a code for the ID token and return who it is about; `kept` is what `find_state` gave.

        Raise ProviderAway, or SchoolSignInRefused where it proves nothing.
        """
        nonce = kept["nonce"]
        with self._asking():
            token = self._app.fetch_access_token(
                kept["redirect_uri"], code=code, code_verifier=kept["code_verifier"]
            )
            of = {"iss": {"values": self.provider.issuers}}
            claims = (
                self._app.parse_id_token(token, nonce=nonce, claims_options=of, leeway=LEEWAY.seconds) or {}
            )
        found = read_identity(claims, self.provider, nonce=nonce, now=self._toolbox.now())
        if isinstance(found, Identity):
            return found
        log.warning("an ID token was refused: %s", found)
        if found is Doubt.ANOTHER_SCHOOL:
            raise SchoolSignInRefused(_ANOTHER_SCHOOL)
        raise SchoolSignInRefused(_NOT_OURS)

    def _wishes(self, *, again: bool, other: bool) -> dict[str, object]:
        if again:
            return {"prompt": "login", "max_age": 0}
        wishes: dict[str, object] = {}
        if self.provider.lets_choose:
            wishes["prompt"] = "select_account"
        elif other:
            wishes["prompt"] = "login"
        if self.provider.kind is ProviderKind.GOOGLE:
            wishes["hd"] = self.provider.school  # a wish alone; the token's `hd` is what counts
        return wishes

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Word whatever can go wrong between us and the provider, and hold no more threads than a few."""
        if not self._places.acquire(blocking=False):
            raise Overloaded(_AWAY)
        try:
            yield
        except (requests.RequestException, OSError) as failure:
            log.warning("the school's provider does not answer: %s", type(failure).__name__)
            raise ProviderAway(_AWAY) from failure
        except OAuthError as failure:
            log.warning("the school's provider refuses us: %s", _words(failure))
            is_ours = failure.error in ("invalid_client", "unauthorized_client")
            raise SchoolSignInRefused(_REFUSES_US if is_ours else _NOT_OURS) from failure
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError, RuntimeError) as failure:
            log.warning("the school's provider sent what proves nothing: %s", _words(failure))
            raise SchoolSignInRefused(_NOT_OURS) from failure
        finally:
            self._places.release()


def _words(failure: Exception) -> str:
    """Return what is safe to log: kinds and codes of errors, nothing that the provider wrote."""
    return f"{type(failure).__name__} {getattr(failure, 'error', '')}".strip()
