"""What a site queues, a worker runs: over SQLite in one machine and over Redis between two."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.jobs import worker
from shared.jobs.queue import JobQueue
from shared.jobs.worker import end_cut_off_jobs, run_job
from shared.persistence import jobs
from shared.persistence.tables import Job
from shared.toolbox import Toolbox
from tests.conftest import variables_for


@pytest.fixture(params=["sqlite", "redis"])
def settings(request, make_settings, sqlite_url):
    if request.param == "sqlite":
        return make_settings(sqlite_url)
    return make_settings(sqlite_url, REDIS_URL=request.getfixturevalue("redis_server").url)


def test_a_message_of_one_process_is_run_by_another(settings):
    ran: list[int] = []
    site, worker = JobQueue(settings), JobQueue(settings, ran.append)
    site.start(17)
    task = worker.huey.dequeue()
    worker.huey.execute(task)
    assert ran == [17]
    assert worker.huey.dequeue() is None


def test_a_message_is_json_with_one_row_id(settings):
    site = JobQueue(settings)
    site.start(17)
    message = json.loads(site.huey.storage.dequeue())
    assert message["args"] == [17]


def test_a_job_that_fails_says_so_to_the_person_who_waits(settings):
    toolbox = Toolbox(settings)
    with toolbox.sessions.begin() as session:
        job = jobs.add(session, jobs.JobKind.TRAIN_FACE_MODEL, 404, total=1, now=toolbox.now())
    run_job(toolbox, job.id)
    with toolbox.reading() as session:
        row = session.get(Job, job.id)
    assert row.state == "failed"
    assert row.sentence.endswith(".")
    assert row.finished_at is not None


def test_a_job_is_run_once_even_if_two_workers_hear_of_it(settings):
    toolbox = Toolbox(settings)
    with toolbox.sessions.begin() as session:
        job = jobs.add(session, jobs.JobKind.TRAIN_FACE_MODEL, 404, total=1, now=toolbox.now())
    with toolbox.sessions.begin() as session:
        assert jobs.claim(session, job.id, now=toolbox.now()) is not None
    with toolbox.sessions.begin() as session:
        assert jobs.claim(session, job.id, now=toolbox.now()) is None
    run_job(toolbox, job.id)
    run_job(toolbox, 404)  # gone meanwhile
    with toolbox.reading() as session:
        assert session.get(Job, job.id).state == "running"


def test_what_a_killed_worker_had_in_its_hands_is_told_as_not_finished(settings):
    toolbox = Toolbox(settings)
    kinds = (jobs.JobKind.IMPORT_TIMETABLE, jobs.JobKind.READ_CLASS_PHOTOS, jobs.JobKind.TRAIN_FACE_MODEL)
    with toolbox.sessions.begin() as session:
        ids = [jobs.add(session, kind, 7, total=9, now=toolbox.now()).id for kind in (*kinds, kinds[0])]
    taken, waiting = ids[:-1], ids[-1]
    for job_id in taken:
        with toolbox.sessions.begin() as session:
            jobs.claim(session, job_id, now=toolbox.now())

    def states() -> dict[int, str]:
        with toolbox.reading() as session:
            return {job_id: session.get(Job, job_id).state for job_id in ids}

    end_cut_off_jobs(toolbox.with_(now=lambda: datetime.now(UTC) + timedelta(minutes=9)))
    assert states() == dict.fromkeys(taken, "running") | {waiting: "queued"}
    later = toolbox.with_(now=lambda: datetime.now(UTC) + timedelta(minutes=11))
    end_cut_off_jobs(later)
    assert states() == dict.fromkeys(taken, "failed") | {waiting: "queued"}
    with toolbox.reading() as session:
        assert session.get(Job, taken[0]).sentence == jobs.FAILED
        assert not any(jobs.is_running(session.get(Job, each), now=later.now()) for each in taken)


def test_the_worker_does_all_its_rounds_every_minute(monkeypatch, tmp_path, sqlite_url):
    for name, value in variables_for(tmp_path, sqlite_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(worker.logs, "configure", lambda: None)
    done = []
    rounds = [(worker.delivery, "sweep"), (worker.password_links, "sweep"), (worker.notices, "sweep")]
    rounds += [(worker.nightly, "work_if_due"), (worker, "start_lost_jobs"), (worker, "end_cut_off_jobs")]
    for module, act in rounds:
        name = f"{module.__name__}.{act}"
        monkeypatch.setattr(module, act, lambda _toolbox, name=name, **how: done.append((name, how)))
    huey = worker.huey
    for round_of_it in huey._registry.periodic_tasks:
        assert round_of_it.validate_datetime(datetime(2026, 11, 23, 4, 31, tzinfo=UTC))
        round_of_it.execute()
    assert sorted(name for name, _how in done) == sorted(f"{module.__name__}.{act}" for module, act in rounds)
    done.clear()
    for begin in huey._startup.values():
        begin()
    assert done == [(f"{worker.delivery.__name__}.sweep", {"at_start": True})]


def test_the_workers_sign_of_life_is_heard_by_other_processes(settings):
    assert JobQueue(settings).last_beat() is None
    JobQueue(settings).beat()
    heard = JobQueue(settings).last_beat()
    assert heard is not None
    assert abs((heard - datetime.now(UTC)).total_seconds()) < 10
