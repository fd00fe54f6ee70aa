"""Both sites with a provider on this machine, and browsers that go there and back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_site import create_app as create_office
from shared.domain.school_account import Provider, ProviderKind
from shared.persistence.tables import AuditEntry, Integration, SchoolClass, Student
from shared.services.integrations.choices import set_on
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom
from tests.conftest import settings_for
from tests.support.office import ADMIN_EMAIL, open_office
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, DOMAIN, TENANT, OpenIdProvider
from tests.support.school import TEACHER_EMAIL, found_school

SITES = {"office": "https://localhost:4555", "classroom": "https://localhost:4545"}
ADDRESS_OF = {"office": ADMIN_EMAIL, "classroom": TEACHER_EMAIL}
SCHOOLS = {ProviderKind.GOOGLE: DOMAIN, ProviderKind.MICROSOFT: TENANT, ProviderKind.OPENID: ""}


@pytest.fixture(scope="session")
def _served_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    with OpenIdProvider(tmp_path_factory.mktemp("provider")).serve() as provider:
        yield provider


@pytest.fixture
def provider(_served_provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch) -> OpenIdProvider:
    """A provider that knows the teacher and the admin, and is right in everything."""
    _served_provider.reset()
    _served_provider.add("asha at the provider", TEACHER_EMAIL)
    _served_provider.add("anita at the provider", ADMIN_EMAIL)
    monkeypatch.setenv("SSL_CERT_FILE", str(_served_provider.authority))
    return _served_provider


SUBJECT_OF = {"office": "anita at the provider", "classroom": "asha at the provider"}


class Browser:
    """A browser with its own cookies at one of the sites; `page` is what it shows."""

    def __init__(self, app: Flask, site: str, provider: OpenIdProvider) -> None:
        self.client: FlaskClient = app.test_client()
        self.site, self.base, self.provider = site, SITES[site], provider

    def get(self, address: str, **how) -> TestResponse:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self.client.get(path, base_url=self.base, **how)

    def open(self, address: str) -> BeautifulSoup:
        """Go to an address, redirects followed."""
        return BeautifulSoup(self.get(address, follow_redirects=True).text, "html.parser")

    def post(self, path: str, *, at: str = "/", **fields: str) -> TestResponse:
        fields["csrf_token"] = self.open(at).select_one("meta[name=csrf-token]")["content"]
        return self.client.post(path, base_url=self.base, data=fields, headers={"Referer": self.base + "/"})

    def leave(self, path: str = "/school-sign-in") -> str:
        """Press the button; gives the address at the provider."""
        answer = self.get(path)
        assert answer.status_code == 302, answer.text
        return answer.location

    def go_there(self, subject: str | None = None, path: str = "/school-sign-in") -> str:
        """Press the button and sign in at the provider; gives the address that leads back."""
        return self.provider.visit(self.leave(path), subject or SUBJECT_OF[self.site])

    def sign_in(self, subject: str | None = None, path: str = "/school-sign-in") -> TestResponse:
        """The whole way; gives the answer to coming back."""
        return self.get(self.go_there(subject, path))

    def is_in(self) -> bool:
        return self.get("/signed-in").status_code == 204

    def told(self) -> str:
        """What the page where the person is says above all."""
        page = self.open("/sign-in")
        return " ".join(" ".join(each.get_text(" ", strip=True).split()) for each in page.select(".alert"))

    def type_password(self, password: str, email: str | None = None) -> "Browser":
        answer = self.post("/sign-in", at="/sign-in", email=email or ADDRESS_OF[self.site], password=password)
        assert answer.status_code == 302, answer.text
        return self


@pytest.fixture
def open_sites(sqlite_url, tmp_path, provider, quick_sign_in) -> Iterator[Callable[..., SimpleNamespace]]:
    """Opens both sites for a kind of provider; `browser(site)` is a new browser at one of them."""
    opened: list[Toolbox] = []

    def open_them(kind: ProviderKind = ProviderKind.OPENID, **how: str) -> SimpleNamespace:
        settings = settings_for(tmp_path, sqlite_url)
        told = Provider(kind, provider.issuer, CLIENT_ID, CLIENT_SECRET, SCHOOLS[kind], **how)
        toolbox = Toolbox(replace(settings, school_provider=told))
        opened.append(toolbox)
        office = open_office(toolbox)
        school = _school_of(toolbox)
        set_on(toolbox, office.actor, Integration.SCHOOL_SIGN_IN, on=True)
        make = {"office": create_office, "classroom": create_classroom}

        @cache
        def app_of(site: str) -> Flask:
            return make[site](toolbox=toolbox)

        return SimpleNamespace(
            toolbox=toolbox,
            actor=office.actor,
            password=school.password,
            ids=school.ids,
            browser=lambda site="classroom": Browser(app_of(site), site, provider),
        )

    yield open_them
    for toolbox in opened:
        toolbox.engine.dispose()


def _school_of(toolbox: Toolbox) -> SimpleNamespace:
    """The teacher's school beside the office's, with another class."""
    with toolbox.sessions.begin() as session:
        session.query(Student).delete()
        session.query(SchoolClass).delete()
    return found_school(toolbox, must_change_password=False)


@pytest.fixture
def sites(open_sites) -> SimpleNamespace:
    """Both sites with a standard provider."""
    return open_sites()


def entries(toolbox: Toolbox, action: str) -> list[AuditEntry]:
    """What the audit trail holds of one action."""
    with toolbox.reading() as session:
        return session.query(AuditEntry).filter_by(action=action).order_by(AuditEntry.id).all()
