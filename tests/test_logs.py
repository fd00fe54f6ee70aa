"""The log says what happened and names nobody: JSON lines, an id for each request, no secret in any."""

import io
import json
import logging
import re
import subprocess
import sys

import pytest
from sqlalchemy import text

from shared.logs import JsonLines
from shared.persistence.database import AlreadyThere
from shared.services.accounts.password_links import send_due_links
from shared.toolbox import Toolbox
from teacher_site import create_app
from tests.conftest import settings_for
from tests.support.families import mail_variables
from tests.support.office import QueueInHand
from tests.support.school import TEACHER_EMAIL, found_school
from tests.teacher_site.conftest import Phone

NEW_PASSWORD = "four quiet yellow trams"
REQUEST_ID = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")


@pytest.fixture
def written():
    """What the sites write while a test runs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: record.name != "mail.log")  # the tests' own mail server
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def toolbox(sqlite_url, tmp_path, mail_server):
    settings = settings_for(tmp_path, sqlite_url, **mail_variables(mail_server))
    toolbox = Toolbox(settings).with_(queue=QueueInHand())
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    return found_school(toolbox)


def lines(written) -> list[dict]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_every_request_is_a_line_with_its_facts(toolbox, school, written):
    phone = Phone(create_app(toolbox=toolbox))
    phone.sign_in(school.password)
    phone.get(f"/lectures/{school.ids['lecture']}?q=Meera")
    line = lines(written)[-1]
    assert {name: line[name] for name in ("level", "site", "method", "route", "status", "account")} == {
        "level": "info",
        "site": "classroom",
        "method": "GET",
        "route": "attendance.show",
        "status": 302,  # the first-time password has to be changed first
        "account": school.ids["teacher"],
    }
    assert line["duration_ms"] >= 0
    assert REQUEST_ID.fullmatch(line["request"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])


def test_the_id_on_an_error_page_is_the_one_in_the_log(toolbox, school, written):
    app = create_app(toolbox=toolbox)

    def fail() -> str:
        raise RuntimeError("a bug")

    app.view_functions["security.login"] = fail
    answer = Phone(app).get("/sign-in")
    assert answer.status_code == 500
    shown = REQUEST_ID.search(answer.text)[0]
    assert answer.headers["X-Request-Id"] == shown
    failures = [line for line in lines(written) if line["level"] == "error"]
    assert {line["request"] for line in failures} == {shown}
    assert "RuntimeError: a bug" in failures[0]["traceback"]


def test_requests_have_ids_of_their_own_that_nobody_chooses(toolbox, school):
    client = create_app(toolbox=toolbox).test_client()
    sent = {"X-Request-Id": "chosen"}
    ids = {client.get("/healthz", headers=sent).headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20
    assert all(REQUEST_ID.fullmatch(each) for each in ids)


def test_no_line_holds_a_secret_or_a_persons_name(toolbox, school, written, mail_server):
    app = create_app(toolbox=toolbox)
    phone, stranger = Phone(app), Phone(app, "192.0.2.8")
    phone.post("/sign-in", {"email": TEACHER_EMAIL, "password": "a wrong password"})
    phone.sign_in(school.password)
    phone.post(
        "/password",
        {"password": school.password, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD},
    )
    cookie = phone.cookies()["__Host-classroom_session"]
    phone.get("/totals?q=Meera+Iyer")
    phone.post(f"/lectures/{school.ids['lecture']}/kiosk")
    kiosk_cookie = phone.cookies()["__Host-kiosk_pass"]
    phone.get("/kiosk/status")
    stranger.post("/forgotten-password", {"email": TEACHER_EMAIL})
    send_due_links(toolbox)
    link = re.search(r"link=(\S+)", mail_server.messages[0].get_content())[1]
    stranger.get(f"/choose-password?link={link}")
    said = written.getvalue()
    assert len(lines(written)) > 10
    secrets = (
        *(school.password, NEW_PASSWORD, "a wrong password", cookie, kiosk_cookie, link),
        *(TEACHER_EMAIL, "Asha", "Meera", "15203A0042", "argon2"),
        *(toolbox.settings.teacher_secret_key, toolbox.settings.password_salt),
    )
    assert [each for each in secrets if each in said] == []


def test_a_database_error_comes_without_the_statements_values(toolbox, school):
    insert = text("insert into teacher (email) values (:email)")
    with pytest.raises(AlreadyThere) as failure, toolbox.sessions.begin() as session:
        session.execute(insert, {"email": TEACHER_EMAIL})
    assert TEACHER_EMAIL not in str(failure.value)


def test_a_librarys_warning_is_a_json_line_too():
    code = (
        "import logging.config, warnings; from shared.logs import logging_config;"
        "logging.config.dictConfig(logging_config()); warnings.warn('the library is old', FutureWarning)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    (line,) = map(json.loads, said.splitlines())
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")
    assert "FutureWarning: the library is old" in line["message"]
