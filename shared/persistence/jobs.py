"""Reads and writes the progress of long work."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from shared.domain.languages import phrase
from shared.persistence.tables import Job


class JobKind(StrEnum):
    """What a job does; the values are stored."""

    TRAIN_FACE_MODEL = "train_face_model"
    READ_CLASS_PHOTOS = "read_class_photos"
    DELIVER_MAIL = "deliver_mail"
    DELIVER_MESSAGES = "deliver_messages"
    SEND_PASSWORD_LINKS = "send_password_links"  # noqa: S105
    TRAIN_SPOOF_CHECK = "train_spoof_check"
    IMPORT_TIMETABLE = "import_timetable"


# Work that tells of no progress for so long was cut off with its worker.
SILENT_FOR = timedelta(minutes=2)
FAILED = phrase(
    "This could not be finished. Please try again; if it fails again, look into the worker's log."
)


def add(session: Session, kind: JobKind, subject_id: int, *, total: int, now: datetime) -> Job:
    """Write a queued job; the caller commits, then hands its id to the queue."""
    job = Job(kind=kind, subject_id=subject_id, total=total, created_at=now)
    session.add(job)
    session.flush()
    return job


def find(session: Session, job_id: int) -> Job | None:
    """Find a job by its id."""
    return session.get(Job, job_id)


def find_latest(session: Session, kind: JobKind, subject_id: int) -> Job | None:
    """Find the newest job of a kind for a subject."""
    query = select(Job).where(Job.kind == kind, Job.subject_id == subject_id)
    return session.scalar(query.order_by(Job.id.desc()).limit(1))


def list_queued(session: Session, kinds: Collection[JobKind], *, before: datetime) -> Sequence[int]:
    """Return ids of the jobs of these kinds that were queued before and that no worker took."""
    query = select(Job.id).where(Job.state == "queued", Job.kind.in_(kinds), Job.created_at < before)
    return session.scalars(query.order_by(Job.id)).all()


def end_cut_off(session: Session, kinds: Collection[JobKind], *, before: datetime, now: datetime) -> None:
    """End the jobs of these kinds that a worker took and that have been silent since: it is gone."""
    silent = func.coalesce(Job.advanced_at, Job.created_at) < before
    cut_off = update(Job).where(Job.state == "running", Job.kind.in_(kinds), silent)
    session.execute(cut_off.values(state="failed", sentence=FAILED, finished_at=now))


def is_running(job: Job | None, *, now: datetime) -> bool:
    """Tell whether work waits for a worker, however long, or is under way; what was cut off is not."""
    if job is None or job.finished_at is not None:
        return False
    return job.state == "queued" or now - (job.advanced_at or job.created_at) < SILENT_FOR


def claim(session: Session, job_id: int, *, now: datetime) -> Job | None:
    """Take a queued job, alive from now on; None if another worker has it or it is gone."""
    claimed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(state="running", advanced_at=now)  # it may have waited for longer than SILENT_FOR
    )
    taken = cast("CursorResult[Any]", claimed).rowcount
    return session.get(Job, job_id, populate_existing=True) if taken else None


def advance(session: Session, job_id: int, *, done: int, now: datetime) -> None:
    """Say how far a job is, in its own unit, and that it is alive."""
    session.execute(update(Job).where(Job.id == job_id).values(done=done, advanced_at=now))


def record_file_results(session: Session, job_id: int, results: list[dict[str, Any]]) -> None:
    """Say what became of each file so far."""
    session.execute(update(Job).where(Job.id == job_id).values(results=results))


def add_file_results(session: Session, job_id: int, results: Sequence[dict[str, Any]]) -> None:
    """Say what became of more files, beside what stands there: an erasure may have taken names out of it."""
    job = session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is not None:
        job.results = [*(job.results or []), *results]


def finish(session: Session, job_id: int, *, state: str, sentence: str, now: datetime) -> None:
    """End a job as "done" or "failed" with a sentence for the person who waits."""
    session.execute(
        update(Job).where(Job.id == job_id).values(state=state, sentence=sentence, finished_at=now)
    )
