"""Both sites over one school, and a visitor who may see everything of a site and sends what no page would."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from admin_site import create_app as create_office
from shared.persistence.tables import Admin, Teacher
from shared.persistence.tables.base import Base
from shared.security.passwords import hash_password
from shared.services.audit import Actor
from shared.services.people.consent import record_consent
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom
from tests.conftest import settings_for
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.school import TEACHER_EMAIL, found_school

# What ends a visit, or takes away what the visit is about.
_NOT_TRIED = ("/sign-out", "/kiosk", "/deactivate", "/new-password", "/withdraw", "/close")


@dataclass(repr=False)
class Visitor:
    """A signed-in browser that types what it likes."""

    app: Flask
    base: str
    pages: dict[str, BeautifulSoup] = field(default_factory=dict)

    token: str = ""

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.client.get(path, base_url=self.base, **how)

    def post(self, path: str, **how: Any) -> TestResponse:
        """Send with the token that a page of ours would send, so that what comes after it is tried."""
        self.token = self.token or self.page("/").select_one("meta[name=csrf-token]")["content"]
        headers = {"Referer": self.base + "/", "X-CSRFToken": self.token}
        return self.client.post(path, base_url=self.base, headers=headers | how.pop("headers", {}), **how)

    def page(self, path: str) -> BeautifulSoup:
        return BeautifulSoup(self.get(path, follow_redirects=True).text, "html.parser")

    def sign_in(self, email: str, password: str) -> None:
        answer = self.post("/sign-in", data={"email": email, "password": password})
        assert answer.status_code == 302, answer.text
        self.token = ""  # a new sign-in, a new session

    def walk(self) -> dict[str, BeautifulSoup]:
        """Every page that links lead to from the start page, one of each endpoint, by address."""
        waiting, seen = ["/"], set()
        while waiting:
            path = waiting.pop(0)
            endpoint = self._endpoint(path)
            if endpoint in seen or endpoint is None:
                continue
            answer = self.get(path, follow_redirects=True)
            if not answer.mimetype.startswith("text/html"):
                continue
            seen.add(endpoint)
            self.pages[path] = BeautifulSoup(answer.text, "html.parser")
            waiting += [link["href"] for link in self.pages[path].select("a[href^='/']")]
        return self.pages

    def forms(self) -> list[tuple[str, Tag]]:
        """Every form that changes something, by address; not those that end the visit or begin a kiosk."""
        found = {}
        for path, page in self.walk().items():
            for form in page.select("form[method=post]"):
                action = form.get("action") or path
                if not action.endswith(_NOT_TRIED):
                    found[action] = form
        return list(found.items())

    def _endpoint(self, path: str) -> str | None:
        try:
            return self.app.url_map.bind("localhost").match(path.partition("?")[0].partition("#")[0])[0]
        except Exception:  # noqa: BLE001 an address that takes a POST only, or none at all
            return None


def shown_values(form: Tag) -> dict[str, str]:
    """What a browser would send of a form as it was shown."""
    fields = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=file])")}
    fields |= {each["name"]: each.get_text() for each in form.select("textarea[name]")}
    for each in form.select("select[name]"):
        chosen = each.select_one("option[selected]") or each.select_one("option")
        fields[each["name"]] = chosen.get("value", "") if chosen else ""
    return fields


@pytest.fixture(scope="module")
def school(migrated_sqlite, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """One school for both sites: an admin, a teacher, a class of two with consents, an open lecture."""
    folder = tmp_path_factory.mktemp("school")
    database = shutil.copyfile(migrated_sqlite, folder / "attendance.sqlite3")
    toolbox = Toolbox(settings_for(folder, f"sqlite:///{database}"))
    school = found_school(toolbox)
    school.toolbox = toolbox
    with toolbox.sessions.begin() as session:
        session.query(Teacher).one().must_change_password = False
        admin = Admin(name="Anita Desai", email=ADMIN_EMAIL, must_change_password=False, active=True)
        admin.password = hash_password(ADMIN_PASSWORD, salt=toolbox.settings.password_salt)
        admin.fs_uniquifier, admin.created_at = "anita", toolbox.now()
        session.add(admin)
    school.admin = Actor(site="office", email=ADMIN_EMAIL, account_id=admin.id)
    for name in ("meera", "ravi"):
        record_consent(toolbox, school.admin, school.ids[name], given_by="a parent")
    yield school
    toolbox.engine.dispose()


@pytest.fixture(scope="module")
def admin(school) -> Visitor:
    """The admin, signed in at the office."""
    visitor = Visitor(create_office(toolbox=school.toolbox), "https://localhost:4555")
    visitor.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    return visitor


@pytest.fixture(scope="module")
def teacher(school) -> Visitor:
    """The teacher, signed in in the classroom."""
    visitor = Visitor(create_classroom(toolbox=school.toolbox), "https://localhost:4545")
    visitor.sign_in(TEACHER_EMAIL, school.password)
    return visitor


def rows_of(toolbox: Toolbox) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a refused request must leave as it was."""
    unimportant = {"sign_in", "failed_try", "attempt_lock"}  # when a browser was last seen, what was tried
    with toolbox.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(table.select()).all()))
            for table in Base.metadata.sorted_tables
            if table.name not in unimportant
        }
