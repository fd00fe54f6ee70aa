"""A browser without a screen: the cookies, the addresses and the forms of one of the sites."""

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SITES = {"office": "https://localhost:4555", "classroom": "https://localhost:4545"}


class Browser:
    """A browser with its own cookies at one of the sites."""

    def __init__(self, app: Flask, site: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.base = SITES[site]

    def get(self, path: str, **how) -> TestResponse:
        return self.client.get(path, base_url=self.base, buffered=True, **how)  # closes a file that is sent

    def post(self, path: str, **fields: str) -> TestResponse:
        page = BeautifulSoup(self.get("/", follow_redirects=True).text, "html.parser")
        fields["csrf_token"] = page.select_one("meta[name=csrf-token]")["content"]
        return self.client.post(path, base_url=self.base, data=fields, headers={"Referer": self.base + "/"})

    def sign_in(self, email: str, password: str) -> "Browser":
        assert self.post("/sign-in", email=email, password=password).location == "/"
        return self

    def cookie(self, name: str) -> str:
        return self.client.get_cookie(name, "localhost").value

    def take_cookie(self, name: str, value: str) -> "Browser":
        self.client.set_cookie(name, value, domain="localhost")
        return self
