"""What anybody may ask of either site: is it alive, is it ready, its certificate, the notice for families."""

from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_login import current_user

from shared.domain.languages import LANGUAGES, phrase
from shared.errors import InvalidInput, NotFound, ProductError
from shared.persistence.database import UNREACHABLE, is_migrated, read_ends
from shared.security.certificates import fingerprint
from shared.services.accounts import lifecycle
from shared.toolbox import Toolbox
from shared.web.cookies import cookie_name
from shared.web.languages import COOKIE_SECONDS
from shared.web.page_before import page_before
from shared.web.sign_in import is_signed_in as is_signed_in_here


def make_open_pages() -> Blueprint:
    """Return the blueprint "shared": open pages, and the templates and static files of both sites."""
    pages = Blueprint(
        "shared",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/shared-static",
    )
    pages.add_url_rule("/healthz", view_func=is_alive)
    pages.add_url_rule("/readyz", view_func=is_ready)
    pages.add_url_rule("/signed-in", view_func=is_signed_in)
    pages.add_url_rule("/certificate", view_func=certificate)
    pages.add_url_rule("/certificate/authority.crt", view_func=authority)
    pages.add_url_rule("/notice", view_func=notice)
    pages.add_url_rule("/language", view_func=choose_language, methods=["POST"])
    return pages


def is_alive() -> Response:
    """Answer that the process is alive; for the launcher and load balancers."""
    return jsonify(alive=True)


def is_ready() -> tuple[Response, int]:
    """Tell part by part whether the database has its tables and the networks are whole; 503 if one is not."""
    toolbox: Toolbox = current_app.extensions["toolbox"]
    parts = {"database": _is_database_ready(toolbox), "networks": _are_networks_ready(toolbox)}
    return jsonify(parts), 200 if all(parts.values()) else 503


def is_signed_in() -> tuple[str, int]:
    """Answer that somebody is still signed in, for tabs left open; every other browser is led away."""
    return "", 204


def certificate() -> str:
    """Show how a phone gets rid of the warning, and the fingerprint by which people know the right
    certificate."""
    shown = fingerprint(_authority_path().read_text(encoding="ascii"))
    return render_template("shared/certificate.html", fingerprint=shown)


def authority() -> Response:
    """Return the local authority's certificate, which a phone may install instead of accepting the
    warning."""
    kind = "application/x-x509-ca-cert"
    return send_file(_authority_path(), mimetype=kind, download_name="attendance-authority.crt")


def _authority_path() -> Path:
    """Raise NotFound where somebody else vouches for this site."""
    toolbox: Toolbox = current_app.extensions["toolbox"]
    path = toolbox.settings.instance_dir / "tls" / "authority.crt"
    if not path.is_file():
        raise NotFound(phrase("This installation has its certificate from elsewhere."))
    return path


def notice() -> str:
    """Return the notice for families in one of the letters' languages, English where it is asked for in
    none."""
    toolbox: Toolbox = current_app.extensions["toolbox"]
    language = request.args.get("language", "en")
    return render_template(
        "shared/notice.html",
        settings=toolbox.settings,
        languages=LANGUAGES,
        language=language if language in LANGUAGES else "en",
    )


def choose_language() -> Response:
    """Show the pages in another language from now on: to an account wherever it signs in, and in this browser
    to whoever is not signed in.
    """
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise InvalidInput(phrase("This language is not offered."))
    toolbox: Toolbox = current_app.extensions["toolbox"]
    site = current_app.extensions["site"]
    if is_signed_in_here(toolbox, site.name):
        lifecycle.choose_language(toolbox, site.account, current_user.id, language)
    answer: Response = redirect(page_before() or url_for(site.home), 303)  # type: ignore[assignment]
    name = cookie_name(current_app, "language")
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie(name, language, COOKIE_SECONDS, secure=secure, httponly=True, samesite="Lax")
    return answer


def _is_database_ready(toolbox: Toolbox) -> bool:
    try:
        read_ends(toolbox.engine)
        return is_migrated(toolbox.engine)
    except UNREACHABLE:
        return False


def _are_networks_ready(toolbox: Toolbox) -> bool:
    try:
        toolbox.face_matcher.warm_up()
        return toolbox.spoof_detector is not None
    except ProductError:
        return False
