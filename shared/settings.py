"""Settings: read once from the environment, frozen; a secret has no default.

One machine with its own SQLite file needs no settings: its secrets are drawn at random on first use and kept
in `instance/settings.env`. As soon as DATABASE_URL names a server, every secret must come from outside,
because several machines have to agree on them.
"""

import base64
import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytz

from shared import setting_values
from shared.domain.school_account import Provider
from shared.errors import SettingsError
from shared.school_clock import SchoolClock
from shared.school_provider import read_provider

VERSION = "0.2.0"  # its one place; CHANGELOG.md says what it holds

DEFAULT_ROLL_ID_NAME = "roll id"
PROJECT_DIR = Path(__file__).resolve().parents[1]


# Each may be given as NAME_FILE, a file that holds it: so containers and systemd hand secrets over.
IN_FILES = (
    *("DATABASE_URL", "ADMIN_SECRET_KEY", "TEACHER_SECRET_KEY", "PASSWORD_SALT", "FACE_KEYS"),
    *("REPORTS_DATABASE_URL", "REDIS_URL", "MAIL_USERNAME", "MAIL_PASSWORD"),
    "SCHOOL_SIGN_IN_CLIENT_SECRET",
    *("MESSAGES_URL", "MESSAGES_SECRET"),
)

_SECRETS = ("ADMIN_SECRET_KEY", "TEACHER_SECRET_KEY", "PASSWORD_SALT")


@dataclass(frozen=True)
class Settings:
    """What one installation is told from outside; `read_settings` makes it.

    `face_keys` maps a key's number to 32 raw bytes for AES-256-GCM; the highest number seals,
    every number opens. Durations end in their unit.
    """

    database_url: str
    reports_database_url: str | None
    admin_secret_key: str
    teacher_secret_key: str
    password_salt: str
    face_keys: Mapping[int, bytes]
    instance_dir: Path
    models_dir: Path
    school_name: str
    time_zone: str
    school_contact: str
    roll_id_name: str
    language: str
    phone_country: str
    keep_enrolment_photos: bool
    keep_check_ins_days: int
    keep_letters_days: int
    keep_offers_days: int
    keep_marks_years: int
    keep_audit_years: int
    late_counts_as: str
    warn_below_percent: int
    warn_backup_days: int
    late_after_minutes: int | None
    oneroster_dir: Path | None
    family_link_days: int
    redis_url: str | None
    mail_server: str | None
    mail_port: int
    mail_username: str | None
    mail_password: str | None
    mail_use_tls: bool
    mail_sender: str
    messages_url: str | None
    messages_secret: bytes | None
    admin_site_url: str
    teacher_site_url: str
    secure_cookies: bool
    school_provider: Provider | None = None

    @property
    def clock(self) -> SchoolClock:
        """The clock of the school's time zone; every stored time is UTC."""
        return SchoolClock(pytz.timezone(self.time_zone))


