"""The worker's entry: `huey_consumer shared.jobs.worker.huey`. Runs one job row to its end."""

import logging
import sys
from datetime import timedelta

from shared import logs
from shared.confined import reading as confined
from shared.confined.limits import PATIENCE_OF_WORKER_S
from shared.errors import ProductError, SettingsError
from shared.jobs.queue import JobQueue
from shared.persistence import jobs
from shared.persistence.jobs import JobKind
from shared.services.accounts import notices, password_links
from shared.services.faces import class_photos, enrolment
from shared.services.family_mail import delivery
from shared.services.spoof_check import training as spoof_training
from shared.services.timetable import plan_import, untaken
from shared.services.upkeep import nightly
from shared.settings import read_settings
from shared.toolbox import Toolbox

# Longer than a free worker takes to begin.
LOST_AFTER = timedelta(minutes=3)
# Longer than any step of a job that lives, on a busy machine too; it says after each how far it is.
CUT_OFF_AFTER = timedelta(minutes=10)

log = logging.getLogger(__name__)

WORK = {
    JobKind.TRAIN_FACE_MODEL: enrolment.train_face_model,
    JobKind.READ_CLASS_PHOTOS: class_photos.read_class_photos,
    JobKind.DELIVER_MAIL: delivery.deliver_mail,
    JobKind.DELIVER_MESSAGES: delivery.deliver_messages,
    JobKind.SEND_PASSWORD_LINKS: password_links.send_due_links,
    JobKind.TRAIN_SPOOF_CHECK: spoof_training.train_spoof_check,
    JobKind.IMPORT_TIMETABLE: plan_import.import_plan,
}


def run_job(toolbox: Toolbox, job_id: int) -> None:
    """Run a queued job. A job that fails says so on its row, for the person who waits for it."""
    with toolbox.sessions.begin() as session:
        job = jobs.claim(session, job_id, now=toolbox.now())
    if job is None:
        return
    try:
        sentence = WORK[JobKind(job.kind)](toolbox, job.id, job.subject_id)
    except ProductError as refused:
        with toolbox.sessions.begin() as session:
            jobs.finish(session, job_id, state="failed", sentence=refused.sentence, now=toolbox.now())
        return
    except Exception:
        log.exception("job %s (%s) failed", job.id, job.kind)
        with toolbox.sessions.begin() as session:
            jobs.finish(session, job_id, state="failed", sentence=jobs.FAILED, now=toolbox.now())
        return
    with toolbox.sessions.begin() as session:
        jobs.finish(session, job_id, state="done", sentence=sentence, now=toolbox.now())


def start_lost_jobs(toolbox: Toolbox) -> None:
    """Start again what has been queued for minutes: its message was lost. Told twice, a job runs once."""
    kinds = WORK.keys() - {JobKind.DELIVER_MAIL, JobKind.DELIVER_MESSAGES}  # these have a sweep of their own
    with toolbox.reading() as session:
        lost = jobs.list_queued(session, kinds, before=toolbox.now() - LOST_AFTER)
    for job_id in lost:
        toolbox.queue.start(job_id)


def end_cut_off_jobs(toolbox: Toolbox) -> None:
    """End what a worker had in its hands when it was killed, or its page would show it under way for ever."""
    kinds, now = WORK.keys() - {JobKind.TRAIN_SPOOF_CHECK}, toolbox.now()  # that one has words of its own
    with toolbox.sessions.begin() as session:
        jobs.end_cut_off(session, kinds, before=now - CUT_OFF_AFTER, now=now)


def __getattr__(name: str) -> object:
    """Build the queue when the consumer asks for it; importing this module alone starts nothing."""
    if name != "huey":
        raise AttributeError(name)
    try:
        logs.configure()
        settings = read_settings()
    except SettingsError as wrong:
        sys.exit(str(wrong))
    confined.start(patience_s=PATIENCE_OF_WORKER_S)
    toolbox = Toolbox(settings)
    queue = JobQueue(settings, lambda job_id: run_job(toolbox, job_id))
    queue.at_start("beat", queue.beat)
    queue.every_minute("beat", queue.beat)
    queue.at_start("sweep_mail", lambda: delivery.sweep(toolbox, at_start=True))
    queue.every_minute("sweep_mail", lambda: delivery.sweep(toolbox))
    queue.every_minute("sweep_password_links", lambda: password_links.sweep(toolbox))
    queue.every_minute("sweep_account_notices", lambda: notices.sweep(toolbox))
    queue.every_minute("sweep_untaken", lambda: untaken.sweep(toolbox))
    queue.every_minute("start_lost_jobs", lambda: start_lost_jobs(toolbox))
    queue.every_minute("end_cut_off_jobs", lambda: end_cut_off_jobs(toolbox))
    queue.every_minute("night", lambda: nightly.work_if_due(toolbox))
    return queue.huey
