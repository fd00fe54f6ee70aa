"""The real worker in its own process: it delivers by itself, and after kill -9 it writes to nobody twice."""

import os
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from launcher.children import ENDS_WITH_US
from shared.domain.family_mail import MailState
from shared.persistence.tables import OutgoingMail
from shared.services.family_mail.delivery import sweep
from shared.services.family_mail.plan import send_mail
from shared.settings import PROJECT_DIR, read_settings
from shared.toolbox import Toolbox
from tests.conftest import variables_for
from tests.support.families import add_families, mail_variables, mark_and_close, plan, results
from tests.support.school import found_school
from tests.support.servers import wait_until

LETTERS = 500
GOAL_S = 20  # for 500 letters to a mail server on the same machine, which does nothing else


@pytest.fixture
def variables(database_url, mail_server, tmp_path):
    """What the worker and the test are both told."""
    (tmp_path / "instance").mkdir()
    return variables_for(tmp_path / "instance", database_url, **mail_variables(mail_server))


@pytest.fixture
def toolbox(variables):
    toolbox = Toolbox(read_settings(variables))
    yield toolbox
    toolbox.engine.dispose()


@contextmanager
def worker(variables):
    """The worker as `make run` starts it; killed with -9 at the end, whatever it is doing."""
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "shared.jobs.worker.huey", "--quiet"]
    process = subprocess.Popen(
        [*ENDS_WITH_US, *command, "--workers", "2", "--max-delay", "0.5"],
        env={**os.environ, **variables},
        cwd=PROJECT_DIR,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def press(toolbox, school):
    seen = plan(toolbox, school).fingerprint
    return send_mail(toolbox, school.actor, school.ids["lecture"], seen=seen)


def count(toolbox):
    """How many letters are in which state; asked often, beside the mail server in the same process."""
    query = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    with toolbox.reading() as session:
        return dict(session.execute(query).all())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_five_hundred_letters_are_sent_in_time(toolbox, variables, mail_server):
    school = found_school(toolbox)
    add_families(toolbox, school, LETTERS)
    mark_and_close(toolbox, school)
    with worker(variables):
        press(toolbox, school)
        wait_until(lambda: mail_server.messages, within_s=300)  # the worker starts
        took = wait_until(lambda: len(mail_server.messages) == LETTERS, within_s=300)
        wait_until(lambda: count(toolbox) == {MailState.SENT: LETTERS}, within_s=60)
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    print(f"{LETTERS} letters in {took:.1f} s, with {busy:.1f} programs waiting for each processor")
    assert took < GOAL_S * busy
    assert len({message["To"] for message in mail_server.messages}) == LETTERS


def test_a_worker_killed_half_way_is_followed_by_one_that_writes_to_nobody_twice(
    toolbox, variables, mail_server
):
    school = found_school(toolbox)
    add_families(toolbox, school, LETTERS)
    mark_and_close(toolbox, school)
    is_in_its_hands, is_killed = threading.Event(), threading.Event()

    def answer(_recipients: list[str]) -> str:
        if len(mail_server.messages) >= LETTERS // 2:
            is_in_its_hands.set()
            is_killed.wait(timeout=60)  # so the worker has a letter in its hands, however slow the machine is
        return "250 kept"

    mail_server.answer = answer
    with worker(variables):
        press(toolbox, school)
        wait_until(is_in_its_hands.is_set, within_s=300)
    is_killed.set()
    assert len(mail_server.messages) < LETTERS

    with worker(variables):
        wait_until(lambda: MailState.QUEUED not in count(toolbox), within_s=300)
    # Read once nobody writes any more: the second was killed too, perhaps with the last letter in its hands,
    # and on a machine that is slow enough it has settled the first one's by itself.
    in_doubt = (MailState.SENDING, MailState.PERHAPS_SENT)
    left = {address for address, state in results(toolbox, school).items() if state in in_doubt}
    assert left
    # Long after: whatever the first worker had in its hands is perhaps sent, never sent by itself.
    later = toolbox.with_(now=lambda: datetime.now(UTC) + timedelta(hours=1))
    sweep(later)
    later.engine.dispose()
    found = results(toolbox, school)
    assert {address for address, state in found.items() if state is MailState.PERHAPS_SENT} == left
    received = Counter(message["To"] for message in mail_server.messages)
    assert max(received.values()) == 1
    assert {address for address, state in found.items() if state is MailState.SENT} == set(received) - left
    assert set(found) - set(received) <= left


def test_letters_queued_while_no_worker_runs_are_sent_when_one_starts(toolbox, variables, mail_server):
    school = found_school(toolbox)
    add_families(toolbox, school, 3)
    mark_and_close(toolbox, school)
    press(toolbox, school)
    (toolbox.settings.instance_dir / "queue.sqlite3").unlink()  # the message is lost, the rows are not
    with worker(variables):
        wait_until(lambda: count(toolbox) == {MailState.SENT: 3}, within_s=300)
    assert len(mail_server.messages) == 3
