"""Builds a site: settings, sign-in, CSRF, headers, errors and layout, the same for both."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
from flask import Blueprint, Flask, Response, current_app, g, request
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from werkzeug.local import LocalProxy
from werkzeug.routing import IntegerConverter

from shared.errors import SettingsError
from shared.persistence.database import Session
from shared.persistence.tables import Admin
from shared.settings import VERSION, Settings, read_settings
from shared.toolbox import Toolbox
from shared.web import error_pages, languages, one_address, password_links, request_log, sign_in
from shared.web.cookies import cookie_name
from shared.web.forms import no_day
from shared.web.kiosk_pass import close_to_phones
from shared.web.open_pages import make_open_pages
from shared.web.school_sign_in import pages as school_sign_in

# A request carries at most a photo or a workbook of 5 MB and a form; a site names the pages that take more.
LARGEST_REQUEST_BYTES = 6 * 1024 * 1024
LARGEST_FORM_BYTES = 1024 * 1024
MOST_FORM_PARTS = 1000

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data: blob:",  # Bootstrap's icons are data:, camera previews blob:
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class SiteDescription:
    """What tells one site from the other; people reach it at `address`.

    `navigation` is (endpoint, words) in the order shown; `menus` has, by the endpoint of one of these,
    the pages of the menu that opens in its place.
    `open_endpoints` may be asked for by anybody; every other page needs a sign-in. `large_uploads` gives
    the bytes that a request may have at endpoints that take more than one photo.
    """

    name: str
    title: str
    address: str
    secret_key: str
    account: type
    navigation: tuple[tuple[str, str], ...]
    home: str
    open_endpoints: frozenset[str] = frozenset()
    large_uploads: Mapping[str, int] = field(default_factory=dict)
    menus: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


class _RowId(IntegerConverter):
    """An id in an address; larger than a database's integer column, it is no page."""

    def __init__(self, *args: Any, **limits: Any) -> None:
        super().__init__(*args, **{"max": 2**31 - 1, **limits})


def build_site(
    description: SiteDescription,
    *,
    import_name: str,
    settings: Settings,
    toolbox: Toolbox,
    pages: Iterable[Blueprint],
    commands: Iterable[click.Command] = (),
    gate: Callable[[], Response | None] | None = None,
) -> Flask:
    """Make one of our sites of its pages and commands.

    `gate` sees every request first, before its body is read; what it returns is the answer. A site
    without one is closed to phones that were handed round.
    """
    app = Flask(import_name)
    app.url_map.converters["int"] = _RowId
    app.config.update(
        SECRET_KEY=description.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM_BYTES,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,  # a form may lie open over lunch; the session bounds it
        BOOTSTRAP_SERVE_LOCAL=True,
        BOOTSTRAP_BTN_STYLE="primary",
    )
    # Named apart, for a browser sends the cookies of one port of a host to all of them.
    app.config["SESSION_COOKIE_NAME"] = cookie_name(app, f"{description.name}_session")
    app.extensions["toolbox"] = toolbox
    app.extensions["site"] = description
    request_log.install(app, description.name)
    one_address.install(app, description.address)
    if gate is None:
        close_to_phones(app, toolbox)
    else:
        app.before_request(gate)
    _install_limits(app, description)
    Bootstrap5(app)
    languages.install(app, settings)
    # Before the token is looked for in the body: a stranger's upload is not even read.
    app.before_request(lambda: sign_in.guard(toolbox, description))
    CSRFProtect(app)
    app.register_blueprint(make_open_pages())  # before the sign-in library's, so that our templates win
    sign_in.install(app, description, settings, toolbox)
    error_pages.install(app)
    app.register_blueprint(password_links.make_pages())
    has_second_factor = description.account is Admin
    school_sign_in.install(app, toolbox, address=description.address, has_second_factor=has_second_factor)
    for blueprint in pages:
        app.register_blueprint(blueprint)
    for command in commands:
        app.cli.add_command(command)
    _install_reading(app)
    _install_headers(app)
    _install_words(app, description, settings)
    return app


def prepare(settings: Settings | None, toolbox: Toolbox | None) -> tuple[Settings, Toolbox]:
    """Fill in what `create_app` was not given: the environment's settings and a toolbox over them."""
    try:
        settings = settings or (toolbox.settings if toolbox else read_settings())
    except SettingsError as wrong:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(wrong)) from wrong  # a command says it in a sentence
    return settings, toolbox or Toolbox(settings)


def _toolbox() -> Toolbox:
    toolbox: Toolbox = current_app.extensions["toolbox"]
    return toolbox


def _reading() -> Session:
    if "reading" not in g:
        g.reading = _toolbox().reading()
    session: Session = g.reading
    return session


toolbox: Toolbox = LocalProxy(_toolbox)  # type: ignore[assignment]
reading: Session = LocalProxy(_reading)  # type: ignore[assignment]
"""The request's session for reading; closed when the answer is sent."""


def _install_reading(app: Flask) -> None:
    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        session = g.pop("reading", None)
        if session is not None:
            session.close()


def _install_limits(app: Flask, description: SiteDescription) -> None:
    """Bound a request's size before anything reads it."""

    @app.url_value_preprocessor
    def limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        if request.mimetype == "multipart/form-data":
            request.max_content_length = description.large_uploads.get(endpoint or "", LARGEST_REQUEST_BYTES)
        else:
            # Werkzeug reads other forms into memory whole, whatever MAX_FORM_MEMORY_SIZE says.
            request.max_content_length = LARGEST_FORM_BYTES


def _install_headers(app: Flask) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in ("static", "shared.static", "bootstrap.static"):
            response.headers["Cache-Control"] = "no-store"
        return response


def _install_words(app: Flask, description: SiteDescription, settings: Settings) -> None:
    clock = settings.clock
    app.jinja_env.filters["show_date"] = languages.show_date
    app.jinja_env.filters["local_time"] = clock.show_time
    app.jinja_env.filters["local_date"] = lambda moment: languages.show_date(clock.local(moment))
    app.jinja_env.filters["local_moment"] = lambda moment: languages.show_moment(clock.local(moment))

    app.jinja_env.globals["no_day"] = no_day

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "site": description,
            "version": VERSION,
            "school_name": settings.school_name,
            "time_zone": settings.time_zone,
            "sends_mail": settings.mail_server is not None,
        }
