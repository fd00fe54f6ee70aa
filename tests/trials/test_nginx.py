"""The file that puts nginx before the sites is one that nginx takes, and does what its comments say."""

import re
import socket
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests
from sqlalchemy import select

from launcher.addresses import LOOPBACK
from launcher.certificates import ensure_certificate
from shared.persistence.tables import AuditEntry
from shared.toolbox import Toolbox
from tests.conftest import settings_for
from tests.support.nginx import CONFIGURATION, Nginx
from tests.support.school import TEACHER_EMAIL, found_school
from tests.trials.behind_nginx import served_by_nginx
from tests.trials.crowd import Crowd, trust_of
from tests.trials.served import Browser


@pytest.fixture(scope="module")
def classroom(migrated_sqlite, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A classroom behind nginx, with the cookies of a real school."""
    folder = tmp_path_factory.mktemp("behind")
    database = folder / "attendance.sqlite3"
    database.write_bytes(migrated_sqlite.read_bytes())
    url = f"sqlite:///{database}"
    toolbox = Toolbox(settings_for(folder, url))
    school = found_school(toolbox, must_change_password=False)
    certificate = ensure_certificate(folder / "tls", ["localhost"], [LOOPBACK])
    with served_by_nginx("teacher", folder, url, certificate=certificate, SECURE_COOKIES="1") as site:
        yield SimpleNamespace(site=site, toolbox=toolbox, school=school, trust=trust_of(folder / "tls"))
    toolbox.engine.dispose()


def test_nginx_takes_the_file_without_a_warning(tmp_path):
    certificate = ensure_certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    nginx = Nginx(tmp_path / "nginx", certificate=certificate, upstreams={})
    tried = subprocess.run(nginx.command("-t"), capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr


def test_a_teacher_signs_in_through_it_and_only_its_word_says_from_where(classroom):
    browser = Browser(classroom.site)
    browser.session.headers["X-Forwarded-For"] = "10.9.8.7"  # what anybody may claim
    browser.sign_in(TEACHER_EMAIL, classroom.school.password)
    assert {cookie.secure for cookie in browser.session.cookies} == {True}
    with classroom.toolbox.reading() as session:
        addresses = set(session.scalars(select(AuditEntry.address).where(AuditEntry.action == "sign in")))
    assert addresses == {"127.0.0.1"}


def test_too_large_a_form_is_answered_by_the_site_and_a_huge_one_by_nginx(classroom):
    for megabytes, words in ((8, "Our School"), (17, "nginx")):
        answer = requests.post(
            f"{classroom.site.base}/sign-in",
            b"x" * megabytes * 1024**2,
            verify=classroom.site.verify,
            timeout=60,
        )
        assert (answer.status_code, words in answer.text) == (413, True), answer.text[:500]


def test_one_address_has_no_more_requests_under_way_than_the_file_says(classroom):
    most = int(re.search(r"limit_conn\s+address (\d+);", CONFIGURATION.read_text())[1])
    crowd = Crowd(classroom.site.port, classroom.trust)
    try:
        crowd.open("half a form", most, ["127.0.0.1"])
        assert _ask(classroom, "127.0.0.1") == 503
        assert _ask(classroom, "127.0.0.2") == 200
    finally:
        crowd.close()


def _ask(classroom: SimpleNamespace, address: str) -> int:
    plain = socket.create_connection(("127.0.0.1", classroom.site.port), 20, source_address=(address, 0))
    with classroom.trust.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return int(connection.recv(4096).split()[1])
