"""Reads from the environment who signs the school's people in, if it has its own sign-in (OpenID Connect)."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.domain.school_account import GOOGLE_ISSUER, Provider, ProviderKind
from shared.errors import SettingsError

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
MICROSOFT_ISSUER = "https://login.microsoftonline.com/{}/v2.0"


def read_provider(environ: Mapping[str, str]) -> Provider | None:
    """Read SCHOOL_SIGN_IN and what goes with it; None where it is empty. Raise SettingsError."""
    word = environ.get("SCHOOL_SIGN_IN", "").strip().lower()
    if not word:
        return None
    if word not in list(ProviderKind):
        raise SettingsError("SCHOOL_SIGN_IN must be google, microsoft or openid, or empty.")
    kind = ProviderKind(word)
    issuer, school = _issuer(environ, kind)
    return Provider(
        kind=kind,
        issuer=issuer,
        client_id=_given(environ, "SCHOOL_SIGN_IN_CLIENT_ID"),
        client_secret=_given(environ, "SCHOOL_SIGN_IN_CLIENT_SECRET"),
        school=school,
        name=environ.get("SCHOOL_SIGN_IN_NAME", "").strip()[:60],
    )


def _issuer(environ: Mapping[str, str], kind: ProviderKind) -> tuple[str, str]:
    """Return the provider's issuer, and what names the school there."""
    if kind is ProviderKind.GOOGLE:
        domain = _given(environ, "SCHOOL_SIGN_IN_DOMAIN").lower()
        if not _DOMAIN.fullmatch(domain):
            raise SettingsError("SCHOOL_SIGN_IN_DOMAIN must be the Workspace's domain, like school.example.")
        return GOOGLE_ISSUER, domain
    if kind is ProviderKind.MICROSOFT:
        tenant = _given(environ, "SCHOOL_SIGN_IN_TENANT").lower()
        if not _TENANT.fullmatch(tenant):  # "common" and "organizations" would let every school in
            raise SettingsError(
                "SCHOOL_SIGN_IN_TENANT must be the directory's id, 32 digits with four dashes."
            )
        return MICROSOFT_ISSUER.format(tenant), tenant
    issuer = _given(environ, "SCHOOL_SIGN_IN_ISSUER")
    parts = urlsplit(issuer)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("SCHOOL_SIGN_IN_ISSUER must be the provider's address, beginning with https://.")
    return issuer, ""


def _given(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"SCHOOL_SIGN_IN is set, so {name} must be set too.")
    return value
