"""The office with an admin signed in at a desk."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from admin_site import create_app
from shared.toolbox import Toolbox
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD, open_office

SITE = "https://localhost:4555"


class Desk:
    """The admin's browser; `page` is what it shows."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page = BeautifulSoup()

    def open(self, path: str) -> BeautifulSoup:
        """Go to an address, redirects followed."""
        return self._show(self.client.get(path, base_url=SITE, follow_redirects=True))

    def fill(self, words: str, **typed: Any) -> BeautifulSoup:
        """Fill the form of the button that says `words`, and press it; what is not typed stays as shown."""
        buttons = self.page.select("main form button")
        button = next(each for each in buttons if each.get_text(" ", strip=True).startswith(words))
        form = button.find_parent("form")
        fields = {**_shown_values(form), **typed}
        if button.get("name"):
            fields[button["name"]] = button["value"]
        how: dict[str, Any] = {"base_url": SITE, "headers": {"Referer": SITE + self.path}}
        answer = self.client.post(form.get("action") or self.path, data=fields, **how)
        if answer.status_code == 307:  # the test's browser would send it on without its fields
            answer = self.client.post(answer.location, data=fields, **how)
        if answer.status_code in (302, 303):
            answer = self.client.get(answer.location, base_url=SITE, follow_redirects=True)
        return self._show(answer)

    def ask(self, path: str, **fields: Any) -> TestResponse:
        """Post as our scripts do: JSON back, the token in a header."""
        headers = {
            "Accept": "application/json",
            "Referer": SITE + "/",
            "X-CSRFToken": self.page.select_one("meta[name=csrf-token]")["content"],
        }
        return self.client.post(path, base_url=SITE, data=fields, headers=headers)

    def error_at(self, name: str) -> str:
        """The error that a screen reader reads with a field."""
        described = self.page.select_one(f"[name={name}]")["aria-describedby"].split()
        return " ".join(self.page.find(id=each).get_text(" ", strip=True) for each in described)

    def told(self) -> str:
        """The page's words without its head."""
        return self.page.select_one("main").get_text(" ", strip=True)

    def _show(self, answer: TestResponse) -> BeautifulSoup:
        self.status, self.path = answer.status_code, answer.request.path
        self.page = BeautifulSoup(answer.text, "html.parser")
        return self.page


def photo_file(content: bytes, name: str = "camera.jpg") -> tuple[BytesIO, str]:
    """A file part of a form."""
    return BytesIO(content), name


def _shown_values(form: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field in form.select("input[name]"):
        if field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                fields.setdefault(field["name"], []).append(field.get("value", "y"))
        elif field.get("type") != "file":
            fields[field["name"]] = field.get("value", "")
    for field in form.select("select[name]"):
        chosen = field.select_one("option[selected]") or field.select_one("option")
        fields[field["name"]] = chosen["value"] if chosen else ""
    return fields


@pytest.fixture
def office_toolbox(sqlite_url, make_settings):
    toolbox = Toolbox(make_settings(sqlite_url))
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def office(office_toolbox) -> SimpleNamespace:
    """The small office of tests.support.office, with its toolbox."""
    office = open_office(office_toolbox)
    office.toolbox = office_toolbox
    return office


@pytest.fixture
def stranger(office, quick_sign_in) -> Desk:
    """A browser that is not signed in."""
    return Desk(create_app(toolbox=office.toolbox))


@pytest.fixture
def desk(stranger) -> Desk:
    """The admin's browser, signed in."""
    stranger.open("/sign-in")
    stranger.fill("Sign in", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    assert stranger.path == "/"
    return stranger