def read_environ(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment with the secrets it names files of, and under it `instance/settings.env`.

    Raise SettingsError for a file that cannot be read.
    """
    environ = {**environ, **_secrets_in_files(environ)}
    settings_file = _settings_file(find_instance_dir(environ), may_make=not environ.get("DATABASE_URL"))
    return {**settings_file, **environ}


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment, and under it `instance/settings.env`.

    Raise SettingsError naming the variable that is missing or wrong.
    """
    environ = read_environ(environ)
    instance_dir = find_instance_dir(environ)
    messages_url = setting_values.read_messages_url(environ)
    return Settings(
        database_url=setting_values.read_database_url(environ, "DATABASE_URL")
        or f"sqlite:///{instance_dir / 'attendance.sqlite3'}",
        reports_database_url=setting_values.read_database_url(environ, "REPORTS_DATABASE_URL"),
        admin_secret_key=setting_values.read_secret(environ, "ADMIN_SECRET_KEY"),
        teacher_secret_key=setting_values.read_secret(environ, "TEACHER_SECRET_KEY"),
        password_salt=setting_values.read_secret(environ, "PASSWORD_SALT"),
        face_keys=setting_values.read_face_keys(environ),
        instance_dir=instance_dir,
        models_dir=Path(environ.get("MODELS_DIR", str(PROJECT_DIR / "models"))),
        school_name=environ.get("SCHOOL_NAME", "Our School"),
        time_zone=setting_values.read_time_zone(environ),
        school_contact=environ.get("SCHOOL_CONTACT", ""),
        roll_id_name=environ.get("ROLL_ID_NAME", "").strip() or DEFAULT_ROLL_ID_NAME,
        language=setting_values.read_language(environ),
        phone_country=setting_values.read_phone_country(environ),
        keep_enrolment_photos=setting_values.read_flag(environ, "KEEP_ENROLMENT_PHOTOS"),
        keep_check_ins_days=setting_values.read_span(environ, "KEEP_CHECK_INS_DAYS", 30, most=3650),
        keep_letters_days=setting_values.read_span(environ, "KEEP_LETTERS_DAYS", 180, most=3650),
        keep_offers_days=setting_values.read_span(environ, "KEEP_OFFERS_DAYS", 30, most=365),
        keep_marks_years=setting_values.read_span(environ, "KEEP_MARKS_YEARS", 5, most=100),
        keep_audit_years=setting_values.read_span(environ, "KEEP_AUDIT_YEARS", 5, most=100),
        late_counts_as=setting_values.read_late_counts_as(environ),
        warn_below_percent=setting_values.read_percent(environ, "WARN_BELOW_PERCENT", 75),
        warn_backup_days=setting_values.read_span(environ, "WARN_BACKUP_DAYS", 2, least=0, most=365),
        late_after_minutes=setting_values.read_late_after_minutes(environ),
        oneroster_dir=Path(environ["ONEROSTER_DIR"]) if environ.get("ONEROSTER_DIR") else None,
        family_link_days=setting_values.read_span(environ, "FAMILY_LINK_DAYS", 60, most=365),
        redis_url=environ.get("REDIS_URL") or None,
        mail_server=environ.get("MAIL_SERVER") or None,
        mail_port=setting_values.read_number(environ, "MAIL_PORT", 587),
        mail_username=environ.get("MAIL_USERNAME") or None,
        mail_password=environ.get("MAIL_PASSWORD") or None,
        mail_use_tls=setting_values.read_flag(environ, "MAIL_USE_TLS", default=True),
        mail_sender=environ.get("MAIL_SENDER", "attendance@localhost"),
        messages_url=messages_url,
        messages_secret=setting_values.read_messages_secret(environ) if messages_url else None,
        admin_site_url=environ.get("ADMIN_SITE_URL", "https://localhost:4555"),
        teacher_site_url=environ.get("TEACHER_SITE_URL", "https://localhost:4545"),
        secure_cookies=setting_values.read_flag(environ, "SECURE_COOKIES", default=True),
        school_provider=read_provider(environ),
    )


def find_instance_dir(environ: Mapping[str, str] = os.environ) -> Path:
    return Path(environ.get("INSTANCE_DIR", str(PROJECT_DIR / "instance")))


def _secrets_in_files(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in IN_FILES:
        path = environ.get(f"{name}_FILE")
        if not path:
            continue
        if environ.get(name):
            raise SettingsError(f"Both {name} and {name}_FILE are set; please give one of them.")
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as cause:
            raise SettingsError(f"{name}_FILE: {path} cannot be read ({cause}).") from cause
        if not found[name]:
            raise SettingsError(f"{name}_FILE: {path} is empty.")
    return found


def _settings_file(instance_dir: Path, *, may_make: bool) -> dict[str, str]:
    """Read `settings.env`, lines of NAME=value; where it may, make it with fresh secrets first."""
    path = instance_dir / "settings.env"
    try:
        if may_make and not path.exists():
            _make_settings_file(path)
        lines = _lines_of(path) if path.exists() else []
    except OSError as cause:
        raise SettingsError(
            f"{path} cannot be read or made ({cause.strerror}). Please look at the folder's owner and at the "
            "disk, or name another folder by INSTANCE_DIR."
        ) from cause
    return dict(_named(line) for line in lines if "=" in line and not line.startswith("#"))


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()  # some editors begin with a byte order mark
    except UnicodeDecodeError as cause:
        raise SettingsError(f"{path} is not written in UTF-8. Please save it in that encoding.") from cause


def _named(line: str) -> tuple[str, str]:
    """Return a line's name and value; quotation marks round a value go, as with systemd and shells."""
    name, _, value = line.partition("=")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return name.strip().removeprefix("export ").strip(), value


def _make_settings_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    drawn = {name: secrets.token_urlsafe(48) for name in _SECRETS}
    drawn["FACE_KEYS"] = "1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    text = "".join(f"{name}={value}\n" for name, value in drawn.items())
    # Written aside and linked into place: of two processes that start together, one wins whole.
    draft = path.parent / f".settings.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="utf-8")
        let_owner_keep(draft)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def draw_face_key(instance_dir: Path, environ: Mapping[str, str] = os.environ) -> int:
    """Put a new key behind those of `settings.env`, all or nothing, and give its number.

    Whoever seals with it must be started anew first, and everybody who opens: a process that does not know
    the key yet cannot open what it sealed. Raise SettingsError where the keys come from the environment.
    """
    path = instance_dir / "settings.env"
    if environ.get("FACE_KEYS") or environ.get("FACE_KEYS_FILE") or not path.exists():
        raise SettingsError(
            "FACE_KEYS comes from the environment here. Please put a new key behind the others there."
        )
    lines = _lines_of(path)
    found = [at for at, line in enumerate(lines) if _named(line)[0] == "FACE_KEYS"]
    if not found:
        raise SettingsError(f"{path} holds no FACE_KEYS. Please put them back from your copy.")
    at = found[-1]  # the one that counts
    keys = _named(lines[at])[1]
    number = max(setting_values.read_face_keys({"FACE_KEYS": keys})) + 1
    if number > 255:
        raise SettingsError("There is no number left for another key.")
    lines[at] = f"FACE_KEYS={keys},{number}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    draft = instance_dir / f".settings.{os.getpid()}.{secrets.token_hex(4)}"
    draft.touch(mode=0o600)
    with draft.open("w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    let_owner_keep(draft)
    draft.replace(path)
    return number


def let_owner_keep(path: Path) -> None:
    """Let a file that root has just made belong to whoever owns its folder.

    The sites may run as an ordinary user, whom a command of root's must not lock out.
    """
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
