"""Every route of both sites is guarded, typed and in kebab-case, and changes come by POST.

That each change needs the page's own token stands in test_permissions.py, where people are signed in.
"""

import re
from io import BytesIO
from itertools import chain

import pytest
from flask import Flask

from admin_site import create_app as create_office
from shared.settings import VERSION
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom
from tests.conftest import settings_for

# What a browser without a sign-in may ask for; everything else leads to the sign-in page.
OPEN = {
    "security.login",
    "password_links.ask",
    "password_links.choose",
    # To the school's provider and back, see tests/school_sign_in; off here, so they are no pages.
    "school_sign_in.start",
    "school_sign_in.back",
    "school_sign_in.code",
    "static",
    "shared.static",
    "bootstrap.static",
    "shared.is_alive",
    "shared.is_ready",
    "shared.certificate",
    "shared.authority",
    "shared.choose_language",
    "shared.notice",
    # Whoever has its token is shown a plan that names nobody, see tests/teacher_site/test_plan.py.
    "plan.calendar",
    # Whoever has the token of a letter sees one student, see tests/teacher_site/test_families.py.
    "families.show",
    # These ask for a kiosk pass instead of a sign-in, see tests/teacher_site.
    "kiosk.page",
    "kiosk.key",
    "kiosk.status",
    "kiosk.ticket",
    "kiosk.send",
    "kiosk.call",
    "kiosk.leave",
}
KEBAB = re.compile(r"(/|(/([a-z0-9]+(-[a-z0-9]+)*|<(int|path):[a-z_]+>|<[a-z_]+>))+)(\.[a-z]+)?")
HTTPS = {"base_url": "https://localhost"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def sites(tmp_path_factory, request) -> dict[str, Flask]:
    folder = tmp_path_factory.mktemp("routes")
    database = request.getfixturevalue("migrated_sqlite")
    toolbox = Toolbox(settings_for(folder, f"sqlite:///{database}"))
    return {"office": create_office(toolbox=toolbox), "classroom": create_classroom(toolbox=toolbox)}


def rules(sites):
    return chain.from_iterable(((app, rule) for rule in app.url_map.iter_rules()) for app in sites.values())


def address_of(rule) -> str:
    return re.sub(r"<[^>]+>", "1", rule.rule)


def test_addresses_are_kebab_case_and_ids_are_typed(sites):
    for _app, rule in rules(sites):
        if rule.endpoint in ("static", "shared.static", "bootstrap.static") or rule.rule.startswith(
            "/fs-static"
        ):
            continue
        assert KEBAB.fullmatch(rule.rule), rule.rule
        untyped = [
            name for name in rule.arguments if name.endswith("_id") and f"<int:{name}>" not in rule.rule
        ]
        assert not untyped, rule.rule


def test_what_is_not_open_leads_an_anonymous_browser_to_the_sign_in_page(sites):
    for app, rule in rules(sites):
        if rule.endpoint in OPEN or "GET" not in rule.methods:
            continue
        answer = app.test_client().get(address_of(rule), **HTTPS)
        assert answer.status_code == 302, rule.rule
        assert answer.location.startswith("/sign-in"), rule.rule


def test_changes_come_by_post_alone(sites):
    for _app, rule in rules(sites):
        assert rule.methods <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.rule


def test_every_answer_carries_the_headers_that_keep_strangers_out(sites):
    for app in sites.values():
        headers = app.test_client().get("/sign-in", **HTTPS).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Permissions-Policy"] == "camera=(self), microphone=(), geolocation=()"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        cookie = headers["Set-Cookie"]
        assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))


def test_the_two_sites_share_no_cookie_and_no_secret(sites):
    office, classroom = sites["office"], sites["classroom"]
    assert office.config["SESSION_COOKIE_NAME"] != classroom.config["SESSION_COOKIE_NAME"]
    assert office.secret_key != classroom.secret_key


def test_an_unknown_address_is_a_page_with_a_sentence(sites):
    for app in sites.values():
        answer = app.test_client().get("/no/such/page", **HTTPS)
        assert answer.status_code == 404
        assert "Page not found" in answer.text


def test_the_footer_shows_the_version(sites):
    for app in sites.values():
        page = app.test_client().get("/sign-in", **HTTPS).text
        assert f"attendance by face {VERSION}</span>" in page


def test_a_strangers_upload_is_turned_away_unread(sites):
    class Unread(BytesIO):
        def read(self, *_args):
            raise AssertionError("the body was read")

        readline = readinto = read

    for app, address in ((sites["office"], "/classes/1/photos"), (sites["classroom"], "/lectures/open")):
        answer = app.test_client().post(
            address,
            input_stream=Unread(bytes(1000)),
            content_type="multipart/form-data; boundary=x",
            **HTTPS,
        )
        assert (answer.status_code, answer.location) == (302, "/sign-in")


def test_a_form_without_a_file_may_have_a_megabyte_and_no_more(sites):
    for app in sites.values():
        answer = app.test_client().post(
            "/sign-in", data=b"email=" + bytes(1_100_000), content_type=FORM, **HTTPS
        )
        assert answer.status_code == 413
        assert "What was sent is too large." in answer.text
