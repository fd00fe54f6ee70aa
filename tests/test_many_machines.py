"""A university: two offices, two classrooms and a worker over one MariaDB, one Redis and one mail server.

The machines share no file and know each other by settings alone; a person's requests go to each in turn.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import APIResponse, Error, Playwright

from launcher.children import ENDS_WITH_US
from shared.persistence.tables import Admin, Teacher
from shared.services.accounts.lifecycle import create_first_admin
from shared.settings import PROJECT_DIR, read_settings
from shared.toolbox import Toolbox
from tests.conftest import variables_for
from tests.support.families import give_addresses, mail_variables
from tests.support.phones import Phone
from tests.support.pictures import jpeg, person
from tests.support.school import TEACHER_EMAIL, found_school
from tests.support.servers import find_free_port, wait_until

SITES = ("admin", "teacher")
ANSWERS_WITHIN_S = 90


class Machines:
    """The four web servers and the worker, each with an instance folder of its own."""

    def __init__(self, folder, database_url: str, **variables: str) -> None:
        self.folder, self.database_url, self.variables = folder, database_url, variables
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ports = {site: (find_free_port(), find_free_port()) for site in SITES}

    def environ(self, name: str) -> dict[str, str]:
        """What one machine is told; the same everywhere but for its own folder."""
        instance_dir = self.folder / name
        instance_dir.mkdir()
        return {**os.environ, **variables_for(instance_dir, self.database_url, **self.variables)}

    def start(self) -> None:
        for site, ports in self.ports.items():
            for port in ports:
                site_app = f"{site}_site:create_app"
                self._start(f"{site}-{port}", "-m", "launcher.web_server", site_app, "--port", str(port))
        self._start("worker", "-m", "huey.bin.huey_consumer", "shared.jobs.worker.huey", "--quiet")

    def _start(self, name: str, *command: str) -> None:
        self.processes.append(
            subprocess.Popen(
                [*ENDS_WITH_US, sys.executable, *command],
                env=self.environ(name),
                cwd=PROJECT_DIR,
                start_new_session=True,
            )
        )

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)


class Visitor:
    """A browser whose requests go to the instances of a site in turn, as behind a load balancer."""

    def __init__(self, playwright: Playwright, ports: tuple[int, int]) -> None:
        self.client = playwright.request.new_context(timeout=60_000)
        self.bases = cycle(f"http://127.0.0.1:{port}" for port in ports)
        self.page = BeautifulSoup()

    def open(self, path: str) -> BeautifulSoup:
        return self._show(self.client.get(next(self.bases) + path))

    def wait_for_both(self) -> None:
        """Wait until both instances are ready: tables there, networks whole."""
        both = (next(self.bases), next(self.bases))
        wait_until(lambda: all(map(self._is_ready, both)), within_s=ANSWERS_WITHIN_S)

    def _is_ready(self, base: str) -> bool:
        try:
            return self.client.get(f"{base}/readyz").ok
        except Error:
            return False

    def post(self, path: str, **fields: object) -> BeautifulSoup:
        """Send a form as the page shown last would; the next instance answers."""
        form = {**fields, "csrf_token": self._token()}
        return self._show(self.client.post(next(self.bases) + path, form=form))

    def ask(self, path: str, **fields: object) -> dict:
        """Send what our scripts send, files included."""
        headers = {"Accept": "application/json", "X-CSRFToken": self._token()}
        answer = self.client.post(next(self.bases) + path, multipart=fields, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    def look(self, path: str) -> dict:
        return self.client.get(next(self.bases) + path, headers={"Accept": "application/json"}).json()

    def _token(self) -> str:
        return str(self.page.select_one("meta[name=csrf-token]")["content"])

    def _show(self, answer: APIResponse) -> BeautifulSoup:
        assert answer.ok, (answer.url, answer.status, answer.text()[:2000])
        self.page = BeautifulSoup(answer.text(), "html.parser")
        return self.page


class Requests:
    """A visitor with the manners of requests.Session, for a kiosk phone; the next instance answers."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def get(self, path: str, *, headers: dict) -> SimpleNamespace:
        return self._told(self.visitor.client.get(next(self.visitor.bases) + path, headers=headers))

    def post(self, path: str, *, data: dict, files: dict | None, headers: dict) -> SimpleNamespace:
        parts = {
            name: {"name": file, "mimeType": kind, "buffer": content}
            for name, (file, content, kind) in (files or {}).items()
        }
        address = next(self.visitor.bases) + path
        return self._told(self.visitor.client.post(address, multipart={**data, **parts}, headers=headers))

    def _told(self, answer: APIResponse) -> SimpleNamespace:
        return SimpleNamespace(status_code=answer.status, text=answer.text(), json=answer.json)


