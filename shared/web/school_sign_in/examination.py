"""Looks for `doctor` whether the school's provider can sign people in, by the same requests as a sign-in."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from flask import current_app

from shared.domain.health import Finding
from shared.domain.languages import phrase
from shared.domain.school_account import LEEWAY, Provider, ProviderKind
from shared.services.accounts import school_accounts
from shared.toolbox import Toolbox
from shared.web.school_sign_in.client import Unusable, read_description

NAME = "sign-in"
_SETTINGS = {
    ProviderKind.GOOGLE: "SCHOOL_SIGN_IN",
    ProviderKind.MICROSOFT: "SCHOOL_SIGN_IN_TENANT",
    ProviderKind.OPENID: "SCHOOL_SIGN_IN_ISSUER",
}


def examine(toolbox: Toolbox) -> Finding | None:
    """Look at the provider; None where none is set up. Works inside a site's application."""
    provider = toolbox.settings.school_provider
    if provider is None:
        return None
    if not school_accounts.is_offered(toolbox):
        said = phrase("a provider is set up; the office has not turned school sign-in on")
        return Finding(NAME, True, said)
    client = current_app.extensions["school_sign_in"][0]()
    try:
        answer = client.ask(client.description_at)
        described = read_description(answer, provider.issuer)
        keys = client.ask(described["jwks_uri"]).json()
        if not (isinstance(keys, dict) and keys.get("keys")):
            raise Unusable(phrase("It has no keys."))
    except (requests.RequestException, OSError, ValueError) as failure:
        return Finding(NAME, False, _explain(failure, provider))
    return _clock(answer, toolbox.now()) or Finding(
        NAME, True, phrase("%(host)s signs people in", host=_host(provider))
    )


def _clock(answer: requests.Response, now: datetime) -> Finding | None:
    """Compare the clocks: an ID token is of a minute."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return None
    off = abs(now - theirs)
    if off <= LEEWAY:
        return None
    said = phrase(
        "This machine's clock and that of %(host)s differ by %(seconds)s seconds, so what it signs is "
        "refused. Let this machine follow a time server: sudo timedatectl set-ntp true",
        host=urlsplit(answer.url).netloc,
        seconds=round(off.total_seconds()),
    )
    return Finding(NAME, False, said)


def _explain(failure: Exception, provider: Provider) -> str:
    """Say what is wrong, and where to look; passwords do meanwhile."""
    if isinstance(failure, Unusable):
        why = str(failure)
    elif distrust := next((each for each in _causes(failure) if isinstance(each, ssl.SSLError)), None):
        told = getattr(distrust, "verify_message", "") or distrust.reason or ""
        why = phrase(
            "Its certificate is not trusted: %(why)s. SSL_CERT_FILE names a school's own authority.", why=told
        )
    elif isinstance(failure, requests.HTTPError) and failure.response is not None:
        why = phrase("It answers %(status)d.", status=failure.response.status_code)
    elif isinstance(failure, requests.Timeout | TimeoutError):
        why = phrase("It does not answer.")
    elif isinstance(failure, ValueError):
        why = phrase("It does not describe an OpenID provider.")
    elif isinstance(failure, requests.RequestException):
        why = phrase("It cannot be reached.")
    else:  # such as SSL_CERT_FILE naming no file
        why = f"{failure}."
    return phrase(
        "Nobody can sign in by %(host)s: %(why)s Look at %(setting)s; passwords do meanwhile.",
        host=_host(provider),
        why=why,
        setting=_SETTINGS[provider.kind],
    )


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    """Give what is inside a failure: Requests wraps what urllib3 wrapped."""
    while failure is not None:
        yield failure
        inner = getattr(failure, "reason", None) or next(iter(failure.args), None)
        failure = inner if isinstance(inner, BaseException) else None


def _host(provider: Provider) -> str:
    return urlsplit(provider.issuer).netloc
