"""What an ID token of the school's own sign-in proves, and to whom it belongs (OpenID Connect Core 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.domain.languages import phrase

# The clocks of two machines may differ by so much.
LEEWAY = timedelta(seconds=60)

GOOGLE_ISSUER = "https://accounts.google.com"


class ProviderKind(StrEnum):
    """Who signs the school's people in; each has its own way of naming school and person."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OPENID = "openid"


@dataclass(frozen=True)
class Provider:
    """The school's provider, as the settings name it. `school` is Google's domain or Microsoft's tenant."""

    kind: ProviderKind
    issuer: str
    client_id: str
    client_secret: str
    school: str = ""
    name: str = ""

    @property
    def shown_name(self) -> str:
        """What people call the account they sign in with."""
        own = {ProviderKind.GOOGLE: "Google", ProviderKind.MICROSOFT: "Microsoft"}
        return self.name or own.get(self.kind) or phrase("your school account")

    @property
    def issuers(self) -> tuple[str, ...]:
        """What `iss` of an ID token may say; Google writes its own with https:// and without.

        https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
        """
        bare = (self.issuer.removeprefix("https://"),) if self.kind is ProviderKind.GOOGLE else ()
        return (self.issuer, *bare)

    @property
    def lets_choose(self) -> bool:
        """Whether it is asked to let people choose among the accounts that are signed in at it."""
        return self.kind is not ProviderKind.OPENID

    @property
    def asks_again(self) -> bool:
        """Whether it can be made to ask for the password again and says when it did; Google does neither."""
        return self.kind is not ProviderKind.GOOGLE


@dataclass(frozen=True)
class Identity:
    """Somebody whom the provider knows. `email` is empty unless the provider vouches for it."""

    issuer: str
    subject: str
    email: str
    stated_email: str = ""
    authenticated_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Return the address to show the person and the office, vouched for or not."""
        return self.email or self.stated_email


class Doubt(StrEnum):
    """Why an ID token proves nothing here."""

    NOT_FOR_US = "not for us"
    ANOTHER_SCHOOL = "another school"


def read_identity(
    claims: Mapping[str, Any], provider: Provider, *, nonce: str, now: datetime
) -> Identity | Doubt:
    """Return who an ID token with these claims is about; its signature must have been checked.

    All that makes it ours is asked here, whatever the library in front of it looked at.
    """
    if not (nonce and claims.get("nonce") == nonce and _is_for(claims, provider) and _is_now(claims, now)):
        return Doubt.NOT_FOR_US
    subject = _text(claims, "oid" if provider.kind is ProviderKind.MICROSOFT else "sub")
    if not subject or len(subject) > 255:
        return Doubt.NOT_FOR_US
    if not _is_of_the_school(claims, provider):
        return Doubt.ANOTHER_SCHOOL
    stated = _text(claims, "email").strip().lower()[:254]
    return Identity(
        provider.issuer,
        subject,
        stated if _is_vouched_for(claims, provider) else "",
        stated,
        _moment(claims.get("auth_time")),
    )


def _is_for(claims: Mapping[str, Any], provider: Provider) -> bool:
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    return (
        claims.get("iss") in provider.issuers
        # A token for others too may have been got by one of them.
        and audiences == [provider.client_id]
        and claims.get("azp", provider.client_id) == provider.client_id
    )


def _is_now(claims: Mapping[str, Any], now: datetime) -> bool:
    expires, issued = _moment(claims.get("exp")), _moment(claims.get("iat"))
    if expires is None or issued is None:
        return False
    return expires > now - LEEWAY and issued < now + LEEWAY


def _is_of_the_school(claims: Mapping[str, Any], provider: Provider) -> bool:
    """Tell whether the school itself gave out the account.

    An address at the school's domain is not enough: anybody may open a Google account with one. `hd` is there
    only for accounts of a Workspace, `tid` names the directory that the person signed in with.
    https://developers.google.com/identity/openid-connect/openid-connect#hd-param
    """
    if provider.kind is ProviderKind.GOOGLE:
        return _text(claims, "hd").lower() == provider.school.lower() != ""
    if provider.kind is ProviderKind.MICROSOFT:
        return _text(claims, "tid").lower() == provider.school.lower() != ""
    return True


def _is_vouched_for(claims: Mapping[str, Any], provider: Provider) -> bool:
    """Tell whether the address is the person's own, as the provider has made sure.

    Microsoft says so with `xms_edov`, which the administrator asks for, as 1, "1" or true. What merely looks
    like yes is no.
    """
    if claims.get("email_verified") is True:
        return True
    own = claims.get("xms_edov") if provider.kind is ProviderKind.MICROSOFT else None
    return str(own).lower() in ("1", "true")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _moment(seconds: Any) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