@pytest.fixture
def machines(mariadb_url, redis_server, mail_server, tmp_path) -> Iterator[Machines]:
    machines = Machines(
        tmp_path,
        mariadb_url,
        REDIS_URL=redis_server.url,
        SECURE_COOKIES="0",
        OMP_NUM_THREADS="1",
        **mail_variables(mail_server),
    )
    machines.start()
    yield machines
    machines.stop()


def photo(name: str) -> dict[str, object]:
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(person(name))}


def test_a_face_enrolled_at_one_office_checks_in_at_another_classroom(
    machines, mail_server, playwright_driver
):
    toolbox = Toolbox(read_settings(machines.environ("seed")))
    school, admin_password = found_school(toolbox), create_first_admin(toolbox)
    student_id, lecture_id = school.ids["meera"], school.ids["lecture"]
    give_addresses(toolbox, student_id, "meera@students.in", "iyer@home.in")
    with toolbox.sessions.begin() as session:
        session.query(Admin).one().must_change_password = False
        session.query(Teacher).one().must_change_password = False

    _enrol(Visitor(playwright_driver, machines.ports["admin"]), admin_password, student_id)
    teacher = Visitor(playwright_driver, machines.ports["teacher"])
    _check_in(teacher, school.password, lecture_id)
    _mail(teacher, lecture_id)
    wait_until(lambda: len(mail_server.messages) == 2, within_s=ANSWERS_WITHIN_S)
    assert {message["To"] for message in mail_server.messages} == {"meera@students.in", "iyer@home.in"}
    assert all("was present" in message["Subject"] for message in mail_server.messages)
    progress = f"/lectures/{lecture_id}/mail/progress"
    wait_until(lambda: teacher.look(progress)["sentence"] == "2 sent", within_s=ANSWERS_WITHIN_S)
    toolbox.engine.dispose()


def _enrol(office: Visitor, password: str, student_id: int) -> None:
    """Each request at another office; the worker trains."""
    office.wait_for_both()
    office.open("/sign-in")
    office.post("/sign-in", email="admin@localhost", password=password)
    office.open(f"/students/{student_id}/consent")
    office.post(f"/students/{student_id}/consent", given_by="Latha Iyer (mother)", confirmed="y")
    enrolment = f"/students/{student_id}/enrolment"
    for name in ("obama2.jpg", "obama3.jpg") * 2:
        (result,) = office.ask(f"{enrolment}/photos", photo=photo(name))["photos"]
        assert result["kept"], result
    job = office.ask(f"{enrolment}/training")["job"]
    wait_until(lambda: office.look(job)["state"] in ("done", "failed"), within_s=ANSWERS_WITHIN_S)
    assert office.look(job)["state"] == "done"


def _check_in(teacher: Visitor, password: str, lecture_id: int) -> None:
    """One classroom hands the phone round, the other sees the face, and takes the phone back."""
    teacher.wait_for_both()
    teacher.open("/sign-in")
    teacher.post("/sign-in", email=TEACHER_EMAIL, password=password)
    teacher.open(f"/lectures/{lecture_id}/kiosk")
    teacher.post(f"/lectures/{lecture_id}/kiosk")
    phone = Phone(Requests(teacher))
    answer = phone.check_in("15203A0042", jpeg(person("obama.jpg")), "CO6GA")
    assert answer["outcome"] == "present", answer
    assert answer["name"] == "Meera Iyer"
    assert phone.status()["here"] == 1
    teacher.open("/kiosk/leave")
    teacher.post("/kiosk/leave", secret=password)


def _mail(teacher: Visitor, lecture_id: int) -> None:
    teacher.post(f"/lectures/{lecture_id}/close")
    page = teacher.open(f"/lectures/{lecture_id}/mail")
    teacher.post(f"/lectures/{lecture_id}/mail", seen=page.select_one("input[name=seen]")["value"])
