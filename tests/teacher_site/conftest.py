"""The classroom with a small school in it, and phones that visit it."""

from functools import cached_property
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.support.phones import Phone as KioskPhone
from tests.support.school import TEACHER_EMAIL, found_school

SITE = "https://localhost:4545"


class _Requests:
    """Flask's test client with the manners of requests.Session, as far as a KioskPhone needs them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, *, headers: dict[str, str]) -> Any:
        return _Answer(self.client.get(url, headers=headers))

    def post(self, url: str, *, data: dict[str, Any], files: Any, headers: dict[str, str]) -> Any:
        sent: dict[str, list[tuple[BytesIO, str]]] = {}
        for name, (file, content, _kind) in files.items() if isinstance(files, dict) else files or ():
            sent.setdefault(name, []).append((BytesIO(content), file))
        return _Answer(self.client.post(url, data={**data, **sent}, headers=headers))


class _Answer:
    def __init__(self, answer: TestResponse) -> None:
        self.status_code, self.text = answer.status_code, answer.text
        self.json = answer.get_json


class Phone:
    """A browser with its own cookies, at its own address."""

    def __init__(self, app: Flask, address: str = "192.0.2.1") -> None:
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.client.get(path, base_url=SITE, **how)

    def page(self, path: str) -> BeautifulSoup:
        """What a person sees at an address, redirects followed."""
        return BeautifulSoup(self.get(path, follow_redirects=True).text, "html.parser")

    def post(self, path: str, fields: dict[str, Any] | None = None, *, json: bool = False) -> TestResponse:
        """Send a form as our pages do."""
        token = self.page("/").select_one("meta[name=csrf-token]")["content"]
        headers = {"Referer": SITE + "/"} | ({"Accept": "application/json"} if json else {})
        return self.client.post(
            path, base_url=SITE, data={**(fields or {}), "csrf_token": token}, headers=headers
        )

    def press(self, path: str, words: str) -> TestResponse:
        """Send the form whose button says `words` on a page, with the fields it has there."""
        page = self.page(path)
        button = next(each for each in page.select("form button") if each.get_text(" ", strip=True) == words)
        form = button.find_parent("form")
        fields = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
        if button.get("name"):
            fields[button["name"]] = button["value"]
        return self.post(form.get("action") or path, fields)

    def sign_in(self, password: str, email: str = TEACHER_EMAIL) -> TestResponse:
        return self.post("/sign-in", {"email": email, "password": password})

    def told(self, path: str = "/") -> str:
        """The messages shown at the top of the next page."""
        return " ".join(each.get_text(" ", strip=True) for each in self.page(path).select(".alert"))

    @cached_property
    def at_the_kiosk(self) -> KioskPhone:
        """The same phone with its key and its tickets."""
        return KioskPhone(_Requests(self.client), SITE)

    def cookies(self) -> dict[str, str]:
        found = (
            self.client.get_cookie(name, "localhost")
            for name in ("__Host-classroom_session", "__Host-kiosk_pass")
        )
        return {cookie.key: cookie.value for cookie in found if cookie}

    def take_cookies(self, cookies: dict[str, str]) -> None:
        for name, value in cookies.items():
            self.client.set_cookie(name, value, domain="localhost")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages do not know the database; the services' tests run on both."""
    return sqlite_url


@pytest.fixture
def school(toolbox: Toolbox) -> SimpleNamespace:
    """The school, its teacher past the first password."""
    return found_school(toolbox, must_change_password=False)


@pytest.fixture
def app(toolbox: Toolbox, school: SimpleNamespace, quick_sign_in: None) -> Flask:
    return create_app(toolbox=toolbox)


@pytest.fixture
def stranger(app: Flask) -> Phone:
    """A browser nobody has signed in."""
    return Phone(app, "198.51.100.7")


@pytest.fixture
def teacher(app: Flask, school: SimpleNamespace) -> Phone:
    """The signed-in teacher's phone."""
    phone = Phone(app)
    assert phone.sign_in(school.password).status_code == 302
    return phone


@pytest.fixture
def kiosk(teacher: Phone, school: SimpleNamespace) -> Phone:
    """The teacher's phone after it was handed round."""
    assert (
        teacher.press(f"/lectures/{school.ids['lecture']}/kiosk", "Start the check-in").location == "/kiosk"
    )
    return teacher


@pytest.fixture
def photo() -> bytes:
    """A small JPEG without a face."""
    out = BytesIO()
    Image.new("RGB", (160, 120), "gray").save(out, "JPEG")
    return out.getvalue()
