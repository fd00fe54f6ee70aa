"""Reads single settings from the environment, and says in a sentence what is wrong with one."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytz

from shared.domain.languages import LANGUAGES
from shared.errors import SettingsError

LONGEST_UNTIL_LATE_MINUTES = 12 * 60  # as long as the longest lecture


def read_database_url(environ: Mapping[str, str], name: str) -> str | None:
    """Read the address of a database; it may hold a password, so it is not repeated."""
    url = environ.get(name, "").strip()
    if not url:
        return None
    kind, sign, rest = url.partition("://")
    port = rest.rpartition("@")[2].partition("/")[0].rpartition("]")[2].partition(":")[2]
    is_known = sign and kind.partition("+")[0] in {"sqlite", "mysql", "mariadb"}
    if not is_known or (port and not port.isdigit()):
        raise SettingsError(f"{name} must be an address such as mysql://user:password@host/database.")
    return url


def read_secret(environ: Mapping[str, str], name: str) -> str:
    """Return a secret, which has no default. Raise SettingsError for less than 32 characters."""
    value = environ.get(name, "")
    if len(value) < 32:
        raise SettingsError(f"{name} must be set to a secret of at least 32 characters.")
    return value


def read_face_keys(environ: Mapping[str, str]) -> dict[int, bytes]:
    """Read FACE_KEYS, "1:…" or "1:…,2:…", each key 32 bytes in base64."""
    keys: dict[int, bytes] = {}
    try:
        for entry in environ.get("FACE_KEYS", "").split(","):
            number, _, key = entry.strip().partition(":")
            keys[int(number)] = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        keys = {}
    if not keys or any(len(key) != 32 or not 0 < number < 256 for number, key in keys.items()):
        raise SettingsError("FACE_KEYS must hold numbered keys of 32 bytes in base64, such as 1:q83v….")
    return keys


def read_language(environ: Mapping[str, str]) -> str:
    """Read LANGUAGE_OF_PAGES, a key of `shared.domain.languages.LANGUAGES`."""
    language = environ.get("LANGUAGE_OF_PAGES", "en").strip().lower()
    if language not in LANGUAGES:
        raise SettingsError(f"LANGUAGE_OF_PAGES must be one of {', '.join(LANGUAGES)}.")
    return language


def read_time_zone(environ: Mapping[str, str]) -> str:
    """Read TIME_ZONE, a name that pytz knows. Raise SettingsError for anything else."""
    name = environ.get("TIME_ZONE", "Asia/Kolkata")
    if name not in pytz.all_timezones_set:
        raise SettingsError(f"TIME_ZONE {name!r} is not a time zone's name; Asia/Kolkata is one.")
    return name


def read_messages_url(environ: Mapping[str, str]) -> str | None:
    """Read MESSAGES_URL; without encryption a gateway is reached on this machine alone."""
    url = environ.get("MESSAGES_URL", "").strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as cause:
        raise SettingsError(
            "MESSAGES_URL is not an address such as https://gateway.school.in/hook."
        ) from cause
    is_local = host in ("localhost", "::1") or host.startswith("127.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise SettingsError("MESSAGES_URL must begin with https://; http:// is for this machine alone.")
    if not host or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        raise SettingsError(
            "MESSAGES_URL must be an address such as https://gateway.school.in/hook, without a password."
        )
    return url


def read_messages_secret(environ: Mapping[str, str]) -> bytes:
    """Read MESSAGES_SECRET: base64 of at least 24 bytes, with or without `whsec_` before it."""
    typed = environ.get("MESSAGES_SECRET", "").strip().removeprefix("whsec_")
    try:
        secret = base64.b64decode(typed, validate=True)
    except (ValueError, binascii.Error):
        secret = b""
    if len(secret) < 24:
        raise SettingsError(
            "MESSAGES_SECRET must hold 24 bytes or more in base64; `openssl rand -base64 32` draws some."
        )
    return secret


def read_phone_country(environ: Mapping[str, str]) -> str:
    """Read PHONE_COUNTRY, by default the country of the school's time zone; "" for a zone of none."""
    typed = environ.get("PHONE_COUNTRY", "").strip().upper()
    if not typed:
        zone = read_time_zone(environ)
        return next((code for code, zones in pytz.country_timezones.items() if zone in zones), "")
    if typed not in pytz.country_names:
        raise SettingsError("PHONE_COUNTRY must be a country's two letters, such as IN.")
    return typed


def read_flag(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return whether a setting is 1, yes or true. Raise SettingsError for anything else."""
    value = environ.get(name, "1" if default else "0").strip().lower()
    if value not in {"0", "1", "yes", "no", "true", "false"}:
        raise SettingsError(f"{name} must be 1 or 0.")
    return value in {"1", "yes", "true"}


def read_late_counts_as(environ: Mapping[str, str]) -> str:
    """Read LATE_COUNTS_AS, one of the words of `shared.domain.statuses.CountsAs`."""
    value = environ.get("LATE_COUNTS_AS", "present").strip().lower()
    if value not in {"present", "half", "absent"}:
        raise SettingsError("LATE_COUNTS_AS must be present, half or absent.")
    return value


def read_late_after_minutes(environ: Mapping[str, str]) -> int | None:
    """Read LATE_AFTER_MINUTES; empty: the clock makes nobody late."""
    if not environ.get("LATE_AFTER_MINUTES", "").strip():
        return None
    minutes = read_number(environ, "LATE_AFTER_MINUTES", 0)
    if not 0 <= minutes <= LONGEST_UNTIL_LATE_MINUTES:
        raise SettingsError(
            f"LATE_AFTER_MINUTES must be between 0 and {LONGEST_UNTIL_LATE_MINUTES}, or empty."
        )
    return minutes


def read_percent(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return a number from 0 to 100. Raise SettingsError for anything else."""
    value = read_number(environ, name, default)
    if not 0 <= value <= 100:
        raise SettingsError(f"{name} must be between 0 and 100.")
    return value


def read_span(environ: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int) -> int:
    """Return a number within its bounds. Raise SettingsError for anything else."""
    value = read_number(environ, name, default)
    if not least <= value <= most:
        raise SettingsError(f"{name} must be between {least} and {most}.")
    return value


def read_number(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number. Raise SettingsError for anything else."""
    try:
        return int(environ.get(name, default))
    except ValueError as cause:
        raise SettingsError(f"{name} must be a whole number.") from cause
